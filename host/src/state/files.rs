//! Files of this user alone, written whole or not at all.

use infisical_skill_owners::{Want, check_open, hand_over, never_follow};
use infisical_skill_policy::switch::Millis;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

/// How long a lock is waited for. Whoever holds one writes a few lines.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Makes a folder for this user alone, with its parents.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Refuses a folder that isn't this user's or root's, or in which other users could put files.
pub(crate) fn check_folder(folder: &Path) -> io::Result<()> {
    Ok(check_open(folder, &fs::metadata(folder)?, Want::Folder)?)
}

/// Makes a file that isn't there yet. Of several processes, one succeeds; the others get [`io::ErrorKind::AlreadyExists`].
pub(crate) fn create_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private().create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_parent(path)
}

/// Writes a file, in the place of another one if there is one: a reader sees the one or the other, whole.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension(format!("new-{}-{:08x}", std::process::id(), random_suffix()));
    let written = private().create_new(true).open(&new).and_then(|mut file| {
        give(&file, path)?;
        file.write_all(bytes)?;
        file.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&new, path)).and_then(|()| sync_parent(path));
    if placed.is_err() {
        // What is left of an attempt is of no use to anybody.
        let _ = fs::remove_file(&new);
    }
    placed
}

/// Reads a file of at most `max` bytes. Not there is `None`; a link, a pipe, a larger file, another
/// user's or one that others may change is an error.
pub(crate) fn read(path: &Path, max: u64) -> io::Result<Option<Vec<u8>>> {
    let refused = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{} {reason}", path.display()));
    // Before it is opened: a pipe would be waited for.
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

/// Takes a file away. Not there is fine.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.and_then(|()| sync_parent(path)),
    }
}

/// A file to hold a lock on, made if need be. The lock ends with the file.
///
/// # Errors
/// If somebody else doesn't let go of it: a process that was stopped must not stop this one.
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
                let reason = format!("another process holds {} and doesn't let go", path.display());
                return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(2));
    }
}

/// What root makes is the folder's owner's, who couldn't read it otherwise.
fn give(file: &File, path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| hand_over(file, folder))
}

/// No link is followed: it may lead out of the folder.
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

/// What was made or renamed is there after a power cut only if its folder is written, too.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        #[cfg(unix)]
        Some(folder) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn random_suffix() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    // Not a secret: it keeps threads of one process apart.
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
    fn what_is_written_is_this_users_alone() {
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
    fn two_that_write_at_the_same_time_write_two_files() {
        assert_ne!(random_suffix(), random_suffix());
    }

    #[test]
    fn a_file_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        create_new(&path, b"1").unwrap();
        assert_eq!(create_new(&path, b"2").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&path, 10).unwrap().unwrap(), b"1");
    }

    #[test]
    fn what_can_not_be_taken_away_is_not_called_gone() {
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
    fn a_lock_that_another_keeps_is_given_up_and_one_that_is_let_go_is_had() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let kept = lock(&path).unwrap();
        let refused = lock(&path).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        assert!(refused.to_string().contains("doesn't let go"), "{refused}");
        let waiting = std::thread::spawn(move || lock(&path).map(drop));
        drop(kept);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn what_is_not_a_file_of_ours_is_not_read() {
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
    fn a_file_is_read_up_to_its_bound_and_what_is_no_file_is_not() {
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
