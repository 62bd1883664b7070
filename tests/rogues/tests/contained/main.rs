//! Every rogue, contained. A rogue that no test here names is dead code, and doesn't compile.

#![deny(dead_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod abi;
mod egress;
mod grants;
mod ground;
mod imports;
mod memory;
mod plans;
mod previews;
mod residue;
mod time;
mod words;

include!(concat!(env!("OUT_DIR"), "/rogues.rs"));
