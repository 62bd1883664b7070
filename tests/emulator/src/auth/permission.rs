//! Permissions of an identity in a project.
//!
//! The rules of its roles and additional privileges apply together ([`ability::Ability`]). A
//! current server has actions and subjects of many kinds. An old server knows only `read`,
//! `create`, `edit` and `delete`, and treats folders and imports as `secrets`.

pub(crate) mod ability;
pub(crate) mod cache;
pub(crate) mod condition;
mod glob;
pub(crate) mod roles;
pub(crate) mod rule;

use serde_json::json;

use crate::ApiVersion;
use crate::call::Call;
use crate::failure::Failure;
use crate::seed::{OrgRole, Role};
use crate::world::World;
use crate::world::clock::{Millis, to_millis};
use crate::world::membership::{Grant, Membership, Permission, RoleGrant, counts};
use crate::world::project::Project;

use ability::Ability;
use cache::Kind;
pub(crate) use condition::Target;
use roles::{ADMIN, BuiltIn, MEMBER, VIEWER};
use rule::Rule;

/// An action, named as in permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Read,
    Create,
    Edit,
    Delete,
    /// Seeing a secret and all its fields except the value. An old server has `read` for both.
    DescribeSecret,
    /// Seeing a secret's value.
    ReadValue,
    /// Giving a member a role. Current servers only.
    AssignRole,
    /// Giving a member an additional privilege. Current servers only.
    AssignPrivileges,
    /// Seeing the connections to other applications. Current servers only.
    ReadAppConnections,
}

impl Action {
    fn name(self, api_version: ApiVersion) -> &'static str {
        match (self, api_version) {
            (Self::Read, _) | (Self::DescribeSecret | Self::ReadValue, ApiVersion::V3) => "read",
            (Self::Create, _) => "create",
            (Self::Edit, _) => "edit",
            (Self::Delete, _) => "delete",
            (Self::DescribeSecret, ApiVersion::V4) => "describeSecret",
            (Self::ReadValue, ApiVersion::V4) => "readValue",
            (Self::AssignRole, _) => "assign-role",
            (Self::AssignPrivileges, _) => "assign-additional-privileges",
            (Self::ReadAppConnections, _) => "read-app-connections",
        }
    }
}

/// The subject of an action.
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
    Groups,
    Roles,
    Commits,
    Approvals,
    AppConnections,
    Webhooks,
    Settings,
    /// Restoring a folder's snapshot. On an old server, also reading it.
    Rollback,
}

impl Subject {
    /// An old server treats folders and imports as `secrets`.
    fn name(self, api_version: ApiVersion) -> &'static str {
        match (self, api_version) {
            (Self::Secrets, _) | (Self::Folders | Self::Imports, ApiVersion::V3) => "secrets",
            (Self::Folders, ApiVersion::V4) => "secret-folders",
            (Self::Imports, ApiVersion::V4) => "secret-imports",
            (Self::Tags, _) => "tags",
            (Self::Identity, _) => "identity",
            (Self::AuditLogs, _) => "audit-logs",
            (Self::Environments, _) => "environments",
            (Self::Members, _) => "member",
            (Self::Groups, _) => "groups",
            (Self::Roles, _) => "role",
            (Self::Commits, _) => "commits",
            (Self::Approvals, _) => "secret-approval",
            (Self::AppConnections, _) => "app-connections",
            (Self::Webhooks, _) => "webhooks",
            (Self::Settings, _) => "settings",
            (Self::Rollback, _) => "secret-rollback",
        }
    }
}

/// The caller's membership of a project.
pub(crate) fn membership<'w>(world: &'w World, call: &Call, project_id: &str) -> Result<&'w Membership, Failure> {
    let caller = call.caller()?;
    world.project(project_id).and_then(|project| project.membership(&caller.identity_id)).ok_or_else(|| {
        if call.is_v4() {
            let message = format!(
                "You are not a member of this project with ID {project_id}. Please assign this identity to the project \
                 with the appropriate permissions, then try again."
            );
            Failure::new(403, "ProjectMembershipNotFound", message)
        } else {
            Failure::forbidden(format!("Identity is not a member of the specified project with ID '{project_id}'"))
        }
    })
}

/// The caller's role in the organization.
pub(crate) fn org_role(world: &World, call: &Call) -> Result<OrgRole, Failure> {
    let caller = call.caller()?;
    Ok(world.identity(&caller.identity_id).map_or(OrgRole::NoAccess, |identity| identity.org_role))
}

