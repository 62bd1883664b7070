//! The audit trail: its files may contain anything, and its writers may meet any fault.
//!
//! An input is one of two things:
//!
//! - The lines of a log. `chain` reads them independently, as docs/audit.md specifies, and decides
//!   which part is valid. The code under test must cut off nothing but what follows the valid part.
//!   A line that begins with `+` is a record without its hash, which the target adds. In its
//!   `prev`, `0` stands for the zeros, `^` for the hash of the record before, and `^^` for the hash
//!   of the record before that one.
//! - A first line `log` with a segment's size, then one event a line for the log's writers
//!   (`world`). No acknowledged record may be lost.

mod chain;
#[path = "../../../../../host/audit/tests/common/mod.rs"]
mod disk;
mod world;

use infisical_skill_audit::{Defect, Head, scan};

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    let (first, rest) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len()));
    match std::str::from_utf8(first).ok().and_then(|first| first.strip_prefix("log ")) {
        Some(size) => drop(world::run(size.parse().unwrap_or(900), &String::from_utf8_lossy(rest))),
        None => drop(check(&chain::written(bytes))),
    }
}

/// Compares both readers on a log. Returns the number of valid records and the defect after them.
fn check(bytes: &[u8]) -> (u64, Option<Defect>) {
    let found = scan(bytes, None);
    assert_eq!(chain::described(&found), chain::read(bytes, None), "not what docs/audit.md says");
    let genesis = scan(bytes, Some(Head::GENESIS));
    assert_eq!(chain::described(&genesis), chain::read(bytes, Some(chain::Link::first())), "from the first record on");
    assert_eq!(found.defect.is_none(), found.good == bytes.len());
    let good = &bytes[..found.good];
    // The valid part alone reads as valid to its end.
    let again = scan(good, None);
    assert_eq!((again.records, again.head, again.defect), (found.records, found.head, None));
    // Each of its suffixes is valid after the matching prefix, and after no other.
    let ends = good.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    for end in ends.take(4) {
        let (before, after) = good.split_at(end);
        let before = scan(before, None);
        let rest = scan(after, Some(before.head));
        assert_eq!((before.records + rest.records, rest.head, rest.defect), (found.records, found.head, None));
        let astray = scan(after, Some(Head { seq: before.head.seq.wrapping_add(1), hash: before.head.hash }));
        assert!(astray.records == 0 && astray.defect.is_some() != after.is_empty());
    }
    // Truncated anywhere, it consists of a valid part and a torn record.
    if let Some(cut) = found.good.checked_sub(1) {
        let torn = scan(&bytes[..cut], None);
        assert_eq!(torn.defect, Some(Defect::Torn));
        assert_eq!(torn.records + 1, found.records);
    }
    (found.records, found.defect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_have_every_defect_after_valid_records() {
        let found = |seed: &[u8]| check(&chain::written(seed));
        for (seed, expected) in [
            (include_bytes!("../../../seeds/audit/three").as_slice(), (3, None)),
            (include_bytes!("../../../seeds/audit/edited"), (0, Some(Defect::Torn))),
            (include_bytes!("../../../seeds/audit/swapped"), (1, Some(Defect::OutOfOrder))),
            (include_bytes!("../../../seeds/audit/torn"), (2, Some(Defect::Torn))),
            (include_bytes!("../../../seeds/audit/by-hand"), (4, None)),
            (include_bytes!("../../../seeds/audit/another-history"), (2, Some(Defect::Unchained))),
            (include_bytes!("../../../seeds/audit/left-out"), (1, Some(Defect::OutOfOrder))),
            (include_bytes!("../../../seeds/audit/doubled"), (2, Some(Defect::OutOfOrder))),
            (include_bytes!("../../../seeds/audit/vouched-for"), (1, Some(Defect::Damaged))),
            (include_bytes!("../../../seeds/audit/a-hole"), (1, Some(Defect::Torn))),
            (include_bytes!("../../../seeds/audit/a-later-file"), (2, None)),
        ] {
            assert_eq!(found(seed), expected, "{}", String::from_utf8_lossy(seed));
        }
    }
}
