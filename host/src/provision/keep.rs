//! Replaces the content of existing files atomically, and keeps their mode and group.

use crate::base::hex::to_hex;
use crate::base::random::fill_random;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Replaces a regular file's content. The file must exist, because its creator decided who may read
/// it.
///
/// # Errors
/// If it doesn't exist, is a link or another kind of file, or can't be written. Then it stays
/// unchanged.
pub fn write_in_place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let there = fs::symlink_metadata(path)?;
    if !there.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it isn't a regular file"));
    }
    let mut suffix = [0; 4];
    fill_random(&mut suffix).map_err(|_| io::Error::other("this machine's random number generator fails"))?;
    let new = path.with_extension(format!("new-{}", to_hex(&suffix)));
    let written = write_like(&new, bytes, &there).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written?;
    // Flush the file's name to disk too.
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn write_like(new: &Path, bytes: &[u8], like: &fs::Metadata) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(new)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        if file.metadata()?.gid() != like.gid() {
            fchown(&file, None, Some(like.gid()))?;
        }
    }
    file.set_permissions(like.permissions())?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_file_keeps_its_mode_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        assert_eq!(write_in_place(&path, b"new").unwrap_err().kind(), io::ErrorKind::NotFound);
        for mode in [0o600, 0o640] {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            write_in_place(&path, b"new").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        }
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(write_in_place(&link, b"other").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }
}
