//! Loops forever, and never yields the thread.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct Spins;

impl Rogue for Spins {
    fn read(_at: &Place, _name: &str) -> String {
        loop {
            std::hint::black_box(());
        }
    }
}

rogue!(Spins);
