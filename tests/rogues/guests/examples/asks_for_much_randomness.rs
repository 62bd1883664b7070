//! Requests more random bytes than there is memory.

use infisical_skill_rogue_guests::bindings::wasi::random::random;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct AsksForMuchRandomness;

impl Rogue for AsksForMuchRandomness {
    fn read(_at: &Place, _name: &str) -> String {
        random::get_random_bytes(u64::MAX).len().to_string()
    }
}

rogue!(AsksForMuchRandomness);
