//! Settings and restrictions of an identity's external logins. Empty restrictions allow everything.

use serde_json::{Map, Value};

/// JWT Auth of an identity.
#[derive(Debug, Clone, Default)]
pub(crate) struct JwtAuth {
    /// PEM.
    pub(crate) public_keys: Vec<String>,
    pub(crate) issuer: String,
    pub(crate) audiences: String,
    pub(crate) claims: Map<String, Value>,
    pub(crate) subject: String,
}

/// AWS Auth of an identity.
#[derive(Debug, Clone)]
pub(crate) struct AwsAuth {
    pub(crate) endpoint: String,
    pub(crate) principal_arns: String,
    pub(crate) account_ids: String,
}

/// OIDC Auth of an identity.
#[derive(Debug, Clone, Default)]
pub(crate) struct OidcAuth {
    pub(crate) discovery_url: String,
    /// PEM. Empty for none.
    pub(crate) authority: String,
    pub(crate) issuer: String,
    pub(crate) audiences: String,
    pub(crate) claims: Map<String, Value>,
    pub(crate) subject: String,
}

/// Kubernetes Auth of an identity.
#[derive(Debug, Clone, Default)]
pub(crate) struct KubernetesAuth {
    pub(crate) host: String,
    /// PEM. Empty for none.
    pub(crate) authority: String,
    /// If empty, each token authenticates its own review.
    pub(crate) reviewer_token: String,
    pub(crate) namespaces: String,
    pub(crate) names: String,
    pub(crate) audience: String,
}

/// TLS Certificate Auth of an identity.
#[derive(Debug, Clone)]
pub(crate) struct TlsCertAuth {
    /// PEM.
    pub(crate) authority: String,
    pub(crate) common_names: Option<String>,
}
