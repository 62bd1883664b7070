//! How much a plan touches, as the host counted it when the plan was previewed. It is kept on the plan's card: agent and approver are shown the
//! same.

use infisical_skill_policy::plan::Reach;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much is touched, as the host counted it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BlastRadius {
    /// Secrets that are created, changed, deleted or moved, with those in folders.
    pub secrets: u32,
    /// Folders, with those in folders.
    pub folders: u32,
    /// There may be more: listings leave out what the read identity may not see, and something may not have been counted.
    pub at_least: bool,
    /// What wasn't counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_counted: Vec<Uncounted>,
}

/// A change of which something wasn't counted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Uncounted {
    /// Which change of the plan, from 1.
    pub change: u32,
    /// What wasn't counted, and why.
    pub reason: String,
}

impl From<Reach> for BlastRadius {
    fn from(reach: Reach) -> Self {
        let Reach { secrets, folders, is_at_least, unseen } = reach;
        let reason = "what is in the folder wasn't listed";
        let uncounted = |change| Uncounted { change, reason: reason.to_owned() };
        Self { secrets, folders, at_least: is_at_least, not_counted: unseen.into_iter().map(uncounted).collect() }
    }
}

/// Nothing was counted. A card has it that an earlier release filed.
impl Default for BlastRadius {
    fn default() -> Self {
        Self { secrets: 0, folders: 0, at_least: true, not_counted: Vec::new() }
    }
}
