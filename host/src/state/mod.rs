//! What is kept between calls and processes in the state directory: the switches, plans, requests
//! to reveal a value, and uses of the budgets.
//!
//! - `advice`: what to do if the state directory can't be used.
//! - `files`: files that only this user can access, written completely or not at all.
//! - `switch_file`: until when a switch is on.
//! - `budget`: how often something may be done in an hour.
//! - `recent_changes`: recent changes, which count towards the sums of later plans.
//! - `plans`: plans between preview and apply.
//! - `reveal_requests`: requests to reveal a value, which wait for a person.
//! - `time`: makes sure that what expired stays expired.
//! - `seal`: encrypts a plan's values for those who hold the write identity's secret.

mod advice;
mod budget;
pub(crate) mod files;
mod plans;
mod recent_changes;
mod reveal_requests;
mod seal;
mod switch_file;
mod time;

pub(crate) use advice::{advice, advised};
pub(crate) use budget::{Budget, BudgetRefusal};
pub(crate) use plans::{PlanStore, StoreRefusal, StoredPlan};
pub(crate) use recent_changes::RecentChanges;
pub(crate) use reveal_requests::{KeptRequest, RevealRequests};
pub(crate) use seal::PlanKeys;
pub(crate) use switch_file::{SwitchFile, TurnedOn};
#[cfg(test)]
pub(crate) use time::TOLERANCE;
pub(crate) use time::{ACCEPT_CLOCK, ClockRefusal, StateClock};

use std::io;
use std::path::{Path, PathBuf};

/// The path of the audit trail in a state directory.
pub(crate) fn audit_folder(state_folder: &Path) -> PathBuf {
    state_folder.join("audit")
}

/// Uses up all pending plans and requests in a state directory, whoever filed them.
pub(crate) fn end_all(state_folder: &Path) -> io::Result<()> {
    plans::end_all(state_folder)?;
    reveal_requests::end_all(state_folder)
}
