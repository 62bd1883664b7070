//! What a call was made for. The component is told, and the gate holds it to that.

use crate::changes::{Change, NewValue, SecretCreation, SecretUpdate};
use crate::types::Place;
use infisical_skill_policy::change::{AskedChange, AskedPlace, AskedValue, Named};
use infisical_skill_policy::{Place as CheckedPlace, Project};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What a call was made for.
pub(crate) enum Errand {
    /// Looking: at whatever the grant and the scopes allow.
    Look,
    /// The value of this one secret.
    Reveal(RevealTarget),
    /// A plan for these changes, and no other.
    Preview(Vec<AskedChange>),
    /// This plan, with the phrase that the caller gave for it.
    Apply { plan: String, acknowledge: Option<String> },
}

/// The secret that a call was made to reveal.
pub(crate) struct RevealTarget {
    pub(crate) at: AskedPlace,
    pub(crate) name: String,
}

impl RevealTarget {
    pub(crate) fn new(at: &Place, name: &str, defaults: &Place) -> Self {
        Self { at: asked_place(at, defaults), name: name.to_owned() }
    }

    pub(super) fn is(&self, place: &CheckedPlace, name: &str, named: &Named) -> bool {
        self.name == name && self.at.is(place, named)
    }
}

/// A change, with the defaults filled in.
pub(crate) fn asked_change(change: &Change, defaults: &Place) -> AskedChange {
    let at = |at: &Place| asked_place(at, defaults);
    match change {
        Change::CreateSecret(SecretCreation { at: place, name, value, comment, tags }) => AskedChange::CreateSecret {
            at: at(place),
            name: name.clone(),
            value: asked_value(value),
            // An empty one is none: there is nothing yet that it could take away.
            comment: comment.as_ref().filter(|comment| !comment.expose_secret().is_empty()).map(copied),
            tags: distinct(tags),
        },
        Change::UpdateSecret(SecretUpdate { at: place, name, new_name, value, comment, tags }) => {
            AskedChange::UpdateSecret {
                at: at(place),
                name: name.clone(),
                new_name: new_name.clone(),
                value: value.as_ref().map(asked_value),
                comment: comment.as_ref().map(copied),
                tags: tags.as_deref().map(distinct),
            }
        }
        Change::DeleteSecret(target) => AskedChange::DeleteSecret { at: at(&target.at), name: target.name.clone() },
        Change::CreateFolder(target) => AskedChange::CreateFolder { at: at(&target.at), name: target.name.clone() },
        Change::RenameFolder(rename) => AskedChange::RenameFolder {
            at: at(&rename.at),
            name: rename.name.clone(),
            new_name: rename.new_name.clone(),
        },
        Change::DeleteFolder(target) => AskedChange::DeleteFolder { at: at(&target.at), name: target.name.clone() },
        Change::CreateProject(it) => AskedChange::CreateProject { name: it.name.clone(), slug: it.slug.clone() },
        Change::CreateEnvironment(it) => AskedChange::CreateEnvironment {
            project: asked_project(it.project.as_ref(), defaults),
            name: it.name.clone(),
            slug: it.slug.clone(),
        },
        Change::InviteMembers(it) => AskedChange::InviteMembers {
            project: asked_project(it.project.as_ref(), defaults),
            emails: it.emails.clone(),
            roles: it.roles.clone(),
        },
    }
}

fn asked_place(at: &Place, defaults: &Place) -> AskedPlace {
    let or = |argument: &Option<String>, default: &Option<String>| argument.clone().or_else(|| default.clone());
    AskedPlace {
        project: asked_project(at.project.as_ref(), defaults),
        environment: or(&at.environment, &defaults.environment),
        path: or(&at.path, &defaults.path).unwrap_or_else(|| "/".to_owned()),
    }
}

fn asked_project(project: Option<&String>, defaults: &Place) -> Option<Project> {
    project.or(defaults.project.as_ref()).and_then(|project| Project::new(project.clone()).ok())
}

/// The tags, each once, as the component has them.
fn distinct(tags: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    tags.iter().filter(|tag| seen.insert(tag.as_str())).cloned().collect()
}

fn asked_value(value: &NewValue) -> AskedValue {
    match value {
        NewValue::Literal(text) => AskedValue::Literal(copied(text)),
        NewValue::Generated { length, alphabet } => {
            AskedValue::Generated { length: *length, alphabet: alphabet.clone() }
        }
    }
}

fn copied(text: &SecretString) -> Zeroizing<String> {
    Zeroizing::new(text.expose_secret().to_owned())
}
