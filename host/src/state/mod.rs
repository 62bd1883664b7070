//! What the skill keeps between calls and processes.
//!
//! [`State`] is what it needs of a place to keep it. [`DirectoryState`] keeps it in a directory.
//! `conformance` tests a backend.
//!
//! - `directory`: the state as files. `files`: files that only this user can access, written
//!   completely or not at all. `advice`: what to do if the directory can't be used.
//! - `budget`: how often something may be done in an hour.

mod advice;
mod budget;
#[cfg(test)]
mod conformance;
mod directory;
pub(crate) mod files;

pub(crate) use advice::{advice, advised};
pub(crate) use budget::{BudgetRefusal, spend};
pub(crate) use directory::{DirectoryState, audit_folder};
#[cfg(test)]
pub(crate) use directory::{TOLERANCE, pending_in, used_in};

use crate::base::time::rfc3339;
use crate::model::people::ApprovedBy;
use crate::model::plan_card::{PlanCard, PlanOutcome};
use infisical_skill_policy::ApiVersion;
use infisical_skill_policy::plan::{CountedChange, PastChange, PlanId};
use infisical_skill_policy::switch::{Millis, SwitchKind};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::time::Duration;

/// What to do about a clock that isn't accepted.
pub(crate) const ACCEPT_CLOCK: &str = "Set the clock right; if it is right, and the later time was wrong, run \
     `infisical-skill state accept-clock --reason TEXT` at a terminal";

/// What waits for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// A plan.
    Plan,
    /// A request to reveal a value.
    Reveal,
}

/// A pending item, as it was filed. The state doesn't know what is in it, except for its head.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) record: Vec<u8>,
    /// The proofs that persons approved it, in the order in which they came. Whoever can write the
    /// state could add one, so each is checked before it counts.
    pub(crate) approvals: Vec<Vec<u8>>,
}

/// The part of an item's record that the state reads: the first line is JSON that has these fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ItemHead {
    /// When it expires.
    pub(crate) expires: Millis,
    #[serde(default)]
    asked: HeadRequester,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct HeadRequester {
    #[serde(default)]
    token: Option<String>,
}

impl ItemHead {
    /// Reads the head of a record.
    pub(crate) fn of(record: &[u8]) -> Option<Self> {
        let line = record.split(|byte| *byte == b'\n').next()?;
        serde_json::from_slice(line).ok()
    }

    /// The name of the token that it was filed with.
    pub(crate) fn token(&self) -> Option<&str> {
        self.asked.token.as_deref()
    }
}

/// How many items may be pending, and whether an item that was filed with a token counts.
pub(crate) struct Room<'a> {
    pub(crate) max_pending: u32,
    pub(crate) counts: &'a dyn Fn(Option<&str>) -> bool,
}

/// The mark of a used item. It stays for a month, so that the item stays used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct UsedMark {
    /// The plan, for lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) card: Option<PlanCard>,
    pub(crate) outcome: PlanOutcome,
    pub(crate) at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approval: Option<ApprovedBy>,
}

/// The state of a switch that somebody turned on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TurnedOn {
    pub(crate) since: Millis,
    pub(crate) until: Millis,
    pub(crate) reason: Option<String>,
}

/// Why an item can't be used or filed.
#[derive(Debug)]
pub(crate) enum StoreRefusal {
    /// None has this id.
    Unknown,
    /// It is used.
    Used(PlanOutcome),
    /// It was filed for another server or identity, or it was changed since.
    NotOurs,
    /// As many as allowed are already pending.
    TooMany,
    /// The clock isn't accepted.
    Clock(ClockRefusal),
    /// The state can't be read or written.
    Io(io::Error),
}

impl From<ClockRefusal> for StoreRefusal {
    fn from(refusal: ClockRefusal) -> Self {
        Self::Clock(refusal)
    }
}

impl From<io::Error> for StoreRefusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Why the clock can't decide anything.
#[derive(Debug)]
pub(crate) enum ClockRefusal {
    /// It is behind an earlier observed time.
    WentBack { now: Millis, seen: Millis },
    /// The latest time can't be read.
    Unreadable(io::Error),
}

