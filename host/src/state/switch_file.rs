//! The file of a switch, which says until when the switch is on.

use super::files;
use infisical_skill_policy::switch::{Millis, SwitchKind};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

const MAX_FILE: u64 = 16 * 1024;

/// The file of one switch in a state directory.
#[derive(Debug, Clone)]
pub(crate) struct SwitchFile {
    folder: PathBuf,
    kind: SwitchKind,
}

/// What the file of a switch that was turned on contains.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TurnedOn {
    pub(crate) since: Millis,
    pub(crate) until: Millis,
    pub(crate) reason: Option<String>,
}

impl SwitchFile {
    pub(crate) fn new(state_folder: &Path, kind: SwitchKind) -> Self {
        Self { folder: state_folder.to_owned(), kind }
    }

    /// The state directory.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn kind(&self) -> SwitchKind {
        self.kind
    }

    /// Reads it. `None`: nobody turned the switch on.
    pub(crate) fn read(&self) -> io::Result<Option<TurnedOn>> {
        let Some(bytes) = files::read(&self.path(), MAX_FILE)? else { return Ok(None) };
        // Whoever can put files into the directory could turn the switch on.
        files::check_folder(&self.folder)?;
        serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other)
    }

    pub(crate) fn write(&self, on: &TurnedOn) -> io::Result<()> {
        files::replace(&self.path(), &serde_json::to_vec(on).map_err(io::Error::other)?)
    }

    pub(crate) fn remove(&self) -> io::Result<()> {
        files::remove(&self.path())
    }

    fn path(&self) -> PathBuf {
        self.folder.join(match self.kind {
            SwitchKind::Writes => "writes.json",
            SwitchKind::Reveals => "reveals.json",
        })
    }
}
