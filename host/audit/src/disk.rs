//! The system calls behind a log. A trait, so that each of them can be made to fail in a test.

use std::io;

/// How a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Its length, in bytes.
    pub len: u64,
    /// What tells it from another file of the same name: its inode, where there is such a thing.
    pub identity: u64,
}

/// Where a log is kept: segments (named by the number of their first record), a lock, a mark that says that the log is poisoned.
pub trait Disk: Send + Sync {
    /// A segment, open.
    type File: SegmentFile;
    /// What holds the lock until it is dropped.
    type Lock<'a>
    where
        Self: 'a;

    /// Waits for the lock over all processes.
    ///
    /// # Errors
    /// If it can't be had.
    fn lock(&self) -> io::Result<Self::Lock<'_>>;

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// If it can't be had, whoever holds it.
    fn try_lock(&self) -> io::Result<Option<Self::Lock<'_>>>;

    /// The segments, in order.
    ///
    /// # Errors
    /// If they can't be listed.
    fn segments(&self) -> io::Result<Vec<u64>>;

    /// How a segment stands; `None` if there is none of this number.
    ///
    /// # Errors
    /// If that can't be told.
    fn stat(&self, segment: u64) -> io::Result<Option<Stat>>;

    /// Opens a segment to read and append.
    ///
    /// # Errors
    /// If it can't be opened, or others could write to it.
    fn open(&self, segment: u64) -> io::Result<Self::File>;

    /// Everything of a segment from an offset to the end. Needs no right to write: evidence may be on a disk that can't be written.
    ///
    /// # Errors
    /// If it can't be read.
    fn read(&self, segment: u64, offset: u64) -> io::Result<Vec<u8>>;

    /// Makes a segment. When this returns, it is there after a power cut too.
    ///
    /// # Errors
    /// If it can't be made, or is there already.
    fn create(&self, segment: u64) -> io::Result<Self::File>;

    /// Writes a segment anew, under the same name: after a failed sync, what is read isn't always what is on the disk.
    ///
    /// # Errors
    /// If that fails. The old one stays then.
    fn rewrite(&self, segment: u64, content: &[u8]) -> io::Result<()>;

    /// Keeps bytes that belong to no record, under a name that isn't taken.
    ///
    /// # Errors
    /// If they can't be kept.
    fn set_aside(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Why the log is poisoned, if it is.
    ///
    /// # Errors
    /// If that can't be told.
    fn poisoned(&self) -> io::Result<Option<String>>;

    /// Marks the log as poisoned.
    ///
    /// # Errors
    /// If that can't be written.
    fn poison(&self, reason: &str) -> io::Result<()>;

    /// Takes the mark away.
    ///
    /// # Errors
    /// If it can't be taken away.
    fn absolve(&self) -> io::Result<()>;
}

/// A segment, open.
pub trait SegmentFile: Send + Sync {
    /// How it stands.
    ///
    /// # Errors
    /// If that can't be told.
    fn stat(&self) -> io::Result<Stat>;

    /// Everything from an offset to the end.
    ///
    /// # Errors
    /// If it can't be read.
    fn read_from(&self, offset: u64) -> io::Result<Vec<u8>>;

    /// Writes at the end. After an error, a part may be there.
    ///
    /// # Errors
    /// If not all of it could be written.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts it off.
    ///
    /// # Errors
    /// If it can't be cut.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes what was written durable (`fdatasync`).
    ///
    /// # Errors
    /// If that failed. Nothing can be said about what was written then.
    fn sync(&self) -> io::Result<()>;
}
