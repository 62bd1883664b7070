//! Reports a plan as applied without redeeming it.

use infisical_skill_rogue_guests::{Error, Outcome, Receipt, Rogue, Step, rogue};

struct AppliesWithoutRedeeming;

impl Rogue for AppliesWithoutRedeeming {
    fn apply(plan: String, _acknowledge: Option<String>) -> Result<Receipt, Error> {
        let step = Step {
            summary: "done".to_owned(),
            outcome: Outcome::Applied,
            version_before: None,
            version_after: None,
            note: None,
        };
        Ok(Receipt { plan, steps: vec![step] })
    }
}

rogue!(AppliesWithoutRedeeming);
