//! Logins, access tokens, and permissions of identities.

pub(crate) mod access;
pub(crate) mod federated;
pub(crate) mod identity_access;
pub(crate) mod issue;
pub(crate) mod permission;
pub(crate) mod renewal;
pub(crate) mod token;
pub(crate) mod universal;
