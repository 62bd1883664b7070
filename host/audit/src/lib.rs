//! The log of the skill's audit trail: what was asked, what was refused and by which layer, which
//! requests were sent, and their outcome.
//!
//! Records are lines of JSON in append-only files. Each record contains the hash of the one before.
//! So an edited, removed, moved or doubled record breaks the chain. A log that was cut off or
//! rolled back doesn't reach a head that was noted elsewhere.
//!
//! - [`Event`]: what a record says. No type here has a field for a value, a comment, a token or a
//!   client secret.
//! - `chain`: turns a record into a line and checks it. `scan`: checks whole files of lines.
//! - [`Log`]: appends records from several processes and through crashes. A record that was
//!   acknowledged as durable survives a power cut.
//! - [`verify`]: checks a log from its first record to its last.
//! - [`Disk`]: the system calls behind the log, so that a test can make each of them fail.
//!
//! docs/audit.md describes the format.

mod chain;
mod clock;
mod disk;
mod files;
mod hash;
mod last;
mod log;
mod read;
mod record;
mod scan;
mod verify;

pub use chain::{Head, HeadRefusal, MAX_LINE};
pub use clock::ClockStep;
pub use disk::{Disk, SegmentFile, Stat};
pub use files::Files;
pub use hash::Hash;
pub use last::last_time;
pub use log::{Durability, Log, LogError, Rotation};
pub use read::{Reader, Unreadable, records};
pub use record::{
    Act, Approver, Asked, CallOutcome, CallTarget, Caller, Event, Identity, IntendedChange, Intent, Operator, Outcome,
    Plan, Record, Recovery, ReportedBy, Request, Said, Step,
};
pub use scan::{Defect, Scan, scan};
pub use verify::{Problem, Verification, absolve, lost, verify};
