//! Hands the host a name of forty mebibytes.

use infisical_skill_rogue_guests::{Place, Rogue, rogue, warden};

struct HandsOverTooMuch;

impl Rogue for HandsOverTooMuch {
    fn read(_at: &Place, _name: &str) -> String {
        format!("{:?}", warden::redeem(&"a".repeat(40 << 20), None).map(drop))
    }
}

rogue!(HandsOverTooMuch);
