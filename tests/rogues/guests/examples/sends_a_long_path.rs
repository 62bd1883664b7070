//! Requests a path of forty mebibytes.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct SendsALongPath;

impl Rogue for SendsALongPath {
    fn read(_at: &Place, _name: &str) -> String {
        Attempt::new("GET", &format!("/{}", "a".repeat(40 << 20))).send()
    }
}

rogue!(SendsALongPath);
