//! How many objects a plan affects, as the host counted them at the preview. The plan's card keeps
//! it, so the agent and the approver see the same.

use infisical_skill_policy::plan::AffectedCounts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many objects are affected, as the host counted them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BlastRadius {
    /// Secrets that are created, changed, deleted or moved, including those in folders.
    pub secrets: u32,
    /// Folders, including those in folders.
    pub folders: u32,
    /// Whether there may be more. Listings leave out what the read identity may not see, and the
    /// host may have counted only a part.
    pub at_least: bool,
    /// What wasn't counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_counted: Vec<Uncounted>,
}

/// A change that wasn't counted completely.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Uncounted {
    /// Which change of the plan, from 1.
    pub change: u32,
    /// What wasn't counted, and why.
    pub reason: String,
}

impl From<AffectedCounts> for BlastRadius {
    fn from(reach: AffectedCounts) -> Self {
        let AffectedCounts { secrets, folders, is_at_least, unseen } = reach;
        let reason = "what is in the folder wasn't listed";
        let uncounted = |change| Uncounted { change, reason: reason.to_owned() };
        Self { secrets, folders, at_least: is_at_least, not_counted: unseen.into_iter().map(uncounted).collect() }
    }
}

/// Nothing was counted. Cards of an earlier release have this value.
impl Default for BlastRadius {
    fn default() -> Self {
        Self { secrets: 0, folders: 0, at_least: true, not_counted: Vec::new() }
    }
}
