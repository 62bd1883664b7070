//! Reads the entries of Infisical's audit log.

use super::answers::timestamp;
use crate::error::Error;
use crate::json::{Fault, Object, parse_field};
use crate::types::{Actor, AuditLog};
use serde::Deserialize;

/// Reads the entries of `{"auditLogs":[]}` and counts them. The host writes `{}` for an entry that
/// is out of scope. Such an entry counts, but isn't returned.
pub(crate) fn audit_logs(body: &[u8]) -> Result<(Vec<AuditLog>, usize), Error> {
    let entries: Vec<Object<Entry>> = parse_field(body, &["auditLogs"])?;
    let count = entries.len();
    let mut logs = Vec::new();
    for Object(entry) in entries {
        logs.extend(entry.log()?);
    }
    Ok((logs, count))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: Option<String>,
    created_at: Option<String>,
    ip_address: Option<String>,
    event: Option<Object<Part>>,
    actor: Option<Object<Part>>,
}

/// The event or the actor.
#[derive(Default, Deserialize)]
struct Part {
    r#type: Option<String>,
    metadata: Option<Object<Metadata>>,
}

/// What the event concerns, or the name of the actor.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    environment: Option<String>,
    #[serde(alias = "folderPath")]
    secret_path: Option<String>,
    #[serde(alias = "folderName")]
    secret_key: Option<String>,
    #[serde(alias = "username")]
    name: Option<String>,
    #[serde(alias = "userId")]
    identity_id: Option<String>,
}

impl Entry {
    /// Returns `None` for an entry that is out of scope.
    fn log(self) -> Result<Option<AuditLog>, Error> {
        let Self { id: Some(id), created_at, ip_address, event, actor } = self else { return Ok(None) };
        let (event, target) = parts(event);
        let (kind, who) = parts(actor);
        let (Some(time), Some(event)) = (timestamp(created_at)?, event) else { return Err(Fault::Shape.into()) };
        Ok(Some(AuditLog {
            id,
            time,
            event,
            actor: Actor { kind, name: who.name, id: who.identity_id },
            environment: target.environment,
            path: target.secret_path,
            name: target.secret_key,
            ip_address,
        }))
    }
}

fn parts(part: Option<Object<Part>>) -> (Option<String>, Metadata) {
    let Part { r#type, metadata } = part.map(|Object(part)| part).unwrap_or_default();
    (r#type, metadata.map(|Object(metadata)| metadata).unwrap_or_default())
}

#[cfg(test)]
#[path = "audit_logs_tests.rs"]
mod tests;
