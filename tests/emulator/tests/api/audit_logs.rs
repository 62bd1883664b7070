//! The server's own audit log: which requests write an entry, and what the entry contains.

use infisical_emulator::{ApiVersion, Emulator, Seed};
use serde_json::{Value, json};

use crate::client::{Client, exchange};
use crate::stage::{Stage, keys, of};

/// A licensed server of this API version with the demonstration seed.
pub(crate) fn licensed(api_version: ApiVersion) -> Stage {
    of(Emulator::builder().api_version(api_version).seed(Seed::demo()).audit_logs(true))
}

pub(crate) const BOTH: [ApiVersion; 2] = [ApiVersion::V3, ApiVersion::V4];

/// The project's entries that a query finds, at any time, without those of reading the log itself.
pub(crate) fn entries(stage: &Stage, more: &str) -> Vec<Value> {
    let start = "startDate=1970-01-01T00:00:00Z";
    let url = format!("/api/v1/organization/audit-logs?projectId={}&{start}{more}", stage.project);
    let answer = stage.reader.get(&url);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut entries = answer.json()["auditLogs"].as_array().unwrap().clone();
    entries.retain(|entry| entry["event"]["type"] != "view-audit-logs");
    entries
}

/// The type and the metadata of the newest entry.
fn newest(stage: &Stage) -> (String, Value) {
    let event = entries(stage, "").first().unwrap()["event"].clone();
    (event["type"].as_str().unwrap().to_owned(), event["metadata"].clone())
}

/// The route and the body of a secret write that both API versions serve.
fn write(stage: &Stage, method: &str, name: &str, more: Value) -> Value {
    let mut body = json!({"workspaceId": stage.project, "environment": "dev", "secretPath": "/app"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = stage.writer.send(method, &format!("/api/v3/secrets/{name}"), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[test]
fn logs_reader_and_secret_of_a_read() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        let url = format!(
            "/api/v3/secrets/raw/STRIPE_API_KEY?workspaceId={}&environment=dev&secretPath=/app/",
            stage.project
        );
        let token = format!("Bearer {}", stage.reader.token.clone().unwrap());
        let headers = [("authorization".to_owned(), token), ("user-agent".to_owned(), "agent <b>".to_owned())];
        assert_eq!(exchange(stage.emulator.address(), "GET", &url, &headers, None).unwrap().status, 200);
        let entry = entries(&stage, "").remove(0);
        assert_eq!(
            keys(&entry),
            [
                "actor",
                "createdAt",
                "event",
                "expiresAt",
                "id",
                "ipAddress",
                "orgId",
                "projectId",
                "projectName",
                "updatedAt",
                "userAgent",
                "userAgentType"
            ]
        );
        let secret = stage.emulator.secret("dev", "/app", "STRIPE_API_KEY").unwrap();
        assert_eq!(
            entry["event"],
            json!({"type": "get-secret", "metadata": {
                "environment": "dev", "secretPath": "/app", "secretId": secret.id, "secretKey": "STRIPE_API_KEY",
                "secretVersion": 1,
            }})
        );
        let reader = stage.emulator.reader();
        assert_eq!(
            entry["actor"],
            json!({"type": "identity", "metadata": {
                "identityId": reader.identity_id, "name": "reader", "authMethod": "identity-universal-auth",
            }})
        );
        assert_eq!((&entry["orgId"], &entry["projectId"]), (&json!(stage.emulator.org_id()), &json!(stage.project)));
        assert_eq!((&entry["projectName"], &entry["ipAddress"]), (&json!("Agent Vault"), &json!("127.0.0.1")));
        assert_eq!((&entry["userAgent"], &entry["userAgentType"]), (&json!("agent <b>"), &json!("other")));
        assert_eq!(entry["createdAt"], entry["updatedAt"]);
    }
}

#[test]
fn logs_listing_with_count_but_no_names() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        for (path, count) in [("/", 2), ("/app", 2), ("/empty", 0)] {
            let project = &stage.project;
            stage.reader.get(&format!(
                "/api/v3/secrets/raw?workspaceId={project}&environment=dev&secretPath={path}&include_imports=true"
            ));
            let expected = json!({"environment": "dev", "secretPath": path, "numberOfSecrets": count});
            assert_eq!(newest(&stage), ("get-secrets".to_owned(), expected));
        }
    }
}

