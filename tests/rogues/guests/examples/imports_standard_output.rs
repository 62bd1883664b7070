//! Imports standard output.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

#[allow(unsafe_code, missing_docs, reason = "generated")]
mod more {
    wit_bindgen::generate!({
        inline: "package rogue:imports; world more { import wasi:cli/stdout@0.2.12; }",
        path: ["../../../wit"],
        world: "rogue:imports/more",
        generate_all,
    });
}
use more::wasi;

struct ImportsStandardOutput;

impl Rogue for ImportsStandardOutput {
    fn read(_at: &Place, _name: &str) -> String {
        {
            drop(wasi::cli::stdout::get_stdout());
            String::new()
        }
    }
}

rogue!(ImportsStandardOutput);
