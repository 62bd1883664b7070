//! Checks a log from its first record to its last.

use crate::chain::{Head, record};
use crate::clock::{Clock, ClockStep};
use crate::disk::Disk;
use crate::log::LogError;
use crate::scan::{Defect, first_line, scan};
use std::fmt;
use std::io;
use std::time::Duration;

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The first record that is still there. 0 if there is none.
    pub first: u64,
    /// The last good record.
    pub head: Head,
    /// The number of good records.
    pub records: u64,
    /// The number of files that contain them.
    pub segments: usize,
    /// The first problem, if there is one.
    pub problem: Option<Problem>,
    /// Why nothing may be written, if the log is poisoned.
    pub poisoned: Option<String>,
    /// Where time runs backwards. The machine's clock was set back, or had been ahead. The chain
    /// doesn't depend on it.
    pub clock: Vec<ClockStep>,
}

/// What is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A bad record.
    Bad {
        /// The number of the first bad record.
        record: u64,
        /// What is wrong with the record.
        defect: Defect,
    },
    /// A record that is in the chain, but isn't written as this program writes records.
    Foreign {
        /// The number of the first such record.
        record: u64,
    },
    /// The log ends before the noted head. It was cut off, or an old copy was put back.
    CutOff {
        /// The number of the last record.
        last: u64,
        /// The number of the noted record.
        noted: u64,
    },
    /// Another record has the noted number now. The log was written anew from there or earlier.
    Replaced {
        /// The noted number.
        noted: u64,
    },
    /// The file with the noted record was moved away.
    MovedAway {
        /// The noted number.
        noted: u64,
        /// The number of the first record that is still there.
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

/// Reads the whole log and checks it: against itself and against an earlier head, if one was noted
/// elsewhere. Changes nothing.
///
/// # Errors
/// If the log can't be read.
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
            // Somebody may be writing at this moment.
            std::thread::sleep(Duration::from_millis(5));
            bytes = disk.read(segment, 0)?;
            scanned = scan(&bytes, before);
        }
        let begins = match before {
            Some(before) => before.seq + 1,
            // Earlier segments were moved away. The log begins with the first record of this one
            // or, if that is bad, where its name says.
            None if scanned.records == 0 => segment,
            None => scanned.head.seq + 1 - scanned.records,
        };
        let misplaced = begins != segment && !(bytes.is_empty() && is_last);
        if misplaced {
            found.problem = Some(Problem::Bad { record: begins.min(segment), defect: Defect::OutOfOrder });
            return Ok(found);
        }
        // A first file without a good record could begin anywhere. The writer doesn't continue it,
        // so it isn't sound.
        if before.is_none() && scanned.records == 0 && scanned.defect == Some(Defect::Torn) {
            found.problem = Some(Problem::Bad { record: segment, defect: Defect::OutOfOrder });
            return Ok(found);
        }
        let good = bytes.get(..scanned.good).unwrap_or_default();
        let (foreign, is_noted) = check_record(good, noted, &mut clock);
        found.records += scanned.records;
        found.head = scanned.head;
        found.problem = match (foreign, scanned.defect) {
            (Some(record), _) => Some(Problem::Foreign { record }),
            // Only the last file can be torn, because each file is on the disk before the next one
            // begins.
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

/// Finds the first record that isn't written as ours are, and checks that the noted record is the
/// one that was noted.
fn check_record(mut lines: &[u8], noted: Option<Head>, clock: &mut Clock) -> (Option<u64>, Option<bool>) {
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

/// Returns the record that a poisoned log lost, if that is the reason, and if it isn't there again.
///
/// # Errors
/// If the log can't be read.
pub fn lost<D: Disk>(disk: &D, reason: &str) -> io::Result<Option<Head>> {
    let Some(lost) = crate::log::lost_head(reason) else { return Ok(None) };
    let problem = verify(disk, Some(lost))?.problem;
    Ok(matches!(problem, Some(Problem::CutOff { .. } | Problem::Replaced { .. })).then_some(lost))
}

/// Opens a poisoned log again if all its records are good. It writes the last file anew, because
/// after a failed sync nobody knows what of it is on the disk.
///
/// # Errors
/// [`LogError`]. The log stays closed then.
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
