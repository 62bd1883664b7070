//! Redeems a plan, and sends each of its requests twice.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

struct SendsTwice;

impl Rogue for SendsTwice {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let twice = redeemed.requests.iter().flat_map(|request| [request, request]);
        let sent: Vec<_> = twice.map(|request| Attempt::planned(request).send()).collect();
        Err(Error::Invalid(sent.join("; ")))
    }
}

rogue!(SendsTwice);
