//! Changes, in two calls. The preview observes the current state, computes the requests and files a
//! plan. `apply` redeems the plan and sends its requests, and nothing else.
//!
//! ```text
//! preview   guard ─ observe ─ requests, effects, phrase ─► host.file
//! apply     guard ─ host.redeem ─ observe again ─ drift? ─ send each ─ read back ─► receipt
//! ```
//!
//! The module `administration` does the same for projects, environments and members. Such a plan
//! has only one change.
//!
//! What `apply` needs to know is stored in the plan's payload, which never contains a value.

mod administration;
mod apply;
mod drift;
mod effects;
mod generate;
mod observe;
mod payload;
mod planned;
mod preview;
mod read_back;
mod requests;
