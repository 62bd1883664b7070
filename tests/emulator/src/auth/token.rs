//! Access tokens: JWTs signed with HS256. Errors are those of the server's JWT library.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::ApiVersion;
use crate::failure::Failure;
use crate::json::set;
use crate::world::clock::Millis;
use crate::world::identity::AccessToken;

/// The emulator's signing key.
#[derive(Debug)]
pub(crate) struct SigningKey(String);

/// The claims of a token.
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

    /// Encrypts a text under a key derived from this one. The result is nonce, text and tag.
    pub(crate) fn encrypt(&self, nonce: [u8; 12], text: &str) -> Vec<u8> {
        let mut sealed = text.as_bytes().to_vec();
        let key = UnboundKey::new(&AES_256_GCM, &Sha256::digest(self.0.as_bytes())).map(LessSafeKey::new);
        let nonce_of_text = Nonce::assume_unique_for_key(nonce);
        if key.and_then(|key| key.seal_in_place_append_tag(nonce_of_text, Aad::empty(), &mut sealed)).is_err() {
            sealed.clear();
        }
        [nonce.to_vec(), sealed].concat()
    }

    /// Signs a JWT for a token row. `expires` is in milliseconds. `None` means that it doesn't
    /// expire.
    pub(crate) fn sign(
        &self,
        api_version: ApiVersion,
        org_id: &str,
        row: &AccessToken,
        issued: Millis,
        expires: Option<Millis>,
    ) -> String {
        let mut claims = json!({
            "identityId": row.identity_id, "clientSecretId": row.client_secret_id, "identityAccessTokenId": row.id,
            "authTokenType": "identityAccessToken", "iat": issued / 1000,
        });
        if api_version == ApiVersion::V4 {
            add_current_claims(&mut claims, org_id, row);
        }
        if let Some(expires) = expires {
            set(&mut claims, "exp", expires / 1000);
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
        let signature = self.mac(&signed).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns the claims of a well-formed token that this key signed, even if it is expired.
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

    /// As [`Self::read`], but rejects an expired token.
    pub(crate) fn verify(&self, token: &str, now: Millis) -> Result<Claims, Failure> {
        let claims = self.read(token)?;
        if claims.expires.is_some_and(|expires| now / 1000 >= expires) {
            return Err(Failure::token("Your token has expired. Please re-authenticate."));
        }
        Ok(claims)
    }
}

/// The claims that a current server needs to renew a token without looking it up.
fn add_current_claims(claims: &mut Value, org_id: &str, row: &AccessToken) {
    let added = json!({
        "identityName": row.identity_name, "authMethod": row.method.name(), "orgId": org_id, "rootOrgId": org_id,
        "parentOrgId": org_id, "ipRestrictionEnabled": true, "accessTokenTTL": row.ttl / 1000,
        "accessTokenMaxTTL": row.max_ttl / 1000, "accessTokenPeriod": row.period / 1000,
        "creationEpoch": row.created / 1000, "identityAuth": row.identity_auth, "jti": row.id,
    });
    if let (Value::Object(claims), Value::Object(added)) = (claims, added) {
        claims.extend(added);
        if row.uses_limit > 0 {
            claims.insert("numUsesLimit".to_owned(), json!(row.uses_limit));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::SigningKey;
    use crate::ApiVersion;
    use crate::world::auth_method::Method;
    use crate::world::identity::AccessToken;

    fn row() -> AccessToken {
        AccessToken {
            id: "t".to_owned(),
            identity_id: "i".to_owned(),
            identity_name: "n".to_owned(),
            method: Method::Universal,
            name: None,
            client_secret_id: "c".to_owned(),
            ttl: 0,
            max_ttl: 0,
            period: 0,
            uses: 0,
            uses_limit: 0,
            identity_auth: json!({}),
            revoked: None,
            created: 0,
            renewed: None,
        }
    }

    #[test]
    fn token_verifies_only_with_its_signing_key() {
        let key = SigningKey::new("one".to_owned());
        let token = key.sign(ApiVersion::V4, "o", &row(), 5_000, Some(10_000));
        assert_eq!(key.read(&token).unwrap().token_id, "t");
        assert!(key.verify(&token, 9_999).is_ok());
        assert!(key.verify(&token, 10_000).is_err());
        assert!(SigningKey::new("other".to_owned()).read(&token).is_err());
    }
}
