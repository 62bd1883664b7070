//! Which reads a call may make that has values with it: those about what it was made for. What such a component asks for is recorded, and seen by who is in between:
//! a request with a text of its own choice in it would carry a value there.

use super::Folders;
use crate::change::{AskedChange, AskedPlace, Change, Named};
use crate::names::{FolderId, Project};
use crate::operation::{Operation, Place};

/// Something that a call was made for, as far as reads go.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// What is in a folder.
    In(AskedPlace),
    /// A folder with all in it: where it is, and its name.
    Folder(AskedPlace, String),
    /// The same, by the id that the server gave it.
    FolderById(Place, FolderId),
    /// A project as a whole, by its id or slug.
    Project(Project),
}

impl Subject {
    /// What there is to look at for a change that was asked for.
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

    /// What there is to look at for a change of a redeemed plan.
    #[must_use]
    pub fn of_planned(change: &Change) -> Vec<Self> {
        match change {
            Change::CreateProject { slug, .. } => Project::new(slug.as_str()).map(Self::Project).into_iter().collect(),
            Change::CreateEnvironment { project, .. } | Change::InviteMembers { project, .. } => {
                vec![Self::Project(project.clone())]
            }
            Change::DeleteFolder { place, id } => {
                vec![Self::In(asked(place)), Self::FolderById(place.clone(), id.clone())]
            }
            Change::CreateSecret { place, .. }
            | Change::UpdateSecret { place, .. }
            | Change::DeleteSecret { place, .. }
            | Change::DeleteSecretByKey { place, .. }
            | Change::CreateFolder { place, .. }
            | Change::RenameFolder { place, .. } => vec![Self::In(asked(place))],
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
    fn is_in(&self, project: &Project, environment: &str, named: &Named) -> bool {
        let asked = match self {
            Self::In(at) | Self::Folder(at, _) => at.environment.as_deref(),
            Self::FolderById(place, _) => Some(place.environment.as_str()),
            Self::Project(_) => None,
        };
        named.is_project(self.project(), project) && asked == Some(environment)
    }

    fn covers(&self, place: &Place, named: &Named, folders: &Folders) -> bool {
        // Below the folder, by names that the server gave.
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
                        // It is gone. What has its name now is another one, and has to be seen to be told.
                        None => at.path.covers(&place.path) && folders.are_listed(place),
                    }
            }
            Self::Project(_) => false,
        }
    }
}

/// Whether a read is about one of the subjects. `named` and `folders` are what the server's answers said in this call.
#[must_use]
pub fn concerns(subjects: &[Subject], operation: &Operation, named: &Named, folders: &Folders) -> bool {
    let any = |is: &dyn Fn(&Subject) -> bool| subjects.iter().any(is);
    match operation {
        Operation::ProjectById { project } | Operation::ListTags { project } => {
            any(&|subject| named.is_project(subject.project(), project))
        }
        Operation::ProjectBySlug { slug } => any(&|subject| subject.project() == Some(slug)),
        Operation::ListFolders { place, .. } => any(&|subject| subject.covers(place, named, folders)),
        Operation::ListSecrets { place, tags, .. } => {
            tags.is_empty() && any(&|subject| subject.covers(place, named, folders))
        }
        // A preview lists, in a project that was named. What is revealed is judged by itself.
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
