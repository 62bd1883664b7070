//! `/api/v1/additional-privilege/identity`: one rule on secrets, by environment and path. It is the
//! only such route of an old server.

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::membership::{Permission, Privilege};
use crate::world::project::Project;

use super::{Given, allow_giving, brief, find, give, permissions, take};
use crate::api::memberships::allow;
use crate::api::projects::project_by_slug;

const ACTIONS: [&str; 4] = ["read", "create", "edit", "delete"];

/// A current server has no membership id any more and returns the project's id.
fn whole(api_version: ApiVersion, project: &Project, identity_id: &str, privilege: &Privilege) -> Value {
    let membership_id = project.membership(identity_id).map(|membership| membership.id.as_str());
    let (owner, is_old) = match api_version {
        ApiVersion::V3 => (membership_id, true),
        ApiVersion::V4 => (Some(project.id.as_str()), false),
    };
    let mut shown = brief(privilege);
    let mut shown_permissions: Vec<Value> = privilege.permissions.iter().map(permissions::shown).collect();
    for permission in shown_permissions.iter_mut().filter_map(Value::as_object_mut) {
        if is_old {
            permission.remove("inverted");
        }
    }
    set(&mut shown, "projectMembershipId", json!(owner));
    set(&mut shown, "permissions", shown_permissions);
    json!({"privilege": shown})
}

/// The rules that a server derives from a request. An old server makes one rule for each action. A
/// current server makes two from a rule with `read`.
fn split(api_version: ApiVersion, permission: Permission) -> Vec<Permission> {
    if api_version == ApiVersion::V3 {
        let one = |action: &String| Permission { actions: vec![action.clone()], ..permission.clone() };
        return permission.actions.iter().map(one).collect();
    }
    if !permission.actions.iter().any(|action| action == "read") {
        return vec![permission];
    }
    let mut second = permission.clone();
    second.actions.push("readValue".to_owned());
    vec![permission, second]
}

/// `POST /permanent`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let identity_id = check.string("identityId");
    let project_slug = check.string("projectSlug");
    let slug = check.string("slug");
    let permission = check.object("privilegePermission", |inner| {
        let actions = inner.choices("actions", &ACTIONS);
        let subject = inner.choice("subject", &["secrets"]);
        let conditions = inner.object("conditions", |conditions| {
            let environment = conditions.string("environment");
            let path = conditions
                .value("secretPath")
                .is_some()
                .then(|| conditions.object("secretPath", |operators| operators.string("$glob")).unwrap_or_default());
            (environment, path)
        });
        let (environment, path) = conditions.unwrap_or_default();
        let mut kept = json!({"environment": environment});
        if let Some(path) = path {
            set(&mut kept, "secretPath", json!({"$glob": path}));
        }
        Permission { subject, actions, conditions: kept.as_object().cloned(), is_inverted: false }
    });
    check.finish()?;
    let project_id = project_by_slug(world, &project_slug)?.id.clone();
    match call.api_version {
        ApiVersion::V3 => allow(world, call, &project_id, &identity_id, Action::Edit)?,
        ApiVersion::V4 => allow_giving(world, call, (&project_id, &identity_id), "create additional privileges")?,
    }
    let permissions = permission.into_iter().flat_map(|it| split(call.api_version, it)).collect();
    let privilege = give(world, (&project_id, &identity_id), Given { slug, permissions, term: None })?;
    Ok(whole(call.api_version, world.known_project(&project_id)?, &identity_id, &privilege))
}

/// `GET`: an old server requires the permission to edit.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let identity_id = check.string("identityId");
    let project_slug = check.string("projectSlug");
    check.finish()?;
    let project = project_by_slug(world, &project_slug)?;
    let action = if call.is_v4() { Action::Read } else { Action::Edit };
    allow(world, call, &project.id, &identity_id, action)?;
    let privileges = project.membership(&identity_id).map(|membership| membership.privileges.as_slice());
    let whole =
        |it: &Privilege| whole(call.api_version, project, &identity_id, it).get_mut("privilege").map(Value::take);
    let shown: Vec<Value> = privileges.unwrap_or_default().iter().filter_map(whole).collect();
    Ok(json!({"privileges": shown}))
}

/// `DELETE`
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let slug = check.string("privilegeSlug");
    let project_slug = check.string("projectSlug");
    let identity_id = check.string("identityId");
    check.finish()?;
    let project = project_by_slug(world, &project_slug)?;
    let project_id = project.id.clone();
    allow(world, call, &project_id, &identity_id, Action::Edit)?;
    let privileges = project.membership(&identity_id).map(|membership| membership.privileges.as_slice());
    let found = privileges.unwrap_or_default().iter().find(|privilege| privilege.slug == slug);
    let missing = || Failure::not_found(format!("Additional privilege with name {slug} doesn't exist"));
    let id = found.map(|privilege| privilege.id.clone()).ok_or_else(missing)?;
    let shown = whole(call.api_version, project, &identity_id, find(world, &id)?.2);
    take(world, &project_id, &identity_id, &id)?;
    Ok(shown)
}