#[test]
fn logs_secret_change_with_version_but_never_value() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        let value = json!({"secretValue": "canary-value-written", "secretComment": "canary-comment-written"});
        let id = write(&stage, "POST", "raw/NEW", value.clone())["secret"]["id"].clone();
        let expected = |key: &str, version: u32| json!({"environment": "dev", "secretPath": "/app", "secretId": id, "secretKey": key, "secretVersion": version});
        assert_eq!(newest(&stage), ("create-secret".to_owned(), expected("NEW", 1)));
        write(&stage, "PATCH", "raw/NEW", json!({"secretValue": "canary-value-2", "newSecretName": "RENAMED"}));
        assert_eq!(newest(&stage), ("update-secret".to_owned(), expected("NEW", 2)));
        write(&stage, "DELETE", "raw/RENAMED", json!({}));
        assert_eq!(newest(&stage), ("delete-secret".to_owned(), expected("RENAMED", 2)));
        assert!(!json!(entries(&stage, "&limit=1000")).to_string().contains("canary"));
    }
}

#[test]
fn a_batch_is_one_entry_with_a_list() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        let secrets = |value: &str| json!({"secrets": [{"secretKey": "ONE", "secretValue": value}, {"secretKey": "TWO", "secretValue": value}]});
        for (method, event, version) in
            [("POST", "create-secrets", 1), ("PATCH", "update-secrets", 2), ("DELETE", "delete-secrets", 2)]
        {
            write(&stage, method, "batch/raw", secrets("v"));
            let (kind, metadata) = newest(&stage);
            assert_eq!((kind.as_str(), keys(&metadata)), (event, vec!["environment", "secretPath", "secrets"]));
            let of = |field: &str| -> Vec<Value> {
                metadata["secrets"].as_array().unwrap().iter().map(|it| it[field].clone()).collect()
            };
            let mut names = of("secretKey");
            names.sort_by_key(Value::to_string);
            assert_eq!((names, of("secretVersion")), (vec![json!("ONE"), json!("TWO")], vec![json!(version); 2]));
        }
    }
}

#[test]
fn upsert_logs_creations_and_updates_separately() {
    let stage = licensed(ApiVersion::V4);
    let secrets = json!([
        {"secretKey": "STRIPE_API_KEY", "secretValue": "v"}, {"secretKey": "FRESH", "secretValue": "v"},
    ]);
    let body = stage.body("dev", "/app", json!({"mode": "upsert", "secrets": secrets}));
    assert_eq!(stage.writer.patch("/api/v4/secrets/batch", &body).status, 200);
    let brief: Vec<Value> = entries(&stage, "")
        .iter()
        .map(|it| json!([it["event"]["type"], it["event"]["metadata"]["secrets"][0]["secretKey"]]))
        .collect();
    assert_eq!(brief, [json!(["update-secrets", "STRIPE_API_KEY"]), json!(["create-secrets", "FRESH"])]);
}

#[test]
fn the_current_routes_write_the_same_entries() {
    let stage = licensed(ApiVersion::V4);
    let id = stage.read("STRIPE_API_KEY", "dev", "/app", "").json()["secret"]["id"].as_str().unwrap().to_owned();
    let (kind, by_name) = newest(&stage);
    assert_eq!(kind, "get-secret");
    assert_eq!(stage.reader.get(&format!("/api/v4/secrets/id/{id}")).status, 200);
    assert_eq!(newest(&stage), (kind, by_name));
    stage.list("dev", "/app", "&recursive=true");
    assert_eq!(newest(&stage).1["numberOfSecrets"], 4);
}

