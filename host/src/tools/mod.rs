//! The skill's tools: its operations by name, with JSON in and out. What `infisical-skill call` and agents use.
//!
//! - `names`: which tools there are.
//! - `arguments`, `change_arguments`: what they take. `json`, `fit`: how it is read.
//! - `definitions`: what agents are told of them: descriptions, JSON Schemas (`schemas`), hints. `formats`, `strict`, `gemini`: for which kind of agent.
//! - `run`: from arguments that were read to an answer. `answer`: what that is, for programs and in words.
//! - `pages`, `cursor`: lists, in pages. `bound`, `visible`: what an answer for a model may be at most, and what it may hold.
//!
//! What only a person may do (the switch, approvals) is no tool.

mod answer;
mod arguments;
mod bound;
mod change_arguments;
mod cursor;
mod definitions;
mod fit;
mod formats;
mod gemini;
mod json;
mod names;
mod pages;
mod run;
mod schemas;
mod strict;
#[cfg(any(feature = "mcp", test))]
mod visible;

pub use answer::Answer;
#[cfg(feature = "mcp")]
pub(crate) use arguments::ApplyChange;
pub use bound::MAX_ANSWER;
pub use definitions::{Definition, definitions, offered};
pub use formats::Format;
pub use json::parse;
pub use names::NAMES;
pub use pages::{MAX_PAGE, PAGE, Page};
#[cfg(feature = "mcp")]
pub(crate) use run::refuse_unreadable;
pub use run::{answer, call};
#[cfg(feature = "mcp")]
pub(crate) use visible::{MAX_NAME, MAX_TEXT, visible};

use crate::error::Error;
use crate::types::{FolderListing, Project, SecretListing};

/// All projects as `list-projects` has a page of them.
///
/// # Errors
/// [`Error::Sandbox`] if it can't be written: not to be expected.
pub fn all_projects(projects: Vec<Project>) -> Result<serde_json::Value, Error> {
    pages::whole(pages::ProjectListing { projects }, false)
}

/// A whole list of secrets as `list-secrets` has a page of it. With `details` also ids, and null where there is nothing.
///
/// # Errors
/// [`Error::Sandbox`] if it can't be written: not to be expected.
pub fn all_secrets(listing: SecretListing, details: bool) -> Result<serde_json::Value, Error> {
    pages::whole(listing, details)
}

/// A whole list of folders as `list-folders` has a page of it. With `details` also ids, and null where there is nothing.
///
/// # Errors
/// [`Error::Sandbox`] if it can't be written: not to be expected.
pub fn all_folders(listing: FolderListing, details: bool) -> Result<serde_json::Value, Error> {
    pages::whole(listing, details)
}

/// Reads the arguments of `apply-change`.
#[cfg(feature = "mcp")]
pub(crate) fn read_apply(arguments: &serde_json::Value) -> Result<ApplyChange, Error> {
    arguments::read(names::Tool::ApplyChange, arguments.clone())
}
