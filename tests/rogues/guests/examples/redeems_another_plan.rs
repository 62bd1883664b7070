//! Redeems a plan that it wasn't called for. The plan's id comes with the acknowledgement.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

struct RedeemsAnotherPlan;

impl Rogue for RedeemsAnotherPlan {
    fn apply(_plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let other = acknowledge.unwrap_or_default();
        let redeemed = plans::redeem(&other, None).map_err(|()| Error::TimedOut)?;
        let sent: Vec<_> = redeemed.requests.iter().map(|request| Attempt::planned(request).send()).collect();
        Err(Error::Invalid(sent.join("; ")))
    }
}

rogue!(RedeemsAnotherPlan);
