//! The server's own audit log, which needs a licence.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::seed::AuditLogSeed;

use super::World;
use super::clock::{Millis, to_millis};

/// An entry.
#[derive(Debug, Clone)]
pub(crate) struct AuditLog {
    pub(crate) id: String,
    pub(crate) ip_address: String,
    pub(crate) user_agent: String,
    pub(crate) created: Millis,
    /// `None` for an entry of the organization.
    pub(crate) project_id: Option<String>,
    pub(crate) event_type: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) actor_type: String,
    pub(crate) actor_metadata: Value,
}

fn identity_actor(identity_id: &str, name: &str) -> Value {
    json!({"identityId": identity_id, "name": name, "authMethod": "identity-universal-auth"})
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(fields) = value { fields } else { Map::new() }
}

impl World {
    /// Writes an entry for a successful request. Without the licence, nothing is written.
    pub(crate) fn audit(&mut self, call: &Call, project_id: Option<&str>, event_type: &str, metadata: Value) {
        if !self.settings.audit_logs {
            return;
        }
        // When the server writes the entry of a login, it doesn't know the caller yet.
        let (actor_type, actor_metadata) = match &call.caller {
            Some(caller) => ("identity", identity_actor(&caller.identity_id, &caller.name)),
            None => ("unknownUser", json!({})),
        };
        let entry = AuditLog {
            id: self.ids.uuid(),
            ip_address: call.ip_address.clone(),
            user_agent: call.user_agent.clone(),
            created: self.now(),
            project_id: project_id.map(str::to_owned),
            event_type: event_type.to_owned(),
            metadata: object(metadata),
            actor_type: actor_type.to_owned(),
            actor_metadata,
        };
        self.audit_logs.push(entry);
    }

    /// Inserts an entry for a test. Returns its id.
    pub(crate) fn plant_audit_log(&mut self, project_id: &str, seed: &AuditLogSeed) -> String {
        let (id, some_identity) = (self.ids.uuid(), self.ids.uuid());
        let id_of_actor = seed.identity_id.as_ref().unwrap_or(&some_identity);
        let id_field = if seed.actor_type == "user" { "userId" } else { "identityId" };
        let actor = object(json!({id_field: id_of_actor, "name": seed.actor}));
        self.audit_logs.push(AuditLog {
            id: id.clone(),
            ip_address: seed.ip_address.clone(),
            user_agent: seed.user_agent.clone(),
            created: self.now().saturating_sub(to_millis(seed.age)),
            project_id: (!seed.is_organizations).then(|| project_id.to_owned()),
            event_type: seed.event_type.clone(),
            metadata: seed.metadata.clone(),
            actor_type: seed.actor_type.clone(),
            actor_metadata: Value::Object(actor),
        });
        id
    }
}
