//! The skill's tools: its operations by name, with JSON in and out. What `infisical-skill call` and agents use.
//!
//! - `names`: which tools there are.
//! - `arguments`, `change_arguments`: what they take.
//! - `run`: from arguments that were read to an answer.
//!
//! What only a person may do (the switch, approvals) is no tool.

mod arguments;
mod change_arguments;
mod names;
mod run;

pub use names::NAMES;
pub use run::call;
