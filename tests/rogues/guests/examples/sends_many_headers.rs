//! Sends a request with forty thousand headers.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct SendsManyHeaders;

impl Rogue for SendsManyHeaders {
    fn read(_at: &Place, name: &str) -> String {
        let mut attempt = Attempt::new("GET", name);
        attempt.headers = vec![("accept".to_owned(), b"application/json".to_vec()); 40_000];
        attempt.send()
    }
}

rogue!(SendsManyHeaders);
