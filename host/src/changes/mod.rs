//! Changing things: what an embedder asks for and gets, and what stands between a plan and its requests.
//!
//! - `types`: changes, previews, receipts.
//! - `rules`: what the operator decided about changes.
//! - `draft`: what may become a plan.
//! - `plan_service`: files plans and redeems them.
//! - `refusals`: the words in which it refuses.
//! - `receipt`: what became of a plan, by what the host saw and the component says.

mod convert;
mod draft;
mod plan_service;
mod receipt;
mod refusals;
mod rules;
mod types;

pub(crate) use draft::{check, matched};
pub(crate) use plan_service::{Filed, OpenedPlan, PlanService, RedeemedPlan, approval_name};
pub(crate) use receipt::{Sent, SentStep, settle};
#[cfg(feature = "mcp")]
pub(crate) use refusals::{CLOCK_REMEDY, how_to_approve};
pub use rules::{Budgets, ChangeRules};
pub use types::{
    Change, Effect, EnvironmentCreation, FolderRename, Invitation, ItemState, NewValue, Preview, ProjectCreation,
    Receipt, SecretCreation, SecretUpdate, Step, StepOutcome, Target,
};
