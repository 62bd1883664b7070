//! Universal Auth: login, renewal, revocation.

use serde_json::{Value, json};

use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::clock::Millis;
use crate::world::identity::AccessToken;

/// Wrong secrets in a row that lock an identity out of a current server, and for how long.
const LOCKOUT_THRESHOLD: u32 = 3;
const LOCKOUT: Millis = 300_000;

/// `POST /api/v1/auth/universal-auth/login`
pub(crate) fn login(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let client_id = check.string("clientId").trim().to_owned();
    let client_secret = check.string("clientSecret").trim().to_owned();
    check.finish()?;
    let now = world.now();
    let Some(identity) = world.identities.iter_mut().find(|identity| identity.client_id == client_id) else {
        return Err(if call.is_v4() {
            Failure::unauthorized("Invalid credentials")
        } else {
            Failure::not_found("No identity with specified client ID was found")
        });
    };
    if call.is_v4() && now < identity.locked_until {
        return Err(Failure::unauthorized("This identity auth method is temporarily locked, please try again later"));
    }
    let matching = identity.client_secrets.iter_mut().find(|held| !held.revoked && held.secret == client_secret);
    let Some(held) = matching else {
        identity.failed_logins += 1;
        if identity.failed_logins >= LOCKOUT_THRESHOLD {
            identity.failed_logins = 0;
            identity.locked_until = now.saturating_add(LOCKOUT);
        }
        return Err(Failure::unauthorized("Invalid credentials"));
    };
    if held.uses_limit > 0 && held.uses >= held.uses_limit {
        // A current server also revokes it; then, it is a wrong secret.
        held.revoked = call.is_v4();
        return Err(Failure::unauthorized("Access denied due to client secret usage limit reached"));
    }
    held.uses += 1;
    let row = AccessToken {
        id: world.ids.uuid(),
        identity_id: identity.id.clone(),
        client_secret_id: held.id.clone(),
        ttl: identity.token_ttl,
        max_ttl: identity.token_max_ttl,
        uses: 0,
        uses_limit: identity.token_uses_limit,
        created: now,
        renewed: None,
    };
    identity.failed_logins = 0;
    let answer = token_answer(world, call, &row, now);
    world.issued.extend(answer.get("accessToken").and_then(Value::as_str).map(str::to_owned));
    let metadata = json!({
        "identityId": row.identity_id, "clientSecretId": row.client_secret_id, "identityAccessTokenId": row.id,
    });
    world.tokens.push(row);
    world.audit(call, None, "login-identity-universal-auth", metadata);
    Ok(answer)
}

/// `POST /api/v1/auth/token/renew`
pub(crate) fn renew(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (index, mut row, token) = token_of_body(world, call)?;
    let now = world.now();
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
        world.tokens.remove(index);
        return Err(Failure::unauthorized(message));
    }
    row.renewed = Some(now);
    let mut answer = token_answer(world, call, &row, now);
    if !call.is_v4() {
        // An old server sends the very same token back.
        set(&mut answer, "accessToken", token);
    }
    if let Some(stored) = world.tokens.get_mut(index) {
        *stored = row;
    }
    Ok(answer)
}

/// `POST /api/v1/auth/token/revoke`
pub(crate) fn revoke(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (index, _, _) = token_of_body(world, call)?;
    world.tokens.remove(index);
    Ok(json!({"message": "Successfully revoked access token"}))
}

fn token_of_body(world: &World, call: &Call) -> Result<(usize, AccessToken, String), Failure> {
    let mut check = Checker::body(call)?;
    let token = check.string("accessToken").trim().to_owned();
    check.finish()?;
    let claims = world.signing_key.verify(&token, world.now())?;
    let found = world.tokens.iter().enumerate().find(|(_, row)| row.id == claims.token_id);
    let (index, row) = found.ok_or_else(|| Failure::unauthorized("No identity access token found"))?;
    Ok((index, row.clone(), token))
}

/// The four fields of a login. A current server's JWT expires with its TTL, an old one's with its maximum TTL.
fn token_answer(world: &World, call: &Call, row: &AccessToken, now: Millis) -> Value {
    let lives = if call.is_v4() { row.ttl } else { row.max_ttl };
    let expires = (lives > 0).then(|| now.saturating_add(lives));
    json!({
        "accessToken": world.signing_key.sign(row, now, expires),
        "expiresIn": row.ttl / 1000, "accessTokenMaxTTL": row.max_ttl / 1000, "tokenType": "Bearer",
    })
}
