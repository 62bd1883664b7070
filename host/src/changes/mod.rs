//! Changing things: what an embedder asks for and gets, and what stands between a plan and its requests.
//!
//! - `types`: changes, previews, receipts.
//! - `rules`: what the operator decided about changes.
//! - `draft`: what may become a plan.
//! - `desk`: files plans and redeems them.
//! - `receipt`: what became of a plan, by what the host saw and the component says.

mod convert;
mod desk;
mod draft;
mod receipt;
mod rules;
mod types;

#[cfg(feature = "mcp")]
pub(crate) use desk::how_to_approve;
pub(crate) use desk::{Desk, Filed, RedeemedPlan, approval_name};
pub(crate) use draft::{check, meant};
pub(crate) use receipt::{Sent, settle};
pub use rules::{Budgets, ChangeRules};
pub use types::{
    BlastRadius, Change, Effect, EnvironmentCreation, FolderRename, Invitation, NewValue, Outcome, Preview,
    ProjectCreation, Receipt, SecretCreation, SecretUpdate, State, Step, Target,
};
