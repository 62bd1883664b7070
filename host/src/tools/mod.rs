//! The skill's tools: its operations by name, with JSON in and out. What `infisical-skill call` and agents use.

mod arguments;
mod run;

pub use run::{NAMES, call};
