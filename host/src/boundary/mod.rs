//! The boundary between the component and everything outside of it.
//!
//! - `gate`: the gate of one call, and what it refused. `call`: the state of the call. `shared`:
//!   what all calls share.
//! - `call_rules`: decides whether a request is within what the call may do. `purpose`: what the
//!   call was made for.
//! - `admission`: checks and counts requests. `sending`: sends them. `delivery`: rewrites the
//!   answers.
//! - `changes`: files and redeems plans, and lets their requests out. `opening`: holds the plan of
//!   an apply until its first request leaves. `drift`: checks whether the plan's targets changed
//!   since the preview.
//! - `dependents`: finds what depends on the changes of a plan. `names`: finds Infisical's names
//!   for the places of a plan. `search`: sends the host's own requests for both.
//! - `reveals`: finds the secret that a person is asked about, and checks that the value that
//!   arrives belongs to it.
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
