//! What is kept between calls and processes in the state directory: the switches, plans, and uses
//! of the budgets.
//!
//! - `advice`: what to do if the state directory can't be used.
//! - `files`: files that only this user can access, written completely or not at all.
//! - `switch`: the switches of changes and of plain values.
//! - `blast_radius`: how much a plan touches.
//! - `budget`: how often something may be done in an hour.
//! - `card`: what may be shown of a plan.
//! - `deeds`: recent changes.
//! - `dependents`: what depends on what a plan changes.
//! - `names`: Infisical's names for the places of a plan.
//! - `people`: who asked for a plan and who approved it.
//! - `plans`: plans between preview and apply.
//! - `reveal_requests`: requests to reveal a value, which wait for a person.
//! - `time`: makes sure that what expired stays expired.
//! - `seal`: encrypts a plan's values for those who hold the write identity's secret.

mod advice;
mod blast_radius;
mod budget;
mod card;
#[cfg(all(test, unix))]
pub(crate) mod clock;
mod deeds;
mod dependents;
pub(crate) mod files;
mod names;
mod people;
mod plans;
mod reveal_requests;
mod seal;
mod switch;
mod time;

pub(crate) use advice::advice;
pub use blast_radius::{BlastRadius, Uncounted};
pub(crate) use budget::{Budget, BudgetRefusal};
pub(crate) use card::Facts;
pub use card::{PlanCard, PlanOutcome, PlanStatus};
pub(crate) use deeds::Deeds;
pub use dependents::{Dependents, Finding, Gap, SearchStatus};
pub use names::{EnvironmentName, ProjectNames, TagName};
#[cfg(feature = "cli")]
pub(crate) use people::this_user;
pub use people::{ApprovedBy, AskedBy, LocalUser};
pub(crate) use plans::{Kept, PlanStore, StoreRefusal};
pub(crate) use reveal_requests::{KeptRequest, RevealRequests, SecretToReveal};
pub use reveal_requests::{RevealCard, RevealStatus};
pub(crate) use seal::{PlanKeys, fill_random, to_hex};
pub use switch::{KillSwitch, SwitchState};
pub use time::accept_clock;
pub(crate) use time::{ClockRefusal, StateClock};

use infisical_skill_policy::switch::Millis;
use std::time::{SystemTime, UNIX_EPOCH};

/// The current time, in milliseconds since 1970. An earlier clock counts as 1970.
pub(crate) fn now() -> Millis {
    #[cfg(all(test, unix))]
    if let Some(now) = clock::stands_at() {
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
    UNIX_EPOCH + std::time::Duration::from_millis(at.min(LAST))
}
