//! Projects: `/api/v1/projects` and the older `/api/v1/workspace`, `/api/v2/workspace`, `/api/v2/organizations`.

use serde_json::{Value, json};

use crate::Generation;
use crate::auth::permission;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::{Environment, Project};

fn environment_json(environment: &Environment) -> Value {
    json!({"name": environment.name, "slug": environment.slug, "id": environment.id})
}

fn project_json(world: &World, project: &Project) -> Value {
    let environments: Vec<Value> = project.environments.iter().map(environment_json).collect();
    let created = iso(project.created);
    match world.generation {
        Generation::V3 => json!({
            "id": project.id, "_id": project.id, "name": project.name, "slug": project.slug,
            "autoCapitalization": true, "orgId": world.org_id, "createdAt": created, "updatedAt": created,
            "version": 3, "upgradeStatus": null, "pitVersionLimit": 10, "kmsCertificateKeyId": null,
            "auditLogsRetentionDays": null, "environments": environments,
        }),
        Generation::V4 => json!({
            "id": project.id, "_id": project.id, "name": project.name, "slug": project.slug,
            "description": null, "type": "secret-manager", "defaultProduct": "secret-manager",
            "autoCapitalization": false, "orgId": world.org_id, "createdAt": created, "updatedAt": created,
            "version": 3, "upgradeStatus": null, "pitVersionLimit": 10, "kmsCertificateKeyId": null,
            "auditLogsRetentionDays": null, "hasDeleteProtection": false, "secretSharing": true,
            "environments": environments,
        }),
    }
}

fn by_id<'w>(world: &'w World, call: &Call) -> Result<&'w Project, Failure> {
    let id = call.param("projectId");
    let Some(project) = world.project(id) else {
        return Err(match call.generation {
            Generation::V3 => Failure::internal("Failed to find project by id"),
            Generation::V4 => Failure::not_found(format!("Project with ID '{id}' not found")),
        });
    };
    permission::membership(world, call, id)?;
    Ok(project)
}

fn by_slug<'w>(world: &'w World, call: &Call) -> Result<&'w Project, Failure> {
    let project = project_by_slug(world, call.param("slug"))?;
    permission::membership(world, call, &project.id)?;
    Ok(project)
}

/// The project of a slug, or what each generation says where there is none.
pub(crate) fn project_by_slug<'w>(world: &'w World, slug: &str) -> Result<&'w Project, Failure> {
    world.projects.iter().find(|project| project.slug == slug).ok_or_else(|| match world.generation {
        Generation::V3 => Failure::internal("Failed to find project by slug"),
        Generation::V4 => Failure::not_found(format!("Project with slug '{slug}' not found")),
    })
}

fn mine<'w>(world: &'w World, call: &Call) -> Result<Vec<&'w Project>, Failure> {
    let caller = call.caller()?;
    Ok(world.projects.iter().filter(|project| project.membership(&caller.identity_id).is_some()).collect())
}

/// `GET /api/v1/projects`
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let kind = check.choice("type", &["all", "secret-manager", "cert-manager", "kms", "ssh", "pam"]);
    check.query_flag("includeRoles", false);
    check.finish()?;
    let shown = matches!(kind.as_str(), "all" | "secret-manager");
    let projects: Vec<Value> =
        mine(world, call)?.into_iter().filter(|_| shown).map(|project| project_json(world, project)).collect();
    Ok(json!({"projects": projects}))
}

/// `GET /api/v1/projects/:projectId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    Ok(json!({"project": project_json(world, by_id(world, call)?)}))
}

/// `GET /api/v1/projects/slug/:slug`, `GET /api/v2/workspace/:slug`: the project, bare.
pub(crate) fn get_by_slug(world: &mut World, call: &Call) -> Result<Value, Failure> {
    Ok(project_json(world, by_slug(world, call)?))
}

/// `GET /api/v1/workspace/:projectId`
pub(crate) fn get_workspace(world: &mut World, call: &Call) -> Result<Value, Failure> {
    Ok(json!({"workspace": project_json(world, by_id(world, call)?)}))
}

/// `GET /api/v1/(workspace|projects)/:projectId/environments/:environmentId`
pub(crate) fn environment(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project = by_id(world, call)?;
    let id = call.param("environmentId");
    let found = project.environments.iter().enumerate().find(|(_, environment)| environment.id == id);
    let (index, environment) =
        found.ok_or_else(|| Failure::not_found(format!("Environment with ID '{id}' not found")))?;
    let created = iso(project.created);
    Ok(json!({"environment": {
        "id": environment.id, "name": environment.name, "slug": environment.slug, "position": index + 1,
        "projectId": project.id, "createdAt": created, "updatedAt": created,
    }}))
}

/// `GET /api/v2/organizations/:orgId/workspaces`
pub(crate) fn of_organization(world: &mut World, call: &Call) -> Result<Value, Failure> {
    if call.param("orgId") != world.org_id {
        return Err(Failure::forbidden("ForbiddenError"));
    }
    let brief = |project: &Project| {
        let environments: Vec<Value> = project
            .environments
            .iter()
            .map(|environment| json!({"name": environment.name, "slug": environment.slug}))
            .collect();
        json!({
            "id": project.id, "name": project.name, "slug": project.slug, "organization": world.org_id,
            "environments": environments,
        })
    };
    let workspaces: Vec<Value> = mine(world, call)?.into_iter().map(brief).collect();
    Ok(json!({"workspaces": workspaces}))
}
