//! How often something may be done in an hour, over all processes.

use super::files;
use infisical_skill_policy::switch::Millis;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const HOUR: Millis = 3_600_000;

/// One budget: the times of its uses. They are kept in a file, or in this process if there is no
/// state directory.
#[derive(Debug)]
pub(crate) struct Budget {
    used: UseStore,
    per_hour: u32,
}

#[derive(Debug)]
enum UseStore {
    Kept(PathBuf),
    OfThisProcess(Mutex<Vec<Millis>>),
}

/// Why something may not be done now.
#[derive(Debug)]
pub(crate) enum BudgetRefusal {
    /// This hour's budget is used up. Carries the seconds until a use is available again.
    UsedUp(u64),
    /// The use can't be recorded.
    Unwritable(io::Error),
}

impl Budget {
    /// A budget that all processes on this directory share.
    pub(crate) fn kept(folder: &Path, name: &str, per_hour: u32) -> Self {
        Self { used: UseStore::Kept(folder.join(format!("budget-{name}"))), per_hour }
    }

    /// The same budget with this hourly limit.
    pub(crate) fn of(&self, per_hour: u32) -> Self {
        let used = match &self.used {
            UseStore::Kept(file) => UseStore::Kept(file.clone()),
            UseStore::OfThisProcess(_) => UseStore::OfThisProcess(Mutex::default()),
        };
        Self { used, per_hour }
    }

    pub(crate) fn of_this_process(per_hour: u32) -> Self {
        Self { used: UseStore::OfThisProcess(Mutex::default()), per_hour }
    }

    /// Takes `count` uses off the budget, or none.
    pub(crate) fn take(&self, count: u32, now: Millis) -> Result<(), BudgetRefusal> {
        match &self.used {
            UseStore::OfThisProcess(used) => {
                let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
                *used = self.with(used.clone(), count, now)?;
                Ok(())
            }
            UseStore::Kept(file) => self.take_of(file, count, now),
        }
    }

    fn take_of(&self, file: &Path, count: u32, now: Millis) -> Result<(), BudgetRefusal> {
        let unwritable = BudgetRefusal::Unwritable;
        let mut file = files::lock(file).map_err(unwritable)?;
        let mut text = String::new();
        Read::by_ref(&mut file).take(1 << 20).read_to_string(&mut text).map_err(unwritable)?;
        // An unreadable line counts as a use.
        let used = text.lines().map(|line| line.parse().unwrap_or(now)).collect();
        let used = self.with(used, count, now)?;
        let text: String = used.iter().map(|at| format!("{at}\n")).collect();
        file.rewind().map_err(unwritable)?;
        // Overwrites the file in place, and truncates it only after that. If writing fails on a
        // full disk, or the process ends, no use is forgotten.
        file.write_all(text.as_bytes())
            .and_then(|()| file.set_len(text.len() as u64))
            .and_then(|()| file.sync_data())
            .map_err(unwritable)
    }

    /// The uses after `count` more.
    fn with(&self, used: Vec<Millis>, count: u32, now: Millis) -> Result<Vec<Millis>, BudgetRefusal> {
        // Times in the future count as now, so setting the clock back frees no budget.
        let mut used: Vec<Millis> = used.into_iter().map(|at| at.min(now)).filter(|at| now - at < HOUR).collect();
        used.sort_unstable();
        let over = (used.len() as u64 + u64::from(count)).saturating_sub(u64::from(self.per_hour));
        if over > 0 {
            let free = usize::try_from(over - 1).ok().and_then(|at| used.get(at)).map_or(HOUR, |at| at + HOUR - now);
            return Err(BudgetRefusal::UsedUp(free.div_ceil(1_000)));
        }
        used.extend((0..count).map(|_| now));
        Ok(used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_out_an_hourly_budget_once() {
        let folder = tempfile::tempdir().unwrap();
        let budget = || Budget::kept(folder.path(), "writes", 3);
        let now = 10 * HOUR;
        assert!(budget().take(2, now).is_ok());
        assert!(matches!(budget().take(2, now + 1), Err(BudgetRefusal::UsedUp(3_600))), "all or nothing");
        assert!(budget().take(1, now + 1_000).is_ok());
        assert!(matches!(budget().take(1, now + 10_000), Err(BudgetRefusal::UsedUp(3_590))));
        assert!(matches!(budget().take(1, now - HOUR), Err(BudgetRefusal::UsedUp(_))), "a clock that goes back");
        assert!(budget().take(2, now + HOUR).is_ok());
        assert!(budget().take(4, now + 9 * HOUR).is_err(), "more than there ever is");
        assert!(Budget::kept(folder.path(), "none", 0).take(1, now).is_err());
        assert!(Budget::kept(&folder.path().join("missing"), "x", 1).take(1, now).is_err());
    }

    #[test]
    fn used_up_budget_says_when_a_use_is_available() {
        let budget = Budget::of_this_process(2);
        let now = 10 * HOUR;
        for at in [now, now + 60_000] {
            budget.take(1, at).unwrap();
        }
        assert!(matches!(budget.take(1, now + 120_000), Err(BudgetRefusal::UsedUp(3_480))));
        assert!(matches!(budget.take(2, now + 120_000), Err(BudgetRefusal::UsedUp(3_540))));
    }

    #[test]
    fn unreadable_line_counts_as_used_now() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("budget-writes"), "nonsense\n\n17").unwrap();
        let budget = Budget::kept(folder.path(), "writes", 3);
        assert!(matches!(budget.take(2, 20 * HOUR), Err(BudgetRefusal::UsedUp(3_600))));
        assert!(budget.take(1, 20 * HOUR).is_ok());
    }

    /// Runs in a child process that can't write, as on a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn failed_write_keeps_the_recorded_uses() {
        const FOLDER: &str = "BUDGET_THAT_CAN_NOT_BE_WRITTEN";
        let take = |folder: &Path, at| Budget::kept(folder, "writes", 3).take(1, at);
        if let Some(folder) = std::env::var_os(FOLDER) {
            assert!(matches!(take(Path::new(&folder), 5 * HOUR), Err(BudgetRefusal::Unwritable(_))));
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            take(folder.path(), 5 * HOUR).unwrap();
        }
        let before = std::fs::read(folder.path().join("budget-writes")).unwrap();
        let child = std::process::Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" --exact \"$1\""])
            .arg(std::env::current_exe().unwrap())
            .arg("state::budget::tests::failed_write_keeps_the_recorded_uses")
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        assert!(child.status.success() && said.contains("1 passed"), "{said}");
        assert_eq!(std::fs::read(folder.path().join("budget-writes")).unwrap(), before);
        take(folder.path(), 5 * HOUR).unwrap();
        assert!(take(folder.path(), 5 * HOUR).is_err());
    }

    #[test]
    fn concurrent_threads_cannot_exceed_the_budget() {
        let folder = tempfile::tempdir().unwrap();
        let taken: usize = std::thread::scope(|scope| {
            let take = || Budget::kept(folder.path(), "writes", 10).take(1, 5 * HOUR).is_ok();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(move || (0..5).filter(|_| take()).count())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 10);
    }
}
