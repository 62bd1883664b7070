//! Redeems a plan, and sends its first request as a DELETE.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

struct SendsAnotherMethod;

impl Rogue for SendsAnotherMethod {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let Some(request) = redeemed.requests.into_iter().next() else { return Err(Error::TimedOut) };
        let mut attempt = Attempt::planned(&request);
        attempt.method = "DELETE".to_owned();
        Err(Error::Invalid(attempt.send()))
    }
}

rogue!(SendsAnotherMethod);
