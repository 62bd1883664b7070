//! Files that only this user can access, written completely or not at all.

use infisical_skill_owners::{Want, check_open, hand_over, never_follow};
use infisical_skill_policy::switch::Millis;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

/// How long to wait for a lock. A process holds one only to write a few lines.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Creates a directory for this user alone, with its parents.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Refuses a directory that neither this user nor root owns, or in which other users could create
/// files.
pub(crate) fn check_folder(folder: &Path) -> io::Result<()> {
    Ok(check_open(folder, &fs::metadata(folder)?, Want::Folder)?)
}

/// Creates a new file. If several processes try, one succeeds and the others get
/// [`io::ErrorKind::AlreadyExists`].
pub(crate) fn create_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private().create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_parent(path)
}

/// Writes a file atomically and replaces an existing one. A reader sees the old or the new content,
/// never a mixture.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension(format!("new-{}-{:08x}", std::process::id(), random_suffix()));
    let written = private().create_new(true).open(&new).and_then(|mut file| {
        give(&file, path)?;
        file.write_all(bytes)?;
        file.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&new, path)).and_then(|()| sync_parent(path));
    if placed.is_err() {
        // A temporary file left over from a failed write is useless.
        let _ = fs::remove_file(&new);
    }
    placed
}

/// Reads a file of at most `max` bytes. A missing file gives `None`. A link, a pipe, a larger file,
/// another user's file, or one that others may change is an error.
pub(crate) fn read(path: &Path, max: u64) -> io::Result<Option<Vec<u8>>> {
    let refused = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{} {reason}", path.display()));
    // Checked before opening: opening a pipe would block.
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.is_file() => return Err(refused("isn't a regular file")),
        Ok(_) => {}
    }
    let file = match for_reading().open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let metadata = file.metadata()?;
    check_open(path, &metadata, Want::File)?;
    if metadata.len() > max {
        return Err(refused("isn't a file of ours"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max { Err(refused("isn't a file of ours")) } else { Ok(Some(bytes)) }
}

/// When a file was last written, in milliseconds since 1970.
pub(crate) fn written(path: &Path) -> Option<Millis> {
    let since = fs::symlink_metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

/// Removes a file. A missing file is no error.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.and_then(|()| sync_parent(path)),
    }
}

/// Opens a lock file, creates it if necessary, and locks it. Dropping the file releases the lock.
///
/// # Errors
///
/// If another process keeps the lock: a suspended process must not block this one.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    let file = private().create(true).truncate(false).open(path)?;
    give(&file, path)?;
    check_open(path, &file.metadata()?, Want::File)?;
    let (began, mut pause) = (Instant::now(), Duration::from_micros(50));
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if began.elapsed() > MAX_WAIT => {
                let reason = format!("another process holds {} and doesn't release it", path.display());
                return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(2));
    }
}

/// Gives a file that root created to the owner of its directory, who couldn't read it otherwise.
fn give(file: &File, path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| hand_over(file, folder))
}

/// Follows no link, because it may lead out of the directory.
fn for_reading() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    never_follow(&mut options);
    options
}

fn private() -> OpenOptions {
    let mut options = for_reading();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A created or renamed file survives a power cut only if its directory is synced, too.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        #[cfg(unix)]
        Some(folder) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn random_suffix() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    // Not a secret: it tells the threads of one process apart.
    u32::try_from(RandomState::new().hash_one(std::thread::current().id()) & 0xffff_ffff).unwrap_or_default()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn written_files_are_private_to_the_user() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b, inner) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("x/y"));
        create_new(&a, b"1").unwrap();
        replace(&b, b"1").unwrap();
        replace(&b, b"2").unwrap();
        make_folder(&inner).unwrap();
        assert_eq!((mode(&a), mode(&b), mode(&inner)), (0o600, 0o600, 0o700));
        assert_eq!(read(&b, 10).unwrap().unwrap(), b"2");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left over");
    }

    #[test]
    fn concurrent_writers_use_different_temporary_files() {
        assert_ne!(random_suffix(), random_suffix());
    }

    #[test]
    fn creates_a_file_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        create_new(&path, b"1").unwrap();
        assert_eq!(create_new(&path, b"2").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&path, 10).unwrap().unwrap(), b"1");
    }

    #[test]
    fn failed_removal_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        remove(&path).unwrap();
        create_new(&path, b"1").unwrap();
        remove(&path).unwrap();
        assert!(!path.exists());
        assert!(remove(folder.path()).is_err(), "a folder");
        create_new(&path, b"1").unwrap();
        assert!(remove(&path.join("below")).is_err(), "which isn't the same as not being there");
    }

    #[test]
    fn lock_times_out_if_kept_and_succeeds_if_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let kept = lock(&path).unwrap();
        let refused = lock(&path).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        assert!(refused.to_string().contains("doesn't release it"), "{refused}");
        let waiting = std::thread::spawn(move || lock(&path).map(drop));
        drop(kept);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn refuses_to_read_files_that_are_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert!(read(&path, 10).unwrap().is_none());
        create_new(&path, b"12345").unwrap();
        assert!(read(&path, 4).is_err(), "too large");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(read(&path, 10).is_err(), "others may change it");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(read(&link, 10).is_err(), "a link");
        assert!(read(folder.path(), 10).is_err(), "a folder");
        assert!(read(&path.join("below"), 10).is_err(), "which isn't the same as not being there");
        assert!(check_folder(folder.path()).is_ok());
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(check_folder(folder.path()).is_err());
    }

    #[test]
    fn reads_files_up_to_the_limit_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        assert_eq!(read(&path, 4).unwrap(), None);
        replace(&path, b"1234").unwrap();
        assert_eq!(read(&path, 4).unwrap().as_deref(), Some(&b"1234"[..]));
        assert!(read(&path, 3).is_err(), "a byte too many");
        assert!(read(folder.path(), 4).is_err(), "a folder");
        replace(&path, b"").unwrap();
        assert_eq!(read(&path, 0).unwrap().as_deref(), Some(&b""[..]));
    }
}
