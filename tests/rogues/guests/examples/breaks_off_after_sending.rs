//! Redeems a plan, sends its first request, and traps.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

struct BreaksOffAfterSending;

impl Rogue for BreaksOffAfterSending {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        if let Some(first) = redeemed.requests.first() {
            let _ = Attempt::planned(first).send();
        }
        std::arch::wasm32::unreachable()
    }
}

rogue!(BreaksOffAfterSending);
