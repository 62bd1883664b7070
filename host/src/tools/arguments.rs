//! The arguments of the tools that read, and how arguments are parsed. Unknown fields are refused,
//! because a misspelt `recursive` must not count as `false`.

use super::definitions::input_schema;
use super::fit::{Path, fit};
use super::names::Tool;
use crate::model::audit_logs::AuditLogFilter;
use crate::model::error::{Error, Layer};
use crate::model::secrets::Place;
use infisical_skill_policy::text::escape_unseen_capped;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Arguments of `list-projects`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListProjects {
    pub(super) limit: Option<u32>,
    pub(super) cursor: Option<String>,
}

/// Arguments of `list-folders`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListFolders {
    pub(super) project: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) recursive: bool,
    pub(super) limit: Option<u32>,
    pub(super) cursor: Option<String>,
    #[serde(default)]
    pub(super) details: bool,
}

/// Arguments of `list-secrets`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ListSecrets {
    pub(super) project: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) recursive: bool,
    pub(super) name_contains: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) limit: Option<u32>,
    pub(super) cursor: Option<String>,
    #[serde(default)]
    pub(super) details: bool,
}

/// Arguments of `get-secret`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetSecret {
    pub(super) project: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) path: Option<String>,
    pub(super) name: String,
    pub(super) version: Option<u32>,
}

/// Arguments of `list-audit-logs`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListAuditLogs {
    pub(super) project: Option<String>,
    #[serde(default)]
    pub(super) events: Vec<String>,
    pub(super) actor: Option<String>,
    pub(super) since: Option<String>,
    pub(super) until: Option<String>,
    #[serde(default)]
    pub(super) offset: u32,
    pub(super) limit: Option<u32>,
    #[serde(default)]
    pub(super) details: bool,
}

impl From<ListAuditLogs> for AuditLogFilter {
    fn from(it: ListAuditLogs) -> Self {
        let ListAuditLogs { project, events, actor, since, until, offset, limit, details: _ } = it;
        Self { project, events, actor, since, until, offset, limit: limit.unwrap_or(Self::default().limit) }
    }
}

/// Arguments of `reveal-secret`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevealSecret {
    pub(super) project: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) path: Option<String>,
    pub(super) name: String,
    /// The request that an earlier refusal named, after a person has approved it.
    pub(super) request: Option<String>,
}

/// Arguments of `apply-change`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyChange {
    pub(crate) plan: String,
    pub(crate) acknowledge: Option<String>,
}

/// Arguments of `discard-change`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiscardChange {
    pub(super) plan: String,
}

/// Arguments of `skill-status`: none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SkillStatus {}

macro_rules! place {
    ($($arguments:ty),*) => {$(
        impl $arguments {
            pub(super) fn place(&self) -> Place {
                Place { project: self.project.clone(), environment: self.environment.clone(), path: self.path.clone() }
            }
        }
    )*};
}

place!(ListFolders, ListSecrets, GetSecret, RevealSecret);

/// The tool that takes the arguments, and their path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taker<'a> {
    /// The called tool.
    pub(super) called: &'a str,
    /// The path of these arguments within the call's arguments.
    pub(super) at: Path<'a>,
}

/// Parses a tool's arguments.
///
/// # Errors
/// A refusal that names the invalid argument by its path and JSON types.
pub(super) fn read<T: DeserializeOwned>(tool: Tool, arguments: Value) -> Result<T, Error> {
    read_as(tool, Taker { called: tool.name(), at: Path::Root }, arguments)
}

/// Parses the arguments of a tool at any path of a call.
///
/// # Errors
/// The same as [`read`].
pub(super) fn read_as<T: DeserializeOwned>(tool: Tool, by: Taker<'_>, arguments: Value) -> Result<T, Error> {
    let unfit = |reason: &str, remedy: &str| {
        Error::refused(Layer::Input, format!("the arguments don't fit `{}`: {reason}", by.called), remedy)
    };
    let fitting = fit(input_schema(tool), arguments, &by.at, tool.name())
        .map_err(|misfit| unfit(&escape_unseen_capped(&misfit.reason, MAX_REASON), misfit.remedy))?;
    // The schema is derived from the same type, so arguments that match it can be deserialized.
    serde_json::from_value(fitting)
        .map_err(|_| unfit("they can't be read", "use the arguments that the tool's definition lists"))
}

/// The maximum length of the reason in a refusal, in characters.
const MAX_REASON: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reason(arguments: Value) -> String {
        read::<ListSecrets>(Tool::ListSecrets, arguments).unwrap_err().reason()
    }

    #[test]
    fn arguments_that_do_not_fit_are_refused_with_what_fits() {
        assert!(
            reason(json!({ "recursiv": true })).contains("unknown field `recursiv`: `list-secrets` takes `cursor`,")
        );
        assert_eq!(
            reason(json!([1])),
            "The arguments don't fit `list-secrets`: they must be an object, but are an array."
        );
        let missing = read::<GetSecret>(Tool::GetSecret, json!({})).unwrap_err();
        assert!(missing.reason().contains("missing field `name`") && missing.remedy() == "Add the field.");
        assert!(read::<ListSecrets>(Tool::ListSecrets, json!({})).is_ok());
        assert!(read::<ListProjects>(Tool::ListProjects, json!({ "project": "p" })).is_err());
    }

    #[test]
    fn errors_do_not_quote_the_input() {
        for given in [
            json!({ "recursive": "CANARY, expected CANARY" }),
            json!({ "tags": ["CANARY", 5] }),
            json!({ "tags": { "CANARY": "CANARY" } }),
            json!("CANARY"),
        ] {
            let reason = reason(given);
            assert!(!reason.contains("CANARY") && reason.contains("must be"), "{reason}");
        }
    }

    #[test]
    fn an_endless_name_is_cut() {
        let reason = reason(json!({ "x".repeat(10_000): 1 }));
        assert!(reason.len() < 500 && reason.contains('…'), "{reason}");
    }
}
