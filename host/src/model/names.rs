//! Infisical's names for the project, environments and tags of a plan, as the host found them at
//! the preview. The plan's card keeps them, so the agent and the approver see the same.
//!
//! All of it is untrusted text. It is already escaped here, so that no two names look alike, and it
//! is never truncated.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The names of a project in which a plan changes something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProjectNames {
    /// Its id.
    pub id: String,
    /// Its slug. Absent if it isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Its display name. Absent if it isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its environments in which the plan changes something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<EnvironmentName>,
    /// Its tags that the plan gives to secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagName>,
    /// Why a name isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_known: Option<String>,
}

/// An environment in which a plan changes something.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EnvironmentName {
    /// Its slug.
    pub slug: String,
    /// Its display name. Absent if it isn't known.
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
    /// Its display name. Absent if it isn't known. On a current server, tags have only a slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
