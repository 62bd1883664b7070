//! What Infisical calls the project, environments and tags of a plan, as the host found it when the plan was previewed. It is kept on the plan's
//! card: agent and approver are shown the same.
//!
//! All of it is untrusted text. Here it is escaped already, so that no two names look alike, and never cut.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The names of a project that a plan changes something in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProjectNames {
    /// Its id.
    pub id: String,
    /// Its slug. Absent if it isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// What people call it. Absent if that isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The environments of it that the plan changes something in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<EnvironmentName>,
    /// The tags of it that the plan gives to secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagName>,
    /// Why a name isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_known: Option<String>,
}

/// An environment that a plan changes something in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EnvironmentName {
    /// Its slug.
    pub slug: String,
    /// What people call it. Absent if that isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A tag that a plan gives to a secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TagName {
    /// Its id.
    pub id: String,
    /// Its slug. Absent if it isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// What people call it. Absent if that isn't known: a current server has no name beside the slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
