//! Configuring the login methods of identities: `/api/v1/auth/<method>/identities/...`.

pub(crate) mod aws;
pub(crate) mod client_secrets;
pub(crate) mod jwt;
pub(crate) mod kubernetes;
pub(crate) mod oidc;
pub(crate) mod rules;
pub(crate) mod tls_cert;
pub(crate) mod token;
pub(crate) mod universal;
