//! The files of the budgets: the times of their uses.

use crate::state::{BudgetRefusal, files, spend};
use infisical_skill_policy::switch::Millis;
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Takes `count` uses off a budget, or none.
pub(super) fn take(folder: &Path, budget: &str, count: u32, per_hour: u32, now: Millis) -> Result<(), BudgetRefusal> {
    let unwritable = BudgetRefusal::Unwritable;
    let mut file = files::lock(&folder.join(format!("budget-{budget}"))).map_err(unwritable)?;
    let mut text = String::new();
    Read::by_ref(&mut file).take(1 << 20).read_to_string(&mut text).map_err(unwritable)?;
    // An unreadable line counts as a use.
    let used = text.lines().map(|line| line.parse().unwrap_or(now)).collect();
    let used = spend(used, count, per_hour, now)?;
    let text: String = used.iter().map(|at| format!("{at}\n")).collect();
    file.rewind().map_err(unwritable)?;
    // Overwrites the file in place, and truncates it only after that. If writing fails on a full
    // disk, or the process ends, no use is forgotten.
    file.write_all(text.as_bytes())
        .and_then(|()| file.set_len(text.len() as u64))
        .and_then(|()| file.sync_data())
        .map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Millis = 3_600_000;

    #[test]
    fn gives_out_an_hourly_budget_once() {
        let folder = tempfile::tempdir().unwrap();
        let take = |count, now| take(folder.path(), "writes", count, 3, now);
        let now = 10 * HOUR;
        assert!(take(2, now).is_ok());
        assert!(matches!(take(2, now + 1), Err(BudgetRefusal::UsedUp(3_600))), "all or nothing");
        assert!(take(1, now + 1_000).is_ok());
        assert!(matches!(take(1, now + 10_000), Err(BudgetRefusal::UsedUp(3_590))));
        assert!(matches!(take(1, now - HOUR), Err(BudgetRefusal::UsedUp(_))), "a clock that goes back");
        assert!(take(2, now + HOUR).is_ok());
        assert!(take(4, now + 9 * HOUR).is_err(), "more than there ever is");
        assert!(super::take(folder.path(), "none", 1, 0, now).is_err());
        assert!(super::take(&folder.path().join("missing"), "x", 1, 1, now).is_err());
    }

    #[test]
    fn unreadable_line_counts_as_used_now() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("budget-writes"), "nonsense\n\n17").unwrap();
        let take = |count| take(folder.path(), "writes", count, 3, 20 * HOUR);
        assert!(matches!(take(2), Err(BudgetRefusal::UsedUp(3_600))));
        assert!(take(1).is_ok());
    }

    /// Runs in a child process that can't write, as on a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn failed_write_keeps_the_recorded_uses() {
        const FOLDER: &str = "BUDGET_THAT_CAN_NOT_BE_WRITTEN";
        let take = |folder: &Path, at| take(folder, "writes", 1, 3, at);
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
            .arg("state::directory::budgets::tests::failed_write_keeps_the_recorded_uses")
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
            let take = || take(folder.path(), "writes", 1, 10, 5 * HOUR).is_ok();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(move || (0..5).filter(|_| take()).count())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 10);
    }
}
