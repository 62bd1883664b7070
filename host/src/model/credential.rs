//! The credentials of an identity.

use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How an identity authenticates.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credential {
    /// Universal Auth: the host logs in and keeps the access token until it expires.
    UniversalAuth {
        /// The client id. Not a secret.
        client_id: String,
        /// One of the client's secrets.
        client_secret: SecretString,
    },
    /// Token Auth: an access token that an operator created. When it expires, an operator must
    /// create another.
    AccessToken(SecretString),
    /// Any other method (Kubernetes, AWS, OIDC and so on): the embedder logs in.
    Source(Arc<dyn TokenSource>),
}

/// An access token and its lifetime.
pub struct AccessToken {
    /// The token.
    pub token: SecretString,
    /// Its lifetime from the moment it was requested. `None` if it doesn't expire.
    pub expires_in: Option<Duration>,
}

/// Logs in by a method that this crate doesn't implement.
pub trait TokenSource: Send + Sync {
    /// Gets a new access token. Called when there is none, when the last one is about to expire,
    /// and once when the server no longer accepts it. Calls never overlap.
    fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<AccessToken, TokenSourceError>> + Send + '_>>;
}

/// A failed login. It carries no details, because details of an embedder's login don't belong in
/// answers to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSourceError {
    /// The identity was refused. It isn't tried again for a minute, so as not to lock it out.
    Refused,
    /// There was no answer, or none that decides. The next call tries again.
    Failed,
}

impl fmt::Display for TokenSourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the identity was refused",
            Self::Failed => "the login failed",
        })
    }
}

impl std::error::Error for TokenSourceError {}

impl Credential {
    /// Whether both are plainly the same identity: the same client id, token or source. Two
    /// different credentials may still belong to one identity.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::UniversalAuth { client_id: a, .. }, Self::UniversalAuth { client_id: b, .. }) => a == b,
            (Self::AccessToken(a), Self::AccessToken(b)) => a.expose_secret() == b.expose_secret(),
            (Self::Source(a), Self::Source(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl Credential {
    /// The secret that plans are sealed with, and its owner. `None` if the embedder logs in.
    pub(crate) fn plan_secret(&self) -> Option<(SecretString, &str)> {
        match self {
            Self::UniversalAuth { client_id, client_secret } => Some((client_secret.clone(), client_id)),
            Self::AccessToken(token) => Some((token.clone(), "")),
            Self::Source(_) => None,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UniversalAuth { client_id, .. } => write!(f, "UniversalAuth({client_id:?})"),
            Self::AccessToken(_) => f.write_str("AccessToken"),
            Self::Source(_) => f.write_str("Source"),
        }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}
