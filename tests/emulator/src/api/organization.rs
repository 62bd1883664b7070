//! Status and memberships.

use serde_json::{Value, json};

use crate::Generation;
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::auth_method::MAX_TOKEN_TTL;
use crate::world::clock::iso;
use crate::world::project::{Grant, Membership, Project};

/// `GET /api/status`
pub(crate) fn status(world: &mut World, _: &Call) -> Result<Value, Failure> {
    let mut status = json!({
        "date": iso(world.now()), "message": "Ok", "emailConfigured": false, "inviteOnlySignup": true,
        "redisConfigured": true, "secretScanningConfigured": false,
    });
    if world.generation == Generation::V4 {
        set(&mut status, "auditLogStorageDisabled", false);
        set(&mut status, "maxIdentityAccessTokenTTL", MAX_TOKEN_TTL / 1000);
    }
    Ok(status)
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

/// `GET /api/v2/workspace/:projectId/identity-memberships/:identityId`, `GET /api/v1/projects/:projectId/...`: any member
/// who may read; a viewer may, itself too.
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
