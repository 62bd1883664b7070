//! Writes an answer anew, from the fields that the component may see.
//!
//! A server that honours `viewSecretValue=false` sends no value. Older servers send it anyway, and
//! a hostile one may send it anywhere. So the host doesn't search for values to cut out. It reads
//! the answer into types that have only the fields of docs/routes.md, and writes what the component
//! gets from these types. The parser skips everything without a field here, such as values,
//! comments, metadata, and fields of future servers.

mod about;
mod audit_logs;
mod changes;
mod depth;
mod environments;
mod failure;
mod fields;
mod folders;
mod imports;
mod known;
mod login;
mod projects;
mod references;
mod secrets;
mod tags;

pub use changes::{ChangeAnswer, changed};
pub use environments::{EnvironmentFolders, NamedEnvironment, ProjectEnvironments, folder_tree, project_environments};
pub use failure::{Failure, failure, request_id, shown_request_id};
pub use folders::{ListedFolder, listed as listed_folders};
pub use imports::{ImportSource, sources as import_sources};
pub use login::{LoginRefusal, login_refusal, refuses_address};
pub use projects::{ListedProject, listed as listed_project, project_id};
pub use references::count as count_references;
pub use secrets::{
    ListedSecret, OneSecret, has as has_secret, imported_from, listed as listed_secrets, one as one_secret,
};
pub use tags::{ListedTag, listed as listed_tags, tag_ids};

use crate::operation::Operation;
use crate::scope::Scopes;
use fields::Object;
use std::fmt;
use zeroize::Zeroizing;

/// Deeper nesting means that the answer isn't Infisical's. Real answers have five levels.
const MAX_DEPTH: usize = 32;

/// Whether JSON is nested deeper than any answer of Infisical.
pub(crate) fn exceeds_depth(body: &[u8]) -> bool {
    depth::exceeds(body, MAX_DEPTH)
}

/// Why an answer isn't passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerRefusal {
    /// It isn't JSON, isn't the JSON of this operation's answer, or has a field twice.
    Malformed,
    /// It is nested too deep.
    TooDeep,
    /// It is about a project out of scope.
    OutOfScope,
    /// It is about something other than the change.
    SomethingElse,
    /// It has a secret of another place than the request: an import.
    Elsewhere,
    /// It is about another project than the request.
    OtherProject,
    /// It has a secret with another name than the request.
    OtherName,
    /// It has a personal secret, which is one user's override of a shared one.
    Personal,
}

impl fmt::Display for AnswerRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the answer isn't the JSON that Infisical gives to this request",
            Self::TooDeep => "the answer is nested deeper than any of Infisical's",
            Self::SomethingElse => "the answer is about something other than the change",
            Self::Elsewhere => "the answer is a secret of another place than the one asked for",
            Self::OtherProject => "the answer is about another project than the one asked for",
            Self::OtherName => "the answer is a secret with another name than the one asked for",
            Self::Personal => {
                "the answer has a personal secret, one user's override, where the shared one was asked for"
            }
            Self::OutOfScope => "the answer is about a project outside of the scopes that the operator allows",
        })
    }
}

impl std::error::Error for AnswerRefusal {}

/// Writes a successful answer to `operation` anew. It leaves out projects and environments out of
/// scope.
///
/// The result may contain a value only if the operation is [`Operation::RevealSecret`].
///
/// # Errors
/// [`AnswerRefusal`] if the answer isn't one to this operation.
pub fn rewrite(operation: &Operation, scopes: &Scopes, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    if depth::exceeds(body, MAX_DEPTH) {
        return Err(AnswerRefusal::TooDeep);
    }
    match operation {
        Operation::ListProjects { .. } => projects::list(scopes, body),
        Operation::ProjectById { project } => projects::wrapped(scopes, project, body),
        Operation::ProjectBySlug { slug } => projects::bare(scopes, slug, body),
        Operation::ListFolders { .. } => folders::list(body),
        Operation::ListSecrets { place, .. } => secrets::list(place, body),
        Operation::GetSecret { place, .. } => secrets::hidden_at(place, body),
        Operation::RevealSecret { place, name } => secrets::revealed(place, name, body),
        Operation::ListTags { .. } => tags::list(body),
        Operation::ListImports { place } => imports::list(scopes, &place.project, body),
        Operation::ListAuditLogs { project, .. } => audit_logs::list(scopes, project, body),
    }
}

/// Reads the answer into a type and writes the type. The buffer is cleared when it is dropped.
fn transcribe<'a, T>(body: &'a [u8], adjust: impl FnOnce(&mut T)) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal>
where
    T: serde::Deserialize<'a> + serde::Serialize,
{
    let Object(mut answer) = serde_json::from_slice::<Object<T>>(body).map_err(|_| AnswerRefusal::Malformed)?;
    adjust(&mut answer);
    write(&answer)
}

fn write<T: serde::Serialize>(answer: &T) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    serde_json::to_vec(answer).map(Zeroizing::new).map_err(|_| AnswerRefusal::Malformed)
}

#[cfg(test)]
mod tests;
