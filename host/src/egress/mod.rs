//! What leaves the process, and what comes back.
//!
//! - `gate`: the component's requests, judged by the policy one by one.
//! - `changes`: plans at the gate: filed, redeemed, and their requests let out.
//! - `hooks`: where wasmtime hands them over.
//! - `transport`: sending, over kept-alive connections, within a deadline and a size.
//! - `tls`: whom we believe to be the server.

mod changes;
pub(crate) mod errand;
pub(crate) mod gate;
mod hooks;
mod tls;
pub(crate) mod transport;

pub use tls::{TlsRefusal, TrustRoots};
