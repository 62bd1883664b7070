//! Converts Infisical's own audit log.

use super::exports::infisical::skill::reads;
use crate::model::audit_logs::{AuditLog, AuditLogFilter, AuditLogPage, NOTHING};
use crate::model::error::Error;
use crate::model::secrets::Actor;

impl TryFrom<AuditLogFilter> for reads::AuditLogFilter {
    type Error = Error;

    fn try_from(filter: AuditLogFilter) -> Result<Self, Error> {
        let (since, until) = filter.period()?;
        let AuditLogFilter { project, events, actor, offset, limit, .. } = filter;
        Ok(Self { project, events, actor, since, until, offset, limit })
    }
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
