//! The machine identities that the host uses with Infisical.
//!
//! There are three: for names, for plain values and for changes. None ever replaces another, except
//! that the operator may let the read identity read values, too. The grant determines which one a
//! request carries (`infisical_skill_policy::Grant::identity`). No argument can.

use super::token_cache::TokenSession;
use super::transport::Transport;
use crate::audit::CallLog;
use crate::model::credential::Credential;
use crate::model::error::{Error, Layer};
use crate::model::login_cause::LoginCause;
use infisical_skill_policy::IdentityKind;
use secrecy::SecretString;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The identities of a skill.
pub(crate) struct Identities {
    read: TokenSession,
    reveal: Option<TokenSession>,
    write: Option<TokenSession>,
}

impl Identities {
    pub(crate) fn new(read: Credential, reveal: Option<Credential>, write: Option<Credential>) -> Self {
        let session = |kind| move |credential| TokenSession::new(kind, credential);
        Self {
            read: TokenSession::new(IdentityKind::Read, read),
            reveal: reveal.map(session(IdentityKind::Reveal)),
            write: write.map(session(IdentityKind::Write)),
        }
    }

    fn session(&self, kind: IdentityKind) -> Option<&TokenSession> {
        match kind {
            IdentityKind::Read => Some(&self.read),
            IdentityKind::Reveal => self.reveal.as_ref(),
            IdentityKind::Write => self.write.as_ref(),
        }
    }

    pub(crate) fn has_reveal(&self) -> bool {
        self.reveal.is_some()
    }

    pub(crate) fn has_write(&self) -> bool {
        self.write.is_some()
    }

    /// A token of the identity. `stale` is one that the server no longer accepts.
    pub(crate) async fn token(
        &self,
        kind: IdentityKind,
        transport: &Transport,
        stale: Option<&Arc<SecretString>>,
        log: &CallLog,
    ) -> Result<Arc<SecretString>, Error> {
        let session = self.session(kind).ok_or_else(|| {
            let (reason, remedy) = match kind {
                IdentityKind::Reveal => (
                    "no reveal identity is configured, so no value can be revealed",
                    "ask the operator to configure a separate reveal identity",
                ),
                _ => (
                    "no write identity is configured, so nothing can be changed",
                    "ask the operator to configure a separate write identity",
                ),
            };
            Error::refused(Layer::Identity, reason, remedy)
        })?;
        session.token(transport, stale, log).await
    }

    /// Whether these bytes hold an access token of an identity, literally or with JSON escapes.
    pub(crate) fn have_token_in(&self, bytes: &[u8]) -> bool {
        let is_in = |bytes: &[u8]| self.sessions().any(|session| session.has_token_in(bytes));
        is_in(bytes) || (bytes.contains(&b'\\') && is_in(&unescaped(bytes)))
    }

    /// Whether these bytes hold an identity's login credential. They are JSON that the host wrote,
    /// which escapes none of a credential's characters.
    pub(crate) fn have_credential_in(&self, bytes: &[u8]) -> bool {
        self.sessions().any(|session| session.has_credential_in(bytes) || session.has_token_in(bytes))
    }

    fn sessions(&self) -> impl Iterator<Item = &TokenSession> {
        std::iter::once(&self.read).chain(&self.reveal).chain(&self.write)
    }

    /// Drops an identity's token. The next call logs in again.
    pub(crate) async fn forget(&self, kind: IdentityKind) {
        if let Some(session) = self.session(kind) {
            session.forget().await;
        }
    }

    /// The error for a token that is still refused after logging in again.
    pub(crate) fn expired(&self, kind: IdentityKind) -> Error {
        Error::LoginRefused { identity: kind.as_str(), cause: LoginCause::NewAccessToken }
    }

    /// Revokes all access tokens that the host itself logged in for, concurrently. A token from an
    /// operator or an embedder stays valid.
    pub(crate) async fn end(&self, transport: &Transport, log: &CallLog) -> Result<(), Error> {
        let end = async |session: Option<&TokenSession>| match session {
            Some(session) => session.end(transport, log).await,
            None => Ok(()),
        };
        let (read, reveal, write) =
            tokio::join!(end(Some(&self.read)), end(self.reveal.as_ref()), end(self.write.as_ref()));
        read.and(reveal).and(write)
    }

    /// Whether there is a token to revoke.
    pub(crate) async fn have_tokens(&self) -> bool {
        for session in [Some(&self.read), self.reveal.as_ref(), self.write.as_ref()].into_iter().flatten() {
            if session.has_own_token().await {
                return true;
            }
        }
        false
    }
}

/// JSON with its escapes of ASCII characters resolved, as a JSON parser would see its strings.
fn unescaped(json: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(json.len()));
    let mut rest = json;
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (b'\\', [b'u', b'0', b'0', high, low, after @ ..]) if digits(*high, *low).is_some() => {
                out.extend(digits(*high, *low));
                after
            }
            (b'\\', [escaped, after @ ..]) => {
                out.push(*escaped);
                after
            }
            _ => {
                out.push(*first);
                after
            }
        };
    }
    out
}

/// The byte that two hexadecimal digits encode.
fn digits(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(high)? << 4) | digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_credential_of_each_identity() {
        let credential = |secret: &str| Credential::UniversalAuth {
            client_id: secret.to_owned(),
            client_secret: format!("{secret}-client-secret").into(),
        };
        let [read, reveal, write] = ["read", "reveal", "write"].map(credential);
        let identities = Identities::new(read, Some(reveal), Some(write));
        for kind in ["read", "reveal", "write"] {
            assert!(identities.have_credential_in(format!("{{\"a\":\"{kind}-client-secret\"}}").as_bytes()), "{kind}");
        }
        assert!(!identities.have_credential_in(b"{\"a\":\"another\"}"));
    }

    #[test]
    fn finds_a_token_in_any_json_escaping() {
        for (json, text) in [
            (r#"{"a":"e\u0079J\u002e"}"#, r#"{"a":"eyJ."}"#),
            (r"\u00 \u006", "u00 u006"),
            (r#"a\/b\"c\\u0041"#, r#"a/b"c\u0041"#),
            ("\\", "\\"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(&unescaped(json.as_bytes())), text, "{json}");
        }
    }
}
