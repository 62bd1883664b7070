//! Checking a log from its first record to its last.

use crate::chain::{Head, record};
use crate::clock::{Clock, ClockStep};
use crate::disk::Disk;
use crate::log::LogError;
use crate::scan::{Defect, first_line, scan};
use std::fmt;
use std::io;
use std::time::Duration;

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The first record that is kept; 0 if there is none.
    pub first: u64,
    /// The last good record.
    pub head: Head,
    /// How many good records there are.
    pub records: u64,
    /// How many files they are in.
    pub segments: usize,
    /// What is wrong, if something is: the first thing.
    pub problem: Option<Problem>,
    /// Why nothing may be written, if that is so.
    pub poisoned: Option<String>,
    /// Where time runs backwards: the machine's clock was set back, or had been ahead. The chain doesn't depend on it.
    pub clock: Vec<ClockStep>,
}

/// What is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A bad record.
    Bad {
        /// The first one.
        record: u64,
        /// What is wrong with it.
        defect: Defect,
    },
    /// A record that is in the chain, but that this program doesn't write.
    Foreign {
        /// The first one.
        record: u64,
    },
    /// The log ends before the noted head: it was cut off, or an old copy was put back.
    CutOff {
        /// The last record that is there.
        last: u64,
        /// The one that was noted.
        noted: u64,
    },
    /// The record that was noted is another one now: the log was written anew from there or before.
    Replaced {
        /// Which.
        noted: u64,
    },
    /// The noted record is in a file that isn't here any more.
    MovedAway {
        /// Which.
        noted: u64,
        /// The first record that is here.
        first: u64,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bad { record, defect } => write!(f, "record {record} is bad: {defect}"),
            Self::Foreign { record } => {
                write!(
                    f,
                    "record {record} is bad: its hash is right, but it isn't written as this program writes records"
                )
            }
            Self::CutOff { last, noted } => write!(
                f,
                "the log ends with record {last}, and record {noted} was noted: it was cut off, or an old copy was put back"
            ),
            Self::Replaced { noted } => {
                write!(f, "record {noted} isn't the one that was noted: the log was written anew from there or before")
            }
            Self::MovedAway { noted, first } => write!(
                f,
                "record {noted}, which was noted, isn't here: the log begins with record {first}. Put the older files back to check it"
            ),
        }
    }
}

impl Verification {
    /// Whether all records are good, apart from what a crash left after the last one.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        matches!(self.problem, None | Some(Problem::Bad { defect: Defect::Torn, .. }))
    }
}

