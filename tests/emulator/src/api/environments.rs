//! Environments: `/api/v1/projects/:projectId/environments` and the older `/api/v1/workspace/...`.

use serde_json::{Value, json};

use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::{Checker, SlugRule};
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::{Environment, Project};

use super::projects::by_id;

fn environment_json(project: &Project, is_it: impl Fn(&Environment) -> bool) -> Option<Value> {
    let (index, found) = project.environments.iter().enumerate().find(|(_, environment)| is_it(environment))?;
    let created = iso(found.created);
    Some(json!({
        "id": found.id, "name": found.name, "slug": found.slug, "position": index + 1, "projectId": project.id,
        "createdAt": created, "updatedAt": created,
    }))
}

/// `GET /:environmentId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project = by_id(world, call)?;
    let id = call.param("environmentId");
    let missing = || Failure::not_found(format!("Environment with ID '{id}' not found"));
    let environment = environment_json(project, |environment| environment.id == id).ok_or_else(missing)?;
    Ok(json!({"environment": environment}))
}

/// `POST`. What goes wrong and what comes back is from upstream's `project-env-router.ts` and `project-env-service.ts`;
/// neither a licence's limit nor `position` is emulated: a new environment is the last one.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let name = check.title("name", None);
    let slug = check.needed_slug("slug", SlugRule::environment(call.generation));
    check.finish()?;
    let project_id = call.param("projectId");
    permission::allow(world, call, project_id, Action::Create, Subject::Environments)?;
    if world.known_project(project_id)?.environment(&slug).is_some() {
        return Err(Failure::new(400, "CreateEnvironment", "Environment with slug already exist"));
    }
    world.plant_environment(project_id, &slug, &name);
    world.audit(call, Some(project_id), "create-environment", json!({"name": name, "slug": slug}));
    let environment = environment_json(world.known_project(project_id)?, |environment| environment.slug == slug);
    let mut answer = json!({"message": "Successfully created new environment", "environment": environment});
    let key = if call.url.starts_with("/api/v1/projects/") { "projectId" } else { "workspace" };
    set(&mut answer, key, project_id);
    Ok(answer)
}
