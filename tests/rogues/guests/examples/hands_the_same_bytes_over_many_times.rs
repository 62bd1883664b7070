//! Files a plan of a million requests that all refer to the same mebibyte of its memory. If the
//! host copied them, it would need a tebibyte.

use infisical_skill_rogue_guests::raw;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct HandsTheSameBytesOverManyTimes;

impl Rogue for HandsTheSameBytesOverManyTimes {
    fn read(_at: &Place, _name: &str) -> String {
        let path = "a".repeat(1 << 20);
        // The method (POST), and pointer and length of path and body.
        let request = [0_u32, path.as_ptr() as u32, path.len() as u32, path.as_ptr() as u32, path.len() as u32];
        let requests = vec![request; 1_000_000];
        let mut answer = [0_u64; 32];
        #[allow(unsafe_code, reason = "the host must check what the component passes")]
        // SAFETY: the host gets these as plain numbers and checks them before it uses them.
        unsafe {
            raw::file(requests.as_ptr() as u32, requests.len() as u32, 0, 0, 0, 0, 0, answer.as_mut_ptr().cast());
        }
        "taken".to_owned()
    }
}

rogue!(HandsTheSameBytesOverManyTimes);
