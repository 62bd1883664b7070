//! Files a plan of a million requests which are all the same mebibyte of its memory: a tebibyte, if the host copied them.

use infisical_skill_rogue_guests::raw;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct HandsTheSameBytesOverManyTimes;

impl Rogue for HandsTheSameBytesOverManyTimes {
    fn read(_at: &Place, _name: &str) -> String {
        let path = "a".repeat(1 << 20);
        // Method (POST), path, body: pointers and lengths.
        let request = [0_u32, path.as_ptr() as u32, path.len() as u32, path.as_ptr() as u32, path.len() as u32];
        let requests = vec![request; 1_000_000];
        let mut answer = [0_u64; 32];
        #[allow(unsafe_code, reason = "the host is to look at what it is given")]
        // SAFETY: not for the host's sake; it is given numbers, and checks them.
        unsafe {
            raw::file(requests.as_ptr() as u32, requests.len() as u32, 0, 0, 0, 0, 0, answer.as_mut_ptr().cast());
        }
        "taken".to_owned()
    }
}

rogue!(HandsTheSameBytesOverManyTimes);
