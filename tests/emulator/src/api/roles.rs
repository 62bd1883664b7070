//! The roles of a project: `/api/v1/projects/:projectId/roles`.

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::seed::Role;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::{CustomRole, Project};

use super::memberships::BUILT_IN;
use super::projects::project_by_slug;

/// The name and description of a built-in role.
fn text_of(role: Role, api_version: ApiVersion) -> (&'static str, &'static str) {
    match role {
        Role::Admin => ("Admin", "Full administrative access over a project"),
        Role::Member if api_version == ApiVersion::V3 => ("Developer", "Limited read/write role in a project"),
        Role::Member => ("Member", "Limited read/write role in a project"),
        Role::Viewer => ("Viewer", "Only read role in a project"),
        Role::NoAccess => ("No Access", "No access to any resources in the project"),
    }
}

/// A built-in role. The server doesn't store it, so each answer has a new id and new times.
fn built_in_json(world: &mut World, project_id: &str, role: Role) -> Value {
    let (name, description) = text_of(role, world.api_version);
    let now = iso(world.now());
    json!({
        "id": world.ids.uuid(), "name": name, "description": description, "slug": role.slug(), "createdAt": now,
        "updatedAt": now, "projectId": project_id,
    })
}

fn custom_json(project: &Project, role: &CustomRole) -> Value {
    let created = iso(project.created);
    json!({
        "id": role.id, "name": role.name, "description": null, "slug": role.slug, "createdAt": created,
        "updatedAt": created, "projectId": project.id,
    })
}

/// The path's project. On an old server, the path contains its slug.
fn project_id(world: &World, call: &Call) -> Result<String, Failure> {
    match call.api_version {
        ApiVersion::V3 => Ok(project_by_slug(world, call.param("projectId"))?.id.clone()),
        ApiVersion::V4 => Ok(call.param("projectId").to_owned()),
    }
}

/// `GET`: the roles without their rules.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project_id = project_id(world, call)?;
    permission::allow(world, call, &project_id, Action::Read, Subject::Roles)?;
    let mut shown: Vec<Value> = BUILT_IN.into_iter().map(|role| built_in_json(world, &project_id, role)).collect();
    let project = world.known_project(&project_id)?;
    shown.extend(project.roles.iter().map(|role| custom_json(project, role)));
    Ok(json!({"roles": shown}))
}

/// `GET /slug/:slug`: the role with its rules, unpacked.
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (project_id, slug) = (call.param("projectId").to_owned(), call.param("slug"));
    permission::allow(world, call, &project_id, Action::Read, Subject::Roles)?;
    let role = BUILT_IN.into_iter().find(|role| role.slug() == slug);
    let role = role.ok_or_else(|| Failure::not_found(format!("Project role with slug {slug} not found")))?;
    let rules: Vec<Value> = permission::built_in_rules(world.api_version, role)
        .into_iter()
        .map(|rule| json!({"subject": rule.subject, "action": rule.actions}))
        .collect();
    let mut shown = built_in_json(world, &project_id, role);
    set(&mut shown, "permissions", rules);
    Ok(json!({"role": shown}))
}

/// `POST`: the free licence has no custom roles.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    check.string("slug");
    check.string("name");
    check.finish()?;
    permission::allow(world, call, call.param("projectId"), Action::Create, Subject::Roles)?;
    Err(Failure::bad_request(
        "Failed to create custom role due to plan RBAC restriction. Upgrade to Infisical Enterprise plan to create custom \
         roles.",
    ))
}
