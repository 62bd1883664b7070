//! Changes: the API for embedders, and the checks between a plan and its requests.
//!
//! - `types`: changes, previews, receipts.
//! - `rules`: the operator's rules for changes.
//! - `draft`: checks a draft before it becomes a plan.
//! - `plan_service`: files plans and redeems them.
//! - `refusals`: the texts of its refusals.
//! - `receipt`: the outcome of a plan, from what the host saw and what the component says.

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
pub(crate) use refusals::CLOCK_REMEDY;
#[cfg(feature = "mcp")]
pub(crate) use refusals::how_to_approve;
pub use rules::{Budgets, ChangeRules};
pub use types::{
    Change, Effect, EnvironmentCreation, FolderRename, Invitation, ItemState, NewValue, Preview, ProjectCreation,
    Receipt, SecretCreation, SecretUpdate, Step, StepOutcome, Target,
};
