//! Recent changes over all processes, for the sums that limit plans together
//! (`infisical_skill_policy::plan::sums`).
//!
//! The file has one line for each change: the time, the project, the updated secret or `-`, and `v`
//! if its value was updated. Projects and secrets are stored as hashes. No name is kept, and all
//! lines have the same length.

use crate::state::files;
use infisical_skill_policy::plan::{CountedChange, PastChange};
use infisical_skill_policy::switch::Millis;
use std::io;
use std::path::Path;
use std::time::Duration;

/// More than a week of changes at any sensible budget.
const MAX_FILE: u64 = 16 * 1024 * 1024;

const FILE: &str = "recent-changes";

/// The changes within the time window.
pub(super) fn within(folder: &Path, window: Duration, now: Millis) -> io::Result<Vec<PastChange>> {
    let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    let bytes = files::read(&folder.join(FILE), MAX_FILE)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let done = text.lines().map(|line| parse(line).unwrap_or(PastChange { at: now, counted: None }));
    // Times in the future count as now, as in a budget.
    let done = done.map(|done| PastChange { at: done.at.min(now), ..done });
    Ok(done.filter(|done| now - done.at < window).collect())
}

/// Records changes if `check` accepts the earlier ones. Whether it did.
pub(super) fn add(
    folder: &Path,
    changes: &[CountedChange],
    window: Duration,
    now: Millis,
    check: &mut dyn FnMut(&[PastChange]) -> bool,
) -> io::Result<bool> {
    let _lock = files::lock(&folder.join("recent-changes-lock"))?;
    let mut done = within(folder, window, now)?;
    if !check(&done) {
        return Ok(false);
    }
    done.extend(changes.iter().map(|change| PastChange { at: now, counted: Some(change.clone()) }));
    let text: String = done.iter().map(line).collect();
    files::replace(&folder.join(FILE), text.as_bytes())?;
    Ok(true)
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

    #[test]
    fn unreadable_line_counts_as_a_change_now() {
        let folder = tempfile::tempdir().unwrap();
        for nonsense in ["x", "", "1 2 3", "1 a b v v", "1 a b w"] {
            std::fs::write(folder.path().join(FILE), format!("{nonsense}\n")).unwrap();
            let recent = within(folder.path(), WINDOW, 1_000).unwrap();
            assert_eq!(recent, [PastChange { at: 1_000, counted: None }], "{nonsense}");
        }
    }

    #[test]
    fn changes_are_read_as_written() {
        for (updates, overwrites) in [(None, false), (Some("s".to_owned()), false), (Some("s".to_owned()), true)] {
            let counted = CountedChange { project: "p".to_owned(), updates, overwrites };
            let past = PastChange { at: 17, counted: Some(counted) };
            assert_eq!(parse(line(&past).trim_end()), Some(past));
        }
    }
}
