//! Plain values: the operator's rules for them, and the checks between a call and a value.
//!
//! - `rules`: the operator's rules.
//! - `service`: the switch, the identity, and the requests that a person approves.

mod rules;
mod service;

pub use rules::{RevealRules, RevealWith};
pub(crate) use service::{RevealService, awaits_person};
