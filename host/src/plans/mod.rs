//! The checks between a change and its requests, and between a request to reveal and a value.
//!
//! - `draft`: checks a draft before it becomes a plan.
//! - `service`: files plans and redeems them. `reveals`: files and checks requests to reveal.
//! - `refusals`: the texts of their refusals.
//! - `receipt`: the outcome of a plan, from what the host observed and what the component says.
//! - `store`: what is sealed, digested and shown of plans. `reveal_requests`: of requests. `seal`:
//!   the keys. `ids`: their ids. `budget`: how often something may be done.
//! - `kill_switch`: the switches, and turning them. `accept_clock`: accepts a clock that was set
//!   back.

pub(crate) mod accept_clock;
mod budget;
mod draft;
mod ids;
pub(crate) mod kill_switch;
mod receipt;
pub(crate) mod refusals;
mod reveal_requests;
pub(crate) mod reveals;
pub(crate) mod seal;
mod service;
pub(crate) mod store;

pub(crate) use draft::{check, matched};
pub(crate) use receipt::{ReportedOutcome, ReportedStep, Sent, SentStep, settle};
#[cfg(feature = "mcp")]
pub(crate) use refusals::how_to_approve;
pub(crate) use service::{Filed, OpenedPlan, PlanService, RedeemedPlan, approval_name};
