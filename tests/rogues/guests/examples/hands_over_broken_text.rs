//! Passes a name that isn't UTF-8.

use infisical_skill_rogue_guests::raw;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct HandsOverBrokenText;

impl Rogue for HandsOverBrokenText {
    fn read(_at: &Place, _name: &str) -> String {
        let name = [0x66_u8, 0xff, 0xfe, 0xc0, 0x80];
        let mut answer = [0_u64; 32];
        #[allow(unsafe_code, reason = "the host must check what the component passes")]
        // SAFETY: the host gets these as plain numbers and checks them before it uses them.
        unsafe {
            raw::redeem(name.as_ptr() as u32, 5, 0, 0, 0, answer.as_mut_ptr().cast());
        }
        "taken".to_owned()
    }
}

rogue!(HandsOverBrokenText);
