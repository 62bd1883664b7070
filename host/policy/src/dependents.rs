//! What depends on the changes of a plan: folders that import a place, values that refer to it, and
//! imported secrets that a new name hides.
//!
//! The host searches for what [`AffectedItem`] says, and this module decides from the server's
//! answers. It keeps no value.

use crate::answers::ImportSource;
use crate::change::ParsedChange;
use crate::names::{Project, SecretPath};
use crate::operation::Place;

/// The secret or folder that a change affects, if something else may depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AffectedItem {
    /// A new secret. An import may show another secret of the same name.
    NewSecret {
        /// The folder.
        at: Place,
        /// The name.
        name: String,
    },
    /// A secret that is updated, renamed or deleted.
    Secret {
        /// The folder.
        at: Place,
        /// The current name.
        name: String,
        /// The new name.
        new_name: Option<String>,
    },
    /// A folder that is renamed or deleted, with everything below it.
    Folder {
        /// The folder itself.
        at: Place,
        /// Whether everything below it is deleted, too.
        is_deleted: bool,
    },
}

/// A folder that imports another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The folder that has the import.
    pub by: Place,
    /// The folder that is imported.
    pub from: ImportSource,
}

/// A folder that shows the affected secret or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Importer {
    /// The folder.
    pub place: Place,
    /// Whether it imports a folder that imports the place.
    pub is_indirect: bool,
}

impl AffectedItem {
    /// Returns the secret or folder that a change affects. `folder` is the name of the folder that
    /// the change names by its id. `None` if nothing can depend on the change.
    #[must_use]
    pub fn of(change: &ParsedChange, folder: Option<&str>) -> Option<Self> {
        let secret = |at: &Place, name: &str, new_name: Option<&str>| Self::Secret {
            at: at.clone(),
            name: name.to_owned(),
            new_name: new_name.map(str::to_owned),
        };
        let below = |at: &Place, is_deleted: bool| {
            let path = SecretPath::new(at.path.child(folder?)).ok()?;
            Some(Self::Folder { at: Place { path, ..at.clone() }, is_deleted })
        };
        match change {
            ParsedChange::CreateSecret { place, name, .. } => {
                Some(Self::NewSecret { at: place.clone(), name: name.as_str().to_owned() })
            }
            ParsedChange::UpdateSecret { place, name, new_name, .. } => {
                Some(secret(place, name.as_str(), new_name.as_ref().map(crate::NewSecretName::as_str)))
            }
            ParsedChange::DeleteSecret { place, name } => Some(secret(place, name.as_str(), None)),
            ParsedChange::DeleteSecretByKey { place, key } => Some(secret(place, key.as_str(), None)),
            ParsedChange::RenameFolder { place, .. } => below(place, false),
            ParsedChange::DeleteFolder { place, .. } => below(place, true),
            ParsedChange::CreateFolder { .. }
            | ParsedChange::CreateProject { .. }
            | ParsedChange::CreateEnvironment { .. }
            | ParsedChange::InviteMembers { .. } => None,
        }
    }

    /// The folder of the secret, or the folder itself.
    #[must_use]
    pub fn at(&self) -> &Place {
        match self {
            Self::NewSecret { at, .. } | Self::Secret { at, .. } | Self::Folder { at, .. } => at,
        }
    }

    /// Whether it exists already, so that something can depend on it.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !matches!(self, Self::NewSecret { .. })
    }

    /// The new name in the folder, which could hide an imported secret.
    #[must_use]
    pub fn appearing(&self) -> Option<&str> {
        match self {
            Self::NewSecret { name, .. } => Some(name),
            Self::Secret { new_name, .. } => new_name.as_deref(),
            Self::Folder { .. } => None,
        }
    }

    fn project(&self) -> &Project {
        &self.at().project
    }

    /// Whether this import shows the secret or folder.
    fn is_imported_by(&self, import: &Import) -> bool {
        let at = self.at();
        let ImportSource { environment, path } = &import.from;
        if import.by.project != *self.project() || *environment != *at.environment.as_str() {
            return false;
        }
        match self {
            Self::NewSecret { .. } | Self::Secret { .. } => path == at.path.as_str(),
            Self::Folder { .. } => {
                !self.goes_along(&import.by) && SecretPath::new(path.as_str()).is_ok_and(|path| at.path.covers(&path))
            }
        }
    }

    /// Whether this folder is deleted with it.
    fn goes_along(&self, place: &Place) -> bool {
        match self {
            Self::Folder { at, is_deleted: true } => at.environment == place.environment && at.path.covers(&place.path),
            _ => false,
        }
    }

    /// Returns the folders that show it through these imports of its project, directly or through
    /// other imports. Sorted by environment and path.
    #[must_use]
    pub fn importers(&self, imports: &[Import]) -> Vec<Importer> {
        let mut found: Vec<Importer> = Vec::new();
        let direct = imports.iter().filter(|import| self.is_imported_by(import));
        let mut next: Vec<(&Import, bool)> = direct.map(|import| (import, false)).collect();
        while let Some((Import { by, .. }, is_indirect)) = next.pop() {
            match found.iter_mut().find(|importer| importer.place == *by) {
                Some(known) => known.is_indirect &= is_indirect,
                None => {
                    found.push(Importer { place: by.clone(), is_indirect });
                    let of_it = imports.iter().filter(|import| {
                        let from = &import.from;
                        from.environment == by.environment.as_str() && from.path == by.path.as_str()
                    });
                    let of_it = of_it.filter(|import| import.by != *self.at() && !self.goes_along(&import.by));
                    next.extend(of_it.map(|import| (import, true)));
                }
            }
        }
        let key = |importer: &Importer| (importer.place.environment.clone(), importer.place.path.clone());
        found.sort_by_key(key);
        found
    }
}

#[cfg(test)]
#[path = "dependents_tests.rs"]
mod tests;
