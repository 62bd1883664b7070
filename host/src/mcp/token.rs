//! Bearer tokens, which authenticate clients over HTTP.

use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// The minimum length of a token in characters: 128 bits in hexadecimal.
const MIN_TOKEN: usize = 32;

/// The maximum number of clients of a server.
const MAX_CLIENTS: usize = 64;

/// The tokens of a server's clients, each with the client's name.
#[derive(Clone)]
pub struct Tokens(Vec<(String, [u8; 32])>);

/// Why tokens are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokensRefusal {
    /// There is none, or there are more than 64.
    Count,
    /// One is shorter than 32 characters, or has characters that a header can't contain.
    Weak,
    /// Two clients have the same token or name.
    Twice,
}

impl fmt::Display for TokensRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "serving over HTTP needs 1 to 64 bearer tokens, each in its own file",
            Self::Weak => {
                "a bearer token must have at least 32 characters, all visible ASCII: create one with `openssl rand -hex 32`"
            }
            Self::Twice => "two clients have the same token or name: give each its own",
        })
    }
}

impl std::error::Error for TokensRefusal {}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Tokens {
    /// Creates the tokens of these clients.
    ///
    /// # Errors
    /// [`TokensRefusal`] says what is wrong with them.
    pub fn new(clients: Vec<(String, SecretString)>) -> Result<Self, TokensRefusal> {
        if clients.is_empty() || clients.len() > MAX_CLIENTS {
            return Err(TokensRefusal::Count);
        }
        let mut tokens: Vec<(String, [u8; 32])> = Vec::new();
        for (name, token) in clients {
            let token = token.expose_secret();
            if token.len() < MIN_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(TokensRefusal::Weak);
            }
            let hash = hash(token.as_bytes());
            if tokens.iter().any(|(other, known)| *other == name || *known == hash) {
                return Err(TokensRefusal::Twice);
            }
            tokens.push((name, hash));
        }
        Ok(Self(tokens))
    }

    /// The number of clients.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns the client of a token. It takes the same time for every guess, because it compares
    /// the hashes of all tokens.
    pub(super) fn client(&self, token: &[u8]) -> Option<&str> {
        let hash = hash(token);
        let mut found = 0_u64;
        let mut is_found = Choice::from(0);
        for (at, (_, known)) in (0_u64..).zip(&self.0) {
            let is_it = known.ct_eq(&hash);
            found.conditional_assign(&at, is_it);
            is_found |= is_it;
        }
        let at = bool::from(is_found).then(|| usize::try_from(found).ok()).flatten()?;
        self.0.get(at).map(|(name, _)| name.as_str())
    }
}

fn hash(token: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(clients: &[(&str, &str)]) -> Result<Tokens, TokensRefusal> {
        Tokens::new(clients.iter().map(|(name, token)| ((*name).to_owned(), SecretString::from(*token))).collect())
    }

    #[test]
    fn accepts_only_exact_tokens_each_for_its_client() {
        let (a, b) = ("a".repeat(32), "b".repeat(64));
        let known = tokens(&[("one", &a), ("two", &b)]).unwrap();
        assert_eq!((known.client(a.as_bytes()), known.client(b.as_bytes())), (Some("one"), Some("two")));
        for guess in ["", "a", &a[1..], &format!("{a}a"), &format!(" {a}"), "one"] {
            assert_eq!(known.client(guess.as_bytes()), None, "{guess}");
        }
        assert!(!format!("{known:?}").contains("aaaa"));
    }

    #[test]
    fn weak_missing_and_shared_tokens_are_refused() {
        let (a, b) = ("a".repeat(32), "b".repeat(32));
        assert_eq!(tokens(&[]).err(), Some(TokensRefusal::Count));
        assert_eq!(tokens(&[("one", "short")]).err(), Some(TokensRefusal::Weak));
        assert_eq!(tokens(&[("one", &format!("{a} "))]).err(), Some(TokensRefusal::Weak));
        assert_eq!(tokens(&[("one", &a), ("two", &a)]).err(), Some(TokensRefusal::Twice));
        assert_eq!(tokens(&[("one", &a), ("one", &b)]).err(), Some(TokensRefusal::Twice));
    }
}
