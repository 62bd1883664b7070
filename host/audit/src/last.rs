//! When the last record was written.

use crate::chain::MAX_LINE;
use crate::disk::Disk;
use serde::Deserialize;

#[derive(Deserialize)]
struct Timed {
    time: String,
}

/// The time of the last whole record, as it stands there: RFC 3339. None if there is none that can be read. Nothing is verified.
pub fn last_time<D: Disk>(disk: &D) -> Option<String> {
    let segment = *disk.segments().ok()?.last()?;
    let len = disk.stat(segment).ok()??.len;
    // Whole at least once, whatever a crash left behind it.
    let end = disk.read(segment, len.saturating_sub(2 * MAX_LINE as u64)).ok()?;
    let timed = |line: &[u8]| serde_json::from_slice::<Timed>(line).ok();
    end.rsplit(|byte| *byte == b'\n').find_map(timed).map(|it| it.time)
}
