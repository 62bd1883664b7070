//! Allocates memory until none is left.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct HoardsMemory;

impl Rogue for HoardsMemory {
    fn read(_at: &Place, _name: &str) -> String {
        let mut hoard = Vec::new();
        loop {
            hoard.push(vec![1_u8; 1 << 20]);
            std::hint::black_box(&hoard);
        }
    }
}

rogue!(HoardsMemory);
