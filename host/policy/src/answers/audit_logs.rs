//! Entries of Infisical's own audit log. Their `metadata` has no fixed form, and current servers
//! put the metadata of secrets into it. So only what an entry is about and who did it have a field
//! here.

use super::fields::{Object, PlainText, Text};
use super::{AnswerRefusal, transcribe};
use crate::names::{Environment, Project, SecretPath};
use crate::operation::Place;
use crate::scope::Scopes;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Logs<'a> {
    #[serde(borrow)]
    audit_logs: Vec<Object<Log<'a>>>,
}

/// An entry. One that is out of scope is written as an empty object, so that a page keeps its
/// length.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip_address: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Object<Event<'a>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<Object<Actor<'a>>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Event<'a> {
    #[serde(borrow)]
    r#type: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Object<About<'a>>>,
}

/// What an entry is about. A field with another type under these names doesn't count.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct About<'a> {
    #[serde(borrow, default, skip_serializing_if = "PlainText::is_absent")]
    environment: PlainText<'a>,
    #[serde(default, skip_serializing_if = "PlainText::is_absent")]
    secret_path: PlainText<'a>,
    #[serde(default, skip_serializing_if = "PlainText::is_absent")]
    secret_key: PlainText<'a>,
    #[serde(default, skip_serializing_if = "PlainText::is_absent")]
    folder_path: PlainText<'a>,
    #[serde(default, skip_serializing_if = "PlainText::is_absent")]
    folder_name: PlainText<'a>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Actor<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    r#type: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Object<Who<'a>>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Who<'a> {
    #[serde(borrow, default, skip_serializing_if = "PlainText::is_absent")]
    name: PlainText<'a>,
    #[serde(default, skip_serializing_if = "PlainText::is_absent")]
    username: PlainText<'a>,
    #[serde(default, skip_serializing_if = "PlainText::is_absent")]
    identity_id: PlainText<'a>,
    #[serde(default, skip_serializing_if = "PlainText::is_absent")]
    user_id: PlainText<'a>,
}

pub(super) fn list(scopes: &Scopes, project: &Project, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    let whole = scopes.allows_all_of(project);
    transcribe::<Logs<'_>>(body, |answer| {
        for Object(log) in &mut answer.audit_logs {
            if !whole && !is_in_scope(scopes, project, log) {
                *log = Log::default();
            }
        }
    })
}

/// If only a part of the project is in scope, an entry without a place isn't in scope.
fn is_in_scope(scopes: &Scopes, project: &Project, log: &Log<'_>) -> bool {
    let about = log.event.as_ref().and_then(|Object(event)| event.metadata.as_ref());
    let Some(Object(about)) = about else { return false };
    let path = about.secret_path.0.as_ref().or(about.folder_path.0.as_ref());
    let (Some(environment), Some(path)) = (&about.environment.0, path) else { return false };
    let (Ok(environment), Ok(path)) = (Environment::new(environment.as_ref()), SecretPath::new(path.as_ref())) else {
        return false;
    };
    scopes.check_place(&Place { project: project.clone(), environment, path }).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;
    use serde_json::{Value, json};

    fn project() -> Project {
        Project::new("9cefc4fb-34fd-432a-806c-8efb3307c759").unwrap()
    }

    fn rewritten(scopes: &Scopes, entries: &Value) -> Value {
        let body = json!({ "auditLogs": entries, "totalCount": 9 }).to_string();
        serde_json::from_slice(&list(scopes, &project(), body.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn keeps_only_target_fields_of_entry_metadata() {
        let entry = json!({
            "id": "a", "createdAt": "2026-11-23T00:00:00.000Z", "ipAddress": "127.0.0.1", "userAgent": "hunter2", "projectName": "hunter2",
            "event": { "type": "get-secret", "metadata": {
                "environment": "dev", "secretPath": "/app", "secretKey": "K\"EY", "secretId": "hunter2", "secretValue": "hunter2",
                "secretMetadata": [{ "key": "k", "value": "hunter2" }], "folderName": ["hunter2"], "folderPath": { "x": "hunter2" },
            } },
            "actor": { "type": "identity", "metadata": { "name": "reader", "identityId": "i", "email": "hunter2", "permission": "hunter2" } },
        });
        let all = rewritten(&Scopes::everything(), &json!([entry]));
        assert_eq!(
            all,
            json!({ "auditLogs": [{
                "id": "a", "createdAt": "2026-11-23T00:00:00.000Z", "ipAddress": "127.0.0.1",
                "event": { "type": "get-secret", "metadata": { "environment": "dev", "secretPath": "/app", "secretKey": "K\"EY" } },
                "actor": { "type": "identity", "metadata": { "name": "reader", "identityId": "i" } },
            }] })
        );
    }

    #[test]
    fn omits_entries_out_of_scope_and_keeps_their_offset() {
        let entry =
            |metadata: Value| json!({ "id": "a", "createdAt": "t", "event": { "type": "e", "metadata": metadata } });
        let entries = json!([
            entry(json!({ "environment": "dev", "secretPath": "/app/db" })),
            entry(json!({ "environment": "dev", "folderPath": "/app" })),
            entry(json!({ "environment": "prod", "secretPath": "/app" })),
            entry(json!({ "environment": "dev", "secretPath": "/other" })),
            entry(json!({ "environment": "dev" })),
            entry(json!({})),
            { "id": "a", "createdAt": "t", "event": { "type": "login" } },
        ]);
        let scope = Scope {
            project: project(),
            environments: vec![Environment::new("dev").unwrap()],
            paths: vec![SecretPath::new("/app").unwrap()],
        };
        let logs = rewritten(&Scopes::only(vec![scope.clone()]), &entries);
        let kept: Vec<bool> = logs["auditLogs"].as_array().unwrap().iter().map(|log| log.get("id").is_some()).collect();
        assert_eq!(kept, [true, true, false, false, false, false, false]);
        let whole = Scope { environments: vec![], paths: vec![], ..scope };
        let logs = rewritten(&Scopes::only(vec![whole]), &entries);
        assert!(logs["auditLogs"].as_array().unwrap().iter().all(|log| log.get("id").is_some()));
    }
}
