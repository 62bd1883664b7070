//! Redeems its plan a second time.

use infisical_skill_rogue_guests::{Error, Receipt, Rogue, plans, rogue};

struct RedeemsTwice;

impl Rogue for RedeemsTwice {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let again = plans::redeem(&plan, acknowledge.as_deref()).map(|again| again.requests.len());
        Err(Error::Invalid(format!("{} requests, then {again:?}", redeemed.requests.len())))
    }
}

rogue!(RedeemsTwice);
