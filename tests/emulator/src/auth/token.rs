//! Access tokens: JWTs signed with HS256, refused in the words of the server's JWT library.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::failure::Failure;
use crate::world::clock::Millis;
use crate::world::identity::AccessToken;

/// The key that the emulator signs with.
#[derive(Debug)]
pub(crate) struct SigningKey(String);

/// What a token says.
#[derive(Debug)]
pub(crate) struct Claims {
    pub(crate) token_id: String,
    pub(crate) identity_id: String,
    expires: Option<u64>,
}

impl SigningKey {
    pub(crate) fn new(key: String) -> Self {
        Self(key)
    }

    fn mac(&self, signed: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok()?;
        mac.update(signed.as_bytes());
        Some(mac)
    }

    /// A JWT for a token row; `expires` in milliseconds, none for a token that doesn't expire.
    pub(crate) fn sign(&self, row: &AccessToken, issued: Millis, expires: Option<Millis>) -> String {
        let mut claims = json!({
            "identityId": row.identity_id, "clientSecretId": row.client_secret_id, "identityAccessTokenId": row.id,
            "authTokenType": "identityAccessToken", "iat": issued / 1000,
        });
        if let (Some(expires), Value::Object(fields)) = (expires, &mut claims) {
            fields.insert("exp".to_owned(), json!(expires / 1000));
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
        let signature = self.mac(&signed).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The claims of a token that is whole and signed by this key, whether expired or not.
    pub(crate) fn read(&self, token: &str) -> Result<Claims, Failure> {
        if token.is_empty() {
            return Err(Failure::token("jwt must be provided"));
        }
        let parts: Vec<&str> = token.split('.').collect();
        let &[header, payload, signature] = parts.as_slice() else {
            return Err(Failure::token(
                "The provided access token is malformed. Please use a valid token or generate a new one and try again.",
            ));
        };
        let decode = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
            serde_json::from_slice::<Value>(&bytes).ok()
        };
        let (Some(_), Some(claims)) = (decode(header), decode(payload)) else {
            return Err(Failure::token("invalid token"));
        };
        let signed = format!("{header}.{payload}");
        let is_ours = URL_SAFE_NO_PAD
            .decode(signature)
            .ok()
            .and_then(|bytes| self.mac(&signed).map(|mac| mac.verify_slice(&bytes).is_ok()))
            .unwrap_or_default();
        if !is_ours {
            return Err(Failure::token("invalid signature"));
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Claims {
            token_id: text("identityAccessTokenId"),
            identity_id: text("identityId"),
            expires: claims.get("exp").and_then(Value::as_u64),
        })
    }

    /// As [`Self::read`], and not expired.
    pub(crate) fn verify(&self, token: &str, now: Millis) -> Result<Claims, Failure> {
        let claims = self.read(token)?;
        if claims.expires.is_some_and(|expires| now / 1000 >= expires) {
            return Err(Failure::token("Your token has expired. Please re-authenticate."));
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::SigningKey;
    use crate::world::identity::AccessToken;

    fn row() -> AccessToken {
        AccessToken {
            id: "t".to_owned(),
            identity_id: "i".to_owned(),
            client_secret_id: "c".to_owned(),
            ttl: 0,
            max_ttl: 0,
            uses: 0,
            uses_limit: 0,
            created: 0,
            renewed: None,
        }
    }

    #[test]
    fn a_token_is_read_by_the_key_that_signed_it_alone() {
        let key = SigningKey::new("one".to_owned());
        let token = key.sign(&row(), 5_000, Some(10_000));
        assert_eq!(key.read(&token).unwrap().token_id, "t");
        assert!(key.verify(&token, 9_999).is_ok());
        assert!(key.verify(&token, 10_000).is_err());
        assert!(SigningKey::new("other".to_owned()).read(&token).is_err());
    }
}
