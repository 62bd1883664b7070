//! What a request asks for, and who sends it. Errors name both.

use super::requests::Located;
use crate::guard::grammar::Word;

/// The identity that sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    Read,
    /// The identity that reads revealed values.
    Reveal,
    Write,
}

impl Identity {
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::Read => "read identity",
            Self::Reveal => "identity that reveals values",
            Self::Write => "write identity",
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked<'a> {
    Projects,
    ProjectsOf(&'a Word),
    Project(&'a Word),
    AuditLogs(&'a Word),
    Folder(&'a Located),
    Secret(&'a Located, &'a str),
    /// A folder to change, and the folder that contains it.
    FolderIn(&'a Located, &'a str),
}
