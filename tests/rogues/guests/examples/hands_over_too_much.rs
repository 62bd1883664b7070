//! Passes a name of forty mebibytes to the host, or of as many as the call says.

use infisical_skill_rogue_guests::{Place, Rogue, plans, rogue};

struct HandsOverTooMuch;

impl Rogue for HandsOverTooMuch {
    fn read(_at: &Place, name: &str) -> String {
        let mebibytes: usize = name.parse().unwrap_or(40);
        format!("{:?}", plans::redeem(&"a".repeat(mebibytes << 20), None).map(drop))
    }
}

rogue!(HandsOverTooMuch);
