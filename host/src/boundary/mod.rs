//! The boundary between the component and everything outside of it.
//!
//! - `gate`: one call's gate, and what happened at it. `call`: the state of the call. `shared`: what
//!   all calls share.
//! - `call_rules`: decides whether a request is within what the call may do. `purpose`: what the
//!   call was made for.
//! - `admission`: checks and counts requests. `sending`: sends them. `delivery`: rewrites the
//!   answers.
//! - `changes`: files and redeems plans, and lets their requests out. `opening`: holds the plan of
//!   an apply until its first request leaves. `drift`: checks whether what a plan changes is as it
//!   was at the preview.
//! - `dependents`: finds what depends on what a plan changes. `names`: finds Infisical's names for
//!   its places. `search`: sends the host's own requests for both.
//! - `reveals`: finds out which secret a person is asked about, and checks that it is revealed.
//! - `hooks`: takes the component's requests from wasmtime.

mod admission;
mod call;
mod call_rules;
mod changes;
mod delivery;
mod dependents;
mod drift;
pub(crate) mod gate;
mod hooks;
mod names;
mod opening;
pub(crate) mod purpose;
mod reveals;
mod search;
mod sending;
pub(crate) mod shared;
