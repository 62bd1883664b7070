//! Plans and requests to reveal a value, as files.
//!
//! - `NAME.plan`, `NAME.request`: the record. NAME is a hash of the item's id, so that looking up an
//!   item takes the same time for every guess.
//! - `NAME.approved`: the proofs that persons approved it, each after its length in four bytes.
//! - `used/NAME.used`: the mark of a used item. Creating this file uses the item up. If several
//!   processes try, one succeeds, and it can't happen again. A month has many of these marks, so
//!   they have their own folder: filing an item lists only the items that wait.

use crate::base::hex::to_hex;
use crate::base::time::now as machine_time;
use crate::model::plan_card::PlanOutcome;
use crate::state::{Item, ItemHead, ItemKind, Room, StoreRefusal, UsedMark, files};
use infisical_skill_policy::plan::PlanId;
use infisical_skill_policy::switch::Millis;
use std::io;
use std::path::{Path, PathBuf};

/// The most bytes of a plan's record: twenty changes with the largest values, and some room.
const MAX_PLAN: u64 = 48 * 1024 * 1024;

/// The most bytes of a request's record.
const MAX_REQUEST: u64 = 64 * 1024;

/// The most bytes of all approvals of an item.
const MAX_APPROVALS: u64 = 64 * 1024;

/// The folder of the marks of used items, and their extension.
const USED: &str = "used";

const APPROVED: &str = "approved";

/// How long the mark of a used item is kept.
const KEEP_USED: Millis = 30 * 24 * 3_600_000;

/// How often the marks of used items are cleaned up.
const SWEEP_AFTER: Millis = 3_600_000;

/// The items of one kind in a state directory.
pub(super) struct Items {
    folder: PathBuf,
    kind: ItemKind,
}

impl Items {
    pub(super) fn new(state_folder: &Path, kind: ItemKind) -> Self {
        let name = match kind {
            ItemKind::Plan => "plans",
            ItemKind::Reveal => "reveals",
        };
        Self { folder: state_folder.join(name), kind }
    }

