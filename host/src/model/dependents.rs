//! What depends on what a plan changes, as the host found it at the preview. The plan's card keeps
//! it, so the agent and the approver see the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What depends on the object of one change. Absent parts don't apply to the change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Dependents {
    /// Which change of the plan, from 1.
    pub change: u32,
    /// The folders that import what is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imports: Option<Finding>,
    /// The other secrets of the project whose values refer to what is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<Finding>,
    /// The imported secrets that the new name hides in its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hides: Option<Finding>,
}

/// What a search found, and where it searched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// How far the search went. If it isn't `complete`, there may be more than `count`.
    pub status: SearchStatus,
    /// How many were found. Absent if nothing was searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Which ones, as `environment:path`, if they may be named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// What was searched completely: environments, or imported folders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub searched: Vec<String>,
    /// What was searched in part or not at all, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Why nothing was searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How far a search went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SearchStatus {
    /// Everything was searched.
    Complete,
    /// A part was searched.
    Partial,
    /// Nothing was searched.
    NotLookedFor,
}

/// An environment or a folder that wasn't searched completely.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Gap {
    /// Which one.
    pub place: String,
    /// What is missing, and why.
    pub reason: String,
}

impl Finding {
    /// A search that didn't take place.
    pub(crate) fn not_looked_for(reason: impl Into<String>) -> Self {
        Self {
            status: SearchStatus::NotLookedFor,
            count: None,
            places: Vec::new(),
            searched: Vec::new(),
            gaps: Vec::new(),
            reason: Some(reason.into()),
        }
    }

    /// The result of a search. It is complete if it has no gaps.
    pub(crate) fn found(count: usize, places: Vec<String>, searched: Vec<String>, gaps: Vec<Gap>) -> Self {
        let status = if gaps.is_empty() { SearchStatus::Complete } else { SearchStatus::Partial };
        let count = Some(u32::try_from(count).unwrap_or(u32::MAX));
        Self { status, count, places, searched, gaps, reason: None }
    }
}
