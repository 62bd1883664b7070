//! The machine identities: who the host is towards Infisical.
//!
//! There are two, for reading and for writing, and neither ever stands in for the other. Which one a request carries follows from
//! the grant (`infisical_skill_policy::Grant::identity`), never from an argument.

mod credential;
mod login;
mod refused;
mod revoke;
mod session;

pub use credential::{AccessToken, Credential, TokenSource, TokenSourceError};
pub use refused::LoginCause;

use crate::audit::CallLog;
use crate::egress::transport::Transport;
use crate::error::{Error, Layer};
use infisical_skill_policy::IdentityKind;
use secrecy::SecretString;
use session::Session;
use std::sync::Arc;

/// The identities of a skill.
pub(crate) struct Identities {
    read: Session,
    write: Option<Session>,
}

impl Identities {
    pub(crate) fn new(read: Credential, write: Option<Credential>) -> Self {
        Self {
            read: Session::new(IdentityKind::Read, read),
            write: write.map(|credential| Session::new(IdentityKind::Write, credential)),
        }
    }

    pub(crate) fn has_write(&self) -> bool {
        self.write.is_some()
    }

    /// A token of the identity; `stale` is one that the server no longer takes.
    pub(crate) async fn token(
        &self,
        kind: IdentityKind,
        transport: &Transport,
        stale: Option<&Arc<SecretString>>,
        log: &CallLog,
    ) -> Result<Arc<SecretString>, Error> {
        let session = match kind {
            IdentityKind::Read => &self.read,
            IdentityKind::Write => self.write.as_ref().ok_or_else(|| {
                Error::refused(
                    Layer::Identity,
                    "no write identity is configured, so nothing can be changed",
                    "ask the operator to configure a write identity of its own",
                )
            })?,
        };
        session.token(transport, stale, log).await
    }

    /// Drops an identity's token: the next call logs in anew.
    pub(crate) async fn forget(&self, kind: IdentityKind) {
        match (kind, &self.write) {
            (IdentityKind::Read, _) => self.read.forget().await,
            (IdentityKind::Write, Some(session)) => session.forget().await,
            (IdentityKind::Write, None) => {}
        }
    }

    /// The error for a token that stays refused after logging in anew.
    pub(crate) fn expired(&self, kind: IdentityKind) -> Error {
        Error::LoginRefused { identity: kind.as_str(), cause: LoginCause::NewAccessToken }
    }

    /// Revokes the access tokens that the host itself logged in for, both at a time. A token that an operator or an embedder brought is left alone.
    pub(crate) async fn end(&self, transport: &Transport, log: &CallLog) -> Result<(), Error> {
        let read = self.read.end(transport, log);
        let write = async {
            match &self.write {
                Some(write) => write.end(transport, log).await,
                None => Ok(()),
            }
        };
        let (read, write) = tokio::join!(read, write);
        read.and(write)
    }

    /// Whether there is a token to revoke.
    pub(crate) async fn have_tokens(&self) -> bool {
        let write = async {
            match &self.write {
                Some(write) => write.has_own_token().await,
                None => false,
            }
        };
        self.read.has_own_token().await || write.await
    }
}