/// Reads the whole log and checks it: against itself and, if one was noted elsewhere, against an earlier head. Changes nothing.
///
/// # Errors
/// If it can't be read.
pub fn verify<D: Disk>(disk: &D, noted: Option<Head>) -> io::Result<Verification> {
    let segments = disk.segments()?;
    let mut found = Verification {
        first: segments.first().copied().unwrap_or_default(),
        head: Head::GENESIS,
        records: 0,
        segments: segments.len(),
        problem: None,
        poisoned: disk.poisoned()?,
        clock: Vec::new(),
    };
    let mut clock = Clock::default();
    let mut before = (found.first <= 1).then_some(Head::GENESIS);
    let mut seen_noted = noted.is_none_or(|noted| noted.seq == 0);
    for (at, segment) in segments.iter().copied().enumerate() {
        let is_last = at + 1 == segments.len();
        let mut bytes = disk.read(segment, 0)?;
        let mut scanned = scan(&bytes, before);
        if is_last && scanned.defect == Some(Defect::Torn) {
            // Somebody may be writing just now.
            std::thread::sleep(Duration::from_millis(5));
            bytes = disk.read(segment, 0)?;
            scanned = scan(&bytes, before);
        }
        let begins = match before {
            Some(before) => before.seq + 1,
            // What came before was moved away: it begins with its first record or, if that is bad, where it says.
            None if scanned.records == 0 => segment,
            None => scanned.head.seq + 1 - scanned.records,
        };
        let misplaced = begins != segment && !(bytes.is_empty() && is_last);
        if misplaced {
            found.problem = Some(Problem::Bad { record: begins.min(segment), defect: Defect::OutOfOrder });
            return Ok(found);
        }
        // A first file without a good record could begin anywhere: the writer doesn't go on from it, and neither is it called sound.
        if before.is_none() && scanned.records == 0 && scanned.defect == Some(Defect::Torn) {
            found.problem = Some(Problem::Bad { record: segment, defect: Defect::OutOfOrder });
            return Ok(found);
        }
        let good = bytes.get(..scanned.good).unwrap_or_default();
        let (foreign, is_noted) = look(good, noted, &mut clock);
        found.records += scanned.records;
        found.head = scanned.head;
        found.problem = match (foreign, scanned.defect) {
            (Some(record), _) => Some(Problem::Foreign { record }),
            // Only the last file can be torn: the one before is on the disk before the next one begins.
            (None, Some(Defect::Torn)) if !is_last => {
                Some(Problem::Bad { record: found.head.seq + 1, defect: Defect::Damaged })
            }
            (None, Some(defect)) => Some(Problem::Bad { record: found.head.seq.max(begins - 1) + 1, defect }),
            (None, None) => None,
        };
        match is_noted {
            Some(true) => seen_noted = true,
            Some(false) => {
                found.problem.get_or_insert(Problem::Replaced { noted: noted.map_or(0, |noted| noted.seq) });
            }
            None => {}
        }
        if found.problem.is_some() {
            break;
        }
        before = Some(scanned.head);
    }
    if let Some(noted) = noted
        && !seen_noted
        && found.is_sound()
    {
        found.problem = Some(if noted.seq < found.first {
            Problem::MovedAway { noted: noted.seq, first: found.first }
        } else {
            Problem::CutOff { last: found.head.seq, noted: noted.seq }
        });
    }
    found.clock = clock.into_steps();
    Ok(found)
}

/// The first record that isn't written as ours are, and whether the noted one is the one that was noted.
fn look(mut lines: &[u8], noted: Option<Head>, clock: &mut Clock) -> (Option<u64>, Option<bool>) {
    let mut is_noted = None;
    while let Some((line, length)) = first_line(lines) {
        let Some(record) = record(line) else {
            let seq = crate::chain::Frame::read(line).map(|frame| frame.seq);
            return (seq.or(Some(0)), is_noted);
        };
        clock.pass(record.seq, &record.time);
        if let Some(noted) = noted.filter(|noted| noted.seq == record.seq) {
            is_noted = Some(noted.hash == record.hash);
        }
        lines = lines.get(length..).unwrap_or_default();
    }
    (None, is_noted)
}

/// The record that a poisoned log lost, if that is why it is poisoned, and it isn't there again.
///
/// # Errors
/// If the log can't be read.
pub fn lost<D: Disk>(disk: &D, reason: &str) -> io::Result<Option<Head>> {
    let Some(lost) = crate::log::lost_head(reason) else { return Ok(None) };
    let problem = verify(disk, Some(lost))?.problem;
    Ok(matches!(problem, Some(Problem::CutOff { .. } | Problem::Replaced { .. })).then_some(lost))
}

/// Opens a poisoned log again, if all its records are good: the last file is written anew, as after a failed sync nobody knows what of it is on the disk.
///
/// # Errors
/// [`LogError`]: it stays closed then.
pub fn absolve<D: Disk>(disk: &D) -> Result<(), LogError> {
    let _lock = disk.lock()?;
    let found = verify(disk, None)?;
    if let Some(Problem::Bad { record, defect }) = found.problem.filter(|_| !found.is_sound()) {
        return Err(LogError::Broken { record, defect });
    }
    if let Some(problem) = found.problem.filter(|_| !found.is_sound()) {
        return Err(LogError::Poisoned(problem.to_string()));
    }
    if let Some(last) = disk.segments()?.last().copied() {
        disk.rewrite(last, &disk.read(last, 0)?)?;
    }
    Ok(disk.absolve()?)
}
