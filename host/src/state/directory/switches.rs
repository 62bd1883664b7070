//! The files of the switches.

use crate::state::{TurnedOn, files};
use infisical_skill_policy::switch::SwitchKind;
use std::io;
use std::path::{Path, PathBuf};

const MAX_FILE: u64 = 16 * 1024;

/// `None`: nobody turned the switch on.
pub(super) fn read(folder: &Path, kind: SwitchKind) -> io::Result<Option<TurnedOn>> {
    let Some(bytes) = files::read(&path(folder, kind), MAX_FILE)? else { return Ok(None) };
    // Whoever can put files into the directory could turn the switch on.
    files::check_folder(folder)?;
    serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other)
}

pub(super) fn set(folder: &Path, kind: SwitchKind, on: Option<&TurnedOn>) -> io::Result<()> {
    let path = path(folder, kind);
    match on {
        None => files::remove(&path),
        Some(on) => files::replace(&path, &serde_json::to_vec(on).map_err(io::Error::other)?),
    }
}

fn path(folder: &Path, kind: SwitchKind) -> PathBuf {
    folder.join(match kind {
        SwitchKind::Writes => "writes.json",
        SwitchKind::Reveals => "reveals.json",
    })
}
