//! The types of `wit/`. Most are generated. Those that hold values or comments are written here, so
//! that their `Debug` shows neither.

pub use crate::bindings::changes::{
    BlastRadius, Change, Effect, EnvironmentCreation, FolderRename, Invitation, Outcome, PlanPreview, ProjectCreation,
    Receipt, Recipe, State, Step, Target,
};
pub use crate::bindings::plans::Filed;
pub use crate::bindings::policy::{ApiVersion, Origin, Policy, Reveals, Scheme, Scope, Writes};
pub use crate::bindings::reads::{AuditLog, AuditLogFilter, AuditLogPage, FolderListing, SecretFilter, SecretListing};
pub use crate::bindings::types::{
    Actor, Environment, Error, Folder, Layer, Missing, Place, Project, Refusal, ResolvedPlace, Secret,
};

use std::fmt;

/// A secret with its value.
#[derive(Clone, PartialEq, Eq)]
pub struct RevealedSecret {
    /// What may be shown without revealing the value.
    pub secret: Secret,
    /// The value as it is stored. References in it aren't expanded.
    pub value: String,
}

/// Doesn't show the value.
impl fmt::Debug for RevealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevealedSecret").field("secret", &self.secret).finish_non_exhaustive()
    }
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
