//! Changing things: what an embedder asks for and gets, and what stands between a plan and its requests.
//!
//! - `types`: changes, previews, receipts.
//! - `rules`: what the operator decided about changes.
//! - `draft`: what may become a plan.
//! - `desk`: files plans and redeems them.
//! - `refusals`: the words in which it refuses.
//! - `receipt`: what became of a plan, by what the host saw and the component says.

mod convert;
mod desk;
mod draft;
mod receipt;
mod refusals;
mod rules;
mod types;

pub(crate) use desk::{Desk, Filed, OpenedPlan, RedeemedPlan, approval_name};
pub(crate) use draft::{check, meant};
pub(crate) use receipt::{Seen, Sent, settle};
#[cfg(feature = "mcp")]
pub(crate) use refusals::{CLOCK_REMEDY, how_to_approve};
pub use rules::{Budgets, ChangeRules};
pub use types::{
    Change, Effect, EnvironmentCreation, FolderRename, Invitation, NewValue, Outcome, Preview, ProjectCreation,
    Receipt, SecretCreation, SecretUpdate, State, Step, Target,
};
