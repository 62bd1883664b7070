//! The skill's tools: its operations by name, with JSON in and out. What `infisical-skill call` and agents use.
//!
//! - `names`: which tools there are.
//! - `arguments`, `change_arguments`: what they take.
//! - `definitions`: what agents are told of them: descriptions, JSON Schemas, hints. `formats`: for which kind of agent.
//! - `run`: from arguments that were read to an answer. `answer`: what that is, for programs and in words.
//!
//! What only a person may do (the switch, approvals) is no tool.

mod answer;
mod arguments;
mod change_arguments;
mod definitions;
mod formats;
mod names;
mod run;

pub use answer::Answer;
#[cfg(feature = "mcp")]
pub(crate) use arguments::ApplyChange;
pub use definitions::{Definition, definitions, offered};
pub use formats::Format;
pub use names::NAMES;
pub use run::{answer, call};

/// Reads the arguments of `apply-change`.
#[cfg(feature = "mcp")]
pub(crate) fn read_apply(arguments: &serde_json::Value) -> Result<ApplyChange, crate::error::Error> {
    arguments::read(names::Tool::ApplyChange.name(), arguments.clone())
}
