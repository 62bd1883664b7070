//! Imports a clock.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

#[allow(unsafe_code, missing_docs, reason = "generated")]
mod more {
    wit_bindgen::generate!({
        inline: "package rogue:imports; world more { import wasi:clocks/monotonic-clock@0.2.12; }",
        path: ["../../../wit"],
        world: "rogue:imports/more",
        generate_all,
    });
}
use more::wasi;

struct ImportsAClock;

impl Rogue for ImportsAClock {
    fn read(_at: &Place, _name: &str) -> String {
        wasi::clocks::monotonic_clock::now().to_string()
    }
}

rogue!(ImportsAClock);
