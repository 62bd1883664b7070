//! The machine's clock, and times as text.

use infisical_skill_policy::switch::Millis;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The current time, in milliseconds since 1970. An earlier clock counts as 1970.
pub(crate) fn now() -> Millis {
    #[cfg(all(test, unix))]
    if let Some(now) = super::test_clock::stands_at() {
        return now;
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time in RFC 3339, to the second.
pub(crate) fn rfc3339(at: Millis) -> String {
    humantime::format_rfc3339_seconds(writable(at)).to_string()
}

/// A time in RFC 3339, to the millisecond.
pub(crate) fn rfc3339_millis(at: Millis) -> String {
    humantime::format_rfc3339_millis(writable(at)).to_string()
}

/// The format has four digits for the year.
fn writable(at: Millis) -> SystemTime {
    const LAST: Millis = 253_402_300_799_000;
    UNIX_EPOCH + Duration::from_millis(at.min(LAST))
}
