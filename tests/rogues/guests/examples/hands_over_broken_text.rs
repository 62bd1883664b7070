//! Hands over a name that isn't UTF-8.

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

struct HandsOverBrokenText;

impl Rogue for HandsOverBrokenText {
    fn read(_at: &Place, _name: &str) -> String {
        let name = [0x66_u8, 0xff, 0xfe, 0xc0, 0x80];
        let mut answer = [0_u64; 32];
        #[allow(unsafe_code, reason = "the host is to look at what it is given")]
        // SAFETY: not for the host's sake; it is given numbers, and checks them.
        unsafe {
            raw::redeem(name.as_ptr() as u32, 5, 0, 0, 0, answer.as_mut_ptr().cast());
        }
        "taken".to_owned()
    }
}

rogue!(HandsOverBrokenText);
