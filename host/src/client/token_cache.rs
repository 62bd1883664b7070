//! One identity's access token. It is requested when needed, and kept until it expires.

use super::login;
use super::login::LoginError;
use super::revoke::revoke;
use super::transport::Transport;
use crate::audit::CallLog;
use crate::model::credential::{AccessToken, Credential, TokenSourceError};
use crate::model::error::Error;
use crate::model::login_cause::LoginCause;
use infisical_skill_policy::IdentityKind;
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// How long a refused credential isn't tried again. Infisical locks an identity out after a few
/// wrong secrets.
const REFUSED_FOR: Duration = Duration::from_secs(60);

/// How long before its expiry a token counts as expired, at most. Allows for the time that a
/// request takes to arrive.
const MAX_MARGIN: Duration = Duration::from_secs(30);

pub(super) struct TokenSession {
    kind: IdentityKind,
    credential: Credential,
    /// Held while logging in, so that concurrent calls that need a token log in once.
    state: Mutex<LoginState>,
    /// The tokens that may still be valid, including replaced ones. No answer may hold one.
    given: std::sync::Mutex<Vec<IssuedToken>>,
}

/// The most tokens that are remembered. A new one replaces another that expired or was refused.
const MAX_GIVEN: usize = 16;

struct IssuedToken {
    token: Arc<SecretString>,
    good_until: Option<Instant>,
}

#[derive(Default)]
struct LoginState {
    token: Option<CurrentToken>,
    /// Until when a refused credential isn't tried again, and why it was refused.
    refused: Option<(Instant, LoginCause)>,
}

struct CurrentToken {
    token: Arc<SecretString>,
    good_until: Option<Instant>,
    /// Whether the host logged in for it, so that the host revokes it.
    is_own: bool,
}

impl TokenSession {
    pub(super) fn new(kind: IdentityKind, credential: Credential) -> Self {
        Self { kind, credential, state: Mutex::default(), given: std::sync::Mutex::default() }
    }

    /// The token, or a new one if it expired or is the `stale` one.
    pub(super) async fn token(
        &self,
        transport: &Transport,
        stale: Option<&Arc<SecretString>>,
        log: &CallLog,
    ) -> Result<Arc<SecretString>, Error> {
        let work = async {
            let mut state = self.state.lock().await;
            let now = Instant::now();
            if let Some(kept) = &state.token
                && kept.good_until.is_none_or(|until| now < until)
                && stale.is_none_or(|stale| !Arc::ptr_eq(stale, &kept.token))
            {
                return Ok(Arc::clone(&kept.token));
            }
            if let Some((until, cause)) = state.refused
                && now < until
            {
                return Err(self.refused(cause));
            }
            // The lifetime counts from before the request, by this machine's clock.
            match self.log_in(transport, stale.is_some(), log).await {
                Ok(new) if !can_be_sent(&new.token) => {
                    Err(Error::UnexpectedAnswer("the login gave an access token that isn't valid in a header".into()))
                }
                Ok(new) => {
                    let margin = |expires_in: Duration| (expires_in / 10).min(MAX_MARGIN);
                    let good_until =
                        new.expires_in.and_then(|expires_in| now.checked_add(expires_in - margin(expires_in)));
                    let token = Arc::new(new.token);
                    self.remember(&token, new.expires_in.and_then(|expires_in| now.checked_add(expires_in)));
                    let is_own = matches!(self.credential, Credential::UniversalAuth { .. });
                    *state = LoginState {
                        token: Some(CurrentToken { token: Arc::clone(&token), good_until, is_own }),
                        refused: None,
                    };
                    Ok(token)
                }
                Err(LoginError::Refused(cause)) => {
                    *state =
                        LoginState { token: None, refused: now.checked_add(REFUSED_FOR).map(|until| (until, cause)) };
                    Err(self.refused(cause))
                }
                Err(LoginError::Failed(error)) => Err(error),
            }
        };
        timeout_at(log.deadline(), work).await.unwrap_or(Err(Error::TimedOut))
    }

