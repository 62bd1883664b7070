//! Redeems a plan, and sends its first request with a query.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

struct AddsAQuery;

impl Rogue for AddsAQuery {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let Some(mut request) = redeemed.requests.into_iter().next() else { return Err(Error::TimedOut) };
        request.path.push_str("?type=personal");
        Err(Error::Invalid(Attempt::planned(&request).send()))
    }
}

rogue!(AddsAQuery);
