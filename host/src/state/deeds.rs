//! Recent changes over all processes, for the sums that limit plans together
//! (`infisical_skill_policy::plan::sums`).
//!
//! The file has one line for each change: the time, the project, the updated secret or `-`, and `v`
//! if its value was updated. Projects and secrets are stored as hashes. No name is kept, and all
//! lines have the same length.

use super::files;
use crate::base::hex::to_hex;
use infisical_skill_policy::plan::{Deed, Done};
use infisical_skill_policy::switch::Millis;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More than a week of changes at any sensible budget.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// The recent changes in a state directory.
#[derive(Debug)]
pub(crate) struct Deeds {
    file: PathBuf,
    lock: PathBuf,
    /// How long they are kept.
    window: Millis,
}

impl Deeds {
    pub(crate) fn new(state_folder: &Path, window: Duration) -> Self {
        let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        Self { file: state_folder.join("deeds"), lock: state_folder.join("deeds-lock"), window }
    }

    /// The changes in their stored form, with hashes for names.
    pub(crate) fn kept(deeds: &[Deed]) -> Vec<Deed> {
        let kept = |deed: &Deed| Deed {
            project: hash(&deed.project),
            updates: deed.updates.as_deref().map(hash),
            overwrites: deed.overwrites,
        };
        deeds.iter().map(kept).collect()
    }

    /// The changes within the time window.
    pub(crate) fn done(&self, now: Millis) -> io::Result<Vec<Done>> {
        let bytes = files::read(&self.file, MAX_FILE)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let done = text.lines().map(|line| parse(line).unwrap_or(Done { at: now, deed: None }));
        // Times in the future count as now, as in a budget.
        let done = done.map(|done| Done { at: done.at.min(now), ..done });
        Ok(done.filter(|done| now - done.at < self.window).collect())
    }

    /// Records changes if `judge` accepts the earlier ones. They count from then on, whatever their
    /// outcome.
    pub(crate) fn add<E>(
        &self,
        deeds: &[Deed],
        now: Millis,
        judge: impl FnOnce(&[Done]) -> Result<(), E>,
    ) -> io::Result<Result<(), E>> {
        let _lock = files::lock(&self.lock)?;
        let mut done = self.done(now)?;
        if let Err(refusal) = judge(&done) {
            return Ok(Err(refusal));
        }
        done.extend(deeds.iter().map(|deed| Done { at: now, deed: Some(deed.clone()) }));
        let text: String = done.iter().map(line).collect();
        files::replace(&self.file, text.as_bytes())?;
        Ok(Ok(()))
    }
}

fn hash(text: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    to_hex(hash.as_ref().get(..16).unwrap_or_default())
}

fn line(done: &Done) -> String {
    let Done { at, deed } = done;
    match deed {
        Some(Deed { project, updates, overwrites }) => {
            let kind = if *overwrites { "v" } else { "-" };
            format!("{at} {project} {} {kind}\n", updates.as_deref().unwrap_or("-"))
        }
        None => format!("{at} ?\n"),
    }
}

fn parse(line: &str) -> Option<Done> {
    let mut words = line.split(' ');
    let at = words.next()?.parse().ok()?;
    let deed = match (words.next()?, words.next(), words.next(), words.next()) {
        ("?", None, None, None) => None,
        (project, Some(updates), Some(kind @ ("v" | "-")), None) => Some(Deed {
            project: project.to_owned(),
            updates: (updates != "-").then(|| updates.to_owned()),
            overwrites: kind == "v",
        }),
        _ => return None,
    };
    Some(Done { at, deed })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(100);

    fn deed(project: &str, secret: Option<&str>) -> Deed {
        Deed { project: project.to_owned(), updates: secret.map(str::to_owned), overwrites: secret.is_some() }
    }

    #[test]
    fn all_processes_see_changes_within_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let deeds = || Deeds::new(folder.path(), WINDOW);
        let of = |deeds: &[Done]| deeds.iter().map(|done| done.deed.clone()).collect::<Vec<_>>();
        assert_eq!(deeds().done(5).unwrap(), []);
        let (one, two) = (Deeds::kept(&[deed("p", Some("s"))]), Deeds::kept(&[deed("p", None)]));
        deeds().add(&one, 1_000, |_| Ok::<_, ()>(())).unwrap().unwrap();
        assert_eq!(deeds().add(&two, 1_000, |done| Err(done.len())).unwrap(), Err(1), "and then nothing is written");
        deeds().add(&two, 2_000, |_| Ok::<_, ()>(())).unwrap().unwrap();
        assert_eq!(of(&deeds().done(2_000).unwrap()), [Some(one[0].clone()), Some(two[0].clone())]);
        assert_eq!(of(&deeds().done(100_999).unwrap()).len(), 2);
        assert_eq!(of(&deeds().done(101_000).unwrap()), [Some(two[0].clone())]);
        assert_eq!(of(&deeds().done(0).unwrap()).len(), 2, "a clock that went back makes no room");
    }

    #[test]
    fn stores_no_names_and_counts_unreadable_lines() {
        let folder = tempfile::tempdir().unwrap();
        let deeds = Deeds::new(folder.path(), WINDOW);
        let kept = Deeds::kept(&[deed("project-name", Some("secret-name"))]);
        deeds.add(&kept, 1_000, |_| Ok::<_, ()>(())).unwrap().unwrap();
        let text = std::fs::read_to_string(folder.path().join("deeds")).unwrap();
        assert!(!text.contains("name"), "{text}");
        for nonsense in ["x", "", "1 2 3", "1 a b v v", "1 a b w"] {
            std::fs::write(folder.path().join("deeds"), format!("{nonsense}\n")).unwrap();
            assert_eq!(deeds.done(1_000).unwrap(), [Done { at: 1_000, deed: None }], "{nonsense}");
        }
    }
}
