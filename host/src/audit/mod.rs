//! The audit trail: what is recorded about each call, and when.
//!
//! No request of a call leaves before the call's intent is in the log. A request that changes
//! something or reveals a value waits until the record is on disk. The transport enforces this: it
//! takes an `AuditedCall` or an `AuditedChange`, which only recording gives. No answer is given out
//! before the outcome is in the log, except the receipt of an applied plan.
//!
//! - `trail`: the log, for asynchronous code.
//! - `call`: the records of one call.
//! - `people`: who asks and who approves.
//! - `convert`: converts errors, changes and places to the form of records.

mod call;
pub(crate) mod convert;
pub(crate) mod people;
mod trail;

pub(crate) use call::{
    AuditedCall, AuditedChange, CallEnd, CallLog, ErrorSource, Failed, InFlightRequest, OpenCall, identity, micros,
};
pub use trail::AuditSettings;
pub(crate) use trail::{Trail, caller, caller_in};
pub use trail::{folder, now, open};

/// The log itself: its records, and how it is verified.
pub use infisical_skill_audit as log;
