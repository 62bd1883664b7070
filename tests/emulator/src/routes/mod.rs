//! Which requests each generation of the server knows.

mod logins;
mod membership;

use http::Method;
use serde_json::Value;

use crate::Generation;
use crate::api::secrets::{batch, moving, read, tagging, write};
use crate::api::{administration, audit_logs, environments, folders, imports, members, organization, projects, tags};
use crate::auth::{renewal, universal};
use crate::call::Call;
use crate::failure::Failure;
use crate::world::World;

/// What a route does.
pub(crate) type Handler = fn(&mut World, &Call) -> Result<Value, Failure>;

/// One route.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) is_open: bool,
    pub(crate) handler: Handler,
    /// A parameter that the path itself stands for: the server's router matches by method first, so that
    /// `GET /api/v4/secrets/batch` is the secret called `batch`.
    pub(crate) fixed: Option<(&'static str, &'static str)>,
}

pub(super) fn route(method: Method, path: &'static str, handler: Handler) -> Route {
    Route { method, path, is_open: false, handler, fixed: None }
}

pub(super) fn open(method: Method, path: &'static str, handler: Handler) -> Route {
    Route { is_open: true, ..route(method, path, handler) }
}

pub(super) fn named(
    method: Method,
    path: &'static str,
    handler: Handler,
    fixed: (&'static str, &'static str),
) -> Route {
    Route { fixed: Some(fixed), ..route(method, path, handler) }
}

/// The routes of a generation.
pub(crate) fn table(generation: Generation) -> Vec<Route> {
    let mut routes = shared();
    routes.extend(logins::table(generation));
    routes.extend(membership::table(generation));
    match generation {
        Generation::V3 => routes.extend(old_only()),
        Generation::V4 => routes.extend(current_only()),
    }
    routes
}

/// What both serve: a current server still serves the older routes of secrets, folders and projects.
fn shared() -> Vec<Route> {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    vec![
        open(get.clone(), "/api/status", organization::status),
        open(post.clone(), "/api/v1/auth/universal-auth/login", universal::login),
        open(post.clone(), "/api/v1/auth/token/renew", renewal::renew),
        open(post.clone(), "/api/v1/auth/token/revoke", renewal::revoke),
        route(get.clone(), "/api/v1/workspace", administration::for_users_only),
        route(get.clone(), "/api/v1/workspace/{projectId}", projects::get_workspace),
        route(post.clone(), "/api/v2/workspace", projects::create),
        route(post.clone(), "/api/v1/workspace/{projectId}/environments", environments::create),
        route(post.clone(), "/api/v2/workspace/{projectId}/memberships", members::invite),
        route(get.clone(), "/api/v1/workspace/{projectId}/environments/{environmentId}", environments::get),
        route(get.clone(), "/api/v1/workspace/{projectId}/permissions", administration::for_users_only),
        route(get.clone(), "/api/v2/workspace/{slug}", projects::get_by_slug),
        route(get.clone(), "/api/v2/organizations/{orgId}/workspaces", projects::of_organization),
        route(get.clone(), "/api/v1/workspace/{projectId}/tags", tags::list),
        route(post.clone(), "/api/v1/workspace/{projectId}/tags", tags::create),
        route(get.clone(), "/api/v1/workspace/{projectId}/tags/{tagId}", tags::get),
        route(get.clone(), "/api/v1/workspace/{projectId}/tags/slug/{tagSlug}", tags::get_by_slug),
        route(delete.clone(), "/api/v1/workspace/{projectId}/tags/{tagId}", tags::delete),
        route(post.clone(), "/api/v1/workspace/{projectId}/roles", administration::create_role),
        route(get.clone(), "/api/v1/folders", folders::list),
        route(post.clone(), "/api/v1/folders", folders::create),
        route(get.clone(), "/api/v1/folders/{folderId}", folders::get),
        route(patch.clone(), "/api/v1/folders/{folderId}", folders::update),
        route(delete.clone(), "/api/v1/folders/{folderId}", folders::delete),
        route(get.clone(), "/api/v3/secrets/raw", read::list),
        route(get.clone(), "/api/v3/secrets/raw/{secretName}", read::get),
        route(post.clone(), "/api/v3/secrets/raw/{secretName}", write::create),
        route(patch.clone(), "/api/v3/secrets/raw/{secretName}", write::update),
        route(delete.clone(), "/api/v3/secrets/raw/{secretName}", write::delete),
        route(post.clone(), "/api/v3/secrets/batch/raw", batch::create),
        route(patch.clone(), "/api/v3/secrets/batch/raw", batch::update),
        route(delete.clone(), "/api/v3/secrets/batch/raw", batch::delete),
        route(post.clone(), "/api/v3/secrets/tags/{secretName}", tagging::attach),
        route(delete.clone(), "/api/v3/secrets/tags/{secretName}", tagging::detach),
        route(get.clone(), "/api/v1/secret/{secretId}/secret-versions", administration::for_users_only),
        route(get.clone(), "/api/v1/secret-imports", imports::list),
        route(get.clone(), "/api/v1/secret-imports/secrets/raw", imports::secrets),
        route(post, "/api/v1/secret-imports", imports::create),
        route(patch.clone(), "/api/v1/secret-imports/{importId}", imports::update),
        route(delete, "/api/v1/secret-imports/{importId}", imports::delete),
        route(get, "/api/v1/organization/audit-logs", audit_logs::list),
        route(patch, "/api/v1/identities/{identityId}", administration::update_identity),
    ]
}

