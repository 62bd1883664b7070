//! Finds the caller of a request from its `Authorization` header.

use http::HeaderMap;

use crate::ApiVersion;
use crate::failure::Failure;
use crate::world::World;

use super::issue::check_address;
use super::renewal::has_been_revoked;
use super::token::Claims;

/// The identity behind a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) identity_id: String,
    pub(crate) name: String,
}

/// The token of a request. The server removes the header's first seven characters, whatever they
/// are.
fn token_of(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    Some(header.chars().skip("Bearer ".len()).collect())
}

/// The caller of a request, or `None` without an `Authorization` header. This counts as a use of
/// the token.
pub(crate) fn authenticate(world: &mut World, headers: &HeaderMap, from: &str) -> Result<Option<Caller>, Failure> {
    let Some(token) = token_of(headers) else { return Ok(None) };
    let claims = world.signing_key.verify(&token, world.now())?;
    match world.api_version {
        ApiVersion::V3 => use_stored(world, &claims),
        ApiVersion::V4 => use_signed(world, &claims, from),
    }
    .map(Some)
}

/// An old server checks the token's stored row.
fn use_stored(world: &mut World, claims: &Claims) -> Result<Caller, Failure> {
    let now = world.now();
    let gone = || Failure::unauthorized("No identity access token found");
    let index = world.tokens.iter().position(|row| row.id == claims.token_id).ok_or_else(gone)?;
    let row = world.tokens.get_mut(index).ok_or_else(gone)?;
    if row.uses_limit > 0 && row.uses >= row.uses_limit {
        return Err(Failure::unauthorized("Unable to renew because access token number of uses limit reached"));
    }
    if row.is_past_ttl(now) {
        world.tokens.remove(index);
        return Err(Failure::unauthorized("Failed to renew MI access token due to TTL expiration"));
    }
    row.uses = row.uses.saturating_add(1);
    let identity = world.identity(&claims.identity_id).ok_or_else(gone)?;
    Ok(Caller { identity_id: identity.id.clone(), name: identity.name.clone() })
}

/// A current server trusts the token's claims. It checks only revocation, the number of uses, the
/// login's address limits, and whether the identity is still in the organization.
fn use_signed(world: &mut World, claims: &Claims, from: &str) -> Result<Caller, Failure> {
    let gone = || Failure::unauthorized("No identity access token found");
    let row = world.tokens.iter_mut().find(|row| row.id == claims.token_id).ok_or_else(gone)?;
    if let Some(why) = row.revoked {
        return Err(Failure::unauthorized(format!("Failed to authorize: {}", has_been_revoked(why))));
    }
    if row.uses_limit > 0 && row.uses >= row.uses_limit {
        return Err(Failure::unauthorized("Failed to authorize: token usage limit reached"));
    }
    row.uses = row.uses.saturating_add(1);
    let method = row.method;
    let identity = world
        .identity(&claims.identity_id)
        .ok_or_else(|| Failure::unauthorized("Identity is not a member of the organization"))?;
    if let Some(method) = identity.method(method) {
        check_address(&method.tokens.trusted_ips, from)?;
    }
    Ok(Caller { identity_id: identity.id.clone(), name: identity.name.clone() })
}

/// The name of the identity whose token a request carries, for the log. The token need not be
/// valid.
pub(crate) fn name_of(world: &World, headers: &HeaderMap) -> Option<String> {
    let claims = world.signing_key.read(&token_of(headers)?).ok()?;
    world.identity(&claims.identity_id).map(|identity| identity.name.clone())
}
