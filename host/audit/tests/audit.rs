//! The tests of the audit trail's log through its public API, as one program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod common;
#[cfg(unix)]
mod disk;
mod faults;
#[cfg(unix)]
mod files;
mod history;
mod words;
