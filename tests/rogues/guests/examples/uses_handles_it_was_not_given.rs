//! Tries numbers as handles until one is valid.

use infisical_skill_rogue_guests::raw;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct UsesHandlesItWasNotGiven;

impl Rogue for UsesHandlesItWasNotGiven {
    fn read(_at: &Place, _name: &str) -> String {
        for handle in 0..10_000 {
            #[allow(unsafe_code, reason = "the host must check what the component passes")]
            // SAFETY: the host gets this as a plain number and checks it before it uses it.
            unsafe {
                raw::drop_fields(handle);
            }
        }
        "let go of".to_owned()
    }
}

rogue!(UsesHandlesItWasNotGiven);
