//! The time by which objects in the state directory expire. It never goes back.
//!
//! The latest observed time is recorded (`clock`). What once expired therefore stays expired in
//! every process, whatever the machine's clock says later. A clock that is behind that time, or
//! behind the last record of the audit trail, isn't accepted. Nothing is decided by it until it is
//! right again, or until an operator accepts it (`infisical-skill state accept-clock`).

use super::audit_folder;
use crate::base::time::now as machine_time;
use crate::state::{ClockRefusal, files};
use infisical_skill_audit::{Files, last_time};
use infisical_skill_policy::switch::Millis;
use std::io;
use std::path::{Path, PathBuf};

/// How far the clock may be behind, because clocks are often corrected by parts of a second. Until
/// it catches up, the time stands still.
pub(crate) const TOLERANCE: Millis = 10_000;

/// The current time, which isn't before any observed time. It is recorded if possible. If that
/// fails, nothing else can be written either.
pub(super) fn now(folder: &Path) -> Result<Millis, ClockRefusal> {
    let now = machine_time();
    let kept = kept(folder).map_err(ClockRefusal::Unreadable)?;
    let recorded = last_time(&Files::new(audit_folder(folder))).and_then(|time| parse(&time));
    let seen = kept.max(recorded.unwrap_or_default());
    if now.saturating_add(TOLERANCE) < seen {
        return Err(ClockRefusal::WentBack { now, seen });
    }
    let time = now.max(seen);
    if time > kept
        && folder.exists()
        && let Err(error) = keep(folder, time)
    {
        tracing::warn!(%error, "the time can't be recorded");
    }
    Ok(time)
}

/// Sets the time, also back.
pub(super) fn accept(folder: &Path, time: Millis) -> io::Result<()> {
    let _lock = files::lock(&folder.join("clock-lock"))?;
    set(folder, time)
}

fn kept(folder: &Path) -> io::Result<Millis> {
    let file = file(folder);
    let Some(bytes) = files::read(&file, 64)? else { return Ok(0) };
    let text = String::from_utf8_lossy(&bytes);
    text.trim().parse().map_err(|_| io::Error::other(format!("{} isn't a time", file.display())))
}

/// Moves the time only forward: a process that is a little behind doesn't set it back.
fn keep(folder: &Path, time: Millis) -> io::Result<()> {
    let _lock = files::lock(&folder.join("clock-lock"))?;
    if kept(folder)? < time { set(folder, time) } else { Ok(()) }
}

fn set(folder: &Path, time: Millis) -> io::Result<()> {
    files::replace(&file(folder), time.to_string().as_bytes())
}

fn file(folder: &Path) -> PathBuf {
    folder.join("clock")
}

fn parse(time: &str) -> Option<Millis> {
    let time = humantime::parse_rfc3339(time).ok()?;
    u64::try_from(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::base::test_clock as clock;

    const NOON: Millis = 1_800_000_000_000;

    fn at(folder: &Path, time: Millis) -> Option<Millis> {
        clock::set(time);
        now(folder).ok()
    }

    #[test]
    fn time_stands_still_while_the_clock_is_slightly_behind() {
        let folder = tempfile::tempdir().unwrap();
        for (clock, time) in [
            (NOON, Some(NOON)),
            (NOON + 5, Some(NOON + 5)),
            (NOON, Some(NOON + 5)),
            (NOON + 5 - TOLERANCE, Some(NOON + 5)),
            (NOON + 4 - TOLERANCE, None),
            (0, None),
            (NOON + 6, Some(NOON + 6)),
        ] {
            assert_eq!(at(folder.path(), clock), time, "{clock}");
        }
        std::fs::write(folder.path().join("clock"), "nonsense").unwrap();
        assert_eq!(at(folder.path(), NOON + 9), None);
    }
}
