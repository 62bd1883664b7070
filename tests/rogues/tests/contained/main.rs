//! Tests that every rogue is contained. A rogue that no test names, or a test that isn't a case, is
//! dead code, which doesn't compile. A rogue that is named but not tried, or not shown to be
//! contained, fails the run.

#![deny(dead_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod abi;
mod allocations;
mod egress;
mod grants;
mod ground;
mod imports;
mod memory;
mod plans;
mod previews;
#[cfg(target_os = "linux")]
mod residue;
mod scene;
mod time;
mod tricks;
mod words;

use infisical_skill_rogues::harness::{self, Case};
use std::process::ExitCode;

include!(concat!(env!("OUT_DIR"), "/rogues.rs"));

const MODULES: &[&[Case]] = &[
    abi::CASES,
    egress::CASES,
    grants::CASES,
    imports::CASES,
    memory::CASES,
    plans::CASES,
    previews::CASES,
    #[cfg(target_os = "linux")]
    residue::CASES,
    time::CASES,
    words::CASES,
];

fn main() -> ExitCode {
    harness::run(MODULES, ALL)
}
