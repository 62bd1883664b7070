//! Limits reads while a call holds values, so that a component can't smuggle a value out in a
//! request. Such a read must be about the purpose of the call. Requests are recorded, and others
//! may see them on the way.

use super::Folders;
use crate::change::{AskedChange, AskedPlace, KnownIds, ParsedChange};
use crate::names::{FolderId, Project};
use crate::operation::{Operation, Place};

/// A part of a call's purpose, as far as reads are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadScope {
    /// The content of a folder.
    In(AskedPlace),
    /// A folder with everything in it: its place and name.
    Folder(AskedPlace, String),
    /// The same, by the id that the server gave.
    FolderById(Place, FolderId),
    /// A whole project, by its id or slug.
    Project(Project),
}

impl ReadScope {
    /// Returns what may be read for a change that was asked for.
    #[must_use]
    pub fn of_asked(change: &AskedChange) -> Vec<Self> {
        match change {
            AskedChange::CreateSecret { at, .. }
            | AskedChange::UpdateSecret { at, .. }
            | AskedChange::DeleteSecret { at, .. }
            | AskedChange::CreateFolder { at, .. }
            | AskedChange::RenameFolder { at, .. } => vec![Self::In(at.clone())],
            AskedChange::DeleteFolder { at, name } => {
                vec![Self::In(at.clone()), Self::Folder(at.clone(), name.clone())]
            }
            AskedChange::CreateProject { slug, .. } => {
                Project::new(slug.as_str()).map(Self::Project).into_iter().collect()
            }
            AskedChange::CreateEnvironment { project, .. } | AskedChange::InviteMembers { project, .. } => {
                project.clone().map(Self::Project).into_iter().collect()
            }
        }
    }

    /// Returns what may be read for a change of an opened plan.
    #[must_use]
    pub fn of_planned(change: &ParsedChange) -> Vec<Self> {
        match change {
            ParsedChange::CreateProject { slug, .. } => {
                Project::new(slug.as_str()).map(Self::Project).into_iter().collect()
            }
            ParsedChange::CreateEnvironment { project, .. } | ParsedChange::InviteMembers { project, .. } => {
                vec![Self::Project(project.clone())]
            }
            ParsedChange::DeleteFolder { place, id } => {
                vec![Self::In(asked(place)), Self::FolderById(place.clone(), id.clone())]
            }
            ParsedChange::CreateSecret { place, .. }
            | ParsedChange::UpdateSecret { place, .. }
            | ParsedChange::DeleteSecret { place, .. }
            | ParsedChange::DeleteSecretByKey { place, .. }
            | ParsedChange::CreateFolder { place, .. }
            | ParsedChange::RenameFolder { place, .. } => vec![Self::In(asked(place))],
        }
    }

    fn project(&self) -> Option<&Project> {
        match self {
            Self::In(at) | Self::Folder(at, _) => at.project.as_ref(),
            Self::FolderById(place, _) => Some(&place.project),
            Self::Project(project) => Some(project),
        }
    }

    /// Whether it is somewhere in this environment of this project.
    fn is_in(&self, project: &Project, environment: &str, named: &KnownIds) -> bool {
        let asked = match self {
            Self::In(at) | Self::Folder(at, _) => at.environment.as_deref(),
            Self::FolderById(place, _) => Some(place.environment.as_str()),
            Self::Project(_) => None,
        };
        named.is_project(self.project(), project) && asked == Some(environment)
    }

    fn covers(&self, place: &Place, named: &KnownIds, folders: &Folders) -> bool {
        // It is below the folder, by names that the server gave.
        let is_below = |root: &str| {
            let rest = place.path.as_str().strip_prefix(root);
            rest == Some("") || (rest.is_some_and(|rest| rest.starts_with('/')) && folders.are_listed(place))
        };
        match self {
            Self::In(at) => at.is(place, named),
            Self::Folder(at, name) => {
                self.is_in(&place.project, place.environment.as_str(), named) && is_below(&child(&at.path, name))
            }
            Self::FolderById(at, id) => {
                self.is_in(&place.project, place.environment.as_str(), named)
                    && match folders.name(at, id) {
                        Some(name) => is_below(&child(at.path.as_str(), name)),
                        // The folder is gone. Another folder may have its name now, and the call
                        // must see that.
                        None => at.path.covers(&place.path) && folders.are_listed(place),
                    }
            }
            Self::Project(_) => false,
        }
    }
}

/// Whether a read is within one of these scopes. `named` and `folders` are what the server's
/// answers said in this call.
#[must_use]
pub fn permits(read_scopes: &[ReadScope], operation: &Operation, named: &KnownIds, folders: &Folders) -> bool {
    let any = |is: &dyn Fn(&ReadScope) -> bool| read_scopes.iter().any(is);
    match operation {
        Operation::ProjectById { project } | Operation::ListTags { project } => {
            any(&|read_scope| named.is_project(read_scope.project(), project))
        }
        Operation::ProjectBySlug { slug } => any(&|read_scope| read_scope.project() == Some(slug)),
        Operation::ListFolders { place, .. } => any(&|read_scope| read_scope.covers(place, named, folders)),
        Operation::ListSecrets { place, tags, .. } => {
            tags.is_empty() && any(&|read_scope| read_scope.covers(place, named, folders))
        }
        // A preview and an apply read listings of named projects only. A reveal is checked
        // separately.
        Operation::ListProjects { .. }
        | Operation::GetSecret { .. }
        | Operation::RevealSecret { .. }
        | Operation::ListImports { .. }
        | Operation::ListAuditLogs { .. } => false,
    }
}

fn asked(place: &Place) -> AskedPlace {
    AskedPlace {
        project: Some(place.project.clone()),
        environment: Some(place.environment.as_str().to_owned()),
        path: place.path.as_str().to_owned(),
    }
}

fn child(path: &str, name: &str) -> String {
    if path == "/" { format!("/{name}") } else { format!("{path}/{name}") }
}
