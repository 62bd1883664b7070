//! Additional privileges of identities: `/api/v2/identity-project-additional-privilege`. `older`
//! has the previous route.

pub(crate) mod older;
mod permissions;

use serde_json::{Value, json};

use crate::auth::permission::cache::Kind;
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::membership::{Membership, Permission, Privilege, Term, term_fields};
use crate::world::project::Project;

use super::memberships::allow;
use super::projects::project_by_slug;
use super::terms;

/// A privilege without its permissions, as in lists.
fn brief(privilege: &Privilege) -> Value {
    let mut shown = json!({
        "id": privilege.id, "slug": privilege.slug, "createdAt": iso(privilege.created),
        "updatedAt": iso(privilege.updated),
    });
    for (name, value) in term_fields(privilege.term.as_ref()) {
        set(&mut shown, name, value);
    }
    shown
}

/// A privilege with its permissions.
fn whole(privilege: &Privilege) -> Value {
    let mut shown = brief(privilege);
    set(&mut shown, "permissions", privilege.permissions.iter().map(permissions::shown).collect::<Vec<_>>());
    shown
}

fn answer(privilege: &Privilege) -> Value {
    json!({"privilege": whole(privilege)})
}

/// The project and the membership that a privilege belongs to.
fn find<'w>(world: &'w World, id: &str) -> Result<(&'w Project, &'w Membership, &'w Privilege), Failure> {
    let all = world.projects.iter().flat_map(|project| project.memberships.iter().map(move |it| (project, it)));
    let mut found = all.filter_map(|(project, membership)| {
        let privilege = membership.privileges.iter().find(|privilege| privilege.id == id)?;
        Some((project, membership, privilege))
    });
    found.next().ok_or_else(|| Failure::not_found(format!("Privilege with id {id} not found")))
}

/// Fails unless the caller may give privileges. Removing one requires only `edit` on `identity`.
fn allow_giving(
    world: &World,
    call: &Call,
    (project_id, identity_id): (&str, &str),
    doing: &str,
) -> Result<(), Failure> {
    allow(world, call, project_id, identity_id, Action::Edit)?;
    let refused = |_| permission::boundary(doing, call.api_version, Action::AssignPrivileges, Subject::Identity);
    allow(world, call, project_id, identity_id, Action::AssignPrivileges).map_err(refused)
}

/// A privilege in a request.
struct Given {
    slug: String,
    permissions: Vec<Permission>,
    term: Option<Term>,
}

/// Gives a privilege. The server first looks up the identity's permissions and caches that previous
/// state.
fn give(world: &mut World, (project_id, identity_id): (&str, &str), given: Given) -> Result<Privilege, Failure> {
    let missing = || Failure::not_found(format!("Failed to find identity with id {identity_id}"));
    let project = world.known_project(project_id)?;
    let membership = project.membership(identity_id).ok_or_else(missing)?;
    if membership.privileges.iter().any(|held| held.slug == given.slug) {
        return Err(Failure::bad_request("Additional privilege with provided slug already exists"));
    }
    permission::remembered(world, project, membership, Kind::Shared);
    let (id, now) = (world.ids.uuid(), world.now());
    let Given { slug, permissions, term } = given;
    let privilege = Privilege { id, slug, permissions, term, created: now, updated: now };
    let project = world.known_project_mut(project_id)?;
    project.membership_mut(identity_id).ok_or_else(missing)?.privileges.push(privilege.clone());
    Ok(privilege)
}

/// Removes a privilege.
fn take(world: &mut World, project_id: &str, identity_id: &str, id: &str) -> Result<Privilege, Failure> {
    let missing = || Failure::not_found(format!("Privilege with id {id} not found"));
    let membership = world.known_project_mut(project_id)?.membership_mut(identity_id).ok_or_else(missing)?;
    let index = membership.privileges.iter().position(|privilege| privilege.id == id).ok_or_else(missing)?;
    Ok(membership.privileges.remove(index))
}

/// `POST`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let identity_id = check.string("identityId");
    let project_id = check.string("projectId");
    let slug = check.optional_string("slug");
    let term = check.object("type", terms::read).flatten();
    let mut permissions = check.objects("permissions", 0, permissions::read);
    check.finish()?;
    permissions::drop_conditions(&mut permissions, &world.settings.dropped_conditions);
    allow_giving(world, call, (&project_id, &identity_id), "create additional privileges")?;
    permissions::refuse_legacy_mix(&permissions)?;
    let slug = slug.unwrap_or_else(|| world.ids.alphanumeric(12).to_lowercase());
    let privilege = give(world, (&project_id, &identity_id), Given { slug, permissions, term })?;
    Ok(answer(&privilege))
}

/// `GET`: the privileges of an identity without their permissions, including expired ones.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let identity_id = check.string("identityId");
    let project_id = check.string("projectId");
    check.finish()?;
    allow(world, call, &project_id, &identity_id, Action::Read)?;
    let membership = world.known_project(&project_id)?.membership(&identity_id);
    let membership =
        membership.ok_or_else(|| Failure::not_found(format!("Failed to find identity with id {identity_id}")))?;
    Ok(json!({"privileges": membership.privileges.iter().map(brief).collect::<Vec<_>>()}))
}

/// `GET /:id`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (project, membership, privilege) = find(world, call.param("privilegeId"))?;
    allow(world, call, &project.id, &membership.identity_id, Action::Read)?;
    Ok(answer(privilege))
}

/// `GET /slug/:slug`
pub(crate) fn get_by_slug(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let identity_id = check.string("identityId");
    let project_slug = check.string("projectSlug");
    check.finish()?;
    let slug = call.param("slug");
    let project = project_by_slug(world, &project_slug)?;
    allow(world, call, &project.id, &identity_id, Action::Read)?;
    let privileges = project.membership(&identity_id).map(|membership| membership.privileges.as_slice());
    let found = privileges.unwrap_or_default().iter().find(|privilege| privilege.slug == slug);
    let missing = || Failure::not_found(format!("Additional privilege with name {slug} doesn't exist"));
    Ok(answer(found.ok_or_else(missing)?))
}

/// `PATCH /:id`
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let slug = check.string("slug");
    let term = check.object("type", terms::read).flatten();
    let mut permissions = check.has("permissions").then(|| check.objects("permissions", 0, permissions::read));
    check.finish()?;
    permissions::drop_conditions(permissions.as_deref_mut().unwrap_or_default(), &world.settings.dropped_conditions);
    let id = call.param("privilegeId");
    let (project, membership, _) = find(world, id)?;
    let (project_id, identity_id) = (project.id.clone(), membership.identity_id.clone());
    allow_giving(world, call, (&project_id, &identity_id), "update additional privileges")?;
    permissions::refuse_legacy_mix(permissions.as_deref().unwrap_or_default())?;
    let now = world.now();
    let membership = world.known_project_mut(&project_id)?.membership_mut(&identity_id);
    let held = membership.and_then(|membership| membership.privileges.iter_mut().find(|held| held.id == id));
    let held = held.ok_or_else(|| Failure::not_found(format!("Privilege with id {id} not found")))?;
    held.slug = slug;
    held.term = term;
    held.updated = now;
    if let Some(permissions) = permissions {
        held.permissions = permissions;
    }
    Ok(answer(held))
}

/// `DELETE /:id`
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("privilegeId");
    let (project, membership, _) = find(world, id)?;
    let (project_id, identity_id) = (project.id.clone(), membership.identity_id.clone());
    allow(world, call, &project_id, &identity_id, Action::Edit)?;
    Ok(answer(&take(world, &project_id, &identity_id, id)?))
}
