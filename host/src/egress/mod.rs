//! What leaves the process, and what comes back.
//!
//! - `gate`: the component's requests, judged by the policy one by one.
//! - `changes`: plans at the gate: filed, redeemed, and their requests let out.
//! - `opening`: the plan of an apply, until its first request leaves.
//! - `drift`: whether what a plan changes is as it was at the preview.
//! - `exchange`: what a read sends, and what is told of answers that say no.
//! - `dependents`: what depends on what a plan changes. `names`: what Infisical calls its places. `search`: the host's own requests for both.
//! - `hooks`: where wasmtime hands them over.
//! - `transport`: sending, over kept-alive connections, within a deadline and a size.
//! - `transport_error`: why there is no answer, and what to do about it.
//! - `tls`: whom we believe to be the server.

mod changes;
mod dependents;
mod drift;
pub(crate) mod exchange;
pub(crate) mod gate;
mod hooks;
mod names;
mod opening;
pub(crate) mod purpose;
mod search;
mod tls;
pub(crate) mod transport;
mod transport_error;

pub use tls::{TlsRefusal, TrustRoots};
