//! Checks whole files of lines against the chain.

use crate::chain::{Frame, Head};
use std::fmt;

/// The result of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The last good record.
    pub head: Head,
    /// The length of the good records in bytes, from the beginning.
    pub good: usize,
    /// The number of good records.
    pub records: u64,
    /// What follows them, unless the file ends there.
    pub defect: Option<Defect>,
}

/// What follows the last good record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defect {
    /// A part of a record, or arbitrary bytes from the disk. No later record shows that it was
    /// whole on the disk before. A process or machine that is interrupted while it writes leaves
    /// this.
    Torn,
    /// A line that isn't a record, although the writer of a later record knew it to be on the disk.
    Damaged,
    /// A whole record that isn't the next one: it was doubled, moved or inserted.
    OutOfOrder,
    /// A whole record with the right number that doesn't follow from the one before.
    Unchained,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Torn => "it is torn: its writer was cut off. It was never acknowledged, and is set aside when the next record is written",
            Self::Damaged => "it was changed after it was written",
            Self::OutOfOrder => "another record stands in its place: records were removed, doubled or moved",
            Self::Unchained => "it doesn't follow from the record before it: one of the two was replaced",
        })
    }
}

/// Checks the lines of a file, from the record after `before` on. Without `before`, the first line
/// decides what it follows.
#[must_use]
pub fn scan(bytes: &[u8], before: Option<Head>) -> Scan {
    let mut scan = Scan { head: before.unwrap_or(Head::GENESIS), good: 0, records: 0, defect: None };
    let mut before = before;
    while let Some(rest) = bytes.get(scan.good..).filter(|rest| !rest.is_empty()) {
        let Some((line, length)) = first_line(rest) else {
            scan.defect = Some(Defect::Torn);
            break;
        };
        let Some(frame) = Frame::read(line) else {
            scan.defect = Some(what_follows(rest, scan.head.seq + 1));
            break;
        };
        let expected = *before.get_or_insert(Head { seq: frame.seq.saturating_sub(1), hash: frame.prev });
        if Some(frame.seq) != expected.seq.checked_add(1) {
            scan.defect = Some(Defect::OutOfOrder);
            break;
        }
        if frame.prev != expected.hash {
            scan.defect = Some(Defect::Unchained);
            break;
        }
        before = Some(frame.head());
        scan.head = frame.head();
        scan.good += length;
        scan.records += 1;
    }
    scan
}

/// Returns the first line without its end, and its length with the end.
pub(crate) fn first_line(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..end)?, end + 1))
}

/// Decides whether a crash can have left something else in place of the record `bad`. After a power
/// cut, parts of records that were never acknowledged may exist, in any order. A later record that
/// knew `bad` to be on the disk shows that somebody changed `bad`.
fn what_follows(rest: &[u8], bad: u64) -> Defect {
    let frames = rest.split(|byte| *byte == b'\n').skip(1).filter_map(Frame::read);
    if frames.into_iter().any(|frame| frame.durable >= bad || frame.seq <= bad) {
        Defect::Damaged
    } else {
        Defect::Torn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::line;
    use crate::record::{Act, Caller, Event, Operator};

    /// Lines of records. Each was written by somebody who knew `known` records to be on the disk.
    fn lines(count: u64, known: impl Fn(u64) -> u64) -> Vec<Vec<u8>> {
        let mut head = Head::GENESIS;
        (1..=count)
            .map(|seq| {
                let caller = Caller { session: format!("s{seq}"), ..Caller::default() };
                let event = Event::Operator(Operator {
                    act: Act::WritesOff,
                    caller,
                    plan: None,
                    requests: vec![],
                    until: None,
                    reason: None,
                    approver: None,
                    user: None,
                });
                let (line, next) = line(head, known(seq), "t", &event).unwrap();
                head = next;
                line
            })
            .collect()
    }

    fn defect(lines: &[Vec<u8>]) -> (u64, Option<Defect>) {
        let scan = scan(&lines.concat(), Some(Head::GENESIS));
        (scan.records, scan.defect)
    }

    #[test]
    fn intact_chain_is_good_and_reports_its_length() {
        let all = lines(5, |seq| seq - 1);
        let bytes = all.concat();
        let scanned = scan(&bytes, Some(Head::GENESIS));
        assert_eq!((scanned.records, scanned.good, scanned.defect), (5, bytes.len(), None));
        assert_eq!(scan(&bytes, None), scanned);
        let later = scan(&all[2..].concat(), None);
        assert_eq!((later.records, later.head), (3, scanned.head), "a file that begins later");
        assert_eq!(scan(&[], Some(scanned.head)).head, scanned.head);
    }

    #[test]
    fn reports_edited_removed_swapped_or_duplicated_record() {
        let good = lines(6, |seq| seq - 1);
        let mut edited = good.clone();
        let at = edited[2].len() / 2;
        edited[2][at] ^= 1;
        assert_eq!(defect(&edited), (2, Some(Defect::Damaged)));
        let mut removed = good.clone();
        removed.remove(2);
        assert_eq!(defect(&removed), (2, Some(Defect::OutOfOrder)));
        let mut swapped = good.clone();
        swapped.swap(2, 3);
        assert_eq!(defect(&swapped), (2, Some(Defect::OutOfOrder)));
        for at in [2, 5] {
            let mut doubled = good.clone();
            doubled.insert(at, doubled[at].clone());
            assert_eq!(defect(&doubled), (at as u64 + 1, Some(Defect::OutOfOrder)));
        }
        let mut replaced = good.clone();
        replaced[3] = lines(4, |_| 0).pop().unwrap();
        assert_eq!(defect(&replaced), (3, Some(Defect::Unchained)), "a record of another history");
    }

    #[test]
    fn only_crash_leftovers_count_as_torn() {
        let synced = |seq: u64| if seq > 4 { 3 } else { seq - 1 };
        let good = lines(6, synced);
        // Any part of what was never synced (4, 5, 6) may be missing.
        for cut in 0..good[5].len() {
            let torn = [&good[..5], &[good[5][..cut].to_vec()]].concat();
            assert_eq!(defect(&torn), (5, (cut > 0).then_some(Defect::Torn)));
        }
        let mut zeroed = good.clone();
        zeroed[4].fill(0);
        assert_eq!(defect(&zeroed), (4, Some(Defect::Torn)));
        let mut zeroed = good.clone();
        zeroed[2].fill(0);
        assert_eq!(defect(&zeroed), (2, Some(Defect::Damaged)), "the fourth record's writer knew it to be there");
    }
}
