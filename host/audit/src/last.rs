//! When the last record was written.

use crate::chain::MAX_LINE;
use crate::disk::Disk;
use serde::Deserialize;

#[derive(Deserialize)]
struct Timed {
    time: String,
}

/// Returns the time of the last whole record, in RFC 3339, as the record has it. `None` if no
/// record can be read. Verifies nothing.
pub fn last_time<D: Disk>(disk: &D) -> Option<String> {
    let segment = *disk.segments().ok()?.last()?;
    let len = disk.stat(segment).ok()??.len;
    // This contains at least one whole line, whatever a crash left at the end.
    let end = disk.read(segment, len.saturating_sub(2 * MAX_LINE as u64)).ok()?;
    let timed = |line: &[u8]| serde_json::from_slice::<Timed>(line).ok();
    end.rsplit(|byte| *byte == b'\n').find_map(timed).map(|it| it.time)
}
