//! Executes the instruction `unreachable`.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct Traps;

impl Rogue for Traps {
    fn read(_at: &Place, _name: &str) -> String {
        std::arch::wasm32::unreachable()
    }
}

rogue!(Traps);
