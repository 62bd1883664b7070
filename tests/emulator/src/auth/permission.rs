//! What an identity may do in a project.

use crate::Generation;
use crate::call::Call;
use crate::failure::Failure;
use crate::seed::{OrgRole, Role};
use crate::world::World;
use crate::world::project::{Grant, Membership, Project};

/// A thing to do, under the name that permissions have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Read,
    Create,
    Edit,
    Delete,
    /// Of a current server: giving a member a role.
    AssignRole,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::AssignRole => "assign-role",
        }
    }
}

/// What it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Secrets,
    Folders,
    Imports,
    Tags,
    Identity,
    AuditLogs,
    Environments,
    /// Users.
    Members,
}

impl Subject {
    /// An old server has folders and imports under `secrets`.
    fn name(self, generation: Generation) -> &'static str {
        match (self, generation) {
            (Self::Secrets, _) | (Self::Folders | Self::Imports, Generation::V3) => "secrets",
            (Self::Folders, Generation::V4) => "secret-folders",
            (Self::Imports, Generation::V4) => "secret-imports",
            (Self::Tags, _) => "tags",
            (Self::Identity, _) => "identity",
            (Self::AuditLogs, _) => "audit-logs",
            (Self::Environments, _) => "environments",
            (Self::Members, _) => "member",
        }
    }
}

/// The caller's membership of a project.
pub(crate) fn membership<'w>(world: &'w World, call: &Call, project_id: &str) -> Result<&'w Membership, Failure> {
    let caller = call.caller()?;
    world.project(project_id).and_then(|project| project.membership(&caller.identity_id)).ok_or_else(|| {
        Failure::forbidden(format!("Identity is not a member of the specified project with ID '{project_id}'"))
    })
}

/// The caller's role in the organization.
pub(crate) fn org_role(world: &World, call: &Call) -> Result<OrgRole, Failure> {
    let caller = call.caller()?;
    Ok(world.identity(&caller.identity_id).map_or(OrgRole::NoAccess, |identity| identity.org_role))
}

/// Fails unless the caller may do this in the project.
pub(crate) fn allow(
    world: &World,
    call: &Call,
    project_id: &str,
    action: Action,
    subject: Subject,
) -> Result<(), Failure> {
    let membership = membership(world, call, project_id)?;
    let project = world.known_project(project_id)?;
    if may(project, membership, action, subject, world.generation) {
        return Ok(());
    }
    // A current server parts reading a secret's description from reading its value.
    let name = match (action, subject, world.generation) {
        (Action::Read, Subject::Secrets, Generation::V4) => "describeSecret",
        _ => action.name(),
    };
    Err(Failure::permission(name, subject.name(world.generation)))
}

fn may(project: &Project, membership: &Membership, action: Action, subject: Subject, generation: Generation) -> bool {
    match &membership.grant {
        Grant::BuiltIn(Role::NoAccess) => false,
        Grant::BuiltIn(Role::Viewer) => action == Action::Read,
        // Stricter than the server, whose members may create environments and add users (buildMemberPermissionRules
        // in ee/services/permission/default-roles.ts, project-permission.ts before): here it takes an admin, so that a
        // refusal can be met without a custom role.
        Grant::BuiltIn(Role::Member) => {
            action == Action::Read || !matches!(subject, Subject::Identity | Subject::Environments | Subject::Members)
        }
        Grant::BuiltIn(Role::Admin) => true,
        Grant::Custom(id) => {
            let wanted = (subject.name(generation), action.name());
            project.roles.iter().any(|role| {
                role.id == *id && role.permissions.iter().any(|(on, may)| (on.as_str(), may.as_str()) == wanted)
            })
        }
    }
}
