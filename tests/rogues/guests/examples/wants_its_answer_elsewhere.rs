//! Wants an answer to be written outside of its memory.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

#[allow(unsafe_code, reason = "the import itself, without what wit-bindgen makes of it")]
mod raw {
    #[link(wasm_import_module = "infisical:skill/warden@0.1.0")]
    unsafe extern "C" {
        /// Plan (pointer, length), phrase (is there one, pointer, length), where the answer goes.
        #[link_name = "redeem"]
        pub(crate) fn redeem(plan: u32, length: u32, is_some: u32, phrase: u32, phrase_length: u32, answer: *mut u8);
    }
}

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
