//! The routes of each API version.

mod logins;
mod membership;

use http::Method;
use serde_json::Value;

use crate::ApiVersion;
use crate::api::secrets::{batch, duplicating, list, moving, read, tagging, write};
use crate::api::{
    administration, audit_logs, environments, folders, imports, members, organization, projects, refused, snapshots,
    tags,
};
use crate::auth::{renewal, universal};
use crate::call::Call;
use crate::failure::Failure;
use crate::world::World;

/// The function that handles a route.
pub(crate) type Handler = fn(&mut World, &Call) -> Result<Value, Failure>;

/// One route.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) is_open: bool,
    pub(crate) handler: Handler,
    /// A parameter that the path itself sets. The server's router matches by method first, so `GET
    /// /api/v4/secrets/batch` is the secret called `batch`.
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

/// The routes of an API version.
pub(crate) fn table(api_version: ApiVersion) -> Vec<Route> {
    let mut routes = shared();
    routes.extend(logins::table(api_version));
    routes.extend(membership::table(api_version));
    match api_version {
        ApiVersion::V3 => routes.extend(old_only()),
        ApiVersion::V4 => routes.extend(current_only()),
    }
    routes
}

/// The routes of both API versions. A current server still serves the older routes of secrets,
/// folders and projects.
fn shared() -> Vec<Route> {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    vec![
        open(get.clone(), "/api/status", organization::status),
        open(post.clone(), "/api/v1/auth/universal-auth/login", universal::login),
        open(post.clone(), "/api/v1/auth/token/renew", renewal::renew),
        open(post.clone(), "/api/v1/auth/token/revoke", renewal::revoke),
        route(get.clone(), "/api/v1/workspace", projects::list_workspaces),
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
        route(get.clone(), "/api/v3/secrets/raw", list::list),
        route(get.clone(), "/api/v3/secrets/raw/{secretName}", read::get),
        route(post.clone(), "/api/v3/secrets/raw/{secretName}", write::create),
        route(patch.clone(), "/api/v3/secrets/raw/{secretName}", write::update),
        route(delete.clone(), "/api/v3/secrets/raw/{secretName}", write::delete),
        route(post.clone(), "/api/v3/secrets/batch/raw", batch::create),
        route(patch.clone(), "/api/v3/secrets/batch/raw", batch::update),
        route(delete.clone(), "/api/v3/secrets/batch/raw", batch::delete),
        route(post.clone(), "/api/v3/secrets/tags/{secretName}", tagging::change),
        route(delete.clone(), "/api/v3/secrets/tags/{secretName}", tagging::change),
        route(get.clone(), "/api/v1/secret/{secretId}/secret-versions", administration::for_users_only),
        route(get.clone(), "/api/v1/secret-snapshot/{snapshotId}", snapshots::get),
        route(post.clone(), "/api/v1/secret-snapshot/{snapshotId}/rollback", snapshots::roll_back),
        route(get.clone(), "/api/v1/dynamic-secrets", refused::dynamic_secrets),
        route(get.clone(), "/api/v1/secret-imports", imports::list),
        route(get.clone(), "/api/v1/secret-imports/secrets/raw", imports::secrets),
        route(post.clone(), "/api/v1/secret-imports", imports::create),
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
        route(Method::POST, "/api/v3/secrets/move", moving::move_secrets),
        route(Method::GET, "/api/v1/secret-rotations", administration::for_users_only),
        route(Method::POST, "/api/v1/secret-rotations/restart", administration::for_users_only),
        route(Method::GET, "/api/v1/webhooks", administration::for_users_only),
        route(Method::GET, "/api/v1/dashboard/secrets-overview", administration::for_users_only),
        route(Method::GET, "/api/v1/workspace/{projectId}/secret-snapshots", snapshots::list),
        route(Method::GET, "/api/v1/workspace/{projectId}/secret-snapshots/count", snapshots::count),
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
        route(patch.clone(), "/api/v1/projects/{projectId}/environments/{environmentId}", environments::update),
        route(delete.clone(), "/api/v1/projects/{projectId}/environments/{environmentId}", environments::delete),
        route(post.clone(), "/api/v1/projects/{projectId}/environments/{environmentId}/restore", environments::restore),
        route(
            get.clone(),
            "/api/v1/projects/{projectId}/environments/slug/{environmentSlug}",
            environments::get_by_slug,
        ),
        route(get.clone(), "/api/v1/projects/{projectId}/environment-folder-tree", folders::tree),
        route(post.clone(), "/api/v1/projects/search", projects::search),
        route(get.clone(), "/api/v1/projects/{projectId}/permissions", administration::for_users_only),
        route(get.clone(), "/api/v1/projects/{projectId}/secret-snapshots", snapshots::list),
        route(get.clone(), "/api/v1/projects/{projectId}/secret-snapshots/count", snapshots::count),
        route(get.clone(), "/api/v1/projects/{projectId}/tags", tags::list),
        route(post.clone(), "/api/v1/projects/{projectId}/tags", tags::create),
        route(get.clone(), "/api/v1/projects/{projectId}/tags/{tagId}", tags::get),
        route(get.clone(), "/api/v1/projects/{projectId}/tags/slug/{tagSlug}", tags::get_by_slug),
        route(delete.clone(), "/api/v1/projects/{projectId}/tags/{tagId}", tags::delete),
        route(patch.clone(), "/api/v1/projects/{projectId}/tags/{tagId}", tags::update),
        route(get.clone(), "/api/v2/folders", folders::list),
        route(post.clone(), "/api/v2/folders", folders::create),
        route(get.clone(), "/api/v2/folders/{folderId}", folders::get),
        named(get.clone(), "/api/v2/folders/batch", folders::get, ("folderId", "batch")),
        route(patch.clone(), "/api/v2/folders/batch", folders::update_many),
        named(delete.clone(), "/api/v2/folders/batch", folders::delete, ("folderId", "batch")),
        route(patch.clone(), "/api/v2/folders/{folderId}", folders::update),
        route(delete.clone(), "/api/v2/folders/{folderId}", folders::delete),
        route(post.clone(), "/api/v2/folders/move", administration::for_users_only),
        route(get.clone(), "/api/v4/secrets", list::list),
        route(get.clone(), "/api/v4/secrets/id/{secretId}", read::get_by_id),
        route(get.clone(), "/api/v3/secrets/raw/id/{secretId}", read::get_by_id),
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
        named(get.clone(), "/api/v4/secrets/duplicate", read::get, ("secretName", "duplicate")),
        route(post.clone(), "/api/v4/secrets/duplicate", duplicating::duplicate),
        named(patch.clone(), "/api/v4/secrets/duplicate", write::update, ("secretName", "duplicate")),
        named(delete.clone(), "/api/v4/secrets/duplicate", write::delete, ("secretName", "duplicate")),
        route(get.clone(), "/api/v2/secret-imports", imports::list),
        route(get.clone(), "/api/v2/secret-imports/secrets", imports::secrets),
        route(get.clone(), "/api/v2/secret-imports/{importId}", imports::get),
        route(post, "/api/v2/secret-imports", imports::create),
        route(patch, "/api/v2/secret-imports/{importId}", imports::update),
        route(delete, "/api/v2/secret-imports/{importId}", imports::delete),
    ]
    .into_iter()
    .chain(paid())
    .chain(for_users())
    .collect()
}

