//! The skill's tools: its operations by name, with JSON input and output. `infisical-skill call`
//! and agents use them.
//!
//! - `names`: the list of tools.
//! - `arguments`, `change_arguments`: the tools' arguments. `json`, `fit`: how they are parsed.
//! - `definitions`: the definitions that agents see: descriptions, JSON Schemas (`schemas`), hints.
//!   `formats`, `strict`, `gemini`: formats for each kind of agent.
//! - `run`: runs a tool with parsed arguments. `answer`: its answer, as JSON and as text.
//! - `pages`, `cursor`: lists in pages. `bound`, `visible`: the limits on an answer for a model.
//!
//! Operations that only a person may do (the switches, approvals) aren't tools.

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

use crate::model::error::Error;
use crate::model::secrets::{FolderListing, Project, SecretListing};

/// All projects, in the form of a page of `list-projects`.
///
/// # Errors
/// [`Error::Sandbox`] if the answer can't be serialized, which isn't expected.
pub fn all_projects(projects: Vec<Project>) -> Result<serde_json::Value, Error> {
    pages::whole(pages::ProjectListing { projects }, false)
}

/// A whole list of secrets, in the form of a page of `list-secrets`. With `details`, it also
/// contains ids, and null for missing values.
///
/// # Errors
/// [`Error::Sandbox`] if the answer can't be serialized, which isn't expected.
pub fn all_secrets(listing: SecretListing, details: bool) -> Result<serde_json::Value, Error> {
    pages::whole(listing, details)
}

/// A whole list of folders, in the form of a page of `list-folders`. With `details`, it also
/// contains ids, and null for missing values.
///
/// # Errors
/// [`Error::Sandbox`] if the answer can't be serialized, which isn't expected.
pub fn all_folders(listing: FolderListing, details: bool) -> Result<serde_json::Value, Error> {
    pages::whole(listing, details)
}

/// Parses the arguments of `apply-change`.
#[cfg(feature = "mcp")]
pub(crate) fn read_apply(arguments: &serde_json::Value) -> Result<ApplyChange, Error> {
    arguments::read(names::Tool::ApplyChange, arguments.clone())
}
