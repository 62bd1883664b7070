//! What the tools that look take, and how arguments are read. Unknown fields are refused: a misspelt `recursive` must not pass for `false`.

use crate::audit_logs::AuditLogFilter;
use crate::error::{Error, Layer};
use crate::types::Place;
use infisical_skill_policy::text::escape_capped;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// `list-projects` takes nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListProjects {}

/// `list-folders`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListFolders {
    pub(super) project: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) recursive: bool,
}

/// `list-secrets`.
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
}

/// `get-secret`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetSecret {
    pub(super) project: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) path: Option<String>,
    pub(super) name: String,
    pub(super) version: Option<u32>,
}

/// `list-audit-logs`.
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
}

impl From<ListAuditLogs> for AuditLogFilter {
    fn from(it: ListAuditLogs) -> Self {
        let ListAuditLogs { project, events, actor, since, until, offset, limit } = it;
        Self { project, events, actor, since, until, offset, limit: limit.unwrap_or(Self::default().limit) }
    }
}

/// `reveal-secret`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevealSecret {
    pub(super) project: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) path: Option<String>,
    pub(super) name: String,
}

/// `apply-change`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyChange {
    pub(crate) plan: String,
    pub(crate) acknowledge: Option<String>,
}

/// `discard-change`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiscardChange {
    pub(super) plan: String,
}

/// `skill-status` takes nothing.
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

/// Reads a tool's arguments.
pub(super) fn read<T: DeserializeOwned>(tool: &str, arguments: Value) -> Result<T, Error> {
    // By itself, a struct also takes a list, whose items would be arguments by their place.
    if !arguments.is_object() {
        return Err(Error::refused(
            Layer::Input,
            format!("the arguments don't fit `{tool}`: a JSON object is expected"),
            "give the arguments as the tool's description has them",
        ));
    }
    serde_json::from_value(arguments).map_err(|error| {
        let reason =
            format!("the arguments don't fit `{tool}`: {}", escape_capped(&without_values(&error.to_string()), 300));
        Error::refused(Layer::Input, reason, "give the arguments as the tool's description has them")
    })
}

/// The parser's message without the part that quotes what it was given, which may be secret.
fn without_values(message: &str) -> String {
    for quoting in ["invalid type: ", "invalid value: "] {
        if let Some(quoted) = message.strip_prefix(quoting) {
            let expected = quoted.rfind(", expected ").and_then(|at| quoted.get(at + 2..)).unwrap_or_default();
            return format!("{}{expected}", quoting.replace(": ", ", "));
        }
    }
    // These quote names of fields and nothing else. A message that nobody here knows isn't passed on.
    let known = ["unknown field ", "missing field ", "duplicate field ", "invalid length "];
    if known.iter().any(|known| message.starts_with(known)) {
        message.to_owned()
    } else {
        "they can't be read".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reason(arguments: Value) -> String {
        read::<ListSecrets>("list-secrets", arguments).unwrap_err().reason()
    }

    #[test]
    fn arguments_that_do_not_fit_are_refused_with_what_fits() {
        assert!(reason(json!({ "recursiv": true })).contains("unknown field `recursiv`, expected one of `project`"));
        assert!(reason(json!([1])).contains("don't fit"));
        assert!(read::<GetSecret>("get-secret", json!({})).unwrap_err().reason().contains("missing field `name`"));
        assert!(read::<ListSecrets>("list-secrets", json!({})).is_ok());
        assert!(read::<ListProjects>("list-projects", json!({ "project": "p" })).is_err());
    }

    #[test]
    fn what_was_given_is_not_quoted() {
        for given in [json!({ "recursive": "CANARY, expected CANARY" }), json!({ "tags": "CANARY" }), json!("CANARY")] {
            let reason = reason(given);
            assert!(!reason.contains("CANARY,") && reason.contains("expected"), "{reason}");
        }
    }
}
