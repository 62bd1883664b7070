//! The rate limit: the requests per minute from one address.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::ApiVersion;
use crate::failure::Failure;
use crate::world::World;

const WINDOW: u64 = 60_000;

/// The state of an address's window after a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    limit: u32,
    remaining: u32,
    reset_seconds: u64,
    exceeded: bool,
}

/// Counts a request. Returns `None` if there is no limit.
pub(crate) fn count(world: &mut World, headers: &HeaderMap) -> Option<Allowance> {
    let limit = world.settings.rate_limit?;
    let now = world.now();
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let (began, used) = world.windows.entry(forwarded.unwrap_or("peer").to_owned()).or_insert((now, 0));
    if now >= began.saturating_add(WINDOW) {
        (*began, *used) = (now, 0);
    }
    let exceeded = *used >= limit;
    *used = used.saturating_add(1);
    let left = began.saturating_add(WINDOW).saturating_sub(now);
    Some(Allowance { limit, remaining: limit.saturating_sub(*used), reset_seconds: left.div_ceil(1000), exceeded })
}

impl Allowance {
    /// The refusal if the limit is exceeded.
    pub(crate) fn check(&self, api_version: ApiVersion) -> Result<(), Failure> {
        if !self.exceeded {
            return Ok(());
        }
        let wait = match api_version {
            ApiVersion::V3 if self.reset_seconds > 30 => "1 minute".to_owned(),
            _ => format!("{} seconds", self.reset_seconds),
        };
        Err(Failure::new(429, "RateLimitExceeded", format!("Rate limit exceeded. Please try again in {wait}")))
    }

    /// The headers that report the limit.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let mut set = |name: &'static str, value: u64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        };
        set("x-ratelimit-limit", self.limit.into());
        set("x-ratelimit-remaining", self.remaining.into());
        set("x-ratelimit-reset", self.reset_seconds);
        if self.exceeded {
            set("retry-after", self.reset_seconds);
        }
    }
}
