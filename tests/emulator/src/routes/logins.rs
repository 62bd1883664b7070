//! Routes of logins, access tokens, client secrets, and administration by a person or operator.

use http::Method;

use crate::ApiVersion;
use crate::api::administration::for_users_only;
use crate::api::{auth_methods, features, identities, sharing, webhooks};
use crate::auth::federated;

use super::{Route, open, route};

/// The routes of an API version.
pub(super) fn table(api_version: ApiVersion) -> Vec<Route> {
    match api_version {
        ApiVersion::V3 => Vec::new(),
        ApiVersion::V4 => [current_only(), federated(), beside_secrets(), for_persons()].concat(),
    }
}

/// Identities and their login methods.
fn current_only() -> Vec<Route> {
    const UNIVERSAL: &str = "/api/v1/auth/universal-auth/identities/{identityId}";
    const TOKEN: &str = "/api/v1/auth/token-auth/identities/{identityId}";
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    vec![
        route(post.clone(), "/api/v1/identities", identities::create),
        route(get.clone(), "/api/v1/identities/details", identities::details),
        route(get.clone(), "/api/v1/identities/{identityId}", identities::get),
        route(delete.clone(), "/api/v1/identities/{identityId}", identities::delete),
        route(post.clone(), "/api/v1/projects/{projectId}/identities", identities::create_in_project),
        route(get.clone(), "/api/v1/projects/{projectId}/identities", identities::of_project),
        route(patch.clone(), "/api/v1/projects/{projectId}/identities/{identityId}", identities::update_in_project),
        route(delete.clone(), "/api/v1/projects/{projectId}/identities/{identityId}", identities::delete_in_project),
        route(post.clone(), UNIVERSAL, auth_methods::universal::attach),
        route(get.clone(), UNIVERSAL, auth_methods::universal::get),
        route(patch.clone(), UNIVERSAL, auth_methods::universal::update),
        route(delete.clone(), UNIVERSAL, auth_methods::universal::detach),
        route(
            post.clone(),
            "/api/v1/auth/universal-auth/identities/{identityId}/clear-lockouts",
            auth_methods::universal::clear_lockouts,
        ),
        route(
            post.clone(),
            "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets",
            auth_methods::client_secrets::create,
        ),
        route(
            get.clone(),
            "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets",
            auth_methods::client_secrets::list,
        ),
        route(
            get.clone(),
            "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets/{clientSecretId}",
            auth_methods::client_secrets::get,
        ),
        route(
            post.clone(),
            "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets/{clientSecretId}/revoke",
            auth_methods::client_secrets::revoke,
        ),
        route(post.clone(), TOKEN, auth_methods::token::attach),
        route(get.clone(), TOKEN, auth_methods::token::get),
        route(patch, TOKEN, auth_methods::token::update),
        route(delete, TOKEN, auth_methods::token::detach),
        route(post.clone(), "/api/v1/auth/token-auth/identities/{identityId}/tokens", auth_methods::token::create),
        route(get, "/api/v1/auth/token-auth/identities/{identityId}/tokens", auth_methods::token::list),
        route(post, "/api/v1/auth/token-auth/tokens/{tokenId}/revoke", auth_methods::token::revoke),
    ]
}

/// Logins with external proof.
fn federated() -> Vec<Route> {
    const JWT: &str = "/api/v1/auth/jwt-auth/identities/{identityId}";
    const OIDC: &str = "/api/v1/auth/oidc-auth/identities/{identityId}";
    const KUBERNETES: &str = "/api/v1/auth/kubernetes-auth/identities/{identityId}";
    const TLS_CERT: &str = "/api/v1/auth/tls-cert-auth/identities/{identityId}";
    const AWS: &str = "/api/v1/auth/aws-auth/identities/{identityId}";
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    vec![
        open(post.clone(), "/api/v1/auth/jwt-auth/login", federated::login_by_jwt),
        open(post.clone(), "/api/v1/auth/oidc-auth/login", federated::login_by_oidc),
        open(post.clone(), "/api/v1/auth/kubernetes-auth/login", federated::login_by_kubernetes),
        open(post.clone(), "/api/v1/auth/tls-cert-auth/login", federated::login_by_certificate),
        open(post.clone(), "/api/v1/auth/aws-auth/login", federated::login_by_aws),
        open(post.clone(), "/api/v1/auth/gcp-auth/login", federated::gcp),
        open(post.clone(), "/api/v1/auth/azure-auth/login", federated::azure),
        open(post.clone(), "/api/v1/auth/ldap-auth/login", federated::ldap),
        open(post.clone(), "/api/v1/auth/oci-auth/login", federated::oci),
        open(post.clone(), "/api/v1/auth/alicloud-auth/login", federated::alicloud),
        open(post.clone(), "/api/v1/auth/spiffe-auth/login", federated::spiffe),
        route(post.clone(), JWT, auth_methods::jwt::attach),
        route(get.clone(), JWT, auth_methods::jwt::get),
        route(patch.clone(), JWT, auth_methods::jwt::update),
        route(delete.clone(), JWT, auth_methods::jwt::detach),
        route(post.clone(), OIDC, auth_methods::oidc::attach),
        route(get.clone(), OIDC, auth_methods::oidc::get),
        route(patch.clone(), OIDC, auth_methods::oidc::update),
        route(delete.clone(), OIDC, auth_methods::oidc::detach),
        route(post.clone(), KUBERNETES, auth_methods::kubernetes::attach),
        route(get, KUBERNETES, auth_methods::kubernetes::get),
        route(patch, KUBERNETES, auth_methods::kubernetes::update),
        route(delete.clone(), KUBERNETES, auth_methods::kubernetes::detach),
        route(post.clone(), TLS_CERT, auth_methods::tls_cert::attach),
        route(delete.clone(), TLS_CERT, auth_methods::tls_cert::detach),
        route(post, AWS, auth_methods::aws::attach),
        route(delete, AWS, auth_methods::aws::detach),
    ]
}

/// Other features for identities: shared values, webhooks, features.
fn beside_secrets() -> Vec<Route> {
    let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
    vec![
        route(post.clone(), "/api/v1/shared-secrets", sharing::create),
        route(get.clone(), "/api/v1/shared-secrets", sharing::list),
        route(get.clone(), "/api/v1/webhooks", webhooks::list),
        route(post.clone(), "/api/v1/webhooks", webhooks::create),
        route(delete, "/api/v1/webhooks/{webhookId}", webhooks::delete),
        route(post.clone(), "/api/v1/events/subscribe/project-events", features::subscribe),
        route(get.clone(), "/api/v1/projects/{projectId}/secret-validation-rules", features::validation_rules),
        route(get, "/api/v1/projects/{projectId}/secret-blind-index/status", features::blind_index_status),
        route(post, "/api/v1/projects/{projectId}/secret-blind-index", features::build_blind_index),
    ]
}

fn for_persons() -> Vec<Route> {
    let paths = [
        (Method::GET, "/api/v1/honey-tokens/limits"),
        (Method::POST, "/api/v1/honey-tokens"),
        (Method::GET, "/api/v1/insights/secrets/secrets-duplication"),
        (Method::GET, "/api/v1/dashboard/secrets-deep-search"),
        (Method::GET, "/api/v1/dashboard/secrets-by-keys"),
        (Method::GET, "/api/v1/dashboard/accessible-secrets"),
    ];
    paths.map(|(method, path)| route(method, path, for_users_only)).to_vec()
}
