//! Requests that leave the process, and answers that come back.
//!
//! - `gate`: checks each request of the component against the policy.
//! - `changes`: files and redeems plans, and lets their requests out.
//! - `opening`: holds the plan of an apply until its first request leaves.
//! - `drift`: checks whether what a plan changes is as it was at the preview.
//! - `exchange`: sends reads, and reports failed answers.
//! - `dependents`: finds what depends on what a plan changes. `names`: finds Infisical's names for
//!   its places. `search`: sends the host's own requests for both.
//! - `reveals`: finds out which secret a person is asked about, and checks that it is revealed.
//! - `purpose`: what a call was made for.
//! - `hooks`: takes the component's requests from wasmtime.
//! - `transport`: sends over kept-alive connections, within a deadline and a size.
//! - `transport_error`: why there is no answer, and what to do about it.
//! - `tls`: which certificates the host trusts.

mod changes;
mod dependents;
mod drift;
pub(crate) mod exchange;
pub(crate) mod gate;
mod hooks;
mod names;
mod opening;
pub(crate) mod purpose;
mod reveals;
mod search;
mod tls;
pub(crate) mod transport;
mod transport_error;

pub use tls::{TlsRefusal, TrustRoots};
