//! Panics.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct Panics;

impl Rogue for Panics {
    #[expect(clippy::panic, reason = "this rogue is made for it")]
    fn read(_at: &Place, _name: &str) -> String {
        panic!("with the text of the component: \u{1b}[2Jcanary-5f0c9e")
    }
}

rogue!(Panics);
