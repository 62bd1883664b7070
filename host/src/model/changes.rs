//! Changes, previews and receipts as plain Rust types. They mirror `wit/changes.wit`, which
//! documents them too.

use super::error::Error;
use super::secrets::{Hidden, Place, ResolvedPlace};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::SecretString;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// A value to write.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NewValue {
    /// This value.
    Literal(SecretString),
    /// A random value. The sandbox generates it at the preview, and nobody sees it.
    Generated {
        /// How many characters: 8 to 1024.
        length: u32,
        /// The characters to choose from: printable ASCII without blanks, each once. Absent:
        /// letters and digits.
        alphabet: Option<String>,
    },
}

/// A secret to create.
#[derive(Debug, Clone)]
pub struct SecretCreation {
    /// The folder.
    pub at: Place,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: NewValue,
    /// A comment, if it is to have one.
    pub comment: Option<SecretString>,
    /// The slugs of its tags.
    pub tags: Vec<String>,
}

/// An update of a secret. Absent fields stay as they are.
#[derive(Debug, Clone, Default)]
pub struct SecretUpdate {
    /// The folder.
    pub at: Place,
    /// Its name.
    pub name: String,
    /// A new name.
    pub new_name: Option<String>,
    /// A new value. An older server accepts no update without one.
    pub value: Option<NewValue>,
    /// A new comment. An empty one removes it.
    pub comment: Option<SecretString>,
    /// The slugs of all tags that it is to have. An empty list removes them.
    pub tags: Option<Vec<String>>,
}

/// A secret or a folder, by its folder and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The folder that contains it.
    pub at: Place,
    /// Its name.
    pub name: String,
}

/// A folder to rename.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderRename {
    /// The folder that contains it.
    pub at: Place,
    /// Its name.
    pub name: String,
    /// The new name.
    pub new_name: String,
}

/// A project to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectCreation {
    /// Its display name.
    pub name: String,
    /// Its slug: 5 to 36 of `a-z 0-9 -`.
    pub slug: String,
}

/// An environment to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentCreation {
    /// The project's id or slug. Absent: the default project.
    pub project: Option<String>,
    /// Its display name.
    pub name: String,
    /// Its slug: 1 to 64 of `a-z 0-9 -`.
    pub slug: String,
}

/// People to invite into a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invitation {
    /// The project's id or slug. Absent: the default project.
    pub project: Option<String>,
    /// Their email addresses: 1 to 20.
    pub emails: Vec<String>,
    /// The slugs of the roles that they get. Empty: `member`, the only role that an older server
    /// knows.
    pub roles: Vec<String>,
}

/// One change. The last three need [`crate::ChangeRules::administration`], and each needs a plan of
/// its own.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// Create a secret.
    CreateSecret(SecretCreation),
    /// Update a secret.
    UpdateSecret(SecretUpdate),
    /// Delete a secret.
    DeleteSecret(Target),
    /// Create a folder.
    CreateFolder(Target),
    /// Rename a folder.
    RenameFolder(FolderRename),
    /// Delete a folder with everything in it.
    DeleteFolder(Target),
    /// Create a project.
    CreateProject(ProjectCreation),
    /// Create an environment.
    CreateEnvironment(EnvironmentCreation),
    /// Invite people into a project.
    InviteMembers(Invitation),
}

impl Change {
    /// The kind of change: the name of the tool that previews it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CreateSecret(_) => "create-secret",
            Self::UpdateSecret(_) => "update-secret",
            Self::DeleteSecret(_) => "delete-secret",
            Self::CreateFolder(_) => "create-folder",
            Self::RenameFolder(_) => "rename-folder",
            Self::DeleteFolder(_) => "delete-folder",
            Self::CreateProject(_) => "create-project",
            Self::CreateEnvironment(_) => "create-environment",
            Self::InviteMembers(_) => "invite-members",
        }
    }
}

/// What may be shown of a secret or folder before or after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ItemState {
    /// Its name: untrusted text.
    pub name: String,
    /// A secret's version, if it is known.
    pub version: Option<u32>,
    /// Whether a secret has a comment.
    pub comment: Option<Hidden>,
    /// The slugs of a secret's tags.
    pub tags: Vec<String>,
}

