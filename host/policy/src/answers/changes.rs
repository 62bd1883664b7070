//! Answers to changes: what was changed, without values, or the approval that the change waits for.

use super::about::is_about;
use super::fields::{Object, Text};
use super::{AnswerRefusal, MAX_DEPTH, depth, secrets, transcribe};
use crate::change::ParsedChange;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a successful answer to a change says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeAnswer {
    /// The change was made.
    Done,
    /// Infisical's approval policy holds the change. Nothing is written yet.
    WaitsForApproval,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    approval: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Approval<'a> {
    #[serde(borrow)]
    approval: Object<ApprovalFields<'a>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct ApprovalFields<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Folder<'a> {
    #[serde(borrow)]
    folder: Object<FolderFields<'a>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct FolderFields<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    name: Text<'a>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Project<'a> {
    #[serde(borrow)]
    project: Object<ProjectFields<'a>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct ProjectFields<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    slug: Text<'a>,
    name: Text<'a>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Environment<'a> {
    #[serde(borrow)]
    environment: Object<EnvironmentFields<'a>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct EnvironmentFields<'a> {
    #[serde(borrow)]
    slug: Text<'a>,
    name: Text<'a>,
}

/// The new members. It leaves out those who were members already.
#[derive(Debug, Deserialize, Serialize)]
struct Memberships<'a> {
    #[serde(borrow)]
    memberships: Vec<Object<MembershipFields<'a>>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct MembershipFields<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

/// Writes a successful answer to `change` anew, without the value that servers put into it.
///
/// # Errors
/// [`AnswerRefusal`] if the answer isn't one to this change. Then the outcome of the change is
/// unknown.
pub fn changed(change: &ParsedChange, body: &[u8]) -> Result<(ChangeAnswer, Zeroizing<Vec<u8>>), AnswerRefusal> {
    if depth::exceeds(body, MAX_DEPTH) {
        return Err(AnswerRefusal::TooDeep);
    }
    let Object(kind) = serde_json::from_slice::<Object<Kind>>(body).map_err(|_| AnswerRefusal::Malformed)?;
    let is_of_secrets = matches!(
        change,
        ParsedChange::CreateSecret { .. }
            | ParsedChange::UpdateSecret { .. }
            | ParsedChange::DeleteSecret { .. }
            | ParsedChange::DeleteSecretByKey { .. }
    );
    // Infisical's approval policies are about secrets only.
    if kind.approval.is_some() && is_of_secrets {
        return Ok((ChangeAnswer::WaitsForApproval, transcribe::<Approval<'_>>(body, |_| {})?));
    }
    let body = match change {
        ParsedChange::CreateSecret { place, .. }
        | ParsedChange::UpdateSecret { place, .. }
        | ParsedChange::DeleteSecret { place, .. } => secrets::hidden(place, body).map_err(about_something_else)?,
        ParsedChange::DeleteSecretByKey { place, .. } => secrets::list(place, body).map_err(about_something_else)?,
        ParsedChange::CreateFolder { .. } | ParsedChange::RenameFolder { .. } | ParsedChange::DeleteFolder { .. } => {
            transcribe::<Folder<'_>>(body, |_| {})?
        }
        ParsedChange::CreateProject { .. } => transcribe::<Project<'_>>(body, |_| {})?,
        ParsedChange::CreateEnvironment { .. } => transcribe::<Environment<'_>>(body, |_| {})?,
        ParsedChange::InviteMembers { .. } => transcribe::<Memberships<'_>>(body, |_| {})?,
    };
    if !is_about(change, &body) {
        return Err(AnswerRefusal::SomethingElse);
    }
    Ok((ChangeAnswer::Done, body))
}

/// If the answer to a change is about another environment, that doesn't mean an import.
fn about_something_else(refusal: AnswerRefusal) -> AnswerRefusal {
    if refusal == AnswerRefusal::Elsewhere { AnswerRefusal::SomethingElse } else { refusal }
}
