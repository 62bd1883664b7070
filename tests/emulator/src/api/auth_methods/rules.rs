//! The settings that every login method has for its access tokens, and how methods are added,
//! changed and removed.

use serde_json::{Value, json};

use crate::auth::identity_access::{self, IdentityAction};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::outside::is_internal;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, MAX_TOKEN_TTL, Method, Settings, TokenRules, TrustedIp};
use crate::world::clock::{DAY, Millis, iso};
use crate::world::identity::Revocation;

/// The default TTL of a new login method: 30 days.
const USUAL_TTL: Millis = 30 * DAY;

/// The token fields in a body. Absent fields are `None`.
#[derive(Debug)]
pub(crate) struct TokenFields {
    ttl: Option<Millis>,
    max_ttl: Option<Millis>,
    period: Option<Millis>,
    uses_limit: Option<u32>,
    trusted_ips: Option<Vec<String>>,
}

/// A list of `{ipAddress}`.
pub(crate) fn addresses(check: &mut Checker<'_>, name: &str) -> Option<Vec<String>> {
    check.has(name).then(|| check.objects(name, 1, |entry| entry.string("ipAddress")))
}

impl TokenFields {
    pub(crate) fn read(check: &mut Checker<'_>) -> Self {
        let mut seconds = |name: &str| check.number(name).map(|seconds| seconds.saturating_mul(1000));
        let (ttl, max_ttl, period) =
            (seconds("accessTokenTTL"), seconds("accessTokenMaxTTL"), seconds("accessTokenPeriod"));
        let uses_limit = check.number("accessTokenNumUsesLimit").and_then(|limit| u32::try_from(limit).ok());
        let trusted_ips = addresses(check, "accessTokenTrustedIps");
        Self { ttl, max_ttl, period, uses_limit, trusted_ips }
    }

    /// The token settings of a method that is being added.
    fn rules(&self) -> Result<TokenRules, Failure> {
        let mut rules = TokenRules {
            ttl: USUAL_TTL.min(MAX_TOKEN_TTL),
            max_ttl: USUAL_TTL.min(MAX_TOKEN_TTL),
            period: 0,
            uses_limit: 0,
            trusted_ips: TrustedIp::everywhere(),
        };
        self.change(&mut rules)?;
        Ok(rules)
    }

    fn change(&self, rules: &mut TokenRules) -> Result<(), Failure> {
        let (ttl, max_ttl) = (self.ttl.unwrap_or(rules.ttl), self.max_ttl.unwrap_or(rules.max_ttl));
        if max_ttl > 0 && ttl > max_ttl {
            return Err(Failure::bad_request("Access token TTL cannot be greater than max TTL"));
        }
        if let Some(texts) = &self.trusted_ips {
            rules.trusted_ips = free_ranges(texts)?;
        }
        (rules.ttl, rules.max_ttl) = (ttl, max_ttl);
        rules.period = self.period.unwrap_or(rules.period);
        rules.uses_limit = self.uses_limit.unwrap_or(rules.uses_limit);
        Ok(())
    }
}

/// The address ranges that the free licence accepts: all addresses. A narrower range needs a paid
/// plan.
pub(crate) fn free_ranges(texts: &[String]) -> Result<Vec<TrustedIp>, Failure> {
    let mut ranges = Vec::new();
    for text in texts {
        let range = TrustedIp::parse(text)
            .ok_or_else(|| Failure::bad_request("The IP is not a valid IPv4, IPv6, or CIDR block"))?;
        if range.prefix != 0 {
            return Err(Failure::bad_request(
                "Failed to add IP access range to service token due to plan restriction. Upgrade plan to add IP access \
                 range.",
            ));
        }
        ranges.push(range);
    }
    Ok(ranges)
}

