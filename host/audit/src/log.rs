//! Appends records from several processes, through crashes, full disks and failed syncs.

use crate::chain::{self, Head};
use crate::disk::{Disk, SegmentFile};
use crate::record::{Event, Recovery};
use crate::scan::{Defect, scan};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// When a record counts as recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As soon as it is in the file. It survives the end of the process. A power cut can take it
    /// until the next sync.
    InTheFile,
    /// As soon as it is on the disk. It survives a power cut. Threads that want this at the same
    /// time share a sync.
    OnTheDisk,
}

/// How many bytes a segment may have before the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation(pub u64);

impl Default for Rotation {
    /// 2 MiB. A process reads that much when it opens a log, in a few milliseconds.
    fn default() -> Self {
        Self(2 * 1024 * 1024)
    }
}

/// Why an event isn't recorded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LogError {
    /// A write failed. Its part is removed, now or before the next record. The log is read again
    /// before the next record.
    Io(io::Error),
    /// A sync failed, or existing records are gone. Nothing is written until a person has verified
    /// the log.
    Poisoned(String),
    /// The log is damaged from this record on.
    Broken {
        /// The first bad record.
        record: u64,
        /// What is wrong with the record.
        defect: Defect,
    },
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "it can't be written: {error}"),
            Self::Poisoned(reason) => write!(f, "it is closed until somebody verifies it: {reason}"),
            Self::Broken { record, defect } => write!(f, "record {record} is bad: {defect}"),
        }
    }
}

impl std::error::Error for LogError {}

impl From<io::Error> for LogError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What the mark says about a missing record, between its number and its head.
const GONE: &str = ", which was written, is gone: the log was cut off, or an old copy put back. Its head was ";

/// Returns the missing record, if the mark is about one.
pub(crate) fn lost_head(reason: &str) -> Option<Head> {
    reason.split_once(GONE)?.1.parse().ok()
}

/// A log to append to.
pub struct Log<D: Disk> {
    disk: D,
    rotation: Rotation,
    tail: Mutex<Tail<D::File>>,
    /// The last record that is known to be on the disk.
    durable: AtomicU64,
    /// Held by the thread that syncs for all.
    syncing: Mutex<()>,
    /// Why the log is poisoned, as long as the mark couldn't be written.
    unmarked: Mutex<Option<String>>,
}

/// What is known about the end of the log.
enum Tail<F> {
    /// Not read, or not reliable. The head is the last one that was known.
    Closed(Head),
    Open(Open<F>),
}

struct Open<F> {
    segment: u64,
    file: Arc<F>,
    identity: u64,
    len: u64,
    head: Head,
}

/// Where a record was written.
struct Written<F> {
    head: Head,
    file: Arc<F>,
}

impl<D: Disk> Log<D> {
    /// Creates a log. It is read when the first record is written.
    pub fn new(disk: D, rotation: Rotation) -> Self {
        Self {
            disk,
            rotation,
            tail: Mutex::new(Tail::Closed(Head::GENESIS)),
            durable: AtomicU64::new(0),
            syncing: Mutex::default(),
            unmarked: Mutex::default(),
        }
    }

    /// The place of the log.
    pub fn disk(&self) -> &D {
        &self.disk
    }

    /// Writes a record. Waits for other writers.
    ///
    /// # Errors
    /// [`LogError`]. The record isn't written then.
    pub fn append(&self, time: &str, event: &Event, durability: Durability) -> Result<Head, LogError> {
        let mut tail = lock(&self.tail);
        let lock = self.disk.lock()?;
        let written = self.append_locked(&mut tail, time, event)?;
        drop((lock, tail));
        self.acknowledge(&written, durability)
    }

