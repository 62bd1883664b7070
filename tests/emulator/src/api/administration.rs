//! The parts of an organization's administration that tests need: identity roles and project roles.

use serde_json::{Value, json};

use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::seed::OrgRole;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::CustomRole;

use super::projects::project_by_slug;

/// `PATCH /api/v1/identities/:identityId`: changes the identity's role in the organization.
pub(crate) fn update_identity(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let role = check.optional_string("role");
    check.finish()?;
    if permission::org_role(world, call)? != OrgRole::Admin {
        return Err(Failure::permission("edit", "identity"));
    }
    let role = match role.as_deref() {
        None => None,
        Some("no-access") => Some(OrgRole::NoAccess),
        Some("member") => Some(OrgRole::Member),
        Some("admin") => Some(OrgRole::Admin),
        // Custom organization roles need a licence. Without one, the server fails with an internal
        // error.
        Some(_) => return Err(Failure::internal("InternalServerError")),
    };
    let id = call.param("identityId");
    let found = world.identities.iter_mut().find(|identity| identity.id == id);
    let identity = found.ok_or_else(|| Failure::not_found(format!("Identity with ID '{id}' not found")))?;
    identity.org_role = role.unwrap_or(identity.org_role);
    Ok(json!({"identity": {
        "id": identity.id, "name": identity.name, "authMethod": "universal-auth", "createdAt": iso(identity.created),
        "updatedAt": iso(identity.updated),
    }}))
}

/// One permission of a new role. An old server accepts only `read` on folders.
fn permission_of(check: &mut Checker<'_>) -> Vec<(String, String)> {
    let subject = check.string("subject");
    let actions = match check.value("action") {
        Some(Value::Array(_)) => check.strings("action").unwrap_or_default(),
        _ => vec![check.string("action")],
    };
    if subject == "secret-folders" && actions.iter().any(|action| action != "read") {
        check.only_read("action", &actions);
    }
    actions.into_iter().map(|action| (subject.clone(), action)).collect()
}

/// `POST /api/v1/workspace/:slug/roles`
pub(crate) fn create_role(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let slug = check.string("slug");
    let name = check.string("name");
    let permissions = check.objects("permissions", 0, permission_of);
    check.finish()?;
    let project_id = project_by_slug(world, call.param("projectId"))?.id.clone();
    permission::allow(world, call, &project_id, Action::Create, Subject::Identity)?;
    let (now, id) = (iso(world.now()), world.ids.uuid());
    let shown: Vec<Value> = permissions
        .iter()
        .map(|of_one| {
            let actions: Vec<&str> = of_one.iter().map(|(_, action)| action.as_str()).collect();
            json!({"subject": of_one.first().map(|(subject, _)| subject), "action": actions})
        })
        .collect();
    let answer = json!({"role": {
        "id": id, "name": name, "description": null, "slug": slug, "permissions": shown, "createdAt": now,
        "updatedAt": now, "projectId": project_id,
    }});
    let role = CustomRole { id, slug, name, permissions: permissions.into_iter().flatten().collect() };
    world.known_project_mut(&project_id)?.roles.push(role);
    Ok(answer)
}

/// A route for users only: it refuses every machine identity.
pub(crate) fn for_users_only(_: &mut World, call: &Call) -> Result<Value, Failure> {
    Err(Failure::forbidden(format!("Forbidden access to {}", call.url)))
}
