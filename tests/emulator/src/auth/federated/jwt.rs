//! JWT Auth: a JWT signed by one of the configured keys.

use serde_json::{Value, json};

use crate::auth::issue::{self, Login};
use crate::call::Call;
use crate::failure::Failure;
use crate::world::World;
use crate::world::auth_method::{Method, Settings};
use crate::world::clock::Millis;
use crate::world::federation::JwtAuth;

use super::bounds::{ClaimError, check_claims, matches_one_of, texts};
use super::jws::{Jws, Key};
use super::{Request, settings};

/// `POST /api/v1/auth/jwt-auth/login`
pub(crate) fn login(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let request = Request::read(call, "jwt")?;
    let (Settings::Jwt(bounds), rules) = settings(world, &request.identity_id, Method::Jwt)? else {
        return Err(Failure::internal("InternalServerError"));
    };
    check(&bounds, &request.proof, world.now())?;
    let login = Login {
        identity_id: &request.identity_id,
        method: Method::Jwt,
        client_secret_id: "",
        identity_auth: json!({}),
    };
    Ok(issue::log_in(world, call, login, &rules))
}

fn check(bounds: &JwtAuth, token: &str, now: Millis) -> Result<(), Failure> {
    let token = Jws::read(token).ok_or_else(|| Failure::unauthorized("Invalid JWT"))?;
    let mut errors = Vec::new();
    for key in &bounds.public_keys {
        match Key::from_pem(key).ok_or("invalid key").and_then(|key| token.verify(&key, now)) {
            Ok(()) => return check_bounds(bounds, &token),
            Err(error) => errors.push(error),
        }
    }
    let message = format!("Access denied: JWT verification failed with all keys. Errors - {}", errors.join("; "));
    Err(Failure::unauthorized(message))
}

fn check_bounds(bounds: &JwtAuth, token: &Jws) -> Result<(), Failure> {
    let denied = |what: &str| Failure::new(403, "ForbiddenError", format!("Access denied: {what}"));
    if !bounds.issuer.is_empty() && bounds.issuer != token.text("iss") {
        return Err(denied("issuer mismatch"));
    }
    if !bounds.subject.is_empty() && !matches_one_of(&bounds.subject, token.text("sub")) {
        return Err(denied("subject not allowed"));
    }
    let audiences = texts(token.claims.get("aud").unwrap_or(&Value::Null));
    if !bounds.audiences.is_empty() && !audiences.iter().any(|audience| matches_one_of(&bounds.audiences, audience)) {
        return Err(Failure::unauthorized("Access denied: token audience not allowed"));
    }
    check_claims(&bounds.claims, &token.claims).map_err(|error| {
        let (ClaimError::Missing(name) | ClaimError::Other(name)) = error;
        Failure::unauthorized(format!("Access denied: claim mismatch for field {name}"))
    })
}
