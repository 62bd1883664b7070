//! The skill's audit trail: what was asked, what was refused and by which layer, what left, what became of it.
//!
//! Records are lines of JSON in append-only files. Each carries the hash of the one before, so that a record that is edited, removed, moved or
//! doubled breaks the chain, and a log that was cut or rolled back doesn't reach a head that was noted elsewhere.
//!
//! - [`Event`]: what is recorded. No type here has a field for a value, a comment, a token or a client secret.
//! - `chain`: how a record becomes a line, and a line is held to the chain. `scan`: whole files of lines.
//! - [`Log`]: appending, by several processes at once, through crashes. A record that was acknowledged as durable is there after a power cut.
//! - [`verify`]: checking a log from its first record to its last.
//! - [`Disk`]: the system calls behind all that, so that each of them can be made to fail in a test.
//!
//! The format is described in docs/audit.md.

mod chain;
mod clock;
mod disk;
mod files;
mod last;
mod log;
mod read;
mod record;
mod scan;
mod verify;

pub use chain::{Hash, Head, HeadRefusal, MAX_LINE};
pub use clock::ClockStep;
pub use disk::{Disk, SegmentFile, Stat};
pub use files::Files;
pub use last::last_time;
pub use log::{Durability, Log, LogError, Rotation};
pub use read::{Reader, Unreadable, records};
pub use record::{
    Act, Approver, Asked, Caller, Change, Event, Identity, Intent, Operator, Outcome, Plan, Record, Recovery, Request,
    Said, Spoken, Step, Target, Verdict,
};
pub use scan::{Defect, Scan, scan};
pub use verify::{Problem, Verification, absolve, lost, verify};
