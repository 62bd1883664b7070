//! JWTs from other issuers, signed with RSA or ECDSA. Errors are those of the server's JWT library.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

use crate::der;
use crate::world::clock::Millis;

/// A public key that verifies signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// RS256: modulus and exponent.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    /// ES256: an uncompressed point.
    P256(Vec<u8>),
}

impl Key {
    /// `-----BEGIN PUBLIC KEY-----`
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        der::public_key(&pem_body(pem, "PUBLIC KEY")?)
    }

    /// Reads a key of a JWKS.
    pub(crate) fn from_jwk(jwk: &Value) -> Option<Self> {
        let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok();
        match jwk.get("kty")?.as_str()? {
            "RSA" => Some(Self::Rsa { modulus: part("n")?, exponent: part("e")? }),
            "EC" => Some(Self::P256([vec![4], part("x")?, part("y")?].concat())),
            _ => None,
        }
    }

    /// True if the signature verifies with this key and the token's algorithm.
    fn verifies(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa { modulus, exponent }, "RS256") => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
                .is_ok(),
            (Self::P256(point), "ES256") => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// The bytes of a PEM block of this kind.
pub(crate) fn pem_body(pem: &str, kind: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {kind}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

/// A parsed JWT that isn't verified yet.
#[derive(Debug)]
pub(crate) struct Jws {
    algorithm: String,
    pub(crate) key_id: Option<String>,
    pub(crate) claims: Value,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Jws {
    pub(crate) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        let (fields, claims) = (json(header)?, json(payload)?);
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            algorithm: text("alg")?,
            key_id: text("kid"),
            claims,
            signed: format!("{header}.{payload}").into_bytes(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Returns a claim that is a text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Fails with the library's error unless the key signed the token and it is valid now.
    pub(crate) fn verify(&self, key: &Key, now: Millis) -> Result<(), &'static str> {
        if !key.verifies(&self.algorithm, &self.signed, &self.signature) {
            return Err("invalid signature");
        }
        let seconds = |name: &str| self.claims.get(name).and_then(Value::as_u64);
        if seconds("nbf").is_some_and(|begins| now / 1000 < begins) {
            return Err("jwt not active");
        }
        if seconds("exp").is_some_and(|ends| now / 1000 >= ends) {
            return Err("jwt expired");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Jws, Key};

    /// The example of RFC 7515, appendix A.2.
    const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn rsa() -> Key {
        Key::from_jwk(&json!({
            "kty": "RSA", "e": "AQAB",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        }))
        .unwrap()
    }

    #[test]
    fn verifies_an_rsa_signature() {
        let token = Jws::read(RS256).unwrap();
        assert_eq!(token.text("iss"), "joe");
        assert_eq!(token.verify(&rsa(), 1_300_819_379_000), Ok(()));
        assert_eq!(token.verify(&rsa(), 1_300_819_380_000), Err("jwt expired"));
        assert_eq!(token.verify(&Key::P256(vec![4; 65]), 0), Err("invalid signature"));
    }

    #[test]
    fn rejects_token_changed_after_signing() {
        let changed = RS256.replacen("eyJpc3MiOiJqb2Ui", "eyJpc3MiOiJqYW4i", 1);
        assert_eq!(Jws::read(&changed).unwrap().verify(&rsa(), 0), Err("invalid signature"));
        for garbage in ["", "garbage", "a.b.c", "e30.e30.e30", "e30.e30.e30.e30"] {
            assert!(Jws::read(garbage).is_none(), "{garbage}");
        }
    }
}
