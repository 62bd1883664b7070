//! Reads records back.

use crate::chain::record;
use crate::disk::Disk;
use crate::record::Record;
use crate::scan::first_line;
use std::fmt;
use std::io;

/// A line that isn't a record of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable {
    /// The file that contains it, named by the number of its first record.
    pub segment: u64,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file that begins with record {} has a line that isn't a record", self.segment)
    }
}

impl std::error::Error for Unreadable {}

/// Reads a log piece by piece, also while it is being written.
#[derive(Debug)]
pub struct Reader<'d, D: Disk> {
    disk: &'d D,
    /// The segment, and how many of its bytes were read.
    at: Option<(u64, u64)>,
}

impl<'d, D: Disk> Reader<'d, D> {
    /// Starts at the first record that is still there.
    pub fn new(disk: &'d D) -> Self {
        Self { disk, at: None }
    }

    /// Returns the next records, at most those of one file. An empty list means that there are no
    /// more now. A line that is being written is left for later.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn read(&mut self) -> io::Result<Vec<Result<Record, Unreadable>>> {
        loop {
            let segments = self.disk.segments()?;
            let (segment, offset) = match self.at {
                Some(at) => at,
                None => match segments.first() {
                    Some(first) => (*first, 0),
                    None => return Ok(Vec::new()),
                },
            };
            let bytes = self.disk.read(segment, offset)?;
            let mut records = Vec::new();
            let mut rest = bytes.as_slice();
            while let Some((line, length)) = first_line(rest) {
                records.push(record(line).ok_or(Unreadable { segment }));
                rest = rest.get(length..).unwrap_or_default();
            }
            self.at = Some((segment, offset + (bytes.len() - rest.len()) as u64));
            if !records.is_empty() {
                return Ok(records);
            }
            match segments.iter().find(|next| **next > segment) {
                Some(next) => self.at = Some((*next, 0)),
                None => return Ok(Vec::new()),
            }
        }
    }
}

/// Returns all records in order.
///
/// # Errors
/// If the log can't be read. A line that isn't a record is an item of the list.
pub fn records<D: Disk>(disk: &D) -> io::Result<Vec<Result<Record, Unreadable>>> {
    let mut reader = Reader::new(disk);
    let mut all = Vec::new();
    loop {
        let more = reader.read()?;
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more);
    }
}
