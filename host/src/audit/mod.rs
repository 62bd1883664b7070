//! The audit trail: what is recorded of each call, and when.
//!
//! Nothing leaves for a call before the call's intent is in the log, nothing that changes something or shows a value before it is on the disk:
//! the transport takes a `AuditedCall`, or a `AuditedChange`, which only recording gives. Nothing comes back before the outcome is in the log.
//!
//! - `trail`: the log, from asynchronous code.
//! - `call`: what is recorded of one call.
//! - `history`: the trail as somebody reads it. `report`, `plot`: as a page.
//! - `words`: from errors, changes and places to what may stand in a record.

mod call;
pub(crate) mod convert;
pub mod history;
mod plot;
pub mod report;
mod trail;

pub(crate) use call::{
    AuditedCall, AuditedChange, CallEnd, CallLog, Failed, OnItsWay, OpenCall, Speaker, identity, micros,
};
pub use trail::AuditSettings;
pub(crate) use trail::{Trail, caller, caller_in};
pub use trail::{folder, now, open};

/// The log itself: its records, and how it is verified.
pub use infisical_skill_audit as log;
