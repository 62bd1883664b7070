//! Changes: what is asked for, what it would do, and what became of it.

use super::{Administration, Place, ResolvedPlace};
use crate::error::Error;
use std::fmt;

/// How to make up a value that nobody sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipe {
    /// How many characters: 8 to 1024.
    pub length: u32,
    /// The characters to choose from: printable ASCII without blanks, each once. Letters and digits if absent.
    pub alphabet: Option<String>,
}

/// A value to write.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// This one.
    Literal(String),
    /// One that is made up here, at the preview.
    Generated(Recipe),
}

/// Shows nothing of a value that is given.
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
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// A comment, if it is to have one.
    pub comment: Option<String>,
    /// The slugs of its tags.
    pub tags: Vec<String>,
}

/// Shows nothing of the comment: comments often hold secrets.
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

/// What is to become of a secret. What is absent stays as it is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretUpdate {
    /// The folder.
    pub at: Place,
    /// Its name.
    pub name: String,
    /// A new name.
    pub new_name: Option<String>,
    /// A new value.
    pub value: Option<Value>,
    /// A new comment; an empty one removes it.
    pub comment: Option<String>,
    /// The slugs of all tags that it is to have; an empty list removes them.
    pub tags: Option<Vec<String>>,
}

/// Shows nothing of the comment: comments often hold secrets.
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
    /// The folder that it is in.
    pub at: Place,
    /// Its name.
    pub name: String,
}

/// A folder to rename.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderRename {
    /// The folder that it is in.
    pub at: Place,
    /// Its name.
    pub name: String,
    /// The new name.
    pub new_name: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new secret.
    CreateSecret(SecretCreation),
    /// Something about a secret.
    UpdateSecret(SecretUpdate),
    /// A secret goes.
    DeleteSecret(Target),
    /// A new folder.
    CreateFolder(Target),
    /// A folder gets another name.
    RenameFolder(FolderRename),
    /// A folder goes, with everything in it.
    DeleteFolder(Target),
    /// Something beside secrets and folders, in a plan of its own.
    Administration(Administration),
}

impl From<Administration> for Change {
    fn from(change: Administration) -> Self {
        Self::Administration(change)
    }
}

/// What may be shown of a secret or folder before or after a change. The value is not among it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its name.
    pub name: String,
    /// A secret's version.
    pub version: Option<u32>,
    /// Whether a secret has a comment.
    pub has_comment: bool,
    /// The slugs of a secret's tags.
    pub tags: Vec<String>,
}

/// What one change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// In words, the target first.
    pub summary: String,
    /// Where.
    pub place: ResolvedPlace,
    /// What is there now. Absent: nothing.
    pub before: Option<State>,
    /// What will be there. Absent: nothing.
    pub after: Option<State>,
    /// Whether it can be undone.
    pub reversible: bool,
    /// What a person should know.
    pub notices: Vec<String>,
}

/// How much is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlastRadius {
    /// Secrets that are created, changed or deleted, with those in folders.
    pub secrets: u32,
    /// Folders, with those in folders.
    pub folders: u32,
}

/// A plan and what it would do. Nothing was changed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Names the plan. It authorises nothing.
    pub plan: String,
    /// Until when it can be applied, RFC 3339.
    pub expires: String,
    /// What each change does.
    pub effects: Vec<Effect>,
    /// How much is touched.
    pub blast_radius: BlastRadius,
    /// The host's own reading of each request that would leave.
    pub requests: Vec<String>,
    /// What depends on what is changed, as the host found it.
    pub dependents: Vec<String>,
    /// The phrase that applying needs, exactly.
    pub acknowledge: Option<String>,
    /// What a person still has to do.
    pub approval: Option<String>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Applied,
    /// Nothing is written yet: Infisical's approval policy holds it. Its request's id, escaped and capped for display.
    WaitingForApproval(String),
    /// It left, and no answer says what became of it. It is never sent again.
    Unknown,
    /// The server refused it, or it never left.
    Failed(Error),
    /// An earlier change didn't get through, so this one wasn't sent.
    NotSent,
}

/// One change, after the attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The change in words.
    pub summary: String,
    /// What became of it.
    pub outcome: Outcome,
    /// A secret's version before.
    pub version_before: Option<u32>,
    /// A secret's version after, read back.
    pub version_after: Option<u32>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The plan. It is used up.
    pub plan: String,
    /// One for each change, in order.
    pub steps: Vec<Step>,
}