    /// Writes a record to the file, unless that means to wait for others. Then it returns `None`.
    ///
    /// # Errors
    /// [`LogError`]. The record isn't written then.
    pub fn try_append(&self, time: &str, event: &Event) -> Option<Result<Head, LogError>> {
        let mut tail = match self.tail.try_lock() {
            Ok(tail) => tail,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        // The first record reads the log.
        if matches!(*tail, Tail::Closed(_)) {
            return None;
        }
        let _lock = match self.disk.try_lock() {
            Ok(Some(lock)) => lock,
            Ok(None) => return None,
            Err(error) => return Some(Err(error.into())),
        };
        Some(self.append_locked(&mut tail, time, event).map(|written| written.head))
    }

    /// Puts everything in the file on the disk.
    ///
    /// # Errors
    /// [`LogError::Poisoned`] if that fails.
    pub fn sync(&self) -> Result<(), LogError> {
        let written = match &*lock(&self.tail) {
            Tail::Closed(_) => return Ok(()),
            Tail::Open(open) => Written { head: open.head, file: Arc::clone(&open.file) },
        };
        self.acknowledge(&written, Durability::OnTheDisk).map(drop)
    }

    /// Whether the file contains something that may not be on the disk.
    pub fn is_behind(&self) -> bool {
        match &*lock(&self.tail) {
            Tail::Closed(_) => false,
            Tail::Open(open) => open.head.seq > self.durable.load(Ordering::Acquire),
        }
    }

    fn acknowledge(&self, written: &Written<D::File>, durability: Durability) -> Result<Head, LogError> {
        if durability == Durability::OnTheDisk && self.durable.load(Ordering::Acquire) < written.head.seq {
            let _turn = lock(&self.syncing);
            if self.durable.load(Ordering::Acquire) < written.head.seq {
                // The sync also covers what others wrote to the same file meanwhile.
                let seq = match &*lock(&self.tail) {
                    Tail::Open(open) if Arc::ptr_eq(&open.file, &written.file) => open.head.seq,
                    _ => written.head.seq,
                };
                if let Err(error) = written.file.sync() {
                    return Err(self.poison(format!("a sync failed: {error}")));
                }
                self.durable.fetch_max(seq, Ordering::AcqRel);
            }
        }
        Ok(written.head)
    }

    /// Closes the log until somebody verifies it.
    fn poison(&self, reason: String) -> LogError {
        if self.disk.poison(&reason).is_err() {
            // The mark can't be written. This process remembers the reason and tries again.
            lock(&self.unmarked).get_or_insert_with(|| reason.clone());
        }
        LogError::Poisoned(reason)
    }

    fn check_poison(&self) -> Result<(), LogError> {
        let mut unmarked = lock(&self.unmarked);
        if let Some(reason) = unmarked.clone() {
            if self.disk.poison(&reason).is_ok() {
                *unmarked = None;
            }
            return Err(LogError::Poisoned(reason));
        }
        match self.disk.poisoned()? {
            Some(reason) => Err(LogError::Poisoned(reason)),
            None => Ok(()),
        }
    }

    /// Everything from here on holds the lock that all processes share.
    fn append_locked(&self, tail: &mut Tail<D::File>, time: &str, event: &Event) -> Result<Written<D::File>, LogError> {
        let before = match tail {
            Tail::Closed(head) => *head,
            Tail::Open(open) => open.head,
        };
        let written = self.write(tail, time, event);
        match &written {
            Ok(_) => {}
            // Once a person has verified the log, the result counts, and not what this process
            // knew.
            Err(LogError::Poisoned(_)) => *tail = Tail::Closed(Head::GENESIS),
            // Read the log again before anything else is written.
            Err(_) => *tail = Tail::Closed(before),
        }
        written
    }

    fn write(&self, tail: &mut Tail<D::File>, time: &str, event: &Event) -> Result<Written<D::File>, LogError> {
        self.check_poison()?;
        let mut open = match std::mem::replace(tail, Tail::Closed(Head::GENESIS)) {
            Tail::Closed(known) => self.open(known, time)?,
            Tail::Open(open) => {
                let known = open.head;
                match self.catch_up(open)? {
                    Some(open) => open,
                    None => self.open(known, time)?,
                }
            }
        };
        if open.len >= self.rotation.0 {
            open = self.rotate(&open)?;
        }
        self.put(&mut open, time, event)?;
        let written = Written { head: open.head, file: Arc::clone(&open.file) };
        *tail = Tail::Open(open);
        Ok(written)
    }

    fn put(&self, open: &mut Open<D::File>, time: &str, event: &Event) -> Result<(), LogError> {
        let (line, head) = chain::line(open.head, self.durable.load(Ordering::Acquire), time, event)?;
        if let Err(error) = open.file.append(&line) {
            // A part may have been written. If it can't be cut off now, the next writer finds it
            // torn.
            let _ = open.file.set_len(open.len);
            return Err(error.into());
        }
        open.len += line.len() as u64;
        open.head = head;
        Ok(())
    }

    /// Reads what others have written since. `None` if it is another file, or contains more than
    /// new records.
    fn catch_up(&self, mut open: Open<D::File>) -> Result<Option<Open<D::File>>, LogError> {
        let Some(stat) = self.disk.stat(open.segment)? else { return Ok(None) };
        if stat.identity != open.identity || stat.len < open.len {
            return Ok(None);
        }
        if stat.len > open.len {
            let new = open.file.read_from(open.len)?;
            let found = scan(&new, Some(open.head));
            if found.defect.is_some() {
                return Ok(None);
            }
            open.len += new.len() as u64;
            open.head = found.head;
        }
        // Whoever began the next segment has synced this one, and named the next one by its first
        // record.
        Ok(self.disk.stat(open.head.seq + 1)?.is_none().then_some(open))
    }

    /// Reads the log from the segment that contains `known` to the end.
    fn open(&self, known: Head, time: &str) -> Result<Open<D::File>, LogError> {
        let segments = self.disk.segments()?;
        let Some(last) = segments.last().copied() else {
            if known != Head::GENESIS {
                return Err(self.gone(known));
            }
            return self.begin(Head::GENESIS);
        };
        let from = if known.seq == 0 { last } else { known.seq };
        let first = segments.iter().rposition(|segment| *segment <= from).unwrap_or(0);
        let (earlier, later) = segments.split_at(first);
        let mut before = match earlier.last() {
            Some(segment) => Some(self.last_of(*segment)?),
            None if later.first() == Some(&1) => Some(Head::GENESIS),
            // The segments before were moved away.
            None => None,
        };
        // A record that was moved to an archive can't be looked for.
        let mut seen_known = known.seq < later.first().copied().unwrap_or_default();
        for segment in later.iter().copied() {
            let file = self.disk.open(segment)?;
            let bytes = file.read_from(0)?;
            let found = scan(&bytes, before);
            let head = if found.records == 0 { before.unwrap_or(Head::GENESIS) } else { found.head };
            let broken = |defect| Err(LogError::Broken { record: head.seq + 1, defect });
            let begins_right = before.map_or(found.head.seq + 1 - found.records, |before| before.seq + 1) == segment;
            if !begins_right || (found.records == 0 && before.is_none()) {
                return Err(LogError::Broken { record: segment, defect: Defect::OutOfOrder });
            }
            seen_known = seen_known || chain::holds(&bytes, known);
            let mut open =
                Open { segment, identity: file.stat()?.identity, len: bytes.len() as u64, file: Arc::new(file), head };
            match found.defect {
                None => {}
                Some(Defect::Torn) if segment == last => {
                    // A record that was acknowledged before can't be torn.
                    if !seen_known {
                        return Err(self.gone(known));
                    }
                    let torn = bytes.get(found.good..).unwrap_or_default();
                    self.cut(&mut open, found.good as u64, torn, time)?;
                }
                Some(defect) => return broken(defect),
            }
            if segment == last {
                if !seen_known {
                    return Err(self.gone(known));
                }
                // Other writers may have been killed before they synced. After this sync, each
                // record vouches for all before this process. If one of them is changed later,
                // nobody can mistake it for the result of a crash.
                if let Err(error) = open.file.sync() {
                    return Err(self.poison(format!("a sync failed: {error}")));
                }
                self.durable.fetch_max(open.head.seq, Ordering::AcqRel);
                return Ok(open);
            }
            before = Some(open.head);
        }
        Err(LogError::Io(io::Error::other("the log has no last file")))
    }

    fn gone(&self, known: Head) -> LogError {
        self.poison(format!("record {}{GONE}{known}", known.seq))
    }

    /// Returns the last record of a segment that isn't the last segment.
    fn last_of(&self, segment: u64) -> Result<Head, LogError> {
        let file = self.disk.open(segment)?;
        let len = file.stat()?.len;
        let bytes = file.read_from(len.saturating_sub(chain::MAX_LINE as u64))?;
        let broken = || LogError::Broken { record: segment, defect: Defect::Damaged };
        let bytes = bytes.strip_suffix(b"\n").ok_or_else(broken)?;
        let line = bytes.rsplit(|byte| *byte == b'\n').next().ok_or_else(broken)?;
        Ok(chain::Frame::read(line).ok_or_else(broken)?.head())
    }

    /// Cuts off what a crash left, keeps it, and records that.
    fn cut(&self, open: &mut Open<D::File>, good: u64, torn: &[u8], time: &str) -> Result<(), LogError> {
        let stamp: String = time.chars().filter(char::is_ascii_digit).collect();
        let base = format!("torn-{:020}-{stamp}", open.head.seq + 1);
        // A file of that name may come from an attempt that was interrupted. Only what this attempt
        // wrote counts.
        let names = std::iter::once(base.clone()).chain((2..100).map(|attempt| format!("{base}-{attempt}")));
        let mut kept = None;
        for name in names {
            match self.disk.set_aside(&name, torn) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                done => {
                    done?;
                    kept = Some(name);
                    break;
                }
            }
        }
        let kept = kept.ok_or_else(|| io::Error::from(io::ErrorKind::AlreadyExists))?;
        open.file.set_len(good)?;
        open.len = good;
        let recovery = Event::Recovery(Recovery::TornTail { bytes: torn.len() as u64, kept });
        self.put(open, time, &recovery)
    }

    /// Begins a segment. It syncs the one before first, so that only the last segment can be torn.
    fn rotate(&self, open: &Open<D::File>) -> Result<Open<D::File>, LogError> {
        if let Err(error) = open.file.sync() {
            return Err(self.poison(format!("a sync failed: {error}")));
        }
        self.durable.fetch_max(open.head.seq, Ordering::AcqRel);
        self.begin(open.head)
    }

    fn begin(&self, head: Head) -> Result<Open<D::File>, LogError> {
        let segment = head.seq + 1;
        let file = self.disk.create(segment)?;
        let identity = file.stat()?.identity;
        Ok(Open { segment, file: Arc::new(file), identity, len: 0, head })
    }
}

impl<D: Disk> Drop for Log<D> {
    fn drop(&mut self) {
        // If this fails, it leaves the mark.
        let _ = self.sync();
    }
}

impl<D: Disk> fmt::Debug for Log<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log(..)")
    }
}

/// If a thread panics, everything that it left half-done is read again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
