//! The fuzz targets. Each target is one module with a function that takes bytes and panics if its
//! invariant is violated.
//!
//! libFuzzer runs them on nightly (`tests/fuzz`, a separate workspace). This crate's tests run them
//! over the seeds on stable. docs/fuzzing.md describes each invariant.

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

/// A target: panics if its invariant is violated.
pub type Target = fn(&[u8]);

/// All targets, by the names of their libFuzzer programs and seed directories.
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