/// Routes that the free licence refuses, or that are always empty.
fn paid() -> Vec<Route> {
    let (get, post) = (Method::GET, Method::POST);
    vec![
        route(get.clone(), "/api/v2/secret-rotations", refused::rotations),
        route(get.clone(), "/api/v2/secret-rotations/{type}", refused::rotations),
        route(post.clone(), "/api/v2/secret-rotations/{type}", refused::create_rotation),
        route(get.clone(), "/api/v2/secret-rotations/{type}/{rotationId}", refused::rotation),
        route(get.clone(), "/api/v2/secret-rotations/{type}/rotation-name/{rotationName}", refused::rotation),
        route(post.clone(), "/api/v2/secret-rotations/{type}/{rotationId}/rotate-secrets", refused::rotate),
        route(
            get.clone(),
            "/api/v2/secret-rotations/{type}/{rotationId}/generated-credentials",
            refused::rotation_credentials,
        ),
        route(get.clone(), "/api/v1/dynamic-secrets/{name}", refused::dynamic_secret),
        route(get.clone(), "/api/v1/dynamic-secrets/{name}/leases", refused::dynamic_secret),
        route(post.clone(), "/api/v1/dynamic-secrets", refused::create_dynamic_secret),
        route(post, "/api/v1/dynamic-secrets/leases", refused::create_lease),
        route(get.clone(), "/api/v1/app-connections", refused::app_connections),
        route(get, "/api/v1/secret-syncs", refused::secret_syncs),
    ]
}

/// Routes that accept a user's token only.
fn for_users() -> Vec<Route> {
    let paths = [
        (Method::GET, "/api/v4/secrets/{secretName}/secret-reference-tree"),
        (Method::GET, "/api/v4/secrets/{secretName}/reference-dependency-tree"),
        (Method::GET, "/api/v1/dashboard/secret-versions/{secretId}"),
        (Method::GET, "/api/v1/dashboard/secret-versions/{secretId}/value/{version}"),
        (Method::GET, "/api/v1/pit/commits"),
        (Method::GET, "/api/v1/pit/commits/count"),
        (Method::POST, "/api/v1/pit/commits/{commitId}/rollback"),
        (Method::POST, "/api/v1/pit/commits/{commitId}/revert"),
        (Method::DELETE, "/api/v2/secret-versions/{versionId}/redact-value"),
        (Method::GET, "/api/v1/reminders/secrets/{secretId}"),
    ];
    paths.into_iter().map(|(method, path)| route(method, path, administration::for_users_only)).collect()
}
