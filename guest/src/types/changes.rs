//! Requested changes, their previews and their outcomes.

use super::{Administration, Place, ResolvedPlace};
use crate::error::Error;
use std::fmt;

/// How to generate a value that nobody sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipe {
    /// The number of characters: 8 to 1024.
    pub length: u32,
    /// The characters to choose from: printable ASCII without blanks, each once. The default is
    /// letters and digits.
    pub alphabet: Option<String>,
}

/// A value to write.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// This value.
    Literal(String),
    /// A value that the component generates at the preview.
    Generated(Recipe),
}

/// Doesn't show a literal value.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("Literal(..)"),
            Self::Generated(recipe) => f.debug_tuple("Generated").field(recipe).finish(),
        }
    }
}

/// A secret to create.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretCreation {
    /// The folder.
    pub at: Place,
    /// The name.
    pub name: String,
    /// The value.
    pub value: Value,
    /// The comment, if any.
    pub comment: Option<String>,
    /// The slugs of the tags.
    pub tags: Vec<String>,
}

/// Doesn't show the comment, because comments often contain secrets.
impl fmt::Debug for SecretCreation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretCreation")
            .field("at", &self.at)
            .field("name", &self.name)
            .field("value", &self.value)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

/// An update of a secret. Absent fields stay as they are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretUpdate {
    /// The folder.
    pub at: Place,
    /// The current name.
    pub name: String,
    /// The new name.
    pub new_name: Option<String>,
    /// The new value. An older server accepts no update without a value.
    pub value: Option<Value>,
    /// The new comment. An empty text removes the comment.
    pub comment: Option<String>,
    /// The slugs of all tags after the update. An empty list removes all tags.
    pub tags: Option<Vec<String>>,
}

/// Doesn't show the comment, because comments often contain secrets.
impl fmt::Debug for SecretUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretUpdate")
            .field("at", &self.at)
            .field("name", &self.name)
            .field("new_name", &self.new_name)
            .field("value", &self.value)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

/// A secret or a folder in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The folder that contains it.
    pub at: Place,
    /// The name.
    pub name: String,
}

/// A folder to rename.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderRename {
    /// The folder that contains it.
    pub at: Place,
    /// The current name.
    pub name: String,
    /// The new name.
    pub new_name: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Creates a secret.
    CreateSecret(SecretCreation),
    /// Updates or renames a secret.
    UpdateSecret(SecretUpdate),
    /// Deletes a secret.
    DeleteSecret(Target),
    /// Creates a folder.
    CreateFolder(Target),
    /// Renames a folder.
    RenameFolder(FolderRename),
    /// Deletes a folder and everything in it.
    DeleteFolder(Target),
    /// An administrative change. It needs a separate plan.
    Administration(Administration),
}

impl From<Administration> for Change {
    fn from(change: Administration) -> Self {
        Self::Administration(change)
    }
}

/// What may be shown of a secret or folder before or after a change. It never includes the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The name.
    pub name: String,
    /// The secret's version. It is absent for a folder, and if only the server knows it.
    pub version: Option<u32>,
    /// Whether the secret has a comment.
    pub has_comment: bool,
    /// The slugs of the secret's tags.
    pub tags: Vec<String>,
}

/// What one change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// A sentence: `PERMANENTLY delete secret DB_PASSWORD [project ..., env=prod, path=/app]`.
    pub summary: String,
    /// The place.
    pub place: ResolvedPlace,
    /// What is there now. Absent if nothing is there.
    pub before: Option<State>,
    /// What will be there. Absent if nothing will be there.
    pub after: Option<State>,
    /// Whether the change can be undone.
    pub reversible: bool,
    /// What a person should know: how to undo it, what the server does to the value, similar names.
    pub notices: Vec<String>,
}

/// How much a plan touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlastRadius {
    /// Secrets that are created, changed or deleted, including those in folders.
    pub secrets: u32,
    /// Folders, including those in folders.
    pub folders: u32,
}

/// A plan and what it would do. Nothing has changed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The plan's id. It authorizes nothing.
    pub plan: String,
    /// When the plan expires (RFC 3339).
    pub expires: String,
    /// What each change does.
    pub effects: Vec<Effect>,
    /// How much the plan touches.
    pub blast_radius: BlastRadius,
    /// The host's own reading of each request that would leave.
    pub requests: Vec<String>,
    /// What depends on the changes, as the host found it.
    pub dependents: Vec<String>,
    /// The exact confirmation phrase that `apply` needs.
    pub acknowledge: Option<String>,
    /// What a person must do before the plan can be applied.
    pub approval: Option<String>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The change was applied.
    Applied,
    /// Infisical's approval policy holds the change, and nothing is written yet. Holds the id of
    /// the approval request, escaped and capped for display.
    WaitingForApproval(String),
    /// The request left, and no answer says what became of it. It is never sent again.
    Unknown,
    /// The server refused the change, or the request never left.
    Failed(Error),
    /// The change wasn't sent, because an earlier one failed.
    NotSent,
}

/// One change of an applied plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The change as a sentence.
    pub summary: String,
    /// What became of the change.
    pub outcome: Outcome,
    /// The secret's version before.
    pub version_before: Option<u32>,
    /// The secret's version after, as it was read back.
    pub version_after: Option<u32>,
    /// Anything else that the caller should know.
    pub note: Option<String>,
}

/// What applying a plan did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The plan's id. The plan is used up.
    pub plan: String,
    /// One step for each change, in order.
    pub steps: Vec<Step>,
}