#[test]
fn folders_are_named_under_the_path_of_their_parent() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        let send = |method: &str, url: &str, name: &str| {
            let body = json!({"workspaceId": stage.project, "environment": "dev", "path": "/app", "name": name});
            let answer = stage.writer.send(method, url, Some(&body));
            assert_eq!(answer.status, 200, "{}", answer.text);
            answer.json()["folder"]["id"].clone()
        };
        let id = send("POST", "/api/v1/folders", "made");
        let expected =
            |name: &str| json!({"environment": "dev", "folderId": id, "folderName": name, "folderPath": "/app"});
        assert_eq!(newest(&stage), ("create-folder".to_owned(), expected("made")));
        send("PATCH", &format!("/api/v1/folders/{}", id.as_str().unwrap()), "renamed");
        let changed = json!({
            "environment": "dev", "folderId": id, "folderPath": "/app", "oldFolderName": "made",
            "newFolderName": "renamed",
        });
        assert_eq!(newest(&stage), ("update-folder".to_owned(), changed));
        send("DELETE", "/api/v1/folders/renamed", "");
        assert_eq!(newest(&stage), ("delete-folder".to_owned(), expected("renamed")));
    }
}

#[test]
fn a_login_belongs_to_the_organization_and_has_no_known_actor() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        assert!(entries(&stage, "").is_empty());
        let admin = Client::of(&stage.emulator, &stage.emulator.admin());
        let all = admin.get("/api/v1/organization/audit-logs?eventType=login-identity-universal-auth").json();
        let logins = all["auditLogs"].as_array().unwrap();
        assert_eq!(logins.len(), 4);
        assert_eq!(logins[0]["actor"], json!({"type": "unknownUser", "metadata": {}}));
        assert_eq!((&logins[0]["projectId"], &logins[0]["projectName"]), (&Value::Null, &Value::Null));
        let metadata = &logins[0]["event"]["metadata"];
        assert_eq!(keys(metadata), ["clientSecretId", "identityAccessTokenId", "identityId"]);
        assert_eq!(metadata["identityId"], stage.emulator.admin().identity_id.as_str());
        let token = admin.token.clone().unwrap();
        assert!(!all.to_string().contains(&token) && !all.to_string().contains(&stage.emulator.admin().client_secret));
    }
}

#[test]
fn failed_or_pending_write_logs_nothing() {
    for api_version in BOTH {
        let builder = Emulator::builder().api_version(api_version).seed(Seed::demo()).audit_logs(true);
        let stage = of(builder.approval_policy_for_everybody("dev", "/app"));
        let body = json!({"workspaceId": stage.project, "environment": "dev", "secretPath": "/", "secretValue": "v"});
        assert_eq!(stage.reader.post("/api/v3/secrets/raw/DENIED", &body).status, 403);
        assert_eq!(stage.writer.patch("/api/v3/secrets/raw/MISSING", &body).status, 404);
        let missing = format!("/api/v3/secrets/raw/MISSING?workspaceId={}&environment=dev", stage.project);
        assert_eq!(stage.reader.get(&missing).status, 404);
        assert!(write(&stage, "POST", "raw/HELD", json!({"secretValue": "v"}))["approval"].is_object());
        assert_eq!(entries(&stage, ""), [] as [Value; 0]);
    }
}

#[test]
fn reading_the_first_page_of_the_log_is_noted_in_it() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        let url = format!("/api/v1/organization/audit-logs?projectId={}", stage.project);
        let count = |more: &str| {
            let found = stage.reader.get(&format!("{url}{more}")).json()["auditLogs"].as_array().unwrap().clone();
            assert!(found.iter().all(|it| it["event"] == json!({"type": "view-audit-logs", "metadata": {}})));
            found.len()
        };
        assert_eq!((count(""), count("&offset=1"), count(""), count("")), (0, 0, 1, 2));
        assert_eq!(stage.outsider.get(&url).status, 403);
        assert_eq!(count(""), 3);
    }
}
