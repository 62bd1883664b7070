//! Converts the component's records to the host's types. The component isn't trusted, so its text
//! is escaped and truncated.

use super::exports::infisical::skill::changes as wit;
use crate::model::changes::{
    Change, Effect, EnvironmentCreation, FolderRename, Invitation, ItemState, NewValue, ProjectCreation,
    SecretCreation, SecretUpdate, Target,
};
use crate::model::secrets::{Hidden, ResolvedPlace};
use crate::plans::{ReportedOutcome, ReportedStep};
use infisical_skill_policy::text::{escape_capped, escape_unseen_capped};
use secrecy::ExposeSecret;

/// The most characters of a sentence, and of a name.
const MAX_TEXT: usize = 400;
const MAX_NAME: usize = 120;

/// The most notices and tags that are passed on.
const MAX_LIST: usize = 50;

/// Truncates a sentence. The names in it are already escaped.
fn sentence(text: &str) -> String {
    escape_unseen_capped(text, MAX_TEXT)
}

fn name(text: &str) -> String {
    escape_capped(text, MAX_NAME)
}

impl From<Change> for wit::Change {
    fn from(change: Change) -> Self {
        match change {
            Change::CreateSecret(SecretCreation { at, name, value, comment, tags }) => {
                Self::CreateSecret(wit::SecretCreation {
                    at: at.into(),
                    name,
                    value: value.into(),
                    comment: comment.map(|comment| comment.expose_secret().to_owned()),
                    tags,
                })
            }
            Change::UpdateSecret(SecretUpdate { at, name, new_name, value, comment, tags }) => {
                Self::UpdateSecret(wit::SecretUpdate {
                    at: at.into(),
                    name,
                    new_name,
                    value: value.map(Into::into),
                    comment: comment.map(|comment| comment.expose_secret().to_owned()),
                    tags,
                })
            }
            Change::DeleteSecret(target) => Self::DeleteSecret(target.into()),
            Change::CreateFolder(target) => Self::CreateFolder(target.into()),
            Change::RenameFolder(FolderRename { at, name, new_name }) => {
                Self::RenameFolder(wit::FolderRename { at: at.into(), name, new_name })
            }
            Change::DeleteFolder(target) => Self::DeleteFolder(target.into()),
            Change::CreateProject(ProjectCreation { name, slug }) => {
                Self::CreateProject(wit::ProjectCreation { name, slug })
            }
            Change::CreateEnvironment(EnvironmentCreation { project, name, slug }) => {
                Self::CreateEnvironment(wit::EnvironmentCreation { project, name, slug })
            }
            Change::InviteMembers(Invitation { project, emails, roles }) => {
                Self::InviteMembers(wit::Invitation { project, emails, roles })
            }
        }
    }
}

impl From<NewValue> for wit::Value {
    fn from(value: NewValue) -> Self {
        match value {
            NewValue::Literal(value) => Self::Literal(value.expose_secret().to_owned()),
            NewValue::Generated { length, alphabet } => Self::Generated(wit::Recipe { length, alphabet }),
        }
    }
}

impl From<Target> for wit::Target {
    fn from(Target { at, name }: Target) -> Self {
        Self { at: at.into(), name }
    }
}

impl From<wit::State> for ItemState {
    fn from(state: wit::State) -> Self {
        Self {
            name: name(&state.name),
            version: state.version,
            comment: state.has_comment.then_some(Hidden),
            tags: state.tags.iter().take(MAX_LIST).map(|tag| name(tag)).collect(),
        }
    }
}

impl From<wit::Effect> for Effect {
    fn from(effect: wit::Effect) -> Self {
        let wit::Effect { summary, place, before, after, reversible, notices } = effect;
        Self {
            summary: sentence(&summary),
            place: ResolvedPlace {
                project: name(&place.project),
                environment: name(&place.environment),
                path: escape_capped(&place.path, MAX_TEXT),
            },
            before: before.map(ItemState::from),
            after: after.map(ItemState::from),
            reversible,
            notices: notices.iter().take(MAX_LIST).map(|notice| sentence(notice)).collect(),
        }
    }
}

impl From<wit::Step> for ReportedStep {
    fn from(step: wit::Step) -> Self {
        let wit::Step { outcome, version_before, version_after, note, .. } = step;
        let outcome = match outcome {
            wit::Outcome::WaitingForApproval(id) => ReportedOutcome::WaitingForApproval(name(&id)),
            wit::Outcome::Failed(error) => ReportedOutcome::Failed(error.into()),
            wit::Outcome::Applied | wit::Outcome::Unknown | wit::Outcome::NotSent => ReportedOutcome::Other,
        };
        Self { outcome, version_before, version_after, note: note.map(|note| sentence(&note)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_step_is_escaped() {
        let step = |outcome| wit::Step {
            summary: String::new(),
            outcome,
            version_before: Some(1),
            version_after: Some(2),
            note: Some("n\u{1b}".to_owned()),
        };
        let waits = ReportedStep::from(step(wit::Outcome::WaitingForApproval("i\u{1b}".to_owned())));
        assert_eq!(waits.note.as_deref(), Some("n\\u{1b}"));
        assert!(matches!(waits.outcome, ReportedOutcome::WaitingForApproval(id) if id == "i\\u{1b}"));
    }
}
