//! The guard refuses calls before anything is sent, and says why.
//!
//! The host enforces the same limits without relying on this code. A refusal here comes with an
//! explanation.

pub(crate) mod acknowledgement;
pub(crate) mod administration;
pub(crate) mod arguments;
pub(crate) mod audit_logs;
pub(crate) mod conflicts;
pub(crate) mod exposure;
pub(crate) mod fingerprint;
pub(crate) mod generator;
pub(crate) mod grammar;
pub(crate) mod intents;
pub(crate) mod names;
pub(crate) mod places;
pub(crate) mod preconditions;
pub(crate) mod quote;
pub(crate) mod refusals;
pub(crate) mod scopes;
pub(crate) mod validated_change;
pub(crate) mod values;
