//! Token Auth: an operator creates access tokens for an identity. There is no login.

use serde_json::{Value, json};

use crate::auth::identity_access::{self, IdentityAction};
use crate::auth::issue::{self, lifetime};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, Method, Settings};
use crate::world::clock::iso;
use crate::world::identity::{AccessToken, Revocation};

use super::rules::{self, TokenFields, method_json};

fn answer(identity_id: &str, method: &AuthMethod) -> Value {
    json!({"identityTokenAuth": method_json(identity_id, method)})
}

/// `POST /api/v1/auth/token-auth/identities/:identityId`
pub(crate) fn attach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let tokens = TokenFields::read(&mut check);
    check.finish()?;
    let method = rules::attach(world, call, &tokens, Settings::Token)?;
    Ok(answer(call.param("identityId"), method))
}

/// `GET` of the same.
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::Read)?;
    Ok(answer(identity_id, rules::held(world, identity_id, Method::Token)?))
}

/// `PATCH` of the same.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let tokens = TokenFields::read(&mut check);
    check.finish()?;
    let method = rules::change(world, call, Method::Token, &tokens, |_| {})?;
    Ok(answer(call.param("identityId"), method))
}

/// `DELETE` of the same.
pub(crate) fn detach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let method = rules::detach(world, call, Method::Token)?;
    Ok(answer(call.param("identityId"), &method))
}

fn token_json(world: &World, row: &AccessToken) -> Value {
    let created = iso(row.created);
    json!({
        "id": row.id, "accessTokenTTL": lifetime(world.api_version, row, row.created) / 1000,
        "accessTokenMaxTTL": row.max_ttl / 1000, "accessTokenNumUses": 0, "accessTokenNumUsesLimit": row.uses_limit,
        "accessTokenLastUsedAt": null, "accessTokenLastRenewedAt": null, "isAccessTokenRevoked": false,
        "identityUAClientSecretId": null, "identityId": row.identity_id, "createdAt": created, "updatedAt": created,
        "name": row.name, "authMethod": row.method.name(), "accessTokenPeriod": row.period / 1000,
        "subOrganizationId": null,
    })
}

/// `POST .../:identityId/tokens`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let name = check.optional_string("name").unwrap_or_default();
    check.finish()?;
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::EditTokens)?;
    let tokens = rules::held(world, identity_id, Method::Token)?.tokens.clone();
    let (row, token) = issue::hand_out(world, identity_id, &tokens, name);
    Ok(json!({
        "accessToken": token, "expiresIn": row.ttl / 1000, "accessTokenMaxTTL": row.max_ttl / 1000,
        "tokenType": "Bearer", "tokenData": token_json(world, &row),
    }))
}

/// `GET .../:identityId/tokens`: every token as it was created, newest first. The answer doesn't
/// say whether a token was used or has ended.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::ReadTokens)?;
    let rows = world.tokens.iter().rev().filter(|row| row.identity_id == identity_id && row.method == Method::Token);
    let shown: Vec<Value> = rows.map(|row| token_json(world, row)).collect();
    Ok(json!({"tokens": shown}))
}

/// `POST /api/v1/auth/token-auth/tokens/:tokenId/revoke`
pub(crate) fn revoke(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("tokenId");
    let found = world.tokens.iter().find(|row| row.id == id && row.method == Method::Token);
    let missing = || Failure::not_found(format!("Token with ID '{id}' not found"));
    let identity_id = found.ok_or_else(missing)?.identity_id.clone();
    identity_access::allow(world, call, &identity_id, IdentityAction::EditTokens)?;
    world.end_tokens(Revocation::Token, |row| row.id == id);
    Ok(json!({"message": "Successfully revoked access token"}))
}
