//! Universal Auth of an identity: `/api/v1/auth/universal-auth/identities/:identityId`.

use serde_json::{Value, json};

use crate::auth::identity_access::{self, IdentityAction};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, Method, Settings, TrustedIp, UniversalAuth};
use crate::world::clock::Millis;

use super::rules::{self, TokenFields, addresses, free_ranges, method_json, ranges_json};

/// The fields that only Universal Auth has.
struct Fields {
    trusted_ips: Option<Vec<String>>,
    lockout_enabled: Option<bool>,
    threshold: Option<u32>,
    duration: Option<Millis>,
    counter_reset: Option<Millis>,
}

impl Fields {
    fn read(check: &mut Checker<'_>) -> Self {
        let trusted_ips = addresses(check, "clientSecretTrustedIps");
        let threshold = check.number("lockoutThreshold").and_then(|count| u32::try_from(count).ok());
        let mut seconds = |name: &str| check.number(name).map(|seconds| seconds.saturating_mul(1000));
        let (duration, counter_reset) = (seconds("lockoutDurationSeconds"), seconds("lockoutCounterResetSeconds"));
        Self { trusted_ips, lockout_enabled: check.boolean("lockoutEnabled"), threshold, duration, counter_reset }
    }

    fn ranges(&self) -> Result<Option<Vec<TrustedIp>>, Failure> {
        self.trusted_ips.as_deref().map(free_ranges).transpose()
    }

    fn change(self, universal: &mut UniversalAuth, ranges: Option<Vec<TrustedIp>>) {
        if let Some(ranges) = ranges {
            universal.trusted_ips = ranges;
        }
        let lockout = &mut universal.lockout;
        lockout.enabled = self.lockout_enabled.unwrap_or(lockout.enabled);
        lockout.threshold = self.threshold.unwrap_or(lockout.threshold);
        lockout.duration = self.duration.unwrap_or(lockout.duration);
        lockout.counter_reset = self.counter_reset.unwrap_or(lockout.counter_reset);
    }
}

fn answer(identity_id: &str, method: &AuthMethod) -> Value {
    let mut shown = method_json(identity_id, method);
    if let Settings::Universal(universal) = &method.settings {
        let lockout = &universal.lockout;
        set(&mut shown, "clientId", universal.client_id.as_str());
        set(&mut shown, "clientSecretTrustedIps", ranges_json(&universal.trusted_ips));
        set(&mut shown, "lockoutEnabled", lockout.enabled);
        set(&mut shown, "lockoutThreshold", lockout.threshold);
        set(&mut shown, "lockoutDurationSeconds", lockout.duration / 1000);
        set(&mut shown, "lockoutCounterResetSeconds", lockout.counter_reset / 1000);
    }
    json!({"identityUniversalAuth": shown})
}

/// `POST`: adds Universal Auth with a client id and without a client secret.
pub(crate) fn attach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let (tokens, fields) = (TokenFields::read(&mut check), Fields::read(&mut check));
    check.finish()?;
    let ranges = fields.ranges()?;
    let mut universal = UniversalAuth::new(world.ids.uuid());
    fields.change(&mut universal, ranges);
    let method = rules::attach(world, call, &tokens, Settings::Universal(universal))?;
    Ok(answer(call.param("identityId"), method))
}

/// `GET`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::Read)?;
    Ok(answer(identity_id, rules::held(world, identity_id, Method::Universal)?))
}

/// `PATCH`
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let (tokens, fields) = (TokenFields::read(&mut check), Fields::read(&mut check));
    check.finish()?;
    let ranges = fields.ranges()?;
    let method = rules::change(world, call, Method::Universal, &tokens, |settings| {
        if let Settings::Universal(universal) = settings {
            fields.change(universal, ranges);
        }
    })?;
    Ok(answer(call.param("identityId"), method))
}

/// `DELETE`
pub(crate) fn detach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let method = rules::detach(world, call, Method::Universal)?;
    Ok(answer(call.param("identityId"), &method))
}

/// `POST .../clear-lockouts`
pub(crate) fn clear_lockouts(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::Edit)?;
    rules::held(world, identity_id, Method::Universal)?;
    let now = world.now();
    let universal = world.identity_mut(identity_id).and_then(|identity| identity.universal_mut());
    let was_set = universal.is_some_and(|universal| universal.lockout.clear(now));
    Ok(json!({"deleted": u32::from(was_set)}))
}
