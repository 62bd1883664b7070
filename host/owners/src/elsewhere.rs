//! Where there are no such owners and modes, nothing is known of them: only what a file is. Whoever
//! runs this is taken for its owner.

use crate::{Fault, Found, Refusal, Want};
use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// The user who runs this.
#[must_use]
pub fn me() -> u32 {
    0
}

/// Nothing keeps an open from following a link here.
pub fn never_follow(_: &mut OpenOptions) {}

/// Checks a file or folder that is there.
///
/// # Errors
/// [`Refusal`] if it isn't, or is something else.
pub fn check(path: &Path, want: Want) -> Result<Found, Refusal> {
    let metadata = fs::metadata(path).map_err(|error| Refusal::unreadable(path, &error, want, me()))?;
    check_open(path, &metadata, want)?;
    Ok(Found { own: Some(path.to_owned()), weaker: Vec::new() })
}

/// Checks the place of a file or folder that may be there or not.
///
/// # Errors
/// [`Refusal`] if it is something else.
pub fn check_new(path: &Path, want: Want) -> Result<Found, Refusal> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Found { own: Some(path.to_owned()), weaker: Vec::new() })
        }
        _ => check(path, want),
    }
}

/// Checks what was opened, by itself.
///
/// # Errors
/// [`Refusal`] if it is something else.
pub fn check_open(path: &Path, metadata: &Metadata, want: Want) -> Result<(), Refusal> {
    let fault = match want {
        Want::File | Want::Secret if !metadata.is_file() => Fault::NotAFile,
        Want::Folder if !metadata.is_dir() => Fault::NotAFolder,
        _ => return Ok(()),
    };
    Err(Refusal::fault(path, fault, want, me()))
}

/// Checks what was opened in a folder, by itself.
///
/// # Errors
/// [`Refusal`] if it is something else.
pub fn check_inside(_: &Path, path: &Path, metadata: &Metadata, want: Want) -> Result<(), Refusal> {
    check_open(path, metadata, want)
}

/// There is nobody to give anything to.
///
/// # Errors
/// None.
pub fn hand_over(_: &fs::File, _: &Path) -> io::Result<()> {
    Ok(())
}
