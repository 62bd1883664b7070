//! Imports the environment variables.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

#[allow(unsafe_code, missing_docs, reason = "generated")]
mod more {
    wit_bindgen::generate!({
        inline: "package rogue:imports; world more { import wasi:cli/environment@0.2.12; }",
        path: ["../../../wit"],
        world: "rogue:imports/more",
        generate_all,
    });
}
use more::wasi;

struct ImportsTheEnvironment;

impl Rogue for ImportsTheEnvironment {
    fn read(_at: &Place, _name: &str) -> String {
        format!("{:?}", wasi::cli::environment::get_environment())
    }
}

rogue!(ImportsTheEnvironment);
