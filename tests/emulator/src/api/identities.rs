//! Machine identities: `/api/v1/identities`, and identities that belong to a project.

use serde_json::{Value, json};

use crate::auth::identity_access::{self, IdentityAction};
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::seed::{OrgRole, Role};
use crate::world::World;
use crate::world::clock::iso;
use crate::world::identity::{Identity, NewIdentity};
use crate::world::membership::Membership;

/// The fields that every answer about an identity has.
fn identity_json(world: &World, identity: &Identity) -> Value {
    json!({
        "id": identity.id, "name": identity.name, "createdAt": iso(identity.created),
        "updatedAt": iso(identity.updated), "hasDeleteProtection": identity.has_delete_protection,
        "orgId": world.org_id, "projectId": identity.project_id,
    })
}

fn metadata_json(metadata: &[(String, String)]) -> Vec<Value> {
    metadata.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

fn read_metadata(check: &mut Checker<'_>) -> Vec<(String, String)> {
    if !check.has("metadata") {
        return Vec::new();
    }
    check.objects("metadata", 0, |entry| (entry.string("key"), entry.string("value")))
}

fn org_role(slug: &str) -> Option<OrgRole> {
    [OrgRole::NoAccess, OrgRole::Member, OrgRole::Admin].into_iter().find(|role| role.slug() == slug)
}

/// `POST /api/v1/identities`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let name = check.string("name");
    let organization_id = check.string("organizationId");
    let role = check.string_or("role", OrgRole::NoAccess.slug());
    let has_delete_protection = check.boolean("hasDeleteProtection").unwrap_or(false);
    let metadata = read_metadata(&mut check);
    check.finish()?;
    identity_access::allow_in_organization(world, call, IdentityAction::Create)?;
    if organization_id != world.org_id {
        return Err(Failure::forbidden("ForbiddenError"));
    }
    let org_role = org_role(&role).ok_or_else(|| Failure::not_found(format!("Role with slug '{role}' not found")))?;
    let id = world.add_identity(NewIdentity { name, org_role, project_id: None, has_delete_protection, metadata });
    let identity = known(world, &id)?;
    let mut shown = identity_json(world, identity);
    set(&mut shown, "authMethod", Value::Null);
    set(&mut shown, "authMethods", identity.method_names());
    set(&mut shown, "metadata", metadata_json(&identity.metadata));
    Ok(json!({"identity": shown}))
}

fn known<'w>(world: &'w World, id: &str) -> Result<&'w Identity, Failure> {
    world.identity(id).ok_or_else(|| Failure::not_found(format!("Failed to find identity with ID {id}")))
}

/// An identity's organization membership, with its last login.
fn org_membership(world: &World, identity: &Identity) -> Value {
    let (method, at) = identity.last_login.map(|(method, at)| (method.name(), at)).unzip();
    let updated = at.unwrap_or(identity.updated);
    json!({
        "id": identity.org_membership_id, "role": identity.org_role.slug(), "roleId": null, "orgId": world.org_id,
        "createdAt": iso(identity.created), "updatedAt": iso(updated), "identityId": identity.id,
        "lastLoginAuthMethod": method, "lastLoginTime": at.map(iso), "metadata": metadata_json(&identity.metadata),
        "identity": {
            "name": identity.name, "id": identity.id, "hasDeleteProtection": identity.has_delete_protection,
            "orgId": world.org_id, "authMethods": identity.method_names(),
            "activeLockoutAuthMethods": identity.locked_methods(world.now()),
        },
    })
}

/// `GET /api/v1/identities/:identityId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("identityId");
    let identity = known(world, id)?;
    // Not recorded: a project's identity has no organization membership, so the server finds none.
    if identity.project_id.is_some() {
        return Err(Failure::not_found(format!("Failed to find identity with ID {id}")));
    }
    identity_access::allow(world, call, id, IdentityAction::Read)?;
    Ok(json!({"identity": org_membership(world, identity)}))
}

/// `GET /api/v2/organizations/:orgId/identity-memberships`: the organization's own identities.
pub(crate) fn of_organization(world: &mut World, call: &Call) -> Result<Value, Failure> {
    if call.param("orgId") != world.org_id {
        return Err(Failure::forbidden("ForbiddenError"));
    }
    identity_access::allow_in_organization(world, call, IdentityAction::Read)?;
    let own = world.identities.iter().filter(|identity| identity.project_id.is_none());
    let shown: Vec<Value> = own.map(|identity| org_membership(world, identity)).collect();
    Ok(json!({"totalCount": shown.len(), "identityMemberships": shown}))
}

