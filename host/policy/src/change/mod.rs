//! Requests that change something: what they do, and the only spelling of each.
//!
//! - [`ParsedChange`]: what a request would do.
//! - `body`: writes the body in its only spelling.
//! - [`parse`]: parses a request as a change, or refuses it.
//! - [`value`]: values and comments, and the texts that neither may have.
//! - [`describe`]: describes a change in the host's own words.
//! - [`AskedChange`]: what the caller asked for. A draft must match it.
//! - [`acknowledgement`]: the confirmation phrase.

pub mod acknowledgement;
mod asked;
mod body;
pub mod describe;
mod parse;
pub mod value;

pub use asked::{AskedChange, AskedPlace, AskedValue, KnownIds};
pub use parse::{ChangeRefusal, parse};

use crate::encoding::{encode, encode_into};
use crate::names::{
    Email, EnvironmentSlug, FolderId, FolderName, NewSecretName, Project, ProjectSlug, Role, SecretKey, TagId, Title,
    WriteName,
};
use crate::operation::{ApiVersion, Place, secrets};
use std::fmt;
use value::{Comment, SecretValue};
use zeroize::Zeroizing;

/// The largest body that is written or read, in bytes. Infisical accepts 1 MiB.
pub const MAX_BODY: usize = 1_000_000;

/// A change that a plan may have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParsedChange {
    /// Create a secret.
    CreateSecret {
        /// The folder.
        place: Place,
        /// The name.
        name: NewSecretName,
        /// The value.
        value: SecretValue,
        /// The comment, if any.
        comment: Option<Comment>,
        /// The tags, if any.
        tags: Option<Vec<TagId>>,
    },
    /// Update a secret. Absent fields stay as they are.
    UpdateSecret {
        /// The folder.
        place: Place,
        /// The current name.
        name: WriteName,
        /// The new value. It is never absent for [`ApiVersion::V3`].
        value: Option<SecretValue>,
        /// The new name.
        new_name: Option<NewSecretName>,
        /// The new comment.
        comment: Option<Comment>,
        /// All tags.
        tags: Option<Vec<TagId>>,
    },
    /// Delete a secret.
    DeleteSecret {
        /// The folder.
        place: Place,
        /// The name.
        name: WriteName,
    },
    /// Delete a secret whose name can't stand in a path.
    DeleteSecretByKey {
        /// The folder.
        place: Place,
        /// The name.
        key: SecretKey,
    },
    /// Create a folder.
    CreateFolder {
        /// The folder that will contain it.
        place: Place,
        /// The name.
        name: FolderName,
    },
    /// Rename a folder.
    RenameFolder {
        /// The folder that contains it.
        place: Place,
        /// The id.
        id: FolderId,
        /// The new name.
        name: FolderName,
    },
    /// Delete a folder with everything in it.
    DeleteFolder {
        /// The folder that contains it.
        place: Place,
        /// The id.
        id: FolderId,
    },
    /// Create a project. Administrative: see [`crate::Scopes::check_change`].
    CreateProject {
        /// The name that people see.
        name: Title,
        /// The slug, which URLs use.
        slug: ProjectSlug,
    },
    /// Create an environment of a project. Administrative.
    CreateEnvironment {
        /// The project's id.
        project: Project,
        /// The name that people see.
        name: Title,
        /// The slug, which requests use.
        slug: EnvironmentSlug,
    },
    /// Invite users to a project. Administrative.
    InviteMembers {
        /// The project's id.
        project: Project,
        /// The email addresses: 1 to 20, none twice.
        emails: Vec<Email>,
        /// The roles: 1 to 5, none twice. For [`ApiVersion::V3`] always [`Role::member`] only.
        roles: Vec<Role>,
    },
}

/// The HTTP methods that change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Create.
    Post,
    /// Update.
    Patch,
    /// Delete.
    Delete,
}

impl Method {
    /// The name in HTTP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Returns the method with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Post, Self::Patch, Self::Delete].into_iter().find(|method| method.as_str() == name)
    }
}

/// The exact bytes of a request that would change something.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    /// The method.
    pub method: Method,
    /// The path. There is no query.
    pub path: String,
    /// The body. It may hold a value, so it is cleared when it is dropped.
    pub body: Zeroizing<String>,
}

/// Shows nothing of the body.
impl fmt::Debug for ChangeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeRequest").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

impl ParsedChange {
    /// The change's name in logs and messages.
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

    /// The folder of the change. An administrative change has none.
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

    /// The project of the change. A new project doesn't exist yet.
    #[must_use]
    pub fn project(&self) -> Option<&Project> {
        match self {
            Self::CreateEnvironment { project, .. } | Self::InviteMembers { project, .. } => Some(project),
            _ => self.place().map(|place| &place.project),
        }
    }

    /// The id of its folder, if the change names the folder by id.
    #[must_use]
    pub fn folder_id(&self) -> Option<&FolderId> {
        match self {
            Self::RenameFolder { id, .. } | Self::DeleteFolder { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The tags that it gives to a secret.
    #[must_use]
    pub fn tags(&self) -> &[TagId] {
        match self {
            Self::CreateSecret { tags, .. } | Self::UpdateSecret { tags, .. } => tags.as_deref().unwrap_or_default(),
            _ => &[],
        }
    }

    /// Returns the request. Each change has one in each API version.
    #[must_use]
    pub fn request(&self, api_version: ApiVersion) -> ChangeRequest {
        ChangeRequest { method: self.method(), path: self.path(api_version), body: body::write(self, api_version) }
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

    fn path(&self, api_version: ApiVersion) -> String {
        let under = |collection: &str, name: &str| {
            let mut out = format!("{collection}/");
            encode_into(&mut out, name);
            out
        };
        let folders = match api_version {
            ApiVersion::V3 => "/api/v1/folders",
            ApiVersion::V4 => "/api/v2/folders",
        };
        match self {
            Self::CreateSecret { name, .. } => under(secrets(api_version), name.as_str()),
            Self::UpdateSecret { name, .. } | Self::DeleteSecret { name, .. } => {
                under(secrets(api_version), name.as_str())
            }
            Self::DeleteSecretByKey { .. } => match api_version {
                ApiVersion::V3 => "/api/v3/secrets/batch/raw".to_owned(),
                ApiVersion::V4 => "/api/v4/secrets/batch".to_owned(),
            },
            Self::CreateFolder { .. } => folders.to_owned(),
            Self::RenameFolder { id, .. } | Self::DeleteFolder { id, .. } => under(folders, id.as_str()),
            Self::CreateProject { .. } => match api_version {
                ApiVersion::V3 => "/api/v2/workspace".to_owned(),
                ApiVersion::V4 => "/api/v1/projects".to_owned(),
            },
            Self::CreateEnvironment { project, .. } => match api_version {
                ApiVersion::V3 => format!("/api/v1/workspace/{}/environments", encode(project.as_str())),
                ApiVersion::V4 => format!("/api/v1/projects/{}/environments", encode(project.as_str())),
            },
            Self::InviteMembers { project, .. } => match api_version {
                ApiVersion::V3 => format!("/api/v2/workspace/{}/memberships", encode(project.as_str())),
                ApiVersion::V4 => format!("/api/v1/projects/{}/memberships", encode(project.as_str())),
            },
        }
    }
}
