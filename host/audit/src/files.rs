//! A log in a directory that belongs to one user.
//!
//! The directory contains `NNNNNNNNNNNNNNNNNNNN.jsonl`, a segment named by its first record;
//! `lock`, held while a record is written; `poisoned`, which says why nothing may be written until
//! the log is verified; and `torn-*`, what crashes left.

use crate::disk::{Disk, SegmentFile, Stat};
use infisical_skill_owners::{Want, check_inside, hand_over, never_follow};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most characters of the reason in the mark.
const MAX_REASON: u64 = 4_096;

/// How long a writer waits for other writers.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// The directory of a log.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    /// Stays open, so that taking the lock is one system call.
    lock: Mutex<Option<Arc<File>>>,
}

impl Files {
    /// The log in this directory. The first record creates the directory, for this user alone.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, lock: Mutex::new(None) }
    }

    /// The directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, segment: u64) -> PathBuf {
        self.folder.join(format!("{segment:020}.jsonl"))
    }

    /// Opens a file of ours in the directory. If root creates one, it gives it to the directory's
    /// owner, who couldn't write to it otherwise.
    fn open_file(&self, options: &OpenOptions, path: &Path) -> io::Result<File> {
        let file = options.open(path)?;
        hand_over(&file, &self.folder)?;
        Ok(file)
    }

    fn mark(&self) -> PathBuf {
        self.folder.join("poisoned")
    }

    fn lock_file(&self) -> io::Result<Arc<File>> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.join("lock");
        // Somebody may have moved the directory away and created another one. Then a new writer
        // locks the file in the new directory.
        let is_there = |file: &File| Ok::<_, io::Error>(stat(&file.metadata()?) == stat(&fs::metadata(&path)?));
        if let Some(file) = lock.as_ref().filter(|file| is_there(file).unwrap_or(false)) {
            return Ok(Arc::clone(file));
        }
        make_folder(&self.folder)?;
        check_folder(&self.folder)?;
        let file = Arc::new(self.open_file(private().create(true).truncate(false), &path)?);
        *lock = Some(Arc::clone(&file));
        Ok(file)
    }
}

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub struct Locked(Arc<File>);

impl Drop for Locked {
    fn drop(&mut self) {
        // The handle that shares the lock stays open. If this fails, the next writer waits and
        // reports it.
        let _ = self.0.unlock();
    }
}

impl Disk for Files {
    type File = Segment;
    type Lock<'a> = Locked;

    fn lock(&self) -> io::Result<Locked> {
        let began = Instant::now();
        let mut pause = Duration::from_micros(20);
        loop {
            if let Some(locked) = self.try_lock()? {
                return Ok(locked);
            }
            // The holder of the lock writes one line. A holder that keeps the lock is stuck. It
            // must not block everybody, and least of all the kill switch.
            if began.elapsed() > MAX_WAIT {
                let reason = "another process holds its lock and doesn't release it";
                return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(2));
        }
    }

    fn try_lock(&self) -> io::Result<Option<Locked>> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Locked(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn segments(&self) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut segments = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let digits = name.to_str().and_then(|name| name.strip_suffix(".jsonl")).filter(|name| name.len() == 20);
            segments.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
        }
        segments.sort_unstable();
        Ok(segments)
    }

    fn stat(&self, segment: u64) -> io::Result<Option<Stat>> {
        match fs::symlink_metadata(self.path(segment)) {
            Ok(metadata) => Ok(Some(stat(&metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open(&self, segment: u64) -> io::Result<Segment> {
        let path = self.path(segment);
        // Check before opening: an open would wait for a pipe, and a link leads elsewhere.
        check_regular(&path, &fs::symlink_metadata(&path)?)?;
        let file = private().append(true).open(&path)?;
        check_inside(&self.folder, &path, &file.metadata()?, Want::File)?;
        Ok(Segment(file))
    }

    fn read(&self, segment: u64, offset: u64) -> io::Result<Vec<u8>> {
        let path = self.path(segment);
        check_regular(&path, &fs::symlink_metadata(&path)?)?;
        Segment(for_reading().open(&path)?).read_from(offset)
    }

    fn create(&self, segment: u64) -> io::Result<Segment> {
        let file = self.open_file(private().append(true).create_new(true), &self.path(segment))?;
        file.sync_all()?;
        sync_folder(&self.folder)?;
        Ok(Segment(file))
    }

    fn rewrite(&self, segment: u64, content: &[u8]) -> io::Result<()> {
        let new = self.folder.join("rewritten");
        // An earlier attempt may have left it. We hold the lock, so nobody else writes it.
        remove(&new)?;
        let mut file = self.open_file(private().create_new(true), &new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, self.path(segment))?;
        sync_folder(&self.folder)
    }

    fn set_aside(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.open_file(private().create_new(true), &self.folder.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        sync_folder(&self.folder)
    }

    fn poisoned(&self) -> io::Result<Option<String>> {
        let file = match for_reading().open(self.mark()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut reason = String::new();
        file.take(MAX_REASON).read_to_string(&mut reason)?;
        Ok(Some(reason))
    }

    fn poison(&self, reason: &str) -> io::Result<()> {
        match self.open_file(private().create_new(true), &self.mark()) {
            // The first reason counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            file => {
                let mut file = file?;
                file.write_all(reason.as_bytes())?;
                file.sync_all()?;
                sync_folder(&self.folder)
            }
        }
    }

    fn absolve(&self) -> io::Result<()> {
        remove(&self.mark())?;
        sync_folder(&self.folder)
    }
}

/// The file of a segment.
#[derive(Debug)]
pub struct Segment(File);

impl SegmentFile for Segment {
    fn stat(&self) -> io::Result<Stat> {
        Ok(stat(&self.0.metadata()?))
    }

    fn read_from(&self, offset: u64) -> io::Result<Vec<u8>> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.0).write_all(bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

fn private() -> OpenOptions {
    let mut options = for_reading();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Doesn't follow a link, which could lead out of the directory.
fn for_reading() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    never_follow(&mut options);
    options
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if fs::symlink_metadata(folder).is_ok() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    match folder.parent() {
        Some(parent) => hand_over(&for_reading().open(folder)?, parent),
        None => Ok(()),
    }
}

/// Refuses a directory in which other users could put files, and a link to one.
fn check_folder(folder: &Path) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(folder);
    Ok(check_inside(parent, folder, &fs::symlink_metadata(folder)?, Want::Folder)?)
}

fn check_regular(path: &Path, metadata: &fs::Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} isn't a regular file", path.display())))
}

fn stat(metadata: &fs::Metadata) -> Stat {
    #[cfg(unix)]
    let identity = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let identity = 0;
    Stat { len: metadata.len(), identity }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A new or renamed file survives a power cut only if its directory is synced, too.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