/// `GET /api/v1/identities/details`: the caller's organization.
pub(crate) fn details(world: &mut World, _: &Call) -> Result<Value, Failure> {
    let (name, slug) = World::ORGANIZATION;
    Ok(json!({"identityDetails": {"organization": {"id": world.org_id, "name": name, "slug": slug}}}))
}

/// `DELETE /api/v1/identities/:identityId`
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("identityId");
    let identity = known(world, id)?;
    if identity.project_id.is_some() {
        return Err(Failure::bad_request("Identity is managed by project"));
    }
    identity_access::allow(world, call, id, IdentityAction::Delete)?;
    if identity.has_delete_protection {
        return Err(Failure::bad_request("Identity has delete protection"));
    }
    let mut shown = identity_json(world, identity);
    set(&mut shown, "authMethod", Value::Null);
    world.remove_identity(id);
    Ok(json!({"identity": shown}))
}

/// `POST /api/v1/projects/:projectId/identities`: creates an identity that belongs to the project,
/// as a member without permissions.
pub(crate) fn create_in_project(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let name = check.string("name");
    let has_delete_protection = check.boolean("hasDeleteProtection").unwrap_or(false);
    let metadata = read_metadata(&mut check);
    check.finish()?;
    let project_id = call.param("projectId").to_owned();
    permission::allow(world, call, &project_id, Action::Create, Subject::Identity)?;
    let id = world.add_identity(NewIdentity {
        name,
        org_role: OrgRole::NoAccess,
        project_id: Some(project_id.clone()),
        has_delete_protection,
        metadata,
    });
    let now = world.now();
    let membership = Membership::new(&mut world.ids, now, &id, Role::NoAccess);
    world.known_project_mut(&project_id)?.memberships.push(membership);
    let identity = known(world, &id)?;
    let mut shown = identity_json(world, identity);
    set(&mut shown, "authMethods", identity.method_names());
    set(&mut shown, "metadata", metadata_json(&identity.metadata));
    Ok(json!({"identity": shown}))
}

/// `GET /api/v1/projects/:projectId/identities`: the identities that belong to the project.
pub(crate) fn of_project(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project_id = call.param("projectId");
    permission::allow(world, call, project_id, Action::Read, Subject::Identity)?;
    let own = world.identities.iter().filter(|identity| identity.project_id.as_deref() == Some(project_id));
    let shown: Vec<Value> = own
        .map(|identity| {
            let mut shown = identity_json(world, identity);
            set(&mut shown, "metadata", metadata_json(&identity.metadata));
            shown
        })
        .collect();
    Ok(json!({"totalCount": shown.len(), "identities": shown}))
}

/// Returns an identity that belongs to the path's project. This and the two routes below are not
/// recorded. They follow the server's published source.
fn own<'w>(world: &'w World, call: &Call) -> Result<&'w Identity, Failure> {
    let (project_id, id) = (call.param("projectId"), call.param("identityId"));
    let own = world.identity(id).filter(|identity| identity.project_id.as_deref() == Some(project_id));
    own.ok_or_else(|| Failure::not_found(format!("Identity with ID {id} not found")))
}

/// `PATCH /api/v1/projects/:projectId/identities/:identityId`
pub(crate) fn update_in_project(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let name = check.optional_string("name");
    let has_delete_protection = check.boolean("hasDeleteProtection");
    check.finish()?;
    permission::allow(world, call, call.param("projectId"), Action::Edit, Subject::Identity)?;
    let id = own(world, call)?.id.clone();
    let now = world.now();
    if let Some(identity) = world.identity_mut(&id) {
        identity.name = name.unwrap_or_else(|| identity.name.clone());
        identity.has_delete_protection = has_delete_protection.unwrap_or(identity.has_delete_protection);
        identity.updated = now;
    }
    Ok(json!({"identity": identity_json(world, known(world, &id)?)}))
}

/// `DELETE /api/v1/projects/:projectId/identities/:identityId`
pub(crate) fn delete_in_project(world: &mut World, call: &Call) -> Result<Value, Failure> {
    permission::allow(world, call, call.param("projectId"), Action::Delete, Subject::Identity)?;
    let identity = own(world, call)?;
    if identity.has_delete_protection {
        return Err(Failure::bad_request("Identity has delete protection"));
    }
    let (id, shown) = (identity.id.clone(), identity_json(world, identity));
    world.remove_identity(&id);
    Ok(json!({"identity": shown}))
}
