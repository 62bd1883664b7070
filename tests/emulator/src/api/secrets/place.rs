//! Which project, environment and folder a request is about.

use crate::api::projects::project_by_slug;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::project::{Folder, Project};

use super::access::Access;

/// A folder by project, environment and path.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) project_id: String,
    pub(crate) environment: String,
    pub(crate) path: String,
}

/// True for the routes whose parameter is called `projectId`.
pub(crate) fn is_v4_route(call: &Call) -> bool {
    call.url.starts_with("/api/v4/")
}

/// The project of a listing or a get: by id, or by slug on the older routes. `None` if the request
/// names none.
fn project_of_query(world: &World, call: &Call, check: &mut Checker<'_>) -> Result<Option<String>, Failure> {
    if is_v4_route(call) {
        return Ok(check.optional_string("projectId"));
    }
    let id = check.optional_string("workspaceId");
    match (id, check.optional_string("workspaceSlug")) {
        (None, Some(slug)) => Ok(Some(project_by_slug(world, &slug)?.id.clone())),
        (id, _) => Ok(id),
    }
}

impl Place {
    /// Reads the place from a query. Zod's issues stay in `check`, which the caller finishes.
    pub(crate) fn of_query(world: &World, call: &Call, check: &mut Checker<'_>) -> Result<Self, Failure> {
        let project_id = project_of_query(world, call, check)?;
        let environment = check.optional_string("environment");
        let path = check.folder_path("secretPath");
        let (Some(project_id), Some(environment)) = (project_id, environment) else {
            return Err(Failure::bad_request(if is_v4_route(call) {
                "Missing project id or environment"
            } else {
                "Missing workspace id or environment"
            }));
        };
        Ok(Self { project_id, environment, path })
    }

    /// Reads the place from the query of a get, which a current server checks field by field.
    pub(crate) fn of_one(world: &World, call: &Call, check: &mut Checker<'_>) -> Result<Self, Failure> {
        if !is_v4_route(call) {
            return Self::of_query(world, call, check);
        }
        let project_id = check.string("projectId");
        let environment = check.optional_string("environment");
        let path = check.folder_path("secretPath");
        let environment = environment.ok_or_else(|| Failure::bad_request("Missing environment"))?;
        Ok(Self { project_id, environment, path })
    }

    /// Reads the place from the body of a write.
    pub(crate) fn of_body(call: &Call, check: &mut Checker<'_>) -> Self {
        Self {
            project_id: check.string(if is_v4_route(call) { "projectId" } else { "workspaceId" }),
            environment: check.string("environment"),
            path: check.folder_path("secretPath"),
        }
    }

    /// Reads the place of a batch. The older batch routes also accept the project's slug.
    pub(crate) fn of_batch(world: &World, call: &Call, check: &mut Checker<'_>) -> Result<Self, Failure> {
        if !is_v4_route(call) && !check.has("workspaceId") && check.has("projectSlug") {
            let slug = check.string("projectSlug");
            return Ok(Self {
                project_id: project_by_slug(world, &slug)?.id.clone(),
                environment: check.string("environment"),
                path: check.folder_path("secretPath"),
            });
        }
        Ok(Self::of_body(call, check))
    }

    /// Returns the project and the caller's permissions on its secrets. Fails unless the project
    /// exists and the caller is a member.
    pub(crate) fn access<'w>(&self, world: &'w World, call: &Call) -> Result<Access<'w>, Failure> {
        let id = &self.project_id;
        let project = world.project(id).ok_or_else(|| {
            Failure::not_found(format!(
                "Project with ID '{id}' not found during bot lookup. Are you sure you are using the correct project ID?"
            ))
        })?;
        Access::of(world, call, project)
    }

    /// Returns the folder. `error` names the error if there is none.
    pub(crate) fn folder<'p>(&self, project: &'p Project, error: &str) -> Result<&'p Folder, Failure> {
        let Self { environment, path, .. } = self;
        project.folder_at(environment, path)?.ok_or_else(|| {
            Failure::new(
                404,
                error,
                format!("Folder with path '{path}' in environment with slug '{environment}' not found"),
            )
        })
    }
}