/// What one change does, as the component describes it. [`Preview::requests`] has the host's
/// descriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Effect {
    /// A sentence that describes the change.
    pub summary: String,
    /// The place of the change.
    #[serde(flatten)]
    pub place: ResolvedPlace,
    /// What is there now.
    pub before: Option<ItemState>,
    /// What will be there.
    pub after: Option<ItemState>,
    /// Whether it can be undone.
    pub reversible: bool,
    /// What a person should know.
    pub notices: Vec<String>,
}

/// A plan and what it would do. Nothing has been changed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Preview {
    /// The plan's id. It authorizes nothing.
    pub plan: String,
    /// The time until which it can be applied, RFC 3339.
    pub expires: String,
    /// What each change does.
    pub effects: Vec<Effect>,
    /// How many objects are affected, as the host counted them. The approver sees the same.
    pub blast_radius: crate::model::blast_radius::BlastRadius,
    /// The host's own description of each request that would leave.
    pub requests: Vec<String>,
    /// Infisical's names for the projects, environments and tags of the changes, as the host found
    /// them. The approver sees the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<crate::model::names::ProjectNames>,
    /// What depends on what is changed, as the host found it. The approver sees the same. Absent if
    /// nothing can depend on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependents: Vec<crate::model::dependents::Dependents>,
    /// The limits that the plan exceeds together with earlier changes. They are why it needs a
    /// person's approval, whatever it does itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<String>,
    /// The exact confirmation phrase that applying needs.
    pub acknowledge: Option<String>,
    /// What a person still has to do.
    pub approval: Option<String>,
    /// What the operator still has to do, if changes are switched off.
    pub switch: Option<String>,
}

/// The outcome of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepOutcome {
    /// It is done.
    Applied,
    /// Nothing is written yet, because Infisical's approval policy holds it. Carries the id of its
    /// request there.
    WaitingForApproval(String),
    /// It left, and no answer says what happened to it. It is never sent again.
    Unknown,
    /// It wasn't made.
    Failed(Error),
    /// It wasn't sent, because an earlier change didn't succeed.
    NotSent,
}

impl Receipt {
    /// Adds a text about the whole receipt to its last step.
    pub(crate) fn note_all(&mut self, text: &str) {
        if let Some(step) = self.steps.last_mut() {
            let before = step.note.take().map(|note| format!("{note} ")).unwrap_or_default();
            step.note = Some(format!("{before}{text}"));
        }
    }
}

impl StepOutcome {
    /// The case's stable name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::WaitingForApproval(_) => "waiting-for-approval",
            Self::Unknown => "unknown",
            Self::Failed(_) => "failed",
            Self::NotSent => "not-sent",
        }
    }
}

impl JsonSchema for StepOutcome {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Outcome".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let all = [
            Self::Applied,
            Self::WaitingForApproval(String::new()),
            Self::Unknown,
            Self::Failed(Error::TimedOut),
            Self::NotSent,
        ];
        json_schema!({ "type": "string", "enum": all.map(|outcome| outcome.kind()) })
    }
}

/// Serialized as the case's name. The details of a failure or an approval are separate fields of a
/// [`Step`].
impl Serialize for StepOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.kind())
    }
}

/// One change after it was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Step {
    /// The request, as the host describes it.
    pub request: String,
    /// Its outcome, by what the host observed.
    pub outcome: StepOutcome,
    /// The id of the request that waits for approval in Infisical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_request: Option<String>,
    /// Why it failed: `kind`, `reason`, `remedy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::model::error::ErrorFields>")]
    pub error: Option<serde_json::Value>,
    /// A secret's version before the change.
    pub version_before: Option<u32>,
    /// A secret's version after the change, read back.
    pub version_after: Option<u32>,
    /// Further remarks.
    pub note: Option<String>,
}

/// The result of applying a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Receipt {
    /// The plan. It is used up.
    pub plan: String,
    /// The outcome of the plan as a whole.
    pub outcome: crate::model::plan_card::PlanOutcome,
    /// One for each change, in order.
    pub steps: Vec<Step>,
    /// Who approved it and how, if anybody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<crate::model::people::ApprovedBy>,
}
