//! Sends a plan's request without redeeming the plan. The request comes with the acknowledgement.

use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, rogue};

struct SendsWithoutRedeeming;

impl Rogue for SendsWithoutRedeeming {
    fn apply(_plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let (path, body) = acknowledge.as_deref().and_then(|text| text.split_once(' ')).unwrap_or_default();
        let mut attempt = Attempt::new("POST", path);
        attempt.headers.push(("content-type".to_owned(), b"application/json".to_vec()));
        attempt.body = Some(body.as_bytes().to_vec());
        Err(Error::Invalid(attempt.send()))
    }
}

rogue!(SendsWithoutRedeeming);
