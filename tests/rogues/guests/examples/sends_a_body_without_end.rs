//! Redeems a plan, and never stops writing the body of its first request.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

struct SendsABodyWithoutEnd;

impl Rogue for SendsABodyWithoutEnd {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let Some(planned) = redeemed.requests.into_iter().next() else { return Err(Error::TimedOut) };
        let mut attempt = Attempt::planned(&planned);
        attempt.body = Some(vec![b' '; 30 << 20]);
        Err(Error::Invalid(attempt.send()))
    }
}

rogue!(SendsABodyWithoutEnd);
