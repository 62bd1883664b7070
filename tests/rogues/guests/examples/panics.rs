//! Panics.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct Panics;

impl Rogue for Panics {
    #[expect(clippy::panic, reason = "that is what it is for")]
    fn read(_at: &Place, _name: &str) -> String {
        panic!("with words of its own: \u{1b}[2Jcanary-5f0c9e")
    }
}

rogue!(Panics);
