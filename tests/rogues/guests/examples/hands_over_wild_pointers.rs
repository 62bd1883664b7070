//! Passes a name outside of its memory.

use infisical_skill_rogue_guests::raw;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct HandsOverWildPointers;

impl Rogue for HandsOverWildPointers {
    fn read(_at: &Place, _name: &str) -> String {
        let mut answer = [0_u64; 32];
        #[allow(unsafe_code, reason = "the host must check what the component passes")]
        // SAFETY: the host gets these as plain numbers and checks them before it uses them.
        unsafe {
            raw::redeem(0xffff_ff00, 0x200, 0, 0, 0, answer.as_mut_ptr().cast());
        }
        "taken".to_owned()
    }
}

rogue!(HandsOverWildPointers);
