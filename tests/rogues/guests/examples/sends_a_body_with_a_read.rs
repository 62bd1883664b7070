//! Sends a body with a request that would be permitted without one.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct SendsABodyWithARead;

impl Rogue for SendsABodyWithARead {
    fn read(_at: &Place, name: &str) -> String {
        let mut attempt = Attempt::new("GET", name);
        attempt.body = Some(b"{}".to_vec());
        attempt.send()
    }
}

rogue!(SendsABodyWithARead);
