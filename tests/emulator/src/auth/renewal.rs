//! Renewing and revoking access tokens of all login methods.

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::identity::{AccessToken, Revocation};

use super::issue::{lifetime, token_answer};

/// `POST /api/v1/auth/token/renew`
pub(crate) fn renew(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let token = token_of_body(world, call)?;
    match call.api_version {
        ApiVersion::V3 => renew_stored(world, token),
        ApiVersion::V4 => renew_signed(world, &token),
    }
}

/// An old server returns the same token and extends its stored lifetime.
fn renew_stored(world: &mut World, token: Token) -> Result<Value, Failure> {
    let (now, mut row) = (world.now(), token.row);
    if row.uses_limit > 0 && row.uses >= row.uses_limit {
        return Err(Failure::unauthorized("Unable to renew because access token number of uses limit reached"));
    }
    let past = if row.is_past_ttl(now) {
        Some("Failed to renew MI access token due to TTL expiration")
    } else if row.max_ttl > 0 && now.saturating_add(row.ttl) > row.created.saturating_add(row.max_ttl) {
        Some("Failed to renew MI access token past its Max TTL expiration")
    } else {
        None
    };
    if let Some(message) = past {
        world.tokens.remove(token.index);
        return Err(Failure::unauthorized(message));
    }
    row.renewed = Some(now);
    let mut answer = token_answer(world, &row, now);
    set(&mut answer, "accessToken", token.text);
    if let Some(stored) = world.tokens.get_mut(token.index) {
        *stored = row;
    }
    Ok(answer)
}

/// A current server signs a new token with the same id, limited by the maximum TTL. It checks only
/// revocation, so even a deleted identity can renew.
fn renew_signed(world: &mut World, token: &Token) -> Result<Value, Failure> {
    let (now, row) = (world.now(), &token.row);
    if let Some(why) = row.revoked {
        return Err(Failure::unauthorized(format!("Cannot renew: {}", has_been_revoked(why))));
    }
    if row.uses_limit > 0 && row.uses >= row.uses_limit {
        return Err(Failure::unauthorized("Cannot renew exhausted access token"));
    }
    if lifetime(ApiVersion::V4, row, now) == 0 {
        return Err(Failure::unauthorized("Cannot renew: identity access token has reached its max TTL"));
    }
    let answer = token_answer(world, row, now);
    world.issued.extend(answer.get("accessToken").and_then(Value::as_str).map(str::to_owned));
    Ok(answer)
}

/// The end of the error message for a token that ended early.
pub(crate) fn has_been_revoked(why: Revocation) -> &'static str {
    match why {
        Revocation::Token => "token has been revoked",
        Revocation::ClientSecret => "client secret has been revoked",
        Revocation::Method => "auth method has been revoked",
    }
}

/// `POST /api/v1/auth/token/revoke`. A current server also revokes all other tokens of the same
/// login, and answers the same if the token has already ended.
pub(crate) fn revoke(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let token = token_of_body(world, call)?;
    match call.api_version {
        ApiVersion::V3 => {
            world.tokens.remove(token.index);
        }
        ApiVersion::V4 => world.end_tokens(Revocation::Token, |row| row.id == token.row.id),
    }
    Ok(json!({"message": "Successfully revoked access token"}))
}

/// The token in a body.
struct Token {
    index: usize,
    row: AccessToken,
    text: String,
}

fn token_of_body(world: &World, call: &Call) -> Result<Token, Failure> {
    let mut check = Checker::body(call)?;
    let text = check.string("accessToken").trim().to_owned();
    check.finish()?;
    let claims = world.signing_key.verify(&text, world.now())?;
    let found = world.tokens.iter().enumerate().find(|(_, row)| row.id == claims.token_id);
    let (index, row) = found.ok_or_else(|| Failure::unauthorized("No identity access token found"))?;
    Ok(Token { index, row: row.clone(), text })
}
