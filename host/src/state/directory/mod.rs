//! The state as files in a directory.
//!
//! - `items`: plans and requests to reveal a value. `switches`: until when the switches are on.
//! - `budgets`: uses of the budgets. `recent_changes`: recent changes, which later plans are counted
//!   with.
//! - `clock`: makes sure that what expired stays expired. `api_version`: which API version the
//!   server speaks.
//! - `format`: the version of all this.

mod api_version;
mod budgets;
mod clock;
mod format;
mod items;
mod recent_changes;
mod switches;

#[cfg(test)]
pub(crate) use clock::TOLERANCE;
#[cfg(test)]
pub(crate) use items::{pending_in, used_in};

use super::{BudgetRefusal, ClockRefusal, Item, ItemKind, Room, State, StoreRefusal, TurnedOn, UsedMark};
use crate::model::plan_card::PlanOutcome;
use infisical_skill_policy::ApiVersion;
use infisical_skill_policy::plan::{CountedChange, PastChange, PlanId};
use infisical_skill_policy::switch::{Millis, SwitchKind};
use items::Items;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The path of the audit trail in a state directory.
pub(crate) fn audit_folder(state_folder: &Path) -> PathBuf {
    state_folder.join("audit")
}

/// The state in a directory. It is made when something is first written.
#[derive(Debug, Clone)]
pub(crate) struct DirectoryState {
    folder: PathBuf,
}

impl DirectoryState {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn items(&self, kind: ItemKind) -> Items {
        Items::new(&self.folder, kind)
    }
}

impl State for DirectoryState {
    fn describe(&self) -> String {
        format!("the state directory {}", self.folder.display())
    }

    fn now(&self) -> Result<Millis, ClockRefusal> {
        clock::now(&self.folder)
    }

    fn accept_time(&self, time: Millis) -> io::Result<()> {
        for kind in [SwitchKind::Writes, SwitchKind::Reveals] {
            switches::set(&self.folder, kind, None)?;
        }
        for kind in [ItemKind::Plan, ItemKind::Reveal] {
            self.items(kind).end_all()?;
        }
        clock::accept(&self.folder, time)
    }

    fn file(&self, kind: ItemKind, id: &PlanId, record: &[u8], room: &Room<'_>) -> Result<(), StoreRefusal> {
        format::claim(&self.folder)?;
        self.items(kind).file(id, record, room, self.now()?)
    }

    fn item(&self, kind: ItemKind, id: &PlanId) -> Result<Item, StoreRefusal> {
        format::check(&self.folder)?;
        self.items(kind).item(id)
    }

    fn pending(&self, kind: ItemKind) -> io::Result<Vec<Vec<u8>>> {
        self.items(kind).pending()
    }

    fn used(&self, kind: ItemKind) -> io::Result<Vec<UsedMark>> {
        self.items(kind).used()
    }

    fn approve(&self, kind: ItemKind, id: &PlanId, approval: &[u8]) -> Result<(), StoreRefusal> {
        self.items(kind).approve(id, approval)
    }

    fn use_up(&self, kind: ItemKind, id: &PlanId, mark: &UsedMark) -> Result<(), StoreRefusal> {
        self.items(kind).use_up(id, mark)
    }

    fn set_outcome(&self, kind: ItemKind, id: &PlanId, outcome: PlanOutcome) -> io::Result<()> {
        self.items(kind).set_outcome(id, outcome)
    }

    fn remove(&self, kind: ItemKind, id: &PlanId) {
        self.items(kind).take_away(id);
    }

    fn switch(&self, kind: SwitchKind) -> io::Result<Option<TurnedOn>> {
        format::check(&self.folder)?;
        switches::read(&self.folder, kind)
    }

    fn set_switch(&self, kind: SwitchKind, on: Option<&TurnedOn>) -> io::Result<()> {
        if on.is_some() {
            format::claim(&self.folder)?;
        }
        switches::set(&self.folder, kind, on)
    }

    fn take(&self, budget: &str, count: u32, per_hour: u32, now: Millis) -> Result<(), BudgetRefusal> {
        budgets::take(&self.folder, budget, count, per_hour, now)
    }

    fn recent_changes(&self, window: Duration, now: Millis) -> io::Result<Vec<PastChange>> {
        recent_changes::within(&self.folder, window, now)
    }

    fn count_changes(
        &self,
        changes: &[CountedChange],
        window: Duration,
        now: Millis,
        check: &mut dyn FnMut(&[PastChange]) -> bool,
    ) -> io::Result<bool> {
        recent_changes::add(&self.folder, changes, window, now, check)
    }

    fn api_version(&self, origin: &str) -> Option<ApiVersion> {
        api_version::read(&self.folder, origin)
    }

    fn set_api_version(&self, origin: &str, api_version: Option<ApiVersion>) {
        api_version::write(&self.folder, origin, api_version);
    }

    #[cfg(test)]
    fn directory(&self) -> &DirectoryState {
        self
    }
}

#[cfg(test)]
impl DirectoryState {
    /// A file of an item: `plan` or `request`, `approved`, `used`.
    pub(crate) fn path(&self, kind: ItemKind, id: &PlanId, extension: &str) -> PathBuf {
        self.items(kind).path(id, extension)
    }

    /// Whether the marks of used plans are cleaned up now.
    pub(crate) fn sweeps(&self, now: Millis) -> bool {
        self.items(ItemKind::Plan).sweeps(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn directory_conforms() {
        let mut folders = Vec::new();
        crate::state::conformance::check(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("state");
            folders.push(folder);
            Box::new(move || Arc::new(DirectoryState::new(&path)) as Arc<dyn State>)
        });
    }
}
