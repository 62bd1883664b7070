//! Plain values: what the operator decided about them, and what stands between a call and a value.
//!
//! - `rules`: what the operator decided.
//! - `desk`: the switch, the identity, and the requests that a person approves.

mod desk;
mod rules;

pub(crate) use desk::{RevealDesk, awaits_person};
pub use rules::{RevealRules, RevealWith};
