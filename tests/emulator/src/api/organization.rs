//! Status, audit logs and memberships.

use serde_json::{Value, json};

use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::identity::OrgRole;
use crate::world::project::{Grant, Membership, Project};

/// `GET /api/status`
pub(crate) fn status(world: &mut World, _: &Call) -> Result<Value, Failure> {
    Ok(json!({
        "date": iso(world.now()), "message": "Ok", "emailConfigured": false, "inviteOnlySignup": true,
        "redisConfigured": true, "secretScanningConfigured": false,
    }))
}

/// `GET /api/v1/organization/audit-logs`: always empty, as on the free licence, or forbidden.
pub(crate) fn audit_logs(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    check.query_number("offset");
    check.query_number("limit");
    let project_id = check.optional_string("projectId");
    check.finish()?;
    match project_id {
        Some(project_id) => permission::allow(world, call, &project_id, Action::Read, Subject::AuditLogs)?,
        None => {
            let caller = call.caller()?;
            let role = world.identity(&caller.identity_id).map_or(OrgRole::NoAccess, |identity| identity.org_role);
            if role == OrgRole::NoAccess {
                return Err(Failure::permission("read", "audit-logs"));
            }
        }
    }
    Ok(json!({"auditLogs": []}))
}

/// The role of a membership as it is listed.
pub(crate) fn role_json(project: &Project, membership: &Membership) -> Value {
    let custom = match &membership.grant {
        Grant::BuiltIn(_) => None,
        Grant::Custom(id) => project.roles.iter().find(|role| role.id == *id),
    };
    let slug = match &membership.grant {
        Grant::BuiltIn(role) => role.slug(),
        Grant::Custom(_) => "custom",
    };
    json!({
        "id": membership.grant_id, "role": slug, "customRoleId": custom.map(|role| &role.id),
        "customRoleName": custom.map(|role| &role.name), "customRoleSlug": custom.map(|role| &role.slug),
        "isTemporary": false, "temporaryMode": null, "temporaryRange": null, "temporaryAccessStartTime": null,
        "temporaryAccessEndTime": null,
    })
}

/// `GET /api/v2/workspace/:projectId/identity-memberships/:identityId`: any member who may read; a viewer may, itself too.
pub(crate) fn membership(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (project_id, identity_id) = (call.param("projectId"), call.param("identityId"));
    permission::allow(world, call, project_id, Action::Read, Subject::Identity)?;
    let project = world.known_project(project_id)?;
    let missing = || Failure::not_found(format!("Identity with ID '{identity_id}' not found in project"));
    let membership = project.membership(identity_id).ok_or_else(missing)?;
    let identity = world.identity(identity_id).ok_or_else(missing)?;
    let created = iso(membership.created);
    Ok(json!({"identityMembership": {
        "id": membership.id, "identityId": identity_id, "createdAt": created, "updatedAt": created,
        "roles": [role_json(project, membership)],
        "identity": {"name": identity.name, "id": identity.id, "authMethod": "universal-auth"},
        "project": {"name": project.name, "id": project.id},
    }}))
}
