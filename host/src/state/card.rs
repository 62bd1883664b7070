//! What may be shown of a plan, and what became of it.

use super::blast_radius::BlastRadius;
use super::dependents::Dependents;
use super::names::ProjectNames;
use super::people::{ApprovedBy, AskedBy};
use super::rfc3339;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What may be shown of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PlanCard {
    /// Names it.
    pub plan: String,
    /// The server that it is for.
    pub origin: String,
    /// `v3` or `v4`.
    pub api_version: String,
    /// When it was filed, in milliseconds since 1970.
    pub filed: u64,
    /// When it expires, in milliseconds since 1970.
    pub expires: u64,
    /// The host's reading of each request.
    pub requests: Vec<String>,
    /// What Infisical calls the projects, environments and tags in it, each project once, in the order of the changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<ProjectNames>,
    /// How much it touches, as the host counted it.
    #[serde(default)]
    pub blast_radius: BlastRadius,
    /// What depends on what it changes, as the host found it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependents: Vec<Dependents>,
    /// Why it needs a person whatever it does itself: what it goes beyond with what was changed before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<String>,
    /// The phrase that it needs.
    pub acknowledge: Option<String>,
    /// What a person types to approve it.
    pub target: String,
    /// Who asked for it.
    #[serde(default)]
    pub asked: AskedBy,
    /// The session that it was previewed in and can be applied in, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The keyed digest that an approval is bound to, in hexadecimal.
    pub digest: String,
}

/// What the host found out about a plan when it was filed. It stands on the card.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) names: Vec<ProjectNames>,
    pub(crate) blast_radius: BlastRadius,
    pub(crate) dependents: Vec<Dependents>,
}

/// How a plan stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PlanStatus {
    /// What may be shown of it.
    #[serde(flatten)]
    pub card: PlanCard,
    /// What became of it, if it is used.
    pub outcome: Option<PlanOutcome>,
    /// Whether there is an approval. That it is genuine is checked when the plan is redeemed.
    pub approved: bool,
    /// Who approved it, if that is genuine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovedBy>,
    /// Whether it is too late to redeem it.
    pub expired: bool,
}

/// What became of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PlanOutcome {
    /// It was redeemed; if nothing else follows, the process ended before it was known what became of it.
    Redeemed,
    /// Everything was done.
    Applied,
    /// Infisical's approval policy holds all or part of it.
    WaitingForApproval,
    /// Some of it was done, some wasn't.
    Partial,
    /// Nothing was done.
    Failed,
    /// It isn't known what was done.
    Unknown,
    /// Whoever asked for it withdrew it.
    Discarded,
    /// A person rejected it.
    Rejected,
}

impl PlanCard {
    /// Until when it can be redeemed, RFC 3339.
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