fn old_only() -> Vec<Route> {
    vec![
        route(Method::POST, "/api/v3/secrets/raw/", write::create_encrypted),
        route(Method::POST, "/api/v3/secrets/{secretName}", write::create_encrypted),
    ]
}

fn current_only() -> Vec<Route> {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    vec![
        route(get.clone(), "/api/v1/projects", projects::list),
        route(post.clone(), "/api/v1/projects", projects::create),
        route(get.clone(), "/api/v1/projects/{projectId}", projects::get),
        route(get.clone(), "/api/v1/projects/slug/{slug}", projects::get_by_slug),
        route(post.clone(), "/api/v1/projects/{projectId}/environments", environments::create),
        route(post.clone(), "/api/v1/projects/{projectId}/memberships", members::invite),
        route(get.clone(), "/api/v1/projects/{projectId}/environments/{environmentId}", environments::get),
        route(get.clone(), "/api/v1/projects/{projectId}/tags", tags::list),
        route(post.clone(), "/api/v1/projects/{projectId}/tags", tags::create),
        route(get.clone(), "/api/v1/projects/{projectId}/tags/{tagId}", tags::get),
        route(get.clone(), "/api/v1/projects/{projectId}/tags/slug/{tagSlug}", tags::get_by_slug),
        route(delete.clone(), "/api/v1/projects/{projectId}/tags/{tagId}", tags::delete),
        route(get.clone(), "/api/v2/folders", folders::list),
        route(post.clone(), "/api/v2/folders", folders::create),
        route(get.clone(), "/api/v2/folders/{folderId}", folders::get),
        named(get.clone(), "/api/v2/folders/batch", folders::get, ("folderId", "batch")),
        route(patch.clone(), "/api/v2/folders/batch", folders::update_many),
        named(delete.clone(), "/api/v2/folders/batch", folders::delete, ("folderId", "batch")),
        route(patch.clone(), "/api/v2/folders/{folderId}", folders::update),
        route(delete.clone(), "/api/v2/folders/{folderId}", folders::delete),
        route(get.clone(), "/api/v4/secrets", read::list),
        route(get.clone(), "/api/v4/secrets/id/{secretId}", read::get_by_id),
        route(get.clone(), "/api/v4/secrets/{secretName}", read::get),
        route(post.clone(), "/api/v4/secrets/{secretName}", write::create),
        route(patch.clone(), "/api/v4/secrets/{secretName}", write::update),
        route(delete.clone(), "/api/v4/secrets/{secretName}", write::delete),
        named(get.clone(), "/api/v4/secrets/batch", read::get, ("secretName", "batch")),
        route(post.clone(), "/api/v4/secrets/batch", batch::create),
        route(patch.clone(), "/api/v4/secrets/batch", batch::update),
        route(delete.clone(), "/api/v4/secrets/batch", batch::delete),
        named(get.clone(), "/api/v4/secrets/move", read::get, ("secretName", "move")),
        route(post.clone(), "/api/v4/secrets/move", moving::move_secrets),
        named(patch.clone(), "/api/v4/secrets/move", write::update, ("secretName", "move")),
        named(delete.clone(), "/api/v4/secrets/move", write::delete, ("secretName", "move")),
        route(get.clone(), "/api/v2/secret-imports", imports::list),
        route(get, "/api/v2/secret-imports/secrets", imports::secrets),
        route(post, "/api/v2/secret-imports", imports::create),
        route(patch, "/api/v2/secret-imports/{importId}", imports::update),
        route(delete, "/api/v2/secret-imports/{importId}", imports::delete),
    ]
}