/// The caller's permissions in the project, for routes of this subject. Membership is never cached.
pub(crate) fn ability(world: &World, call: &Call, project_id: &str, subject: Subject) -> Result<Ability, Failure> {
    let membership = membership(world, call, project_id)?;
    let project = world.known_project(project_id)?;
    Ok(remembered(world, project, membership, Kind::of(subject)))
}

/// A member's permissions as the server currently has them cached.
pub(crate) fn remembered(world: &World, project: &Project, membership: &Membership, kind: Kind) -> Ability {
    let look_up = || ability_of(world.api_version, project, membership, world.now());
    let delay = to_millis(world.settings.rights_delay);
    if delay == 0 {
        return look_up();
    }
    let key = (membership.identity_id.clone(), project.id.clone(), kind);
    world.remembered.borrow_mut().get(key, world.now(), delay, look_up)
}

/// Fails unless the caller may do this in the project: to the target, or anywhere if there is no
/// target.
pub(crate) fn allow_on(
    world: &World,
    call: &Call,
    project_id: &str,
    (action, subject): (Action, Subject),
    target: Option<&Target<'_>>,
) -> Result<(), Failure> {
    ability(world, call, project_id, subject)?.check(action, subject, target)
}

/// Fails unless the caller may do this somewhere in the project.
pub(crate) fn allow(
    world: &World,
    call: &Call,
    project_id: &str,
    action: Action,
    subject: Subject,
) -> Result<(), Failure> {
    allow_on(world, call, project_id, (action, subject), None)
}

/// The refusal of a caller who may manage members but not grant them this.
pub(crate) fn boundary(doing: &str, api_version: ApiVersion, action: Action, subject: Subject) -> Failure {
    let (action, subject) = (action.name(api_version), subject.name(api_version));
    let message = format!(
        "Failed to {doing}. Permission denied: {action} on {subject}. Check that the actor's role grants this permission \
         and that all permission conditions are met."
    );
    let missing = json!({"missingPermissions": [{"action": action, "subject": subject}]});
    Failure::new(403, "PermissionBoundaryError", message).with_details(missing)
}

/// A member's permissions: the rules of the roles, then of the privileges, that are in effect at
/// that time.
fn ability_of(api_version: ApiVersion, project: &Project, membership: &Membership, now: Millis) -> Ability {
    let roles = membership.roles.iter().filter(|role| counts(role.term.as_ref(), now));
    let privileges = membership.privileges.iter().filter(|privilege| counts(privilege.term.as_ref(), now));
    let rules = roles
        .flat_map(|role| rules_of_role(api_version, project, role))
        .chain(privileges.flat_map(|privilege| rules_of(&privilege.permissions)))
        .collect();
    Ability::new(api_version, rules)
}

/// The rules of given permissions. Inverted ones come last.
pub(crate) fn rules_of(permissions: &[Permission]) -> Vec<Rule> {
    let rule = |it: &Permission| Rule::given(&it.subject, it.actions.clone(), it.conditions.clone(), it.is_inverted);
    let mut rules: Vec<Rule> = permissions.iter().map(rule).collect();
    rules.sort_by_key(|rule| rule.is_inverted);
    rules
}

/// The rules of a role.
pub(crate) fn rules_of_role(api_version: ApiVersion, project: &Project, role: &RoleGrant) -> Vec<Rule> {
    match &role.grant {
        Grant::BuiltIn(role) => built_in_rules(api_version, *role),
        Grant::Custom(id) => {
            let role = project.roles.iter().find(|role| role.id == *id);
            let permissions = role.map(|role| role.permissions.as_slice()).unwrap_or_default();
            let rule = |(subject, action): &(String, String)| Rule::given(subject, vec![action.clone()], None, false);
            permissions.iter().map(rule).collect()
        }
    }
}

/// The rules of a built-in role. Those of an old server were not recorded one by one. They are a
/// current server's rules with the old actions on secrets.
pub(crate) fn built_in_rules(api_version: ApiVersion, role: Role) -> Vec<Rule> {
    let rules: &[BuiltIn] = match role {
        Role::Viewer => &VIEWER,
        Role::Member => &MEMBER,
        Role::Admin => &ADMIN,
        Role::NoAccess => &[],
    };
    let old = |(actions, subject): BuiltIn| match (api_version, subject, role) {
        (ApiVersion::V3, "secrets", Role::Viewer) => ("read", subject),
        (ApiVersion::V3, "secrets", _) => ("read,create,edit,delete", subject),
        _ => (actions, subject),
    };
    rules.iter().copied().map(old).map(Rule::built_in).collect()
}
