//! Sends a header that it is told to, with a request that would pass: the path of the call is its name, the name its value.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct SetsHeaders;

impl Rogue for SetsHeaders {
    fn read(at: &Place, name: &str) -> String {
        let mut attempt = Attempt::new("GET", at.environment.as_deref().unwrap_or_default());
        attempt.headers.push((at.path.clone().unwrap_or_default(), name.as_bytes().to_vec()));
        attempt.send()
    }
}

rogue!(SetsHeaders);
