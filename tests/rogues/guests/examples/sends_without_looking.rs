//! Redeems a plan, and sends its requests without reading the target first.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

struct SendsWithoutLooking;

impl Rogue for SendsWithoutLooking {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let sent: Vec<_> = redeemed.requests.iter().map(|request| Attempt::planned(request).send()).collect();
        Err(Error::Invalid(sent.join("; ")))
    }
}

rogue!(SendsWithoutLooking);
