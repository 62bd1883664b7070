//! OIDC Auth: a JWT of an issuer. The server fetches the keys from the issuer.

use serde_json::{Value, json};

use crate::auth::issue::{self, Login};
use crate::call::Call;
use crate::failure::Failure;
use crate::outside::{self, Unanswered};
use crate::world::World;
use crate::world::auth_method::{Method, Settings};
use crate::world::clock::Millis;
use crate::world::federation::OidcAuth;

use super::bounds::{ClaimError, check_claims, matches_one_of, texts};
use super::jws::{Jws, Key};
use super::{Request, settings};

/// `POST /api/v1/auth/oidc-auth/login`
pub(crate) fn login(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let request = Request::read(call, "jwt")?;
    let (Settings::Oidc(oidc), rules) = settings(world, &request.identity_id, Method::Oidc)? else {
        return Err(Failure::internal("InternalServerError"));
    };
    check(&oidc, &request.proof, world.now())?;
    let login = Login {
        identity_id: &request.identity_id,
        method: Method::Oidc,
        client_secret_id: "",
        identity_auth: json!({"oidc": {"claims": {}}}),
    };
    Ok(issue::log_in(world, call, login, &rules))
}

fn denied(why: &str) -> Failure {
    Failure::unauthorized(format!("Access denied: {why}"))
}

fn check(oidc: &OidcAuth, token: &str, now: Millis) -> Result<(), Failure> {
    let token = Jws::read(token).ok_or_else(|| Failure::unauthorized("Invalid JWT"))?;
    let keys = keys_for(oidc, &token)?;
    let mut error = "invalid signature";
    let is_signed = keys.iter().any(|key| match token.verify(key, now) {
        Ok(()) => true,
        Err(found) => {
            error = found;
            false
        }
    });
    if !is_signed {
        return Err(denied(error));
    }
    if token.text("iss") != oidc.issuer {
        return Err(denied(&format!("jwt issuer invalid. expected: {}", oidc.issuer)));
    }
    check_bounds(oidc, &token)
}

/// The keys that may have signed a token: the one that it names, or all if it names none.
fn keys_for(oidc: &OidcAuth, token: &Jws) -> Result<Vec<Key>, Failure> {
    let url = format!("{}/.well-known/openid-configuration", oidc.discovery_url.trim_end_matches('/'));
    let fetch = |url: &str| outside::ask(&outside::Request { url, authority: &oidc.authority, ..Default::default() });
    let discovery = fetch(&url).map_err(|error| {
        denied(&format!("Failed to fetch OIDC discovery document from {}. {}", oidc.discovery_url, words(&error)))
    })?;
    let jwks = discovery.get("jwks_uri").and_then(Value::as_str).unwrap_or_default();
    let jwks = fetch(jwks).map_err(|error| denied(&format!("Failed to fetch JWKS from {jwks}. {}", words(&error))))?;
    let keys = jwks.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let Some(wanted) = &token.key_id else { return Ok(keys.iter().filter_map(Key::from_jwk).collect()) };
    let named = keys.iter().find(|key| key.get("kid").and_then(Value::as_str) == Some(wanted));
    named.and_then(Key::from_jwk).map(|key| vec![key]).ok_or_else(|| {
        denied(&format!(
            "Unable to verify JWT signature. The signing key '{wanted}' was not found in the OIDC provider's JWKS \
             endpoint. This may indicate an invalid token or misconfigured OIDC provider."
        ))
    })
}

fn words(error: &Unanswered) -> String {
    match error {
        Unanswered::Network(text) => text.clone(),
        Unanswered::Certificate => "unable to verify the first certificate".to_owned(),
        Unanswered::Status(status) => format!("Request failed with status code {status}"),
    }
}

fn check_bounds(oidc: &OidcAuth, token: &Jws) -> Result<(), Failure> {
    if !oidc.subject.is_empty() && !matches_one_of(&oidc.subject, token.text("sub")) {
        return Err(Failure::new(403, "ForbiddenError", "Access denied: OIDC subject not allowed."));
    }
    let audiences = texts(token.claims.get("aud").unwrap_or(&Value::Null));
    if !oidc.audiences.is_empty() && !audiences.iter().any(|audience| matches_one_of(&oidc.audiences, audience)) {
        return Err(denied("OIDC audience not allowed."));
    }
    check_claims(&oidc.claims, &token.claims).map_err(|error| match error {
        ClaimError::Missing(name) => denied(&format!("token has no {name} field")),
        ClaimError::Other(_) => denied("OIDC claim not allowed."),
    })
}
