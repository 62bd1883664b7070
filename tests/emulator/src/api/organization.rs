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
use crate::world::membership::{Grant, RoleGrant, term_fields};
use crate::world::project::Project;

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

/// A role of a membership as it is listed.
pub(crate) fn role_json(project: &Project, role: &RoleGrant) -> Value {
    let (slug, custom) = match &role.grant {
        Grant::BuiltIn(role) => (role.slug(), None),
        Grant::Custom(id) => ("custom", project.roles.iter().find(|role| role.id == *id)),
    };
    let mut shown = json!({
        "id": role.id, "role": slug, "customRoleId": custom.map(|role| &role.id),
        "customRoleName": custom.map(|role| &role.name), "customRoleSlug": custom.map(|role| &role.slug),
    });
    for (name, value) in term_fields(role.term.as_ref()) {
        set(&mut shown, name, value);
    }
    shown
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
        "roles": membership.roles.iter().map(|role| role_json(project, role)).collect::<Vec<_>>(),
        "identity": {"name": identity.name, "id": identity.id, "authMethod": "universal-auth"},
        "project": {"name": project.name, "id": project.id},
    }}))
}
