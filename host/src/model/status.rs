//! What is allowed now, for an agent to ask before it tries something.

use super::enforcement::Enforcement;
use super::switch_state::SwitchState;
use infisical_skill_policy::plan::SumLimits;
use schemars::JsonSchema;
use serde::Serialize;

/// What is allowed now. Contains no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Status {
    /// The server.
    pub origin: String,
    /// Its API version, `v3` or `v4`, if that is already known.
    pub api_version: Option<&'static str>,
    /// The defaults for calls that name no project, environment or path.
    pub defaults: Defaults,
    /// Where the skill may read and change something. `None`: wherever the identity may.
    pub scopes: Option<Vec<ScopeStatus>>,
    /// Which identities are configured.
    pub identities: Identities,
    /// Whether values may be shown.
    pub reveal: Reveal,
    /// Whether changes may be made, and what they need.
    pub changes: Changes,
    /// What the operator allows the calling client, within all this.
    pub client: ClientStatus,
    /// Whether all this holds against the agent's own user.
    pub enforcement: Enforcement,
}

/// What one client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ClientStatus {
    /// How far it may go: `read`, `preview`, `apply`; each includes the one before.
    pub may: &'static str,
    /// Whether it may be shown values, if showing them is allowed at all.
    pub reveal: bool,
    /// Whether a form in it approves plans.
    pub approve_in_client: bool,
}

/// The defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Defaults {
    /// The project: id or slug.
    pub project: Option<String>,
    /// The environment's slug.
    pub environment: Option<String>,
    /// The folder.
    pub path: String,
}

/// One scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ScopeStatus {
    /// The project's id.
    pub project: String,
    /// The environments. Empty: all.
    pub environments: Vec<String>,
    /// The folders, each with all below. Empty: all.
    pub paths: Vec<String>,
}

/// Which identities are configured. It isn't checked whether they work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Identities {
    /// The one that reads.
    pub read: bool,
    /// The one that reads plain values.
    pub reveal: bool,
    /// The one that writes.
    pub write: bool,
}

/// Whether values may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Reveal {
    /// The switch of plain values.
    pub switch: SwitchState,
    /// Which identity reads them: `reveal`, `read`, or none.
    pub identity: Option<&'static str>,
    /// Where they may be shown.
    pub scopes: Option<Vec<ScopeStatus>>,
    /// Which reveals need a person's approval: those in `protected` environments, or `all`.
    pub approval: &'static str,
    /// How many in an hour.
    pub per_hour: u32,
}

/// Whether changes may be made, and what they need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Changes {
    /// The kill switch.
    pub switch: SwitchState,
    /// Which changes need a person's approval: `none`, `irreversible` or `all`.
    pub approval: &'static str,
    /// How long a plan can be redeemed, in seconds.
    pub plan_seconds: u64,
    /// How many changes one plan may have.
    pub max_changes: u32,
    /// A plan of more changes than this needs an acknowledgement.
    pub acknowledge_above: u32,
    /// Whether projects and environments may be created, and people invited.
    pub administration: bool,
    /// How many changes may be sent in an hour.
    pub per_hour: u32,
    /// How many plans may be pending.
    pub pending_plans: u32,
    /// How many changes are allowed within a time before the next plan needs a person's approval,
    /// whatever it does itself.
    pub sums: Sums,
}

/// The limits for sums of changes over all clients. A plan that exceeds one, together with earlier
/// changes, needs a person's approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Sums {
    /// How often the value of one secret may be overwritten.
    pub overwrites_per_secret: u32,
    /// How often one secret may be updated, values included.
    pub updates_per_secret: u32,
    /// The time window of both, in seconds.
    pub secret_seconds: u64,
    /// How many changes one project may have.
    pub changes_per_project: u32,
    /// The time window of those changes, in seconds.
    pub project_seconds: u64,
}

impl From<&SumLimits> for Sums {
    fn from(limits: &SumLimits) -> Self {
        Self {
            overwrites_per_secret: limits.overwrites_per_secret,
            updates_per_secret: limits.updates_per_secret,
            secret_seconds: limits.secret_window.as_secs(),
            changes_per_project: limits.changes_per_project,
            project_seconds: limits.project_window.as_secs(),
        }
    }
}
