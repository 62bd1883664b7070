//! The budget of one kind of act: how often it may be done in an hour.

use crate::state::{BudgetRefusal, State, spend};
use infisical_skill_policy::switch::Millis;
use std::sync::{Arc, Mutex, PoisonError};

/// A budget. The state keeps its uses, or this process does if there is no state.
#[derive(Debug)]
pub(super) struct Budget {
    uses: Uses,
    per_hour: u32,
}

#[derive(Debug)]
enum Uses {
    Kept(Arc<dyn State>, String),
    OfThisProcess(Mutex<Vec<Millis>>),
}

impl Budget {
    /// A budget that all processes on this state share. Without a state, it is this process's.
    pub(super) fn new(state: Option<&Arc<dyn State>>, name: &str, per_hour: u32) -> Self {
        let uses = match state {
            Some(state) => Uses::Kept(Arc::clone(state), name.to_owned()),
            None => Uses::OfThisProcess(Mutex::default()),
        };
        Self { uses, per_hour }
    }

    /// Takes `count` uses, or none.
    pub(super) fn take(&self, count: u32, now: Millis) -> Result<(), BudgetRefusal> {
        match &self.uses {
            Uses::Kept(state, name) => state.take(name, count, self.per_hour, now),
            Uses::OfThisProcess(used) => {
                let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
                *used = spend(used.clone(), count, self.per_hour, now)?;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_without_a_state_lasts_for_the_process() {
        let budget = Budget::new(None, "writes", 2);
        let now = 36_000_000;
        budget.take(2, now).unwrap();
        assert!(matches!(budget.take(1, now + 1_000), Err(BudgetRefusal::UsedUp(3_599))));
        budget.take(1, now + 3_600_000).unwrap();
    }
}
