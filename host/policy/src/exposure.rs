//! Decides whether a change would make something visible or writable that isn't now.
//!
//! The operator's settings grant permissions by place. So a secret gets other permissions if its
//! place changes. A change may only move something to a place that is as hidden or more hidden:
//!
//! - To rename a folder moves everything below it.
//! - A reference shows the value of another place to whoever reads the value that contains it.
//!
//! A place is as hidden as another if it is in `scopes` and `reveal_scopes` only where the other
//! is, and in `protected` wherever the other is.

use crate::change::ParsedChange;
use crate::names::{Environment, SecretPath};
use crate::operation::Place;
use crate::references;
use crate::scope::Scopes;
use std::fmt;

/// The operator's settings that grant or limit permissions by place.
#[derive(Debug, Clone, Copy)]
pub struct Exposure<'a> {
    /// The places that the skill may use.
    pub scopes: &'a Scopes,
    /// The places whose values may be revealed.
    pub reveal_scopes: &'a Scopes,
    /// The environments in which every change needs a person.
    pub protected: &'a [Environment],
    /// The scopes of each client that has its own.
    pub clients: &'a [Scopes],
}

/// What a change would make visible or writable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Widening {
    /// The content of a renamed folder could be revealed under its new name, and can't be now.
    RenameIntoRevealScopes,
    /// The content of a renamed folder would be in a client's scopes under its new name, and isn't
    /// now.
    RenameIntoClientScopes,
    /// A value in a client's scopes would refer to a place outside of them.
    ReferenceOutOfClientScopes,
    /// A value would refer to a place outside of the scopes.
    ReferenceOutOfScope,
    /// A value that may be revealed would refer to one that may not be.
    ReferenceOutOfRevealScopes,
    /// A value in an environment that isn't protected would refer to a protected environment.
    ReferenceIntoProtected,
}

impl fmt::Display for Widening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RenameIntoRevealScopes => {
                "under its new name, the folder would be in `reveal_scopes`; values in it that can't be revealed now could be"
            }
            Self::RenameIntoClientScopes => {
                "under its new name, the folder would be in the `scopes` of a client; what is in it isn't now"
            }
            Self::ReferenceOutOfClientScopes => {
                "the value is in the `scopes` of a client, and refers to a place outside of them"
            }
            Self::ReferenceOutOfScope => "the value refers to a place that is outside of `scopes`",
            Self::ReferenceOutOfRevealScopes => {
                "the value could be revealed, and refers to a place outside of `reveal_scopes`"
            }
            Self::ReferenceIntoProtected => {
                "the value refers to a protected environment, and its own environment isn't protected"
            }
        })
    }
}

impl std::error::Error for Widening {}

impl Exposure<'static> {
    /// Settings without limits. Everything is equally visible.
    #[must_use]
    pub fn unlimited() -> Self {
        static EVERYTHING: Scopes = Scopes::everything();
        Self { scopes: &EVERYTHING, reveal_scopes: &EVERYTHING, protected: &[], clients: &[] }
    }
}

impl<'a> Exposure<'a> {
    /// Settings that only limit the scopes.
    #[must_use]
    pub fn within(scopes: &'a Scopes) -> Self {
        Self { scopes, ..Exposure::unlimited() }
    }

    /// Checks one change. `folder` is the name of the folder that the change names by its id.
    ///
    /// # Errors
    /// [`Widening`] says what would be exposed.
    pub fn check(&self, change: &ParsedChange, folder: Option<&str>) -> Result<(), Widening> {
        match change {
            ParsedChange::RenameFolder { place, name, .. } => {
                let from = folder.and_then(|folder| SecretPath::new(place.path.child(folder)).ok());
                let to = SecretPath::new(place.path.child(name.as_str())).ok();
                self.check_rename(place, from.as_ref(), to.as_ref())
            }
            ParsedChange::CreateSecret { place, value, .. }
            | ParsedChange::UpdateSecret { place, value: Some(value), .. } => {
                value.references().try_for_each(|reference| self.check_reference(place, &reference))
            }
            _ => Ok(()),
        }
    }

    /// A path that is unknown, or can't be requested, counts as the worst case.
    fn check_rename(&self, place: &Place, from: Option<&SecretPath>, to: Option<&SecretPath>) -> Result<(), Widening> {
        let Some(to) = to else { return Err(Widening::RenameIntoRevealScopes) };
        // A scope of folders includes everything below. So if it contains the parent folder, it
        // contains both names.
        let is_kept = |scopes: &Scopes| {
            scopes.below(&place.project, &place.environment, to).iter().all(|relative| {
                let Some(from) = from else { return false };
                SecretPath::new(format!("{from}{relative}"))
                    .is_ok_and(|path| scopes.check_place(&Place { path, ..place.clone() }).is_ok())
            })
        };
        if !is_kept(self.reveal_scopes) {
            return Err(Widening::RenameIntoRevealScopes);
        }
        if self.clients.iter().all(is_kept) { Ok(()) } else { Err(Widening::RenameIntoClientScopes) }
    }

    fn check_reference(&self, place: &Place, reference: &references::Reference<'_>) -> Result<(), Widening> {
        let is_revealable = self.reveal_scopes.check_place(place).is_ok();
        let (environment, path) = match (&reference.folder, reference.project) {
            (None, None) => return Ok(()),
            (None, Some(_)) => (None, None),
            (Some((environment, path)), _) => (Environment::new(*environment).ok(), SecretPath::new(path).ok()),
        };
        if environment.is_none() && reference.project.is_none() {
            // No environment can have such a slug, so Infisical finds nothing there.
            return Ok(());
        }
        let source = match reference.project {
            None => environment.clone().zip(path).map(|(environment, path)| Place {
                project: place.project.clone(),
                environment,
                path,
            }),
            // Scopes contain project ids, and the id of this slug is unknown here.
            Some(_) => None,
        };
        let is_in = |scopes: &Scopes| match &source {
            Some(source) => scopes.check_place(source).is_ok(),
            None => scopes.as_slice().is_none(),
        };
        if !is_in(self.scopes) {
            return Err(Widening::ReferenceOutOfScope);
        }
        if is_revealable && !is_in(self.reveal_scopes) {
            return Err(Widening::ReferenceOutOfRevealScopes);
        }
        if self.clients.iter().any(|scopes| scopes.check_place(place).is_ok() && !is_in(scopes)) {
            return Err(Widening::ReferenceOutOfClientScopes);
        }
        self.check_protected(place, environment.as_ref())
    }

    fn check_protected(&self, place: &Place, source: Option<&Environment>) -> Result<(), Widening> {
        let is_protected = |environment: &Environment| self.protected.contains(environment);
        if source.is_some_and(is_protected) && !is_protected(&place.environment) {
            return Err(Widening::ReferenceIntoProtected);
        }
        Ok(())
    }

    /// Whether a change happens in a protected environment. A change without a place counts, too,
    /// if any environment is protected.
    #[must_use]
    pub fn is_protected(&self, change: &ParsedChange) -> bool {
        match change.place() {
            Some(place) => self.protected.contains(&place.environment),
            None => !self.protected.is_empty(),
        }
    }

    /// Writes all settings as text. Plans with the same text were checked against the same
    /// settings.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{:?}\n{:?}\n{:?}\n{:?}", self.scopes, self.reveal_scopes, self.protected, self.clients)
    }
}

#[cfg(test)]
#[path = "exposure_tests.rs"]
mod tests;
