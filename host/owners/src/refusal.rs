//! What is wrong with a file, and what to do next.

use crate::policy::{Fault, Want};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a file isn't used. It names the file, directory or link at fault, and says what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The path at fault.
    path: PathBuf,
    why: Why,
    want: Want,
    /// The user who runs this.
    me: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    Fault(Fault),
    /// A link to a missing target.
    Dangling,
    /// The system doesn't show it.
    Unreadable(io::ErrorKind, String),
}

impl Refusal {
    pub(crate) fn fault(path: &Path, fault: Fault, want: Want, me: u32) -> Self {
        Self { path: path.to_owned(), why: Why::Fault(fault), want, me }
    }

    #[cfg(unix)]
    pub(crate) fn dangling(path: &Path, want: Want, me: u32) -> Self {
        Self { path: path.to_owned(), why: Why::Dangling, want, me }
    }

    pub(crate) fn unreadable(path: &Path, error: &io::Error, want: Want, me: u32) -> Self {
        Self { path: path.to_owned(), why: Why::Unreadable(error.kind(), error.to_string()), want, me }
    }

    /// The path at fault: the file itself, or a directory or link on the path to it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file or a directory above it is missing.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.why, Why::Unreadable(io::ErrorKind::NotFound, _))
    }

    /// Whether it exists and is of the wrong kind: a directory instead of a file, a pipe, a device.
    #[must_use]
    pub fn is_of_another_kind(&self) -> bool {
        matches!(self.why, Why::Fault(Fault::NotAFile | Fault::NotAFolder))
    }

    /// Whether it can't be examined: it is missing, or this user has no permission.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self.why, Why::Unreadable(..) | Why::Dangling)
    }

    fn kind(&self) -> io::ErrorKind {
        match &self.why {
            Why::Fault(Fault::NotAFolder) => io::ErrorKind::NotADirectory,
            Why::Fault(Fault::NotAFile) | Why::Dangling => io::ErrorKind::InvalidData,
            Why::Fault(_) => io::ErrorKind::PermissionDenied,
            Why::Unreadable(kind, _) => *kind,
        }
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.kind(), refusal)
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, me) = (self.path.display(), self.me);
        match &self.why {
            Why::Unreadable(_, error) => write!(f, "{path} can't be examined: {error}"),
            Why::Dangling => write!(f, "{path} is a link to something that isn't there, and isn't followed: remove it"),
            Why::Fault(Fault::Owner(owner)) if me == 0 => write!(
                f,
                "{path} belongs to another user (uid {owner}), who could change it: run this as that user, or give it to root (`chown root {path}`)"
            ),
            Why::Fault(Fault::Owner(owner)) => write!(
                f,
                "{path} belongs to another user (uid {owner}), who could change it: give it to root or to the user who runs this, uid {me} (`chown`), \
                 or run this as its owner"
            ),
            Why::Fault(Fault::Open(mode)) => {
                write!(f, "{path} can be changed by other users (mode {mode:04o}): ")?;
                if self.want == Want::Folder && mode & 0o2002 == 0o2000 && me != 0 {
                    return write!(
                        f,
                        "as a volume with an `fsGroup` can. Set the state directory to a subdirectory such as {path}/state, which is then created for this \
                         user alone, or run `chmod go-w {path}`"
                    );
                }
                write!(f, "run `chmod go-w {path}`")
            }
            Why::Fault(Fault::Readable(mode)) => write!(
                f,
                "{path} can be read by other users (mode {mode:04o}): run `chmod 600 {path}` (its group may read it, at most)"
            ),
            Why::Fault(Fault::NotAFile) => write!(f, "{path} isn't a regular file: name one"),
            Why::Fault(Fault::NotAFolder) => write!(f, "{path} isn't a folder: name one"),
            Why::Fault(Fault::LeavesMount) => write!(
                f,
                "{path} leaves the read-only mount that a link in it starts from. Others may change what is in that mount, so that its links are followed \
                 inside it alone: mount the file itself, or close the mount's folder (`chmod go-w`)"
            ),
        }
    }
}
