//! The system calls behind a log, as a trait, so that a test can make each of them fail.

use std::io;

/// The state of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// The length in bytes.
    pub len: u64,
    /// Tells this file from another file of the same name. It is the inode, if the system has
    /// inodes.
    pub identity: u64,
}

/// The place of a log. It holds segments (named by the number of their first record), a lock, and a
/// mark that the log is poisoned.
pub trait Disk: Send + Sync {
    /// An open segment.
    type File: SegmentFile;
    /// Holds the lock until it is dropped.
    type Lock<'a>
    where
        Self: 'a;

    /// Waits for the lock, which all processes share.
    ///
    /// # Errors
    /// If the lock can't be taken.
    fn lock(&self) -> io::Result<Self::Lock<'_>>;

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// If the lock can't be taken, for another reason than that somebody holds it.
    fn try_lock(&self) -> io::Result<Option<Self::Lock<'_>>>;

    /// Lists the segments in order.
    ///
    /// # Errors
    /// If they can't be listed.
    fn segments(&self) -> io::Result<Vec<u64>>;

    /// Returns the state of a segment. `None` if the segment doesn't exist.
    ///
    /// # Errors
    /// If the state is unknown.
    fn stat(&self, segment: u64) -> io::Result<Option<Stat>>;

    /// Opens a segment for reading and appending.
    ///
    /// # Errors
    /// If it can't be opened, or if other users could write to it.
    fn open(&self, segment: u64) -> io::Result<Self::File>;

    /// Reads a segment from an offset to its end. This needs no permission to write, because
    /// evidence may be on a read-only disk.
    ///
    /// # Errors
    /// If it can't be read.
    fn read(&self, segment: u64, offset: u64) -> io::Result<Vec<u8>>;

    /// Creates a segment. When this returns, a power cut can't remove it.
    ///
    /// # Errors
    /// If it can't be created, or exists already.
    fn create(&self, segment: u64) -> io::Result<Self::File>;

    /// Writes a segment anew under the same name. After a failed sync, the disk may not contain
    /// what a read returns.
    ///
    /// # Errors
    /// If that fails. The old segment then stays.
    fn rewrite(&self, segment: u64, content: &[u8]) -> io::Result<()>;

    /// Keeps bytes that belong to no record, under a new name.
    ///
    /// # Errors
    /// If they can't be kept.
    fn set_aside(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Returns why the log is poisoned, if it is.
    ///
    /// # Errors
    /// If that is unknown.
    fn poisoned(&self) -> io::Result<Option<String>>;

    /// Marks the log as poisoned.
    ///
    /// # Errors
    /// If that can't be written.
    fn poison(&self, reason: &str) -> io::Result<()>;

    /// Removes the mark.
    ///
    /// # Errors
    /// If it can't be removed.
    fn absolve(&self) -> io::Result<()>;
}

/// An open segment.
pub trait SegmentFile: Send + Sync {
    /// Returns the state of the segment.
    ///
    /// # Errors
    /// If the state is unknown.
    fn stat(&self) -> io::Result<Stat>;

    /// Reads from an offset to the end.
    ///
    /// # Errors
    /// If it can't be read.
    fn read_from(&self, offset: u64) -> io::Result<Vec<u8>>;

    /// Writes at the end. After an error, a part may have been written.
    ///
    /// # Errors
    /// If not everything could be written.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the segment to this length.
    ///
    /// # Errors
    /// If it can't be cut.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes everything written so far durable (`fdatasync`).
    ///
    /// # Errors
    /// If that fails. Then nothing is known about what was written.
    fn sync(&self) -> io::Result<()>;
}
