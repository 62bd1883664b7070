//! Imports a file system.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

#[allow(unsafe_code, missing_docs, reason = "generated")]
mod more {
    wit_bindgen::generate!({
        inline: "package rogue:imports; world more { import wasi:filesystem/preopens@0.2.12; }",
        path: ["../../../wit"],
        world: "rogue:imports/more",
        generate_all,
    });
}
use more::wasi;

struct ImportsFiles;

impl Rogue for ImportsFiles {
    fn read(_at: &Place, _name: &str) -> String {
        wasi::filesystem::preopens::get_directories().len().to_string()
    }
}

rogue!(ImportsFiles);
