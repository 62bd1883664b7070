//! Redeems a plan, sends its requests, and then one of its own.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

struct SendsOneMore;

impl Rogue for SendsOneMore {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let mut requests = redeemed.requests;
        if let Some(mut last) = requests.last().cloned() {
            last.path = last.path.replace("PLANNED", "ONE_MORE");
            requests.push(last);
        }
        let sent: Vec<_> = requests.iter().map(|request| Attempt::planned(request).send()).collect();
        Err(Error::Invalid(sent.join("; ")))
    }
}

rogue!(SendsOneMore);
