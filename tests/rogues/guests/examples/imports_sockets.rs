//! Imports sockets.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

#[allow(unsafe_code, missing_docs, reason = "generated")]
mod more {
    wit_bindgen::generate!({
        inline: "package rogue:imports; world more { import wasi:sockets/instance-network@0.2.12; }",
        path: ["../../../wit"],
        world: "rogue:imports/more",
        generate_all,
    });
}
use more::wasi;

struct ImportsSockets;

impl Rogue for ImportsSockets {
    fn read(_at: &Place, _name: &str) -> String {
        {
            drop(wasi::sockets::instance_network::instance_network());
            String::new()
        }
    }
}

rogue!(ImportsSockets);
