//! Validated changes.

use super::generator::Generator;
use super::grammar::Word;
use super::names::{FolderName, NewName, SecretKey, WriteName};

/// A new value.
pub(crate) enum NewValue<'a> {
    Literal(&'a str),
    Generated(Generator),
}

/// The content that a change writes into a secret. Absent fields stay as they are.
#[derive(Default)]
pub(crate) struct Content<'a> {
    pub(crate) value: Option<NewValue<'a>>,
    pub(crate) comment: Option<&'a str>,
    pub(crate) tags: Option<Vec<Word>>,
}

/// A validated change, without its place.
pub(crate) enum ValidatedChange<'a> {
    CreateSecret { name: NewName, content: Content<'a> },
    UpdateSecret { name: WriteName, new_name: Option<NewName>, content: Content<'a> },
    DeleteSecret(SecretKey),
    CreateFolder(Word),
    RenameFolder { name: FolderName, new_name: Word },
    DeleteFolder(FolderName),
}

/// The kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    CreateSecret,
    UpdateSecret,
    DeleteSecret,
    CreateFolder,
    RenameFolder,
    DeleteFolder,
    CreateProject,
    CreateEnvironment,
    InviteMembers,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::CreateSecret,
        Self::UpdateSecret,
        Self::DeleteSecret,
        Self::CreateFolder,
        Self::RenameFolder,
        Self::DeleteFolder,
        Self::CreateProject,
        Self::CreateEnvironment,
        Self::InviteMembers,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CreateSecret => "create-secret",
            Self::UpdateSecret => "update-secret",
            Self::DeleteSecret => "delete-secret",
            Self::CreateFolder => "create-folder",
            Self::RenameFolder => "rename-folder",
            Self::DeleteFolder => "delete-folder",
            Self::CreateProject => "create-project",
            Self::CreateEnvironment => "create-environment",
            Self::InviteMembers => "invite-members",
        }
    }

    /// What the change targets.
    pub(crate) fn thing(self) -> &'static str {
        match self {
            Self::CreateSecret | Self::UpdateSecret | Self::DeleteSecret => "secret",
            Self::CreateFolder | Self::RenameFolder | Self::DeleteFolder => "folder",
            Self::CreateProject => "project",
            Self::CreateEnvironment => "environment",
            Self::InviteMembers => "member",
        }
    }

    /// Whether the change is about projects, environments or members.
    pub(crate) fn is_administrative(self) -> bool {
        matches!(self, Self::CreateProject | Self::CreateEnvironment | Self::InviteMembers)
    }

    pub(crate) fn is_of_secrets(self) -> bool {
        matches!(self, Self::CreateSecret | Self::UpdateSecret | Self::DeleteSecret)
    }

    /// Whether the target must not exist before the change.
    pub(crate) fn creates(self) -> bool {
        matches!(self, Self::CreateSecret | Self::CreateFolder)
    }

    /// Whether the target must not exist after the change.
    pub(crate) fn deletes(self) -> bool {
        matches!(self, Self::DeleteSecret | Self::DeleteFolder)
    }
}

impl ValidatedChange<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::CreateSecret { .. } => Kind::CreateSecret,
            Self::UpdateSecret { .. } => Kind::UpdateSecret,
            Self::DeleteSecret(_) => Kind::DeleteSecret,
            Self::CreateFolder(_) => Kind::CreateFolder,
            Self::RenameFolder { .. } => Kind::RenameFolder,
            Self::DeleteFolder(_) => Kind::DeleteFolder,
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::CreateSecret { name, .. } => name.as_str(),
            Self::UpdateSecret { name, .. } => name.as_str(),
            Self::DeleteSecret(name) => name.as_str(),
            Self::CreateFolder(name) => name.as_str(),
            Self::RenameFolder { name, .. } | Self::DeleteFolder(name) => name.as_str(),
        }
    }

    pub(crate) fn new_name(&self) -> Option<&str> {
        match self {
            Self::UpdateSecret { new_name, .. } => new_name.as_ref().map(NewName::as_str),
            Self::RenameFolder { new_name, .. } => Some(new_name.as_str()),
            _ => None,
        }
    }

    pub(crate) fn content(&self) -> Option<&Content<'_>> {
        match self {
            Self::CreateSecret { content, .. } | Self::UpdateSecret { content, .. } => Some(content),
            _ => None,
        }
    }

    pub(crate) fn value(&self) -> Option<&NewValue<'_>> {
        self.content().and_then(|content| content.value.as_ref())
    }
}
