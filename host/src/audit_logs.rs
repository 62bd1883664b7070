//! Infisical's own audit log, as plain Rust. The same things as in `wit/reads.wit`, documented there too.

use crate::error::{Error, Layer};
use crate::sandbox::bindings::exports::infisical::skill::reads;
use crate::state::{now, rfc3339_millis};
use crate::types::Actor;
use infisical_skill_policy::switch::Millis;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// Since when, if nobody says.
const USUALLY: Millis = 24 * 3_600_000;

/// Which entries of Infisical's own audit log are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLogFilter {
    /// The project: id or slug. Absent: the default one.
    pub project: Option<String>,
    /// Only these kinds of event, in Infisical's words, such as `get-secret`. Empty: all.
    pub events: Vec<String>,
    /// Only of the actor with this name or id. It is looked for among the entries of each page, so that a page may have fewer.
    pub actor: Option<String>,
    /// From this time on, RFC 3339 or a date. Absent: the last day.
    pub since: Option<String>,
    /// Before this time. Absent: now.
    pub until: Option<String>,
    /// How many of the newest to skip.
    pub offset: u32,
    /// How many to look at: 1 to 200.
    pub limit: u32,
}

impl Default for AuditLogFilter {
    fn default() -> Self {
        Self { project: None, events: Vec::new(), actor: None, since: None, until: None, offset: 0, limit: 50 }
    }
}

/// An entry of Infisical's own audit log. All of it is text of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditLog {
    /// The server's id for it.
    pub id: String,
    /// When it happened, RFC 3339, by the server's clock.
    pub time: String,
    /// What happened, in Infisical's words.
    pub event: String,
    /// Who did it.
    pub actor: Actor,
    /// The environment that it was about.
    pub environment: Option<String>,
    /// The folder that it was about.
    pub path: Option<String>,
    /// The secret or folder that it was about.
    pub name: Option<String>,
    /// From which address it came.
    pub ip_address: Option<String>,
}

/// A page of Infisical's own audit log, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditLogPage {
    /// The project's id.
    pub project: String,
    /// The entries.
    pub logs: Vec<AuditLog>,
    /// The offset at which there may be more.
    pub next: Option<u32>,
    /// What it may mean that there is nothing.
    pub note: Option<&'static str>,
}

const NOTHING: &str = "No entries. Either nothing happened in that time, or this server keeps no audit logs: Infisical's free licence answers with an empty list";

impl AuditLogFilter {
    pub(crate) fn into_request(self) -> Result<reads::AuditLogFilter, Error> {
        let Self { project, events, actor, since, until, offset, limit } = self;
        let since = match since {
            Some(since) => moment(&since)?,
            None => rfc3339_millis(now().saturating_sub(USUALLY)),
        };
        let until = until.map(|until| moment(&until)).transpose()?;
        Ok(reads::AuditLogFilter { project, events, actor, since, until, offset, limit })
    }
}

/// A time in the form that requests have.
fn moment(text: &str) -> Result<String, Error> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    humantime::parse_rfc3339_weak(&whole).map(written).map_err(|_| {
        Error::refused(
            Layer::Input,
            "that isn't a time",
            "give times as `2026-11-23T07:00:00Z` or `2026-11-23`, in UTC",
        )
    })
}

fn written(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    rfc3339_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl From<reads::AuditLogPage> for AuditLogPage {
    fn from(page: reads::AuditLogPage) -> Self {
        let reads::AuditLogPage { project, logs, next } = page;
        let note = (logs.is_empty() && next.is_none()).then_some(NOTHING);
        Self { project, logs: logs.into_iter().map(AuditLog::from).collect(), next, note }
    }
}

impl From<reads::AuditLog> for AuditLog {
    fn from(log: reads::AuditLog) -> Self {
        let reads::AuditLog { id, time, event, actor, environment, path, name, ip_address } = log;
        let actor = Actor { kind: actor.kind, name: actor.name, id: actor.id };
        Self { id, time, event, actor, environment, path, name, ip_address }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_the_one_form_that_servers_take() {
        assert_eq!(moment("2026-11-23").unwrap(), "2026-11-23T00:00:00.000Z");
        assert_eq!(moment("2026-11-23T07:00:00Z").unwrap(), "2026-11-23T07:00:00.000Z");
        assert_eq!(moment("2026-11-23T07:00:00.123456Z").unwrap(), "2026-11-23T07:00:00.123Z");
        for not in ["", "yesterday", "2026-11-23T07:00:00+01:00", "2026-13-01", "\u{202e}"] {
            assert!(moment(not).is_err(), "{not}");
        }
    }
}
