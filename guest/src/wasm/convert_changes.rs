//! Converts the records of changes, field by field as in `convert`.

use super::bindings::exports::infisical::skill::{changes as wit, types as wit_types};
use super::bindings::infisical::skill::plans;
use super::convert::all;
use crate::ports::{Filed, Method, Redeemed, Request};
use crate::types::{self, Administration};

/// Converts a request to the form in which the host stores it. Returns `None` for a GET, or if the
/// body isn't text.
pub(super) fn planned(request: &Request) -> Option<plans::PlannedRequest> {
    let method = match request.method {
        Method::Get => return None,
        Method::Post => plans::WriteMethod::Post,
        Method::Patch => plans::WriteMethod::Patch,
        Method::Delete => plans::WriteMethod::Delete,
    };
    let body = request.body.as_deref().and_then(|body| std::str::from_utf8(body).ok())?.to_owned();
    Some(plans::PlannedRequest { method, path: request.path_with_query.clone(), body })
}

impl From<plans::PlannedRequest> for Request {
    fn from(plans::PlannedRequest { method, path, body }: plans::PlannedRequest) -> Self {
        let method = match method {
            plans::WriteMethod::Post => Method::Post,
            plans::WriteMethod::Patch => Method::Patch,
            plans::WriteMethod::Delete => Method::Delete,
        };
        Self { method, path_with_query: path, body: Some(body.into_bytes()) }
    }
}

impl From<plans::Filed> for Filed {
    fn from(plans::Filed { plan, expires, requests, dependents, approval }: plans::Filed) -> Self {
        Self { plan, expires, requests, dependents, approval }
    }
}

impl From<plans::Redeemed> for Redeemed {
    fn from(plans::Redeemed { requests, payload }: plans::Redeemed) -> Self {
        Self { requests: all(requests), payload }
    }
}

impl From<wit::Value> for types::Value {
    fn from(value: wit::Value) -> Self {
        match value {
            wit::Value::Literal(text) => Self::Literal(text),
            wit::Value::Generated(wit::Recipe { length, alphabet }) => {
                Self::Generated(types::Recipe { length, alphabet })
            }
        }
    }
}

impl From<wit::Target> for types::Target {
    fn from(wit::Target { at, name }: wit::Target) -> Self {
        Self { at: at.into(), name }
    }
}

impl From<wit::Change> for types::Change {
    fn from(change: wit::Change) -> Self {
        match change {
            wit::Change::CreateSecret(wit::SecretCreation { at, name, value, comment, tags }) => {
                let (at, value) = (at.into(), value.into());
                Self::CreateSecret(types::SecretCreation { at, name, value, comment, tags })
            }
            wit::Change::UpdateSecret(wit::SecretUpdate { at, name, new_name, value, comment, tags }) => {
                let (at, value) = (at.into(), value.map(Into::into));
                Self::UpdateSecret(types::SecretUpdate { at, name, new_name, value, comment, tags })
            }
            wit::Change::DeleteSecret(target) => Self::DeleteSecret(target.into()),
            wit::Change::CreateFolder(target) => Self::CreateFolder(target.into()),
            wit::Change::RenameFolder(wit::FolderRename { at, name, new_name }) => {
                Self::RenameFolder(types::FolderRename { at: at.into(), name, new_name })
            }
            wit::Change::DeleteFolder(target) => Self::DeleteFolder(target.into()),
            wit::Change::CreateProject(wit::ProjectCreation { name, slug }) => {
                Administration::CreateProject(types::ProjectCreation { name, slug }).into()
            }
            wit::Change::CreateEnvironment(wit::EnvironmentCreation { project, name, slug }) => {
                Administration::CreateEnvironment(types::EnvironmentCreation { project, name, slug }).into()
            }
            wit::Change::InviteMembers(wit::Invitation { project, emails, roles }) => {
                Administration::InviteMembers(types::Invitation { project, emails, roles }).into()
            }
        }
    }
}

impl From<types::State> for wit::State {
    fn from(types::State { name, version, has_comment, tags }: types::State) -> Self {
        Self { name, version, has_comment, tags }
    }
}

impl From<types::Effect> for wit::Effect {
    fn from(types::Effect { summary, place, before, after, reversible, notices }: types::Effect) -> Self {
        let (before, after) = (before.map(Into::into), after.map(Into::into));
        Self { summary, place: place.into(), before, after, reversible, notices }
    }
}

impl From<types::Preview> for wit::PlanPreview {
    fn from(preview: types::Preview) -> Self {
        let types::Preview { plan, expires, effects, blast_radius, requests, dependents, acknowledge, approval } =
            preview;
        let types::BlastRadius { secrets, folders } = blast_radius;
        let blast_radius = wit::BlastRadius { secrets, folders };
        Self { plan, expires, effects: all(effects), blast_radius, requests, dependents, acknowledge, approval }
    }
}

impl From<types::Step> for wit::Step {
    fn from(types::Step { summary, outcome, version_before, version_after, note }: types::Step) -> Self {
        let outcome = match outcome {
            types::Outcome::Applied => wit::Outcome::Applied,
            types::Outcome::WaitingForApproval(id) => wit::Outcome::WaitingForApproval(id),
            types::Outcome::Unknown => wit::Outcome::Unknown,
            types::Outcome::Failed(error) => wit::Outcome::Failed(wit_types::Error::from(error)),
            types::Outcome::NotSent => wit::Outcome::NotSent,
        };
        Self { summary, outcome, version_before, version_after, note }
    }
}

impl From<types::Receipt> for wit::Receipt {
    fn from(types::Receipt { plan, steps }: types::Receipt) -> Self {
        Self { plan, steps: all(steps) }
    }
}