    fn extension(&self) -> &'static str {
        match self.kind {
            ItemKind::Plan => "plan",
            ItemKind::Reveal => "request",
        }
    }

    fn max_record(&self) -> u64 {
        match self.kind {
            ItemKind::Plan => MAX_PLAN,
            ItemKind::Reveal => MAX_REQUEST,
        }
    }

    pub(super) fn file(&self, id: &PlanId, record: &[u8], room: &Room<'_>, now: Millis) -> Result<(), StoreRefusal> {
        // The folder of the marks is made now: syncing the record's file syncs it as well, so no
        // mark is lost with its folder.
        files::make_folder(&self.folder.join(USED))?;
        self.check_folders()?;
        // If two processes file at once, only one may take the last place.
        let _lock = files::lock(&self.folder.join("lock"))?;
        if self.clean_up(now, room.counts)? >= room.max_pending {
            return Err(StoreRefusal::TooMany);
        }
        Ok(files::create_new(&self.path(id, self.extension()), record)?)
    }

    pub(super) fn item(&self, id: &PlanId) -> Result<Item, StoreRefusal> {
        let record = self.record(id)?;
        let approvals = self.approvals(id)?;
        Ok(Item { record, approvals })
    }

    pub(super) fn pending(&self) -> io::Result<Vec<Vec<u8>>> {
        let pending = pending_in(&self.folder, self.extension())?.into_iter();
        // Skips files that another process removed meanwhile, and files of others.
        let records = pending.filter(|path| !mark_of(path).exists());
        Ok(records.filter_map(|path| files::read(&path, self.max_record()).ok().flatten()).collect())
    }

    pub(super) fn used(&self) -> io::Result<Vec<UsedMark>> {
        let marks = used_in(&self.folder)?.into_iter();
        let read = |path: PathBuf| files::read(&path, MAX_PLAN).ok().flatten();
        Ok(marks.filter_map(read).filter_map(|bytes| serde_json::from_slice(&bytes).ok()).collect())
    }

    pub(super) fn approve(&self, id: &PlanId, approval: &[u8]) -> Result<(), StoreRefusal> {
        self.record(id)?;
        let _lock = files::lock(&self.folder.join("lock"))?;
        let mut all = self.approvals(id)?;
        // The same proof again changes nothing.
        if !all.iter().any(|there| there == approval) {
            all.push(approval.to_vec());
        }
        let bytes = write_approvals(&all);
        if bytes.len() as u64 > MAX_APPROVALS {
            return Err(io::Error::other("the item has too many approvals").into());
        }
        Ok(files::replace(&self.path(id, APPROVED), &bytes)?)
    }

    pub(super) fn use_up(&self, id: &PlanId, mark: &UsedMark) -> Result<(), StoreRefusal> {
        self.record(id)?;
        let bytes = serde_json::to_vec(mark).map_err(io::Error::other)?;
        match files::create_new(&self.path(id, USED), &bytes) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.check_unused(id)?;
                Err(StoreRefusal::Used(PlanOutcome::Redeemed))
            }
            Err(error) => Err(StoreRefusal::Io(error)),
            Ok(()) => {
                // The values in it aren't needed any more. Even if the file stays behind, the item
                // is used.
                self.take_away(id);
                Ok(())
            }
        }
    }

    pub(super) fn set_outcome(&self, id: &PlanId, outcome: PlanOutcome) -> io::Result<()> {
        let path = self.path(id, USED);
        let Some(bytes) = files::read(&path, MAX_PLAN)? else { return Ok(()) };
        let mark: UsedMark = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
        files::replace(&path, &serde_json::to_vec(&UsedMark { outcome, ..mark }).map_err(io::Error::other)?)
    }

    pub(super) fn take_away(&self, id: &PlanId) {
        // An item whose file stays behind is expired or used anyway.
        let _ = files::remove(&self.path(id, self.extension()));
        let _ = files::remove(&self.path(id, APPROVED));
    }

    /// Uses up all pending items, whoever filed them.
    pub(super) fn end_all(&self) -> io::Result<()> {
        for path in pending_in(&self.folder, self.extension())? {
            // The mark comes first, so that an item that is restored later stays used.
            let card = files::read(&path, self.max_record()).ok().flatten();
            let card = card.and_then(|record| {
                let line = record.split(|byte| *byte == b'\n').next()?;
                serde_json::from_slice(line).ok()
            });
            let mark = UsedMark { card, outcome: PlanOutcome::Discarded, at: machine_time(), approval: None };
            let bytes = serde_json::to_vec(&mark).map_err(io::Error::other)?;
            files::make_folder(&self.folder.join(USED))?;
            match files::create_new(&mark_of(&path), &bytes) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            files::remove(&path)?;
            files::remove(&path.with_extension(APPROVED))?;
        }
        Ok(())
    }

    fn record(&self, id: &PlanId) -> Result<Vec<u8>, StoreRefusal> {
        match self.check_folders() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StoreRefusal::Unknown),
            checked => checked?,
        }
        self.check_unused(id)?;
        match files::read(&self.path(id, self.extension()), self.max_record())? {
            Some(record) => Ok(record),
            None => {
                // Another process may have used the item between the two checks.
                self.check_unused(id)?;
                Err(StoreRefusal::Unknown)
            }
        }
    }

    fn approvals(&self, id: &PlanId) -> io::Result<Vec<Vec<u8>>> {
        let bytes = files::read(&self.path(id, APPROVED), MAX_APPROVALS)?;
        Ok(bytes.map(|bytes| read_approvals(&bytes)).unwrap_or_default())
    }

    /// Removes what isn't needed any more. Gives how many of the items that count are pending.
    fn clean_up(&self, now: Millis, counts: &dyn Fn(Option<&str>) -> bool) -> io::Result<u32> {
        let mut pending = 0;
        for path in pending_in(&self.folder, self.extension())? {
            match files::read(&path, self.max_record()).ok().flatten().map(|bytes| ItemHead::of(&bytes)) {
                None => {}
                // Items stay expired after the clock was set back, and they keep their place until
                // their expiry. A used item has no place, even if its process was killed or its
                // file was restored.
                Some(Some(head)) if now < head.expires && !mark_of(&path).exists() => {
                    pending += u32::from(counts(head.token()));
                }
                Some(_) => {
                    let _ = files::remove(&path);
                    let _ = files::remove(&path.with_extension(APPROVED));
                }
            }
        }
        // A month of marks can be many, and this is done whenever an item is filed: they are listed
        // once an hour.
        if self.sweeps(now) {
            self.sweep(now)?;
        }
        Ok(pending)
    }

    /// Removes the marks of items that were used long ago. It skips recent marks without reading
    /// them.
    fn sweep(&self, now: Millis) -> io::Result<()> {
        for path in used_in(&self.folder)? {
            if now.saturating_sub(files::written(&path).unwrap_or(now)) <= KEEP_USED {
                continue;
            }
            let bytes = files::read(&path, MAX_PLAN).ok().flatten();
            let used: Option<UsedMark> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let last = |used: &UsedMark| used.at.max(used.card.as_ref().map_or(0, |card| card.expires));
            if used.is_some_and(|used| now.saturating_sub(last(&used)) > KEEP_USED) {
                let _ = files::remove(&path);
            }
        }
        Ok(())
    }

    /// Whether the marks are cleaned up now: once an hour.
    pub(super) fn sweeps(&self, now: Millis) -> bool {
        let file = self.folder.join("swept");
        let swept = files::read(&file, 64).ok().flatten().and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        let is_due = swept.is_none_or(|swept: Millis| now.saturating_sub(swept) >= SWEEP_AFTER || swept > now);
        is_due && files::replace(&file, now.to_string().as_bytes()).is_ok()
    }

    /// Checks that nobody else could put an item there, or remove a mark.
    fn check_folders(&self) -> io::Result<()> {
        files::check_folder(&self.folder)?;
        match files::check_folder(&self.folder.join(USED)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            checked => checked,
        }
    }

    fn check_unused(&self, id: &PlanId) -> Result<(), StoreRefusal> {
        let Some(bytes) = files::read(&self.path(id, USED), MAX_PLAN)? else { return Ok(()) };
        let mark: Option<UsedMark> = serde_json::from_slice(&bytes).ok();
        // An unreadable mark is one, too.
        Err(StoreRefusal::Used(mark.map_or(PlanOutcome::Redeemed, |mark| mark.outcome)))
    }

    pub(super) fn path(&self, id: &PlanId, extension: &str) -> PathBuf {
        let path = self.folder.join(file_name(id)).with_extension(extension);
        if extension == USED { mark_of(&path) } else { path }
    }
}

