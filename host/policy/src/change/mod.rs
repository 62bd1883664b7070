//! Requests that change something: what they ask for, and the one way to write each.
//!
//! - [`Change`]: what a request would do.
//! - `body`: the one way to write its body.
//! - [`read`]: reading a request as a change, or not at all.
//! - [`value`]: values and comments, and what is never written for one.
//! - [`reading`]: a change in the host's own words.
//! - [`AskedChange`]: what somebody asked for, which a draft is held to.
//! - [`acknowledgement`]: the phrase that changes need which can't be undone.

pub mod acknowledgement;
mod asked;
mod body;
mod read;
pub mod reading;
pub mod value;

pub use asked::{AskedChange, AskedPlace, AskedValue, Named};
pub use read::{ChangeRefusal, read};

use crate::encoding::{encode, encode_into};
use crate::names::{
    Email, EnvironmentSlug, FolderId, FolderName, NewSecretName, Project, ProjectSlug, Role, SecretKey, TagId, Title,
    WriteName,
};
use crate::operation::{Generation, Place, secrets};
use std::fmt;
use value::{Comment, SecretValue};
use zeroize::Zeroizing;

/// The largest body that is written or read, in bytes. Infisical takes 1 MiB.
pub const MAX_BODY: usize = 1_000_000;

/// A change that a plan may have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A new secret.
    CreateSecret {
        /// The folder.
        place: Place,
        /// Its name.
        name: NewSecretName,
        /// Its value.
        value: SecretValue,
        /// Its comment, if it is to have one.
        comment: Option<Comment>,
        /// Its tags, if it is to have any.
        tags: Option<Vec<TagId>>,
    },
    /// Something about a secret. What is absent stays.
    UpdateSecret {
        /// The folder.
        place: Place,
        /// Its name.
        name: WriteName,
        /// A new value. Never absent for [`Generation::V3`].
        value: Option<SecretValue>,
        /// A new name.
        new_name: Option<NewSecretName>,
        /// A new comment.
        comment: Option<Comment>,
        /// All its tags.
        tags: Option<Vec<TagId>>,
    },
    /// A secret goes.
    DeleteSecret {
        /// The folder.
        place: Place,
        /// Its name.
        name: WriteName,
    },
    /// A secret goes whose name can't stand in a path.
    DeleteSecretByKey {
        /// The folder.
        place: Place,
        /// Its name.
        key: SecretKey,
    },
    /// A new folder.
    CreateFolder {
        /// The folder that it is made in.
        place: Place,
        /// Its name.
        name: FolderName,
    },
    /// A folder gets another name.
    RenameFolder {
        /// The folder that it is in.
        place: Place,
        /// Its id.
        id: FolderId,
        /// The new name.
        name: FolderName,
    },
    /// A folder goes, with everything in it.
    DeleteFolder {
        /// The folder that it is in.
        place: Place,
        /// Its id.
        id: FolderId,
    },
    /// A new project. Administrative: see [`crate::Scopes::check_change`].
    CreateProject {
        /// What people call it.
        name: Title,
        /// What it is called in URLs.
        slug: ProjectSlug,
    },
    /// A new environment of a project. Administrative.
    CreateEnvironment {
        /// The project's id.
        project: Project,
        /// What people call it.
        name: Title,
        /// What it is called in requests.
        slug: EnvironmentSlug,
    },
    /// Users become members of a project. Administrative.
    InviteMembers {
        /// The project's id.
        project: Project,
        /// Who: 1 to 20, none twice.
        emails: Vec<Email>,
        /// As what: 1 to 5, none twice. For [`Generation::V3`] always [`Role::member`] alone.
        roles: Vec<Role>,
    },
}

/// The methods that change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Creating.
    Post,
    /// Updating.
    Patch,
    /// Deleting.
    Delete,
}

impl Method {
    /// As HTTP has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Post, Self::Patch, Self::Delete].into_iter().find(|method| method.as_str() == name)
    }
}

/// A request that would change something, byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    /// Its method.
    pub method: Method,
    /// Its path. There is no query.
    pub path: String,
    /// Its body. May hold a value: zeroed when dropped.
    pub body: Zeroizing<String>,
}

