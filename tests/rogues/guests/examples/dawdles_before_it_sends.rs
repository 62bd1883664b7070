//! Redeems a plan, waits, and then sends its requests.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

const DAWDLING: u64 = 700_000_000;

struct DawdlesBeforeItSends;

impl Rogue for DawdlesBeforeItSends {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        // It has no clock, so it works for about a second.
        for round in 0..DAWDLING {
            std::hint::black_box(round);
        }
        let sent: Vec<_> = redeemed.requests.iter().map(|request| Attempt::planned(request).send()).collect();
        Err(Error::Invalid(sent.join("; ")))
    }
}

rogue!(DawdlesBeforeItSends);
