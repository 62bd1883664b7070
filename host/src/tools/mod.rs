//! The skill's tools: its operations by name, with JSON in and out. What `infisical-skill call` and agents use.
//!
//! - `names`: which tools there are.
//! - `arguments`, `change_arguments`: what they take.
//! - `definitions`: what agents are told of them: descriptions, JSON Schemas, hints. `formats`: for which kind of agent.
//! - `run`: from arguments that were read to an answer.
//!
//! What only a person may do (the switch, approvals) is no tool.

mod arguments;
mod change_arguments;
mod definitions;
mod formats;
mod names;
mod run;

pub use definitions::{Definition, definitions};
pub use formats::Format;
pub use names::NAMES;
pub use run::call;
