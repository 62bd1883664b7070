//! Plain values: what the operator decided about them, and what stands between a call and a value.
//!
//! - `rules`: what the operator decided.
//! - `plan_service`: the switch, the identity, and the requests that a person approves.

mod rules;
mod service;

pub use rules::{RevealRules, RevealWith};
pub(crate) use service::{RevealService, awaits_person};
