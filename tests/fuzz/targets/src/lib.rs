//! What the fuzz targets do with an input: one module a target, each with a function that takes bytes and panics where its invariant doesn't hold.
//!
//! libFuzzer runs them on nightly (`tests/fuzz`, a workspace of its own); the tests of this crate run them over the seeds on stable. docs/fuzzing.md says
//! what each holds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target ends where its invariant doesn't hold"
)]

pub mod answer;
pub mod audit;
pub mod change;
pub mod component;
pub mod guest;
mod json;
pub mod mcp;
pub mod name;
pub mod origin;
pub mod permissions;
pub mod plan;
mod plan_service;
mod plant;
pub mod removal;
pub mod render;
pub mod route;
mod script;
pub mod seal;
mod shape;
mod table;
mod visible;

/// A target: panics where its invariant doesn't hold.
pub type Target = fn(&[u8]);

/// All targets, by the names that libFuzzer runs them under and their seeds are kept under.
pub const ALL: [(&str, Target); 14] = [
    ("answer", answer::target),
    ("audit", audit::target),
    ("change", change::target),
    ("component", component::target),
    ("guest", guest::target),
    ("mcp", mcp::target),
    ("name", name::target),
    ("origin", origin::target),
    ("permissions", permissions::target),
    ("plan", plan::target),
    ("removal", removal::target),
    ("route", route::target),
    ("seal", seal::target),
    ("render", render::target),
];
