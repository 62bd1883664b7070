//! The shapes of identity memberships in answers.

use serde_json::{Value, json};

use crate::call::Call;
use crate::json::set;
use crate::world::World;
use crate::world::clock::{Millis, iso};
use crate::world::identity::Identity;
use crate::world::membership::{Grant, Membership, RoleGrant, term_fields};
use crate::world::project::Project;

/// The route that shows a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `/api/v1/projects/:projectId/memberships/identities`
    Current,
    /// `/api/v1/projects/:projectId/identity-memberships`
    Older,
    /// `/api/v2/workspace/:projectId/identity-memberships`
    Workspace,
}

impl Style {
    pub(super) fn of(call: &Call) -> Self {
        if call.url.starts_with("/api/v2/workspace/") {
            Self::Workspace
        } else if call.url.contains("/memberships/identities") {
            Self::Current
        } else {
            Self::Older
        }
    }
}

/// A role of a membership.
pub(super) fn role_json(project: &Project, role: &RoleGrant, style: Style) -> Value {
    let (slug, custom) = match &role.grant {
        Grant::BuiltIn(role) => (role.slug(), None),
        Grant::Custom(id) => ("custom", project.roles.iter().find(|role| role.id == *id)),
    };
    let mut shown = json!({
        "id": role.id, "role": slug, "customRoleName": custom.map(|role| &role.name),
        "customRoleSlug": custom.map(|role| &role.slug),
    });
    if style != Style::Current {
        set(&mut shown, "customRoleId", json!(custom.map(|role| &role.id)));
    }
    for (name, value) in term_fields(role.term.as_ref()) {
        set(&mut shown, name, value);
    }
    shown
}

/// A newly given role as the older routes show it.
pub(super) fn changed_role(project: &Project, role: &RoleGrant, membership_id: &str, now: Millis) -> Value {
    let mut shown = role_json(project, role, Style::Older);
    if let Value::Object(fields) = &mut shown {
        fields.remove("customRoleName");
        fields.remove("customRoleSlug");
    }
    set(&mut shown, "projectMembershipId", membership_id);
    set(&mut shown, "createdAt", iso(now));
    set(&mut shown, "updatedAt", iso(now));
    shown
}

/// The answer to a change.
pub(super) fn brief(project: &Project, membership: &Membership) -> Value {
    json!({
        "id": membership.id, "projectId": project.id, "identityId": membership.identity_id,
        "createdAt": iso(membership.created), "updatedAt": iso(membership.updated),
    })
}

/// The fields that all routes show.
fn base(project: &Project, membership: &Membership, style: Style) -> Value {
    let roles: Vec<Value> = membership.roles.iter().map(|role| role_json(project, role, style)).collect();
    json!({
        "id": membership.id, "createdAt": iso(membership.created), "updatedAt": iso(membership.updated),
        "roles": roles,
    })
}

fn identity_json(world: &World, identity: &Identity, style: Style) -> Value {
    let methods = identity.method_names();
    let mut shown = json!({"name": identity.name, "id": identity.id});
    if style == Style::Workspace && world.api_version == crate::ApiVersion::V3 {
        set(&mut shown, "authMethod", json!(methods.first()));
        return shown;
    }
    set(&mut shown, "authMethods", json!(methods));
    if style != Style::Workspace {
        set(&mut shown, "orgId", world.org_id.as_str());
        set(&mut shown, "projectId", json!(identity.project_id));
    }
    shown
}

/// The fields that the older routes add.
fn add_project(shown: &mut Value, project: &Project, membership: &Membership) {
    set(shown, "identityId", membership.identity_id.as_str());
    set(shown, "project", json!({"name": project.name, "id": project.id}));
}

/// A membership in a list.
pub(super) fn listed(world: &World, project: &Project, membership: &Membership, style: Style) -> Option<Value> {
    let identity = world.identity(&membership.identity_id)?;
    let mut of_identity = identity_json(world, identity, style);
    let mut shown = base(project, membership, style);
    set(&mut shown, "identityId", membership.identity_id.as_str());
    if style == Style::Current {
        set(&mut of_identity, "activeLockoutAuthMethods", json!(identity.locked_methods(world.now())));
    } else {
        add_project(&mut shown, project, membership);
    }
    set(&mut shown, "identity", of_identity);
    Some(shown)
}

/// A single membership. Its last login is always empty.
pub(super) fn one(world: &World, project: &Project, membership: &Membership, style: Style) -> Option<Value> {
    let identity = world.identity(&membership.identity_id)?;
    let mut of_identity = identity_json(world, identity, style);
    let mut shown = base(project, membership, style);
    if style != Style::Workspace {
        set(&mut shown, "lastLoginAuthMethod", Value::Null);
        set(&mut shown, "lastLoginTime", Value::Null);
    }
    if style == Style::Current {
        let metadata: Vec<Value> =
            identity.metadata.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        set(&mut of_identity, "metadata", metadata);
    } else {
        add_project(&mut shown, project, membership);
    }
    set(&mut shown, "identity", of_identity);
    Some(shown)
}
