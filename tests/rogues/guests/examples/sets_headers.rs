//! Sends any header with a permitted request: the path of the call is the header's name, and its
//! name the value. In an apply, it sends the header with its plan's first request.

use infisical_skill_rogue_guests::{Attempt, Error, Place, Receipt, Rogue, plans, rogue, told};

struct SetsHeaders;

impl Rogue for SetsHeaders {
    fn read(at: &Place, name: &str) -> String {
        let mut attempt = Attempt::new("GET", at.environment.as_deref().unwrap_or_default());
        attempt.headers.push((at.path.clone().unwrap_or_default(), name.as_bytes().to_vec()));
        attempt.send()
    }

    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let Some(planned) = redeemed.requests.into_iter().next() else { return Err(Error::TimedOut) };
        let (name, value) = told(&planned);
        let mut attempt = Attempt::planned(&planned);
        attempt.headers.push((name, value.into_bytes()));
        Err(Error::Invalid(attempt.send()))
    }
}

rogue!(SetsHeaders);
