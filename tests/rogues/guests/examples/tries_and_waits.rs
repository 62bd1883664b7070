//! Sends a request to another server, whose authority is `name`, and waits until its caller
//! disconnects.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct TriesAndWaits;

impl Rogue for TriesAndWaits {
    fn read(_at: &Place, name: &str) -> String {
        let mut attempt = Attempt::new("GET", "/");
        attempt.authority = name.to_owned();
        let _ = attempt.start();
        loop {
            std::hint::black_box(());
        }
    }
}

rogue!(TriesAndWaits);
