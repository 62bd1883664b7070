//! The tests of the policy through its public API, as one program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod administration;
mod administration_plans;
mod asked;
mod bounds;
mod change_properties;
mod changed_answers;
mod changes;
mod common;
mod permissions;
mod plans;
mod plans_over_time;
mod read_scope;
mod readings;
mod routes;
mod words;
