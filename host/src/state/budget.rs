//! How often something may be done in an hour.

use infisical_skill_policy::switch::Millis;
use std::io;

const HOUR: Millis = 3_600_000;

/// Why something may not be done now.
#[derive(Debug)]
pub(crate) enum BudgetRefusal {
    /// This hour's budget is used up. Carries the seconds until a use is available again.
    UsedUp(u64),
    /// The use can't be recorded.
    Unwritable(io::Error),
}

/// The times of the uses after `count` more, if an hour may have `per_hour`.
pub(crate) fn spend(used: Vec<Millis>, count: u32, per_hour: u32, now: Millis) -> Result<Vec<Millis>, BudgetRefusal> {
    // Times in the future count as now, so setting the clock back frees no budget.
    let mut used: Vec<Millis> = used.into_iter().map(|at| at.min(now)).filter(|at| now - at < HOUR).collect();
    used.sort_unstable();
    let over = (used.len() as u64 + u64::from(count)).saturating_sub(u64::from(per_hour));
    if over > 0 {
        let free = usize::try_from(over - 1).ok().and_then(|at| used.get(at)).map_or(HOUR, |at| at + HOUR - now);
        return Err(BudgetRefusal::UsedUp(free.div_ceil(1_000)));
    }
    used.extend((0..count).map(|_| now));
    Ok(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_up_budget_says_when_a_use_is_available() {
        let now = 10 * HOUR;
        let used = spend(Vec::new(), 1, 2, now).unwrap();
        let used = spend(used, 1, 2, now + 60_000).unwrap();
        assert!(matches!(spend(used.clone(), 1, 2, now + 120_000), Err(BudgetRefusal::UsedUp(3_480))));
        assert!(matches!(spend(used, 2, 2, now + 120_000), Err(BudgetRefusal::UsedUp(3_540))));
    }
}
