//! The time by which objects in the state directory expire. It never goes back.
//!
//! The latest observed time is recorded (`clock`). What once expired therefore stays expired in
//! every process, whatever the machine's clock says later. A clock that is behind that time, or
//! behind the last record of the audit trail, isn't accepted. Nothing is decided by it until it is
//! right again, or until an operator accepts it (`infisical-skill state accept-clock`).

use super::{audit_folder, files};
use crate::base::time::{now, rfc3339};
use infisical_skill_audit::{Files, last_time};
use infisical_skill_policy::switch::Millis;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// How far the clock may be behind, because clocks are often corrected by parts of a second. Until
/// it catches up, the time stands still.
pub(crate) const TOLERANCE: Millis = 10_000;

/// What to do about a clock that isn't accepted.
pub(crate) const ACCEPT_CLOCK: &str = "Set the clock right; if it is right, and the later time was wrong, run \
     `infisical-skill state accept-clock --reason TEXT` at a terminal";

/// The clock of a state directory.
#[derive(Debug, Clone)]
pub(crate) struct StateClock {
    folder: PathBuf,
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

impl StateClock {
    pub(crate) fn new(state_folder: &Path) -> Self {
        Self { folder: state_folder.to_owned() }
    }

    /// The current time, which isn't before any observed time. It is recorded if possible. If that
    /// fails, nothing else can be written either.
    pub(crate) fn now(&self) -> Result<Millis, ClockRefusal> {
        let now = now();
        let kept = self.kept().map_err(ClockRefusal::Unreadable)?;
        let seen = kept
            .max(last_time(&Files::new(audit_folder(&self.folder))).and_then(|time| parse(&time)).unwrap_or_default());
        if now.saturating_add(TOLERANCE) < seen {
            return Err(ClockRefusal::WentBack { now, seen });
        }
        let time = now.max(seen);
        if time > kept
            && self.folder.exists()
            && let Err(error) = self.keep(time)
        {
            tracing::warn!(%error, "the time can't be recorded");
        }
        Ok(time)
    }

    fn kept(&self) -> io::Result<Millis> {
        let Some(bytes) = files::read(&self.file(), 64)? else { return Ok(0) };
        let text = String::from_utf8_lossy(&bytes);
        text.trim().parse().map_err(|_| io::Error::other(format!("{} isn't a time", self.file().display())))
    }

    /// Moves the time only forward: a process that is a little behind doesn't set it back.
    fn keep(&self, time: Millis) -> io::Result<()> {
        let _lock = files::lock(&self.folder.join("clock-lock"))?;
        if self.kept()? < time { self.set(time) } else { Ok(()) }
    }

    /// Sets the time, also back.
    pub(crate) fn accept(&self, time: Millis) -> io::Result<()> {
        let _lock = files::lock(&self.folder.join("clock-lock"))?;
        self.set(time)
    }

    fn set(&self, time: Millis) -> io::Result<()> {
        files::replace(&self.file(), time.to_string().as_bytes())
    }

    fn file(&self) -> PathBuf {
        self.folder.join("clock")
    }
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
        StateClock::new(folder).now().ok()
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
