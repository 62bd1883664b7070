//! Issuing access tokens for all login methods.

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::call::Call;
use crate::failure::Failure;
use crate::world::World;
use crate::world::auth_method::{MAX_TOKEN_TTL, Method, TokenRules, TrustedIp, is_trusted};
use crate::world::clock::Millis;
use crate::world::identity::AccessToken;

/// The identity that logged in, and its method.
#[derive(Debug)]
pub(crate) struct Login<'l> {
    pub(crate) identity_id: &'l str,
    pub(crate) method: Method,
    pub(crate) client_secret_id: &'l str,
    /// The claim `identityAuth`.
    pub(crate) identity_auth: Value,
}

/// The lifetime of a token from `now`, limited by the server's maximum and the token's maximum TTL.
/// 0 means no limit, which only an old server has.
pub(crate) fn lifetime(api_version: ApiVersion, row: &AccessToken, now: Millis) -> Millis {
    if api_version == ApiVersion::V3 {
        return row.ttl;
    }
    let wanted = if row.ttl > 0 { row.ttl.min(MAX_TOKEN_TTL) } else { MAX_TOKEN_TTL };
    match row.max_ttl {
        0 => wanted,
        // JWT times are whole seconds.
        max_ttl => wanted.min((row.created / 1000 * 1000).saturating_add(max_ttl).saturating_sub(now / 1000 * 1000)),
    }
}

/// Creates a row for a token that starts now. A periodic token has the period as its TTL and no
/// maximum.
fn row_of(world: &mut World, login: Login<'_>, rules: &TokenRules, name: Option<String>) -> AccessToken {
    let (ttl, max_ttl) = if rules.period > 0 { (rules.period, 0) } else { (rules.ttl, rules.max_ttl) };
    let identity_name = world.identity(login.identity_id).map(|identity| identity.name.clone());
    AccessToken {
        id: world.ids.uuid(),
        identity_id: login.identity_id.to_owned(),
        identity_name: identity_name.unwrap_or_default(),
        method: login.method,
        name,
        client_secret_id: login.client_secret_id.to_owned(),
        ttl,
        max_ttl,
        period: rules.period,
        uses: 0,
        uses_limit: rules.uses_limit,
        identity_auth: login.identity_auth,
        revoked: None,
        created: world.now(),
        renewed: None,
    }
}

/// Logs an identity in. Creates the row and the token, and returns the four fields of the answer.
pub(crate) fn log_in(world: &mut World, call: &Call, login: Login<'_>, rules: &TokenRules) -> Value {
    let (now, method) = (world.now(), login.method);
    let row = row_of(world, login, rules, None);
    let answer = token_answer(world, &row, now);
    world.issued.extend(answer.get("accessToken").and_then(Value::as_str).map(str::to_owned));
    if let Some(identity) = world.identity_mut(&row.identity_id) {
        identity.last_login = Some((method, now));
    }
    let mut metadata = json!({"identityId": row.identity_id, "identityAccessTokenId": row.id});
    if let (Method::Universal, Value::Object(fields)) = (method, &mut metadata) {
        fields.insert("clientSecretId".to_owned(), json!(row.client_secret_id));
    }
    world.tokens.push(row);
    world.audit(call, None, &format!("login-identity-{}", method.name()), metadata);
    answer
}

/// Creates a token that an operator hands over: its row and the token.
pub(crate) fn hand_out(
    world: &mut World,
    identity_id: &str,
    rules: &TokenRules,
    name: String,
) -> (AccessToken, String) {
    let login = Login { identity_id, method: Method::Token, client_secret_id: "", identity_auth: json!({}) };
    let row = row_of(world, login, rules, Some(name));
    let token = sign(world, &row, world.now());
    world.issued.push(token.clone());
    world.tokens.push(row.clone());
    (row, token)
}

/// A current server's JWT expires with the TTL, an old one's with the maximum TTL.
fn sign(world: &World, row: &AccessToken, now: Millis) -> String {
    let lives = if world.api_version == ApiVersion::V4 { lifetime(ApiVersion::V4, row, now) } else { row.max_ttl };
    let expires = (lives > 0).then(|| now.saturating_add(lives));
    world.signing_key.sign(world.api_version, &world.org_id, row, now, expires)
}

/// The four fields of a login.
pub(crate) fn token_answer(world: &World, row: &AccessToken, now: Millis) -> Value {
    json!({
        "accessToken": sign(world, row, now), "expiresIn": lifetime(world.api_version, row, now) / 1000,
        "accessTokenMaxTTL": row.max_ttl / 1000, "tokenType": "Bearer",
    })
}

/// Fails if the request's address isn't in the ranges.
pub(crate) fn check_address(ranges: &[TrustedIp], from: &str) -> Result<(), Failure> {
    if is_trusted(ranges, from) {
        return Ok(());
    }
    let message = "You are not allowed to access this resource from the current IP address";
    Err(Failure::new(403, "ForbiddenError", message))
}
