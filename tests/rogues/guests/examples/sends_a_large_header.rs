//! Sends a header of a mebibyte.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct SendsALargeHeader;

impl Rogue for SendsALargeHeader {
    fn read(_at: &Place, name: &str) -> String {
        let mut attempt = Attempt::new("GET", name);
        attempt.headers = vec![("accept".to_owned(), vec![b'a'; 1 << 20])];
        attempt.send()
    }
}

rogue!(SendsALargeHeader);
