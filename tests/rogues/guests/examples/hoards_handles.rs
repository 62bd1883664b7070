//! Creates headers and never drops them.

use infisical_skill_rogue_guests::bindings::wasi::http::types::Fields;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct HoardsHandles;

impl Rogue for HoardsHandles {
    fn read(_at: &Place, _name: &str) -> String {
        for _ in 0..1_000_000 {
            std::mem::forget(Fields::new());
        }
        "a million handles".to_owned()
    }
}

rogue!(HoardsHandles);