/// Ranges as answers list them. A single address has no `prefix`.
pub(crate) fn ranges_json(ranges: &[TrustedIp]) -> Value {
    let shown = ranges.iter().map(|range| {
        let (kind, longest) = if range.address.is_ipv4() { ("ipv4", 32) } else { ("ipv6", 128) };
        let mut shown = json!({"type": kind, "ipAddress": range.address.to_string()});
        if range.prefix < longest {
            set(&mut shown, "prefix", range.prefix);
        }
        shown
    });
    shown.collect()
}

/// The fields that every method has in an answer.
pub(crate) fn method_json_without_period(identity_id: &str, method: &AuthMethod) -> Value {
    let rules = &method.tokens;
    json!({
        "id": method.id, "identityId": identity_id, "accessTokenTTL": rules.ttl / 1000,
        "accessTokenMaxTTL": rules.max_ttl / 1000, "accessTokenNumUsesLimit": rules.uses_limit,
        "accessTokenTrustedIps": ranges_json(&rules.trusted_ips), "createdAt": iso(method.created),
        "updatedAt": iso(method.updated),
    })
}

/// The same with the token period, which only some methods' answers have.
pub(crate) fn method_json(identity_id: &str, method: &AuthMethod) -> Value {
    let mut shown = method_json_without_period(identity_id, method);
    set(&mut shown, "accessTokenPeriod", method.tokens.period / 1000);
    shown
}

/// Fails for a host in a private network, unless the server allows those.
pub(crate) fn check_host(world: &World, url: Option<&str>) -> Result<(), Failure> {
    if !world.settings.internal_addresses && url.is_some_and(is_internal) {
        return Err(Failure::bad_request("Local IPs not allowed as URL"));
    }
    Ok(())
}

/// Returns the method of an identity, or the server's error if it has none.
pub(crate) fn held<'w>(world: &'w World, identity_id: &str, method: Method) -> Result<&'w AuthMethod, Failure> {
    let missing = || Failure::bad_request(format!("The identity does not have {} auth", method.word()));
    world.identity(identity_id).and_then(|identity| identity.method(method)).ok_or_else(missing)
}

/// Adds a method that the identity doesn't have yet.
pub(crate) fn attach<'w>(
    world: &'w mut World,
    call: &Call,
    fields: &TokenFields,
    settings: Settings,
) -> Result<&'w AuthMethod, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::Edit)?;
    let made = AuthMethod {
        id: world.ids.uuid(),
        tokens: fields.rules()?,
        settings,
        created: world.now(),
        updated: world.now(),
    };
    let method = made.method();
    if world.identity(identity_id).is_some_and(|identity| identity.method(method).is_some()) {
        let message = format!("Failed to add {} auth to already configured identity", method.word());
        return Err(Failure::bad_request(message));
    }
    if let Some(identity) = world.identity_mut(identity_id) {
        identity.methods.push(made);
    }
    held(world, identity_id, method)
}

/// Changes the method of an identity.
pub(crate) fn change<'w>(
    world: &'w mut World,
    call: &Call,
    method: Method,
    fields: &TokenFields,
    change: impl FnOnce(&mut Settings),
) -> Result<&'w AuthMethod, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::Edit)?;
    held(world, identity_id, method)?;
    let now = world.now();
    if let Some(held) = world.identity_mut(identity_id).and_then(|identity| identity.method_mut(method)) {
        fields.change(&mut held.tokens)?;
        change(&mut held.settings);
        held.updated = now;
    }
    held(world, identity_id, method)
}

/// Removes a method of an identity and ends the tokens that it issued. Returns the removed method.
pub(crate) fn detach(world: &mut World, call: &Call, method: Method) -> Result<AuthMethod, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::Edit)?;
    let taken = held(world, identity_id, method)?.clone();
    if let Some(identity) = world.identity_mut(identity_id) {
        identity.methods.retain(|held| held.method() != method);
    }
    world.end_tokens(Revocation::Method, |token| token.identity_id == identity_id && token.method == method);
    Ok(taken)
}
