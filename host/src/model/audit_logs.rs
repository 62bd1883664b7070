//! Infisical's own audit log as plain Rust types. They mirror `wit/reads.wit`, which documents them
//! too.

use super::error::{Error, Layer};
use super::secrets::Actor;
use crate::base::time::{now, rfc3339_millis};
use infisical_skill_policy::switch::Millis;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// The period that a query covers if it names none.
const USUALLY: Millis = 24 * 3_600_000;

/// A query of Infisical's own audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLogFilter {
    /// The project: id or slug. Absent: the default project.
    pub project: Option<String>,
    /// Only these kinds of event, by Infisical's names, such as `get-secret`. Empty: all.
    pub events: Vec<String>,
    /// Only entries of the actor with this name or id. The filter applies to each page after it is
    /// read, so a page may have fewer entries.
    pub actor: Option<String>,
    /// From this time on, RFC 3339 or a date. Absent: the last day.
    pub since: Option<String>,
    /// Before this time. Absent: now.
    pub until: Option<String>,
    /// How many of the newest entries to skip.
    pub offset: u32,
    /// How many entries to read: 1 to 200.
    pub limit: u32,
}

impl Default for AuditLogFilter {
    fn default() -> Self {
        Self { project: None, events: Vec::new(), actor: None, since: None, until: None, offset: 0, limit: 50 }
    }
}

/// An entry of Infisical's own audit log. All of it is untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditLog {
    /// The server's id for it.
    pub id: String,
    /// When it happened, RFC 3339, by the server's clock.
    pub time: String,
    /// What happened, by Infisical's name for it.
    pub event: String,
    /// Who did it.
    pub actor: Actor,
    /// The environment concerned.
    pub environment: Option<String>,
    /// The folder concerned.
    pub path: Option<String>,
    /// The secret or folder concerned.
    pub name: Option<String>,
    /// The IP address that the request came from.
    pub ip_address: Option<String>,
}

/// A page of Infisical's own audit log, the newest entries first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditLogPage {
    /// The project's id.
    pub project: String,
    /// The entries.
    pub logs: Vec<AuditLog>,
    /// The offset of the next page, if there may be one.
    pub next: Option<u32>,
    /// A possible reason for an empty page.
    pub note: Option<&'static str>,
}

pub(crate) const NOTHING: &str = "No entries. Either nothing happened in that time, or this server keeps no audit logs: Infisical's free licence answers with an empty list";

impl AuditLogFilter {
    /// The period: from when, and until when if that isn't now. In the format that servers accept.
    pub(crate) fn period(&self) -> Result<(String, Option<String>), Error> {
        let since = match &self.since {
            Some(since) => moment(since)?,
            None => rfc3339_millis(now().saturating_sub(USUALLY)),
        };
        Ok((since, self.until.as_deref().map(moment).transpose()?))
    }
}

/// Converts a time to the form that requests use.
fn moment(text: &str) -> Result<String, Error> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    humantime::parse_rfc3339_weak(&whole).map(written).map_err(|_| {
        Error::refused(
            Layer::Input,
            "the time isn't in a known format",
            "give times as `2026-11-23T07:00:00Z` or `2026-11-23`, in UTC",
        )
    })
}

fn written(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    rfc3339_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_times_in_the_format_that_servers_accept() {
        assert_eq!(moment("2026-11-23").unwrap(), "2026-11-23T00:00:00.000Z");
        assert_eq!(moment("2026-11-23T07:00:00Z").unwrap(), "2026-11-23T07:00:00.000Z");
        assert_eq!(moment("2026-11-23T07:00:00.123456Z").unwrap(), "2026-11-23T07:00:00.123Z");
        for not in ["", "yesterday", "2026-11-23T07:00:00+01:00", "2026-13-01", "\u{202e}"] {
            assert!(moment(not).is_err(), "{not}");
        }
    }
}