/// Shows nothing of the body.
impl fmt::Debug for ChangeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeRequest").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

impl Change {
    /// The change's name, for logs and messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateSecret { .. } => "create secret",
            Self::UpdateSecret { .. } => "update secret",
            Self::DeleteSecret { .. } | Self::DeleteSecretByKey { .. } => "delete secret",
            Self::CreateFolder { .. } => "create folder",
            Self::RenameFolder { .. } => "rename folder",
            Self::DeleteFolder { .. } => "delete folder",
            Self::CreateProject { .. } => "create project",
            Self::CreateEnvironment { .. } => "create environment",
            Self::InviteMembers { .. } => "invite members",
        }
    }

    /// The folder that it happens in. An administrative change happens in none.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::CreateSecret { place, .. }
            | Self::UpdateSecret { place, .. }
            | Self::DeleteSecret { place, .. }
            | Self::DeleteSecretByKey { place, .. }
            | Self::CreateFolder { place, .. }
            | Self::RenameFolder { place, .. }
            | Self::DeleteFolder { place, .. } => Some(place),
            Self::CreateProject { .. } | Self::CreateEnvironment { .. } | Self::InviteMembers { .. } => None,
        }
    }

    /// The project that it happens in. A new project isn't there yet.
    #[must_use]
    pub fn project(&self) -> Option<&Project> {
        match self {
            Self::CreateEnvironment { project, .. } | Self::InviteMembers { project, .. } => Some(project),
            _ => self.place().map(|place| &place.project),
        }
    }

    /// The id of the folder that it is about, if it names one by its id.
    #[must_use]
    pub fn folder_id(&self) -> Option<&FolderId> {
        match self {
            Self::RenameFolder { id, .. } | Self::DeleteFolder { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The request. There is one for each change and generation.
    #[must_use]
    pub fn request(&self, generation: Generation) -> ChangeRequest {
        ChangeRequest { method: self.method(), path: self.path(generation), body: body::write(self, generation) }
    }

    fn method(&self) -> Method {
        match self {
            Self::CreateSecret { .. }
            | Self::CreateFolder { .. }
            | Self::CreateProject { .. }
            | Self::CreateEnvironment { .. }
            | Self::InviteMembers { .. } => Method::Post,
            Self::UpdateSecret { .. } | Self::RenameFolder { .. } => Method::Patch,
            Self::DeleteSecret { .. } | Self::DeleteSecretByKey { .. } | Self::DeleteFolder { .. } => Method::Delete,
        }
    }

    fn path(&self, generation: Generation) -> String {
        let under = |collection: &str, name: &str| {
            let mut out = format!("{collection}/");
            encode_into(&mut out, name);
            out
        };
        let folders = match generation {
            Generation::V3 => "/api/v1/folders",
            Generation::V4 => "/api/v2/folders",
        };
        match self {
            Self::CreateSecret { name, .. } => under(secrets(generation), name.as_str()),
            Self::UpdateSecret { name, .. } | Self::DeleteSecret { name, .. } => {
                under(secrets(generation), name.as_str())
            }
            Self::DeleteSecretByKey { .. } => match generation {
                Generation::V3 => "/api/v3/secrets/batch/raw".to_owned(),
                Generation::V4 => "/api/v4/secrets/batch".to_owned(),
            },
            Self::CreateFolder { .. } => folders.to_owned(),
            Self::RenameFolder { id, .. } | Self::DeleteFolder { id, .. } => under(folders, id.as_str()),
            Self::CreateProject { .. } => match generation {
                Generation::V3 => "/api/v2/workspace".to_owned(),
                Generation::V4 => "/api/v1/projects".to_owned(),
            },
            Self::CreateEnvironment { project, .. } => match generation {
                Generation::V3 => format!("/api/v1/workspace/{}/environments", encode(project.as_str())),
                Generation::V4 => format!("/api/v1/projects/{}/environments", encode(project.as_str())),
            },
            Self::InviteMembers { project, .. } => match generation {
                Generation::V3 => format!("/api/v2/workspace/{}/memberships", encode(project.as_str())),
                Generation::V4 => format!("/api/v1/projects/{}/memberships", encode(project.as_str())),
            },
        }
    }
}
