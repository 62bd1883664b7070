//! Changes, previews and receipts, as plain Rust. The same things as in `wit/changes.wit`, documented there too.

use crate::error::Error;
use crate::types::{Hidden, Place, ResolvedPlace};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::SecretString;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// A value to write.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NewValue {
    /// This one.
    Literal(SecretString),
    /// One that is made up in the sandbox, at the preview, and that nobody sees.
    Generated {
        /// How many characters: 8 to 1024.
        length: u32,
        /// The characters to choose from: printable ASCII without blanks, each once. Letters and digits if absent.
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

/// What is to become of a secret. What is absent stays as it is.
#[derive(Debug, Clone, Default)]
pub struct SecretUpdate {
    /// The folder.
    pub at: Place,
    /// Its name.
    pub name: String,
    /// A new name.
    pub new_name: Option<String>,
    /// A new value. An older server takes no update without one.
    pub value: Option<NewValue>,
    /// A new comment; an empty one removes it.
    pub comment: Option<SecretString>,
    /// The slugs of all tags that it is to have; an empty list removes them.
    pub tags: Option<Vec<String>>,
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

/// A project to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectCreation {
    /// What people call it.
    pub name: String,
    /// Its slug: 5 to 36 of `a-z 0-9 -`.
    pub slug: String,
}

/// An environment to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentCreation {
    /// The project's id or slug; the default if absent.
    pub project: Option<String>,
    /// What people call it.
    pub name: String,
    /// Its slug: 1 to 64 of `a-z 0-9 -`.
    pub slug: String,
}

/// People to invite into a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invitation {
    /// The project's id or slug; the default if absent.
    pub project: Option<String>,
    /// Their addresses: 1 to 20.
    pub emails: Vec<String>,
    /// The slugs of the roles that they get; `member` if there are none. An older server knows no others.
    pub roles: Vec<String>,
}

/// One change. The last three only where [`crate::ChangeRules::administration`] allows them, and each in a plan of its own.
#[derive(Debug, Clone)]
#[non_exhaustive]
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
    /// A new project.
    CreateProject(ProjectCreation),
    /// A new environment.
    CreateEnvironment(EnvironmentCreation),
    /// People get into a project.
    InviteMembers(Invitation),
}

impl Change {
    /// What kind of change it is: the name of the tool that previews it.
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
    /// Its name: text of others.
    pub name: String,
    /// A secret's version, as far as it is known.
    pub version: Option<u32>,
    /// Whether a secret has a comment.
    pub comment: Option<Hidden>,
    /// The slugs of a secret's tags.
    pub tags: Vec<String>,
}

/// What one change does, in the component's words: [`Preview::requests`] has the host's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Effect {
    /// In words.
    pub summary: String,
    /// Where.
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

/// A plan and what it would do. Nothing was changed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Preview {
    /// Names the plan. It authorises nothing.
    pub plan: String,
    /// Until when it can be applied, RFC 3339.
    pub expires: String,
    /// What each change does.
    pub effects: Vec<Effect>,
    /// How much is touched, as the host counted it: what the approver is shown too.
    pub blast_radius: crate::state::BlastRadius,
    /// The host's own reading of each request that would leave.
    pub requests: Vec<String>,
    /// What Infisical calls the projects, environments and tags of the changes, as the host found it: what the approver is shown too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<crate::state::ProjectNames>,
    /// What depends on what is changed, as the host found it: what the approver is shown too. Absent where nothing can depend on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependents: Vec<crate::state::Dependents>,
    /// What the plan goes beyond with what was changed before it: why it needs a person, whatever it does itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<String>,
    /// The phrase that applying needs, exactly.
    pub acknowledge: Option<String>,
    /// What a person still has to do.
    pub approval: Option<String>,
    /// What the operator still has to do: changes are switched off.
    pub switch: Option<String>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepOutcome {
    /// It is done.
    Applied,
    /// Nothing is written yet: Infisical's approval policy holds it. The id of its request there.
    WaitingForApproval(String),
    /// It left, and no answer says what became of it. It is never sent again.
    Unknown,
    /// It wasn't made.
    Failed(Error),
    /// An earlier change didn't get through, so this one wasn't sent.
    NotSent,
}

impl Receipt {
    /// Adds something that concerns the whole receipt: to its last step.
    pub(crate) fn note_all(&mut self, text: &str) {
        if let Some(step) = self.steps.last_mut() {
            let before = step.note.take().map(|note| format!("{note} ")).unwrap_or_default();
            step.note = Some(format!("{before}{text}"));
        }
    }
}

impl StepOutcome {
    /// The case's name, stable.
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

/// As the case's name; what a failure or an approval says stands beside it in a [`Step`].
impl Serialize for StepOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.kind())
    }
}

/// One change, after the attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Step {
    /// The request, in the host's words.
    pub request: String,
    /// What became of it, by what the host saw.
    pub outcome: StepOutcome,
    /// The id of the request that waits for approval in Infisical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_request: Option<String>,
    /// Why it failed: `kind`, `reason`, `remedy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::error::ErrorFields>")]
    pub error: Option<serde_json::Value>,
    /// A secret's version before.
    pub version_before: Option<u32>,
    /// A secret's version after, read back.
    pub version_after: Option<u32>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Receipt {
    /// The plan. It is used up.
    pub plan: String,
    /// What became of it as a whole.
    pub outcome: crate::state::PlanOutcome,
    /// One for each change, in order.
    pub steps: Vec<Step>,
    /// Who approved it and how, if somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<crate::state::ApprovedBy>,
}
