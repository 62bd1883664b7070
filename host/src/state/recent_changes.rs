//! Recent changes over all processes, for the sums that limit plans together
//! (`infisical_skill_policy::plan::sums`).
//!
//! The file has one line for each change: the time, the project, the updated secret or `-`, and `v`
//! if its value was updated. Projects and secrets are stored as hashes. No name is kept, and all
//! lines have the same length.

use super::files;
use crate::base::hex::to_hex;
use infisical_skill_policy::plan::{CountedChange, PastChange};
use infisical_skill_policy::switch::Millis;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More than a week of changes at any sensible budget.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// The recent changes in a state directory.
#[derive(Debug)]
pub(crate) struct RecentChanges {
    file: PathBuf,
    lock: PathBuf,
    /// How long they are kept.
    window: Millis,
}

impl RecentChanges {
    pub(crate) fn new(state_folder: &Path, window: Duration) -> Self {
        let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        Self { file: state_folder.join("recent-changes"), lock: state_folder.join("recent-changes-lock"), window }
    }

    /// The changes in their stored form, with hashes for names.
    pub(crate) fn hashed(changes: &[CountedChange]) -> Vec<CountedChange> {
        let hashed = |change: &CountedChange| CountedChange {
            project: hash(&change.project),
            updates: change.updates.as_deref().map(hash),
            overwrites: change.overwrites,
        };
        changes.iter().map(hashed).collect()
    }

    /// The changes within the time window.
    pub(crate) fn within_window(&self, now: Millis) -> io::Result<Vec<PastChange>> {
        let bytes = files::read(&self.file, MAX_FILE)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let done = text.lines().map(|line| parse(line).unwrap_or(PastChange { at: now, counted: None }));
        // Times in the future count as now, as in a budget.
        let done = done.map(|done| PastChange { at: done.at.min(now), ..done });
        Ok(done.filter(|done| now - done.at < self.window).collect())
    }

    /// Records changes if `check` accepts the earlier ones. They count from then on, whatever their
    /// outcome.
    pub(crate) fn add<E>(
        &self,
        changes: &[CountedChange],
        now: Millis,
        check: impl FnOnce(&[PastChange]) -> Result<(), E>,
    ) -> io::Result<Result<(), E>> {
        let _lock = files::lock(&self.lock)?;
        let mut done = self.within_window(now)?;
        if let Err(refusal) = check(&done) {
            return Ok(Err(refusal));
        }
        done.extend(changes.iter().map(|change| PastChange { at: now, counted: Some(change.clone()) }));
        let text: String = done.iter().map(line).collect();
        files::replace(&self.file, text.as_bytes())?;
        Ok(Ok(()))
    }
}

fn hash(text: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    to_hex(hash.as_ref().get(..16).unwrap_or_default())
}

fn line(past: &PastChange) -> String {
    let PastChange { at, counted } = past;
    match counted {
        Some(CountedChange { project, updates, overwrites }) => {
            let kind = if *overwrites { "v" } else { "-" };
            format!("{at} {project} {} {kind}\n", updates.as_deref().unwrap_or("-"))
        }
        None => format!("{at} ?\n"),
    }
}

fn parse(line: &str) -> Option<PastChange> {
    let mut fields = line.split(' ');
    let at = fields.next()?.parse().ok()?;
    let counted = match (fields.next()?, fields.next(), fields.next(), fields.next()) {
        ("?", None, None, None) => None,
        (project, Some(updates), Some(kind @ ("v" | "-")), None) => Some(CountedChange {
            project: project.to_owned(),
            updates: (updates != "-").then(|| updates.to_owned()),
            overwrites: kind == "v",
        }),
        _ => return None,
    };
    Some(PastChange { at, counted })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(100);

    fn counted(project: &str, secret: Option<&str>) -> CountedChange {
        CountedChange { project: project.to_owned(), updates: secret.map(str::to_owned), overwrites: secret.is_some() }
    }

    #[test]
    fn all_processes_see_changes_within_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let recent = || RecentChanges::new(folder.path(), WINDOW);
        let of = |all: &[PastChange]| all.iter().map(|past| past.counted.clone()).collect::<Vec<_>>();
        assert_eq!(recent().within_window(5).unwrap(), []);
        let (one, two) =
            (RecentChanges::hashed(&[counted("p", Some("s"))]), RecentChanges::hashed(&[counted("p", None)]));
        recent().add(&one, 1_000, |_| Ok::<_, ()>(())).unwrap().unwrap();
        assert_eq!(recent().add(&two, 1_000, |done| Err(done.len())).unwrap(), Err(1), "and then nothing is written");
        recent().add(&two, 2_000, |_| Ok::<_, ()>(())).unwrap().unwrap();
        assert_eq!(of(&recent().within_window(2_000).unwrap()), [Some(one[0].clone()), Some(two[0].clone())]);
        assert_eq!(of(&recent().within_window(100_999).unwrap()).len(), 2);
        assert_eq!(of(&recent().within_window(101_000).unwrap()), [Some(two[0].clone())]);
        assert_eq!(of(&recent().within_window(0).unwrap()).len(), 2, "a clock that went back makes no room");
    }

    #[test]
    fn stores_no_names_and_counts_unreadable_lines() {
        let folder = tempfile::tempdir().unwrap();
        let recent = RecentChanges::new(folder.path(), WINDOW);
        let kept = RecentChanges::hashed(&[counted("project-name", Some("secret-name"))]);
        recent.add(&kept, 1_000, |_| Ok::<_, ()>(())).unwrap().unwrap();
        let text = std::fs::read_to_string(folder.path().join("recent-changes")).unwrap();
        assert!(!text.contains("name"), "{text}");
        for nonsense in ["x", "", "1 2 3", "1 a b v v", "1 a b w"] {
            std::fs::write(folder.path().join("recent-changes"), format!("{nonsense}\n")).unwrap();
            assert_eq!(recent.within_window(1_000).unwrap(), [PastChange { at: 1_000, counted: None }], "{nonsense}");
        }
    }
}
