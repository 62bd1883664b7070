//! Redeems a plan, and sends its first request with another value in it.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

struct SendsAnotherBody;

impl Rogue for SendsAnotherBody {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let Some(mut request) = redeemed.requests.into_iter().next() else { return Err(Error::TimedOut) };
        request.body = request.body.replace("planned-value", "another-value");
        Err(Error::Invalid(Attempt::planned(&request).send()))
    }
}

rogue!(SendsAnotherBody);
