//! Universal Auth logins.

use serde_json::{Value, json};

use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::auth_method::{Method, UniversalAuth};
use crate::world::clock::Millis;
use crate::world::identity::Identity;

use super::issue::{self, Login};

/// `POST /api/v1/auth/universal-auth/login`
pub(crate) fn login(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let client_id = check.string("clientId").trim().to_owned();
    let client_secret = check.string("clientSecret").trim().to_owned();
    let organization = sub_organization(&mut check, call);
    check.finish()?;
    let now = world.now();
    let found = world.identities.iter_mut().find(|identity| has_client_id(identity, &client_id));
    let Some(identity) = found else {
        return Err(if call.is_v4() {
            Failure::unauthorized("Invalid credentials")
        } else {
            Failure::not_found("No identity with specified client ID was found")
        });
    };
    let identity_id = identity.id.clone();
    let rules = identity.method(Method::Universal).map(|method| method.tokens.clone());
    let (Some(rules), Some(universal)) = (rules, identity.universal_mut()) else {
        return Err(Failure::unauthorized("Invalid credentials"));
    };
    issue::check_address(&universal.trusted_ips, &call.ip_address)?;
    let client_secret_id = redeem(universal, &client_secret, now, call.is_v4())?;
    no_such_organization(organization)?;
    let login = Login {
        identity_id: &identity_id,
        method: Method::Universal,
        client_secret_id: &client_secret_id,
        identity_auth: json!({}),
    };
    Ok(issue::log_in(world, call, login, &rules))
}

fn has_client_id(identity: &Identity, client_id: &str) -> bool {
    identity.universal().is_some_and(|universal| universal.client_id == client_id)
}

/// The sub-organization that a login requests.
pub(crate) fn sub_organization(check: &mut Checker<'_>, call: &Call) -> Option<String> {
    if call.is_v4() { check.optional_string("organizationSlug") } else { None }
}

/// The emulator has only the one organization.
pub(crate) fn no_such_organization(name: Option<String>) -> Result<(), Failure> {
    match name.filter(|name| !name.is_empty()) {
        Some(name) => Err(Failure::not_found(format!("Sub organization with name {name} not found"))),
        None => Ok(()),
    }
}

/// Uses a client secret once and returns its id. A current server locks the identity after wrong
/// secrets. It revokes an expired or used-up secret when that is next tried, so later tries count
/// as wrong.
fn redeem(universal: &mut UniversalAuth, secret: &str, now: Millis, is_v4: bool) -> Result<String, Failure> {
    if is_v4 && universal.lockout.is_locked(now) {
        return Err(Failure::unauthorized("This identity auth method is temporarily locked, please try again later"));
    }
    let Some(held) = universal.secret_mut(secret) else {
        universal.lockout.fail(now);
        return Err(Failure::unauthorized("Invalid credentials"));
    };
    let refusal = if held.is_expired(now) {
        Some("Access denied due to expired client secret")
    } else if held.uses_limit > 0 && held.uses >= held.uses_limit {
        Some("Access denied due to client secret usage limit reached")
    } else {
        None
    };
    if let Some(message) = refusal {
        held.revoked = is_v4;
        return Err(Failure::unauthorized(message));
    }
    held.count_use(now);
    let id = held.id.clone();
    universal.lockout.succeed();
    Ok(id)
}