    fn remember(&self, token: &Arc<SecretString>, good_until: Option<Instant>) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        given.retain(|it| it.good_until.is_none_or(|until| now < until));
        if given.len() >= MAX_GIVEN {
            given.remove(0);
        }
        given.push(IssuedToken { token: Arc::clone(token), good_until });
    }

    /// Whether these bytes hold an access token that may still be valid.
    pub(super) fn has_token_in(&self, bytes: &[u8]) -> bool {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.iter().any(|it| holds(bytes, it.token.expose_secret().as_bytes()))
    }

    /// Whether these bytes hold the identity's login credential.
    pub(super) fn has_credential_in(&self, bytes: &[u8]) -> bool {
        match &self.credential {
            Credential::UniversalAuth { client_secret, .. } => holds(bytes, client_secret.expose_secret().as_bytes()),
            Credential::AccessToken(token) => holds(bytes, token.expose_secret().as_bytes()),
            Credential::Source(_) => false,
        }
    }

    pub(super) async fn forget(&self) {
        self.state.lock().await.token = None;
    }

    /// Whether there is a token that the host logged in for.
    pub(super) async fn has_own_token(&self) -> bool {
        self.state.lock().await.token.as_ref().is_some_and(|kept| kept.is_own)
    }

    /// Drops the token. Revokes it if the host logged in for it and it hasn't expired.
    pub(super) async fn end(&self, transport: &Transport, log: &CallLog) -> Result<(), Error> {
        let work = async {
            // The lock isn't held during the request: a call that still needs a token logs in for
            // another.
            let kept = self.state.lock().await.token.take_if(|kept| kept.is_own);
            match kept {
                Some(kept) if kept.good_until.is_none_or(|until| Instant::now() < until) => {
                    revoke(transport, self.kind, &kept.token, log).await
                }
                _ => Ok(()),
            }
        };
        timeout_at(log.deadline(), work).await.unwrap_or(Err(Error::TimedOut))
    }

    fn refused(&self, cause: LoginCause) -> Error {
        Error::LoginRefused { identity: self.kind.as_str(), cause }
    }

    async fn log_in(&self, transport: &Transport, again: bool, log: &CallLog) -> Result<AccessToken, LoginError> {
        tracing::debug!(identity = self.kind.as_str(), again, "logging in");
        match &self.credential {
            Credential::UniversalAuth { client_id, client_secret } => {
                login::universal_auth(transport, self.kind, client_id, client_secret, log).await
            }
            // The refused token is the only one there is.
            Credential::AccessToken(_) if again => Err(LoginError::Refused(LoginCause::AccessToken)),
            Credential::AccessToken(token) => Ok(AccessToken { token: token.clone(), expires_in: None }),
            Credential::Source(source) => {
                log.note().await.map_err(LoginError::Failed)?;
                source.fetch().await.map_err(|error| match error {
                    TokenSourceError::Refused => LoginError::Refused(LoginCause::TokenSource),
                    TokenSourceError::Failed => {
                        let remedy = format!("the {} identity's login failed: try again", self.kind.as_str());
                        LoginError::Failed(Error::Unreachable(remedy))
                    }
                })
            }
        }
    }
}

/// Shorter than any secret that Infisical gives. A shorter match in an answer would be a
/// coincidence.
const MIN_SECRET: usize = 16;

/// Whether these bytes contain a secret.
fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    if secret.len() < MIN_SECRET {
        return false;
    }
    secret.first().is_some_and(|first| {
        bytes.windows(secret.len()).any(|window| window.first() == Some(first) && window == secret)
    })
}

/// Whether the token is valid in a header.
fn can_be_sent(token: &SecretString) -> bool {
    http::HeaderValue::from_str(token.expose_secret()).is_ok()
}
