//! The purpose of a call. The component gets it, and the gate enforces it.

use crate::model::changes::{Change, NewValue, SecretCreation, SecretUpdate};
use crate::model::secrets::Place;
use infisical_skill_policy::change::{AskedChange, AskedPlace, AskedValue, KnownIds};
use infisical_skill_policy::reveal::Reveal;
use infisical_skill_policy::{Environment, Place as CheckedPlace, Project, SecretName, SecretPath};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// The purpose of a call.
pub(crate) enum CallPurpose {
    /// Read what the grant and the scopes allow.
    Read,
    /// Reveal the value of this secret, with the approved request if the caller gave one.
    Reveal { target: RevealTarget, request: Option<String> },
    /// Plan exactly these changes.
    Preview(Vec<AskedChange>),
    /// Apply this plan, with the confirmation phrase that the caller gave for it.
    Apply { plan: String, acknowledge: Option<String> },
}

/// The secret that a call was made to reveal.
#[derive(Clone)]
pub(crate) struct RevealTarget {
    pub(crate) at: AskedPlace,
    pub(crate) name: String,
}

impl RevealTarget {
    pub(crate) fn new(at: &Place, name: &str, defaults: &Place) -> Self {
        Self { at: asked_place(at, defaults), name: name.to_owned() }
    }

    /// The secret, if its project was given by id, so that no other can be meant.
    pub(crate) fn named(&self) -> Option<Reveal> {
        let project = self.at.project.clone().filter(Project::looks_like_id)?;
        let environment = self.environment()?;
        let path = SecretPath::new(self.at.path.as_str()).ok()?;
        let name = SecretName::new(self.name.as_str()).ok()?;
        Some(Reveal { place: CheckedPlace { project, environment, path }, name })
    }

    pub(crate) fn environment(&self) -> Option<Environment> {
        self.at.environment.as_deref().and_then(|slug| Environment::new(slug).ok())
    }

    pub(super) fn is(&self, place: &CheckedPlace, name: &str, named: &KnownIds) -> bool {
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
            // A new secret has no comment to remove, so an empty one counts as none.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Place {
        Place { project: Some("p".to_owned()), environment: Some("dev".to_owned()), path: Some("/app".to_owned()) }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().copied().map(str::to_owned).collect()
    }

    #[test]
    fn defaults_fill_in_what_a_place_leaves_out() {
        let project = |name: &str| Some(Project::new(name).unwrap());
        let own =
            Place { project: Some("q".to_owned()), environment: Some("prod".to_owned()), path: Some("/".to_owned()) };
        for (at, defaults, expected) in [
            (Place::default(), defaults(), (project("p"), Some("dev"), "/app")),
            (own, defaults(), (project("q"), Some("prod"), "/")),
            (Place::default(), Place::default(), (None, None, "/")),
        ] {
            let found = asked_place(&at, &defaults);
            assert_eq!((found.project, found.environment.as_deref(), found.path.as_str()), expected);
        }
    }

    #[test]
    fn asked_change_keeps_all_fields_and_normalizes_tags() {
        let creating = |comment: Option<&str>| SecretCreation {
            at: Place::default(),
            name: "A".to_owned(),
            value: NewValue::Literal("v".into()),
            comment: comment.map(SecretString::from),
            tags: names(&["b", "a", "b"]),
        };
        for (given, kept) in [(None, None), (Some(""), None), (Some("c"), Some("c"))] {
            let AskedChange::CreateSecret { name, value, comment, tags, .. } =
                asked_change(&Change::CreateSecret(creating(given)), &defaults())
            else {
                panic!("another change")
            };
            assert_eq!((name.as_str(), comment.as_ref().map(|it| it.as_str())), ("A", kept));
            assert!(value == AskedValue::Literal("v".to_owned().into()));
            assert_eq!(tags, names(&["b", "a"]));
        }
        let update = SecretUpdate {
            name: "A".to_owned(),
            new_name: Some("B".to_owned()),
            value: Some(NewValue::Generated { length: 9, alphabet: Some("01".to_owned()) }),
            comment: Some("".into()),
            tags: Some(Vec::new()),
            ..SecretUpdate::default()
        };
        let AskedChange::UpdateSecret { new_name, value, comment, tags, .. } =
            asked_change(&Change::UpdateSecret(update), &defaults())
        else {
            panic!("another change")
        };
        assert_eq!(new_name.as_deref(), Some("B"));
        assert!(value == Some(AskedValue::Generated { length: 9, alphabet: Some("01".to_owned()) }));
        assert_eq!(comment.as_ref().map(|it| it.as_str()), Some(""), "which takes the old one away");
        assert_eq!(tags, Some(Vec::new()), "which takes all away");
    }
}
