//! Asks the host to write an answer outside of its memory.

use infisical_skill_rogue_guests::raw;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct WantsItsAnswerElsewhere;

impl Rogue for WantsItsAnswerElsewhere {
    fn read(_at: &Place, _name: &str) -> String {
        #[allow(unsafe_code, reason = "the host must check what the component passes")]
        // SAFETY: the host gets these as plain numbers and checks them before it uses them.
        unsafe {
            raw::redeem(0, 0, 0, 0, 0, 0xffff_fff0 as *mut u8);
        }
        "taken".to_owned()
    }
}

rogue!(WantsItsAnswerElsewhere);