impl fmt::Display for ClockRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WentBack { now, seen } => {
                write!(f, "the clock says {}, but it was already {}", rfc3339(*now), rfc3339(*seen))
            }
            Self::Unreadable(error) => write!(f, "the latest recorded time can't be read: {error}"),
        }
    }
}

/// A place that keeps the state of an installation, for all of its processes.
///
/// Each method is one atomic step: another process sees all of it or nothing, and what was given
/// out as done survives a power cut. A database can do each in one transaction. A failure changes
/// nothing.
pub(crate) trait State: fmt::Debug + Send + Sync {
    /// What it is, for messages, such as `the state directory /var/lib/infisical-skill`.
    fn describe(&self) -> String;

    /// The current time. It isn't before any time that it gave out, to whichever process.
    ///
    /// # Errors
    /// [`ClockRefusal`] if the machine's clock is behind an earlier time by more than a few seconds.
    fn now(&self) -> Result<Millis, ClockRefusal>;

    /// Uses up all pending items as [`PlanOutcome::Discarded`], turns both switches off, and accepts
    /// a time that may be before an earlier one. In this order, so that nothing that expired becomes
    /// valid again if it ends in between.
    fn accept_time(&self, time: Millis) -> io::Result<()>;

    /// Files an item, if fewer than [`Room::max_pending`] of those that count are pending. An
    /// expired or used item isn't pending.
    fn file(&self, kind: ItemKind, id: &PlanId, record: &[u8], room: &Room<'_>) -> Result<(), StoreRefusal>;

    /// A pending item, also an expired one.
    fn item(&self, kind: ItemKind, id: &PlanId) -> Result<Item, StoreRefusal>;

    /// The records of all items that aren't used, in no order.
    fn pending(&self, kind: ItemKind) -> io::Result<Vec<Vec<u8>>>;

    /// The marks of all used items, in no order.
    fn used(&self, kind: ItemKind) -> io::Result<Vec<UsedMark>>;

    /// Adds a proof that a person approved an item.
    fn approve(&self, kind: ItemKind, id: &PlanId, approval: &[u8]) -> Result<(), StoreRefusal>;

    /// Uses an item up. Of several processes that try, one succeeds.
    fn use_up(&self, kind: ItemKind, id: &PlanId, mark: &UsedMark) -> Result<(), StoreRefusal>;

    /// Changes the outcome of a used item. Does nothing if there is none.
    fn set_outcome(&self, kind: ItemKind, id: &PlanId, outcome: PlanOutcome) -> io::Result<()>;

    /// Removes an item that expired.
    fn remove(&self, kind: ItemKind, id: &PlanId);

    /// The state of a switch. `None`: nobody turned it on.
    fn switch(&self, kind: SwitchKind) -> io::Result<Option<TurnedOn>>;

    /// Turns a switch on, or off (`None`).
    fn set_switch(&self, kind: SwitchKind, on: Option<&TurnedOn>) -> io::Result<()>;

    /// Takes `count` uses of a budget, or none. Uses older than an hour don't count.
    fn take(&self, budget: &str, count: u32, per_hour: u32, now: Millis) -> Result<(), BudgetRefusal>;

    /// The changes of the last `window`. Names are stored as hashes: see [`Self::count_changes`].
    fn recent_changes(&self, window: Duration, now: Millis) -> io::Result<Vec<PastChange>>;

    /// Counts changes if `check` accepts the earlier ones of the last `window`. They count from then
    /// on, whatever their outcome. Whether they were counted.
    fn count_changes(
        &self,
        changes: &[CountedChange],
        window: Duration,
        now: Millis,
        check: &mut dyn FnMut(&[PastChange]) -> bool,
    ) -> io::Result<bool>;

    /// The API version of a server, if it was found out before. A hint.
    fn api_version(&self, origin: &str) -> Option<ApiVersion>;

    /// Remembers the API version of a server, or forgets it. Best effort.
    fn set_api_version(&self, origin: &str, api_version: Option<ApiVersion>);

    /// The directory, for tests that change its files.
    #[cfg(test)]
    fn directory(&self) -> &DirectoryState;
}
