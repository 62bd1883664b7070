//! Environments: `/api/v1/projects/:projectId/environments` and the older `/api/v1/workspace/...`.

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::{Checker, SlugRule};
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::clock::{DAY, Millis, iso};
use crate::world::project::{DeletedEnvironment, Environment, Project};

use super::projects::by_id;

/// How long a deleted environment can be restored.
const GRACE: Millis = 14 * DAY;

/// An environment as its own routes show it.
pub(crate) fn full(project: &Project, environment: &Environment) -> Value {
    let created = iso(environment.created);
    let mut shown = json!({
        "id": environment.id, "name": environment.name, "slug": environment.slug, "position": environment.position,
        "projectId": project.id, "createdAt": created, "updatedAt": created,
    });
    if project.api_version == ApiVersion::V4 {
        let deleted = environment.deleted.as_ref();
        set(&mut shown, "deleteAfter", json!(deleted.map(|deleted| iso(deleted.at.saturating_add(GRACE)))));
        set(&mut shown, "softDeletedAt", json!(deleted.map(|deleted| iso(deleted.at))));
        set(&mut shown, "deletedByUserId", Value::Null);
        set(&mut shown, "deletedByIdentityId", json!(deleted.map(|deleted| &deleted.by_identity)));
    }
    shown
}

/// Wraps the answer in the route's key for the project.
fn answer(call: &Call, message: &str, project_id: &str, environment: Value) -> Value {
    let mut answer = json!({"message": message, "environment": environment});
    let key = if call.url.starts_with("/api/v1/projects/") { "projectId" } else { "workspace" };
    set(&mut answer, key, project_id);
    answer
}

/// Checks the permission to read an environment. An old server checks membership only.
fn allow_reading(world: &World, call: &Call) -> Result<(), Failure> {
    if call.is_v4() {
        permission::allow(world, call, call.param("projectId"), Action::Read, Subject::Environments)?;
    }
    Ok(())
}

/// `GET /:environmentId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project = by_id(world, call)?;
    allow_reading(world, call)?;
    let id = call.param("environmentId");
    let found = project.active_environments().find(|environment| environment.id == id);
    let environment = found.ok_or_else(|| Failure::not_found(format!("Environment with ID '{id}' not found")))?;
    Ok(json!({"environment": full(project, environment)}))
}

/// `GET /slug/:environmentSlug`
pub(crate) fn get_by_slug(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project = by_id(world, call)?;
    allow_reading(world, call)?;
    let slug = call.param("environmentSlug");
    let missing = || {
        let id = &project.id;
        Failure::not_found(format!("Environment with slug '{slug}' in project with ID '{id}' not found"))
    };
    Ok(json!({"environment": full(project, project.environment(slug).ok_or_else(missing)?)}))
}

fn taken(call: &Call) -> Failure {
    let verb = if call.is_v4() { "exists" } else { "exist" };
    Failure::new(400, "CreateEnvironment", format!("Environment with slug already {verb}"))
}

/// `POST`: adds an environment at the end. `position` and the licence's limit aren't emulated.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let name = check.title("name", None);
    let slug = check.needed_slug("slug", SlugRule::environment(call.api_version));
    check.finish()?;
    let project_id = call.param("projectId");
    permission::allow(world, call, project_id, Action::Create, Subject::Environments)?;
    if world.known_project(project_id)?.environment(&slug).is_some() {
        return Err(taken(call));
    }
    world.plant_environment(project_id, &slug, &name);
    world.audit(call, Some(project_id), "create-environment", json!({"name": name, "slug": slug}));
    let project = world.known_project(project_id)?;
    let environment = project.environment(&slug).map(|environment| full(project, environment)).unwrap_or_default();
    Ok(answer(call, "Successfully created new environment", project_id, environment))
}

/// Returns the path's environment for a change.
fn find<'p>(project: &'p mut Project, call: &Call) -> Result<&'p mut Environment, Failure> {
    let id = call.param("environmentId");
    let missing = || Failure::not_found(format!("Environment with ID '{id}' not found"));
    project.environments.iter_mut().find(|environment| environment.id == id).ok_or_else(missing)
}

/// `PATCH /:environmentId`: another name or slug.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let name = check.has("name").then(|| check.title("name", None));
    let slug = check.slug("slug", SlugRule::environment(call.api_version));
    check.finish()?;
    let project_id = call.param("projectId");
    permission::allow(world, call, project_id, Action::Edit, Subject::Environments)?;
    let project = world.known_project_mut(project_id)?;
    let id = find(project, call)?.id.clone();
    let is_taken = |slug: &String| project.environment(slug).is_some_and(|other| other.id != id);
    if slug.as_ref().is_some_and(is_taken) {
        return Err(taken(call));
    }
    let environment = find(project, call)?;
    environment.name = name.unwrap_or_else(|| environment.name.clone());
    environment.slug = slug.unwrap_or_else(|| environment.slug.clone());
    let shown = environment.clone();
    let shown = full(project, &shown);
    Ok(answer(call, "Successfully updated environment", project_id, shown))
}

/// `DELETE /:environmentId`: the environment can be restored for a while.
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project_id = call.param("projectId");
    permission::allow(world, call, project_id, Action::Delete, Subject::Environments)?;
    let deleted = DeletedEnvironment { at: world.now(), by_identity: call.caller()?.identity_id.clone() };
    let project = world.known_project_mut(project_id)?;
    let environment = find(project, call)?;
    environment.deleted = Some(deleted);
    let shown = environment.clone();
    let shown = full(project, &shown);
    Ok(answer(call, "Successfully deleted environment", project_id, shown))
}

/// `POST /:environmentId/restore`: restores the environment at the end of the list.
pub(crate) fn restore(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project_id = call.param("projectId");
    permission::allow(world, call, project_id, Action::Create, Subject::Environments)?;
    let project = world.known_project_mut(project_id)?;
    let position = project.next_position();
    let slug = find(project, call)?.slug.clone();
    if project.environment(&slug).is_some() {
        return Err(taken(call));
    }
    let environment = find(project, call)?;
    environment.deleted = None;
    environment.position = position;
    let shown = environment.clone();
    let shown = full(project, &shown);
    Ok(answer(call, "Successfully restored environment", project_id, shown))
}
