//! Wants an answer to be written outside of its memory.

use infisical_skill_rogue_guests::raw;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct WantsItsAnswerElsewhere;

impl Rogue for WantsItsAnswerElsewhere {
    fn read(_at: &Place, _name: &str) -> String {
        #[allow(unsafe_code, reason = "the host is to look at what it is given")]
        // SAFETY: not for the host's sake; it is given numbers, and checks them.
        unsafe {
            raw::redeem(0, 0, 0, 0, 0, 0xffff_fff0 as *mut u8);
        }
        "taken".to_owned()
    }
}

rogue!(WantsItsAnswerElsewhere);
