//! Systems without such owners and modes. Only the kind of a file is checked, and whoever runs this
//! counts as its owner.

use crate::{Fault, PathFindings, Refusal, Want};
use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Returns the user who runs this.
#[must_use]
pub fn me() -> u32 {
    0
}

/// Does nothing: here, nothing keeps an open from following a link.
pub fn never_follow(_: &mut OpenOptions) {}

/// Checks an existing file or directory.
///
/// # Errors
/// [`Refusal`] if it doesn't exist, or is of another kind.
pub fn check(path: &Path, want: Want) -> Result<PathFindings, Refusal> {
    let metadata = fs::metadata(path).map_err(|error| Refusal::unreadable(path, &error, want, me()))?;
    check_open(path, &metadata, want)?;
    Ok(PathFindings { own: Some(path.to_owned()), weaker: Vec::new() })
}

/// Checks the place of a file or directory that may not exist yet.
///
/// # Errors
/// [`Refusal`] if something of another kind is there.
pub fn check_new(path: &Path, want: Want) -> Result<PathFindings, Refusal> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(PathFindings { own: Some(path.to_owned()), weaker: Vec::new() })
        }
        _ => check(path, want),
    }
}

/// Checks an opened file or directory alone.
///
/// # Errors
/// [`Refusal`] if it is of another kind.
pub fn check_open(path: &Path, metadata: &Metadata, want: Want) -> Result<(), Refusal> {
    let fault = match want {
        Want::File | Want::Secret if !metadata.is_file() => Fault::NotAFile,
        Want::Folder if !metadata.is_dir() => Fault::NotAFolder,
        _ => return Ok(()),
    };
    Err(Refusal::fault(path, fault, want, me()))
}

/// Checks an opened file in a directory alone.
///
/// # Errors
/// [`Refusal`] if it is of another kind.
pub fn check_inside(_: &Path, path: &Path, metadata: &Metadata, want: Want) -> Result<(), Refusal> {
    check_open(path, metadata, want)
}

/// Does nothing: files have no owner here.
///
/// # Errors
/// None.
pub fn hand_over(_: &fs::File, _: &Path) -> io::Result<()> {
    Ok(())
}