/// The mark that the item with this file is used.
fn mark_of(item: &Path) -> PathBuf {
    let name = item.with_extension(USED);
    item.with_file_name(USED).join(name.file_name().unwrap_or_default())
}

/// The files of the items that wait in a folder.
pub(crate) fn pending_in(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    with_extension(folder, extension)
}

/// The marks of those that were used.
pub(crate) fn used_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    with_extension(&folder.join(USED), USED)
}

fn with_extension(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    Ok(paths.filter(|path| path.extension().is_some_and(|it| it == extension)).collect())
}

/// The file name of an item's files, without the extension.
fn file_name(id: &PlanId) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, id.as_str().as_bytes());
    to_hex(hash.as_ref().get(..16).unwrap_or_default())
}

fn write_approvals(all: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for approval in all {
        bytes.extend_from_slice(&u32::try_from(approval.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(approval);
    }
    bytes
}

/// Reads as many approvals as there are whole ones. Others prove nothing.
fn read_approvals(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((approval, rest)) = rest.split_at_checked(length) else { break };
        all.push(approval.to_vec());
        bytes = rest;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn approvals_are_read_as_written(all in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6)) {
            prop_assert_eq!(read_approvals(&write_approvals(&all)), all);
        }

        #[test]
        fn any_bytes_are_read_as_approvals_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let all = read_approvals(&bytes);
            prop_assert!(all.iter().map(|approval| approval.len() + 4).sum::<usize>() <= bytes.len());
        }
    }
}
