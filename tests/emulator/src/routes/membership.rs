//! Routes of memberships, roles, privileges and approval policies, and routes for users only.

use http::Method;

use crate::ApiVersion;
use crate::api::administration::for_users_only;
use crate::api::{approvals, identities, members, memberships, privileges, roles};

use super::{Handler, Route, named, route};

/// The routes of an API version.
pub(super) fn table(api_version: ApiVersion) -> Vec<Route> {
    let mut routes = shared();
    match api_version {
        ApiVersion::V3 => routes.extend(old_only()),
        ApiVersion::V4 => {
            routes.extend(current_only());
            routes.extend(privileges_routes());
            routes.extend(for_persons());
        }
    }
    routes
}

/// The routes of one path to identity memberships.
fn of_identities(list: &'static str, one: &'static str) -> Vec<Route> {
    vec![
        route(Method::GET, list, memberships::list),
        route(Method::GET, one, memberships::get),
        route(Method::POST, one, memberships::add),
        route(Method::PATCH, one, memberships::update),
        route(Method::DELETE, one, memberships::remove),
    ]
}

/// The routes of both API versions.
fn shared() -> Vec<Route> {
    const OLDER: &str = "/api/v1/additional-privilege/identity";
    let mut routes = of_identities(
        "/api/v2/workspace/{projectId}/identity-memberships",
        "/api/v2/workspace/{projectId}/identity-memberships/{identityId}",
    );
    routes.extend([
        route(Method::POST, "/api/v1/additional-privilege/identity/permanent", privileges::older::create),
        route(Method::GET, OLDER, privileges::older::list),
        route(Method::DELETE, OLDER, privileges::older::delete),
        route(Method::GET, "/api/v1/secret-approvals", for_users_only),
        route(Method::GET, "/api/v1/secret-approvals/board", for_users_only),
        route(Method::POST, "/api/v1/secret-approvals", approvals::create),
    ]);
    routes
}

fn old_only() -> Vec<Route> {
    let get = |path: &'static str, handler: Handler| route(Method::GET, path, handler);
    vec![
        get("/api/v1/workspace/{projectId}/roles", roles::list),
        get("/api/v1/workspace/{projectId}/memberships", members::list),
        get("/api/v2/workspace/{projectId}/groups", members::groups),
        get("/api/v1/workspace/{projectId}/users", for_users_only),
    ]
}

fn current_only() -> Vec<Route> {
    let mut routes = of_identities(
        "/api/v1/projects/{projectId}/memberships/identities",
        "/api/v1/projects/{projectId}/memberships/identities/{identityId}",
    );
    routes.extend(of_identities(
        "/api/v1/projects/{projectId}/identity-memberships",
        "/api/v1/projects/{projectId}/identity-memberships/{identityId}",
    ));
    routes.extend([
        route(
            Method::GET,
            "/api/v1/projects/{projectId}/memberships/identities/{identityId}/permissions/audit",
            memberships::audit::audit,
        ),
        route(Method::GET, "/api/v2/organizations/{orgId}/identity-memberships", identities::of_organization),
        route(Method::GET, "/api/v1/projects/{projectId}/memberships", members::list),
        route(Method::PATCH, "/api/v1/projects/{projectId}/memberships/{membershipId}", members::update),
        route(Method::GET, "/api/v1/projects/{projectId}/memberships/groups", members::groups),
        route(Method::GET, "/api/v1/projects/{projectId}/authorizations", members::authorizations),
        route(Method::GET, "/api/v1/projects/{projectId}/roles", roles::list),
        route(Method::POST, "/api/v1/projects/{projectId}/roles", roles::create),
        route(Method::GET, "/api/v1/projects/{projectId}/roles/slug/{slug}", roles::get),
        route(Method::POST, "/api/v2/secret-approvals", approvals::create),
        route(Method::GET, "/api/v2/secret-approvals/{policyId}", approvals::get),
    ]);
    routes
}

fn privileges_routes() -> Vec<Route> {
    const ALL: &str = "/api/v2/identity-project-additional-privilege";
    const ONE: &str = "/api/v2/identity-project-additional-privilege/{privilegeId}";
    vec![
        route(Method::POST, ALL, privileges::create),
        route(Method::GET, ALL, privileges::list),
        route(Method::GET, ONE, privileges::get),
        route(Method::PATCH, ONE, privileges::update),
        route(Method::DELETE, ONE, privileges::delete),
        route(Method::GET, "/api/v2/identity-project-additional-privilege/slug/{slug}", privileges::get_by_slug),
    ]
}

/// Routes that accept a user's token only.
fn for_persons() -> Vec<Route> {
    let get = |path: &'static str| route(Method::GET, path, for_users_only);
    vec![
        get("/api/v1/projects/{projectId}/service-token-data"),
        get("/api/v1/secrets/{secretName}/access-list"),
        get("/api/v2/secret-approvals"),
        named(Method::GET, "/api/v2/secret-approvals/board", for_users_only, ("policyId", "board")),
        get("/api/v1/secret-approval-requests"),
        get("/api/v1/secret-approval-requests/count"),
        get("/api/v1/access-approvals/policies"),
        route(Method::POST, "/api/v1/organization-admin/projects/{projectId}/grant-admin-access", for_users_only),
    ]
}
