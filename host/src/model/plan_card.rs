//! The card of a plan, which holds what may be shown, and the plan's outcome.

use super::blast_radius::BlastRadius;
use super::dependents::Dependents;
use super::names::ProjectNames;
use super::people::{ApprovedBy, AskedBy};
use crate::base::time::rfc3339;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What may be shown of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PlanCard {
    /// The plan's id.
    pub plan: String,
    /// The server that it is for.
    pub origin: String,
    /// `v3` or `v4`.
    pub api_version: String,
    /// When it was filed, in milliseconds since 1970.
    pub filed: u64,
    /// When it expires, in milliseconds since 1970.
    pub expires: u64,
    /// The host's description of each request.
    pub requests: Vec<String>,
    /// Infisical's names for its projects, environments and tags: each project once, in the order
    /// of the changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<ProjectNames>,
    /// How many objects it affects, as the host counted them.
    #[serde(default)]
    pub blast_radius: BlastRadius,
    /// What depends on what it changes, as the host found it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependents: Vec<Dependents>,
    /// The limits that it exceeds together with earlier changes. They are why it needs a person's
    /// approval, whatever it does itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<String>,
    /// The confirmation phrase that it needs.
    pub acknowledge: Option<String>,
    /// What a person types to approve it.
    pub target: String,
    /// The requester.
    #[serde(default)]
    pub asked: AskedBy,
    /// The session in which it was previewed, if there was one. It can be applied only in that
    /// session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The keyed digest that an approval is bound to, in hexadecimal.
    pub digest: String,
}

/// What the host found out about a plan when it was filed. The card includes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlanFindings {
    pub(crate) names: Vec<ProjectNames>,
    pub(crate) blast_radius: BlastRadius,
    pub(crate) dependents: Vec<Dependents>,
}

/// The status of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PlanStatus {
    /// The plan's card.
    #[serde(flatten)]
    pub card: PlanCard,
    /// Its outcome, if it is used.
    pub outcome: Option<PlanOutcome>,
    /// Whether there is an approval. Redeeming the plan checks that it is genuine.
    pub approved: bool,
    /// Who approved it, if the approval is genuine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovedBy>,
    /// Whether it is too late to redeem it.
    pub expired: bool,
}

/// The outcome of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PlanOutcome {
    /// It was redeemed. If nothing else follows, the process ended before the outcome was known.
    Redeemed,
    /// Everything was done.
    Applied,
    /// Infisical's approval policy holds all or part of it.
    WaitingForApproval,
    /// A part of it was done.
    Partial,
    /// Nothing was done.
    Failed,
    /// The outcome is unknown.
    Unknown,
    /// The requester withdrew it.
    Discarded,
    /// A person rejected it.
    Rejected,
}

impl PlanCard {
    /// The time until which it can be redeemed, RFC 3339.
    #[must_use]
    pub fn expires_at(&self) -> String {
        rfc3339(self.expires)
    }

    /// When it was filed, RFC 3339.
    #[must_use]
    pub fn filed_at(&self) -> String {
        rfc3339(self.filed)
    }
}
