//! The skill's own types: what is asked, answered, planned, decided and refused. No WIT, no
//! network, no files.
//!
//! - `secrets`, `changes`, `audit_logs`: inputs and outputs of calls. `status`: what is allowed now.
//! - `error`: the errors of a call. `login_cause`: why a login was refused.
//! - `plan_card`, `reveal_card`: what may be shown of a plan, and of a request to reveal a value.
//!   `blast_radius`, `dependents`, `names`: what the host found out about a plan.
//! - `people`: who asked and who approved. `session`: the client of a call.
//! - `change_rules`, `reveal_rules`, `clients`, `limits`, `enforcement`: what the operator set.
//!   `credential`: the credential of an identity. `switch_state`: the state of a switch.
//! - `component_policy`: the policy as the component gets it.

pub(crate) mod audit_logs;
pub(crate) mod blast_radius;
pub(crate) mod change_rules;
pub(crate) mod changes;
pub(crate) mod clients;
pub(crate) mod component_policy;
pub(crate) mod credential;
pub(crate) mod dependents;
pub(crate) mod enforcement;
pub(crate) mod error;
pub(crate) mod limits;
pub(crate) mod login_cause;
pub(crate) mod names;
pub(crate) mod people;
pub(crate) mod plan_card;
pub(crate) mod reveal_card;
pub(crate) mod reveal_rules;
pub(crate) mod secrets;
pub(crate) mod session;
pub mod status;
pub(crate) mod switch_state;
