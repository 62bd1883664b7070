//! Client secrets: `/api/v1/auth/universal-auth/identities/:identityId/client-secrets`.

use serde_json::{Value, json};

use crate::auth::identity_access::{self, IdentityAction};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, ClientSecret, Method, UniversalAuth};
use crate::world::clock::iso;

use super::rules;

fn secret_json(method_id: &str, held: &ClientSecret) -> Value {
    json!({
        "id": held.id, "createdAt": iso(held.created), "updatedAt": iso(held.updated),
        "description": held.description, "clientSecretPrefix": held.secret.get(..4),
        "clientSecretNumUses": held.uses, "clientSecretNumUsesLimit": held.uses_limit,
        "clientSecretTTL": held.ttl / 1000, "identityUAId": method_id, "isClientSecretRevoked": held.revoked,
    })
}

fn missing(client_secret_id: &str) -> Failure {
    Failure::not_found(format!("Client secret with ID '{client_secret_id}' not found"))
}

fn universal<'w>(world: &'w World, identity_id: &str) -> Result<(&'w AuthMethod, &'w UniversalAuth), Failure> {
    let method = rules::held(world, identity_id, Method::Universal)?;
    let universal = world.identity(identity_id).and_then(|identity| identity.universal());
    Ok((method, universal.ok_or_else(|| Failure::bad_request("The identity does not have universal auth"))?))
}

/// `POST`: the only answer that contains the secret.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let description = check.string_or("description", "").trim().to_owned();
    let uses_limit = check.number("numUsesLimit").unwrap_or(0);
    let ttl = check.number("ttl").unwrap_or(0);
    check.finish()?;
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::EditTokens)?;
    let method_id = universal(world, identity_id)?.0.id.clone();
    let uses_limit = u32::try_from(uses_limit).unwrap_or(u32::MAX);
    let made = world.add_client_secret(identity_id, &description, ttl.saturating_mul(1000), uses_limit);
    let made = made.ok_or_else(|| Failure::internal("Create"))?;
    Ok(json!({"clientSecret": made.secret, "clientSecretData": secret_json(&method_id, &made)}))
}

/// `GET`: the client secrets that aren't revoked, newest first.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::ReadTokens)?;
    let (method, universal) = universal(world, identity_id)?;
    let good = universal.client_secrets.iter().rev().filter(|held| !held.revoked);
    let shown: Vec<Value> = good.map(|held| secret_json(&method.id, held)).collect();
    Ok(json!({"clientSecretData": shown}))
}

/// `GET .../:clientSecretId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (identity_id, id) = (call.param("identityId"), call.param("clientSecretId"));
    identity_access::allow(world, call, identity_id, IdentityAction::ReadTokens)?;
    let (method, universal) = universal(world, identity_id)?;
    let held = universal.client_secrets.iter().find(|held| held.id == id).ok_or_else(|| missing(id))?;
    Ok(json!({"clientSecretData": secret_json(&method.id, held)}))
}

/// `POST .../:clientSecretId/revoke`: also revokes the tokens that it issued.
pub(crate) fn revoke(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (identity_id, id) = (call.param("identityId"), call.param("clientSecretId"));
    identity_access::allow(world, call, identity_id, IdentityAction::EditTokens)?;
    let method_id = universal(world, identity_id)?.0.id.clone();
    let revoked = world.revoke_client_secret(identity_id, id).ok_or_else(|| missing(id))?;
    Ok(json!({"clientSecretData": secret_json(&method_id, &revoked)}))
}
