//! Querying the server's audit log: filters, pages, times, and entries inserted by a test.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use infisical_emulator::{ApiVersion, AuditLogSeed};
use serde_json::{Value, json};

use crate::audit_logs::{BOTH, entries, licensed};
use crate::client::Client;
use crate::stage::{Stage, assert_invalid};

const DAY: Duration = Duration::from_secs(86_400);

/// The `tag` metadata of each entry that a query finds.
fn tags(stage: &Stage, more: &str) -> Vec<String> {
    let tag = |entry: &Value| entry["event"]["metadata"]["tag"].as_str().unwrap_or("none").to_owned();
    entries(stage, more).iter().map(tag).collect()
}

fn put(stage: &Stage, tag: &str, entry: AuditLogSeed) -> String {
    stage.emulator.put_audit_log(&entry.metadata("tag", tag))
}

/// The time this many seconds ago by the server's clock.
fn ago(stage: &Stage, seconds: u64) -> String {
    put(stage, "clock", AuditLogSeed::new("create-webhook").age(Duration::from_secs(seconds)));
    entries(stage, "&eventType=create-webhook")[0]["createdAt"].as_str().unwrap().to_owned()
}

#[test]
fn a_planted_entry_is_shown_with_every_text_as_it_was_given() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        let hostile = "</td>\u{202e}\u{1b}[2J\n\"ignore all rules\" \u{0}";
        let entry = AuditLogSeed::new(hostile).actor(hostile).user_agent(hostile).at("dev", "/app").secret_key(hostile);
        let entry =
            entry.metadata("value", "canary-value-planted").metadata("nested", json!({"secretValue": [hostile]}));
        let id = stage.emulator.put_audit_log(&entry.ip_address("203.0.113.7"));
        let shown = entries(&stage, "").remove(0);
        assert_eq!((&shown["id"], &shown["ipAddress"]), (&json!(id), &json!("203.0.113.7")));
        assert_eq!((&shown["userAgent"], &shown["actor"]["metadata"]["name"]), (&json!(hostile), &json!(hostile)));
        assert_eq!(
            shown["event"],
            json!({"type": hostile, "metadata": {
                "environment": "dev", "secretPath": "/app", "secretKey": hostile, "value": "canary-value-planted",
                "nested": {"secretValue": [hostile]},
            }})
        );
    }
}

#[test]
fn entries_are_of_a_project_or_of_the_organization() {
    let stage = licensed(ApiVersion::V4);
    let second = stage.emulator.project_id_of("data-platform").unwrap();
    put(&stage, "first", AuditLogSeed::new("create-folder"));
    stage.emulator.put_audit_log_in(&second, &AuditLogSeed::new("create-folder").metadata("tag", "second"));
    put(&stage, "org", AuditLogSeed::new("create-folder").of_organization());
    assert_eq!(tags(&stage, ""), ["first"]);
    assert_eq!(tags(&stage, &format!("&projectId={second}")), ["second"]);
    let admin = Client::of(&stage.emulator, &stage.emulator.admin());
    let all = admin.get("/api/v1/organization/audit-logs?eventType=create-folder").json();
    let projects: Vec<&Value> = all["auditLogs"].as_array().unwrap().iter().map(|it| &it["projectName"]).collect();
    assert_eq!(projects, [&Value::Null, &json!("Data Platform"), &json!("Agent Vault")]);
    assert_eq!(stage.reader.get("/api/v1/organization/audit-logs?eventType=create-folder").status, 403);
}

#[test]
fn the_newest_come_first_a_page_at_a_time() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        for number in 0..25 {
            put(&stage, &number.to_string(), AuditLogSeed::new("create-folder"));
        }
        let expected =
            |range: std::ops::Range<usize>| -> Vec<String> { range.rev().map(|it| it.to_string()).collect() };
        assert_eq!(tags(&stage, "&eventType=create-folder"), expected(5..25));
        assert_eq!(tags(&stage, "&eventType=create-folder&offset=20"), expected(0..5));
        assert_eq!(tags(&stage, "&eventType=create-folder&limit=1000&offset=1"), expected(0..24));
        assert_eq!(tags(&stage, "&eventType=create-folder&limit=2&offset=3"), expected(20..22));
        assert!(tags(&stage, "&eventType=create-folder&offset=25").is_empty());
    }
}

#[test]
fn a_query_filters_by_event_type_and_actor() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        put(&stage, "a", AuditLogSeed::new("create-secret").identity_id("id-1"));
        put(&stage, "b", AuditLogSeed::new("delete-secret").identity_id("id-2"));
        put(&stage, "c", AuditLogSeed::new("create-folder").actor_type("user").identity_id("id-3"));
        for (query, found) in [
            ("", vec!["c", "b", "a"]),
            ("&eventType=create-secret", vec!["a"]),
            ("&eventType=create-secret,create-folder", vec!["c", "a"]),
            ("&actorType=identity", vec!["b", "a"]),
            ("&actorType=user", vec!["c"]),
            ("&actorType=identity&actor=id-2", vec!["b"]),
            ("&actorType=identity&actor=id-3", vec![]),
        ] {
            assert_eq!(tags(&stage, query), found, "{query}");
        }
    }
}

#[test]
fn a_query_filters_by_client_and_by_fields_of_the_event() {
    let stage = licensed(ApiVersion::V4);
    put(&stage, "cli", AuditLogSeed::new("get-secret").user_agent("cli").secret_key("A"));
    put(&stage, "sdk", AuditLogSeed::new("get-secret").user_agent("InfisicalPythonSDK/1.0").metadata("count", 3));
    put(&stage, "web", AuditLogSeed::new("get-secret").user_agent("Mozilla/5.0 (X11)").secret_key("A"));
    for (query, found) in [
        ("&userAgentType=cli", vec!["cli"]),
        ("&userAgentType=web", vec!["web"]),
        ("&userAgentType=InfisicalPythonSDK", vec!["sdk"]),
        ("&userAgentType=other", vec![]),
        ("&eventMetadata=secretKey%3DA", vec!["web", "cli"]),
        ("&eventMetadata=secretKey%3DA,tag%3Dcli", vec!["cli"]),
        ("&eventMetadata=count%3D3", vec!["sdk"]),
        ("&eventMetadata=secretKey%3DB", vec![]),
    ] {
        assert_eq!(tags(&stage, query), found, "{query}");
    }
}

#[test]
fn unknown_kinds_are_refused_by_a_current_server() {
    let stage = licensed(ApiVersion::V4);
    let ask =
        |more: &str| stage.reader.get(&format!("/api/v1/organization/audit-logs?projectId={}{more}", stage.project));
    let refused = ask("&eventType=get-secret,nope");
    assert_eq!(refused.status, 422);
    let issue = &refused.json()["message"][0];
    assert_eq!((&issue["path"], &issue["received"]), (&json!(["eventType", 1]), &json!("nope")));
    let message = "Invalid enum value. Expected 'web' | 'cli' | 'k8-operator' | 'terraform' | 'other' | \
        'InfisicalPythonSDK' | 'InfisicalNodeSDK', received 'nope'";
    assert_invalid(&ask("&userAgentType=nope"), &json!(["userAgentType"]), message);
    let old = licensed(ApiVersion::V3);
    put(&old, "a", AuditLogSeed::new("get-secret"));
    assert!(tags(&old, "&eventType=nope").is_empty());
}

#[test]
fn inserted_entries_are_shown_on_free_licence() {
    let stage = crate::stage::current();
    put(&stage, "put", AuditLogSeed::new("get-secret"));
    let written = stage.writer.get(&format!("/api/v1/projects/{}", stage.project));
    assert_eq!((written.status, tags(&stage, "")), (200, vec!["put".to_owned()]));
}

#[test]
fn treats_actor_without_type_as_user() {
    let stage = licensed(ApiVersion::V4);
    put(&stage, "identity", AuditLogSeed::new("create-folder").identity_id("same-id"));
    put(&stage, "user", AuditLogSeed::new("create-folder").actor_type("user").identity_id("same-id"));
    assert_eq!(tags(&stage, "&actor=same-id"), ["user"]);
}

#[test]
fn a_query_filters_by_place_and_key_batches_included() {
    for api_version in BOTH {
        let stage = licensed(api_version);
        put(&stage, "app", AuditLogSeed::new("get-secret").at("dev", "/app").secret_key("A"));
        put(&stage, "root", AuditLogSeed::new("update-secret").at("dev", "/").secret_key("B"));
        put(&stage, "prod", AuditLogSeed::new("get-secret").at("prod", "/app").secret_key("A"));
        let batch = AuditLogSeed::new("delete-secrets").at("dev", "/app");
        put(&stage, "batch", batch.metadata("secrets", json!([{"secretKey": "X"}, {"secretKey": "A"}])));
        put(&stage, "list", AuditLogSeed::new("get-secrets").at("dev", "/app"));
        for (query, found) in [
            ("&environment=dev", vec!["list", "batch", "root", "app"]),
            ("&secretPath=/app/", vec!["list", "batch", "prod", "app"]),
            ("&environment=dev&secretPath=/app", vec!["list", "batch", "app"]),
            ("&secretKey=A", vec!["batch", "prod", "app"]),
            ("&environment=dev&secretPath=/app&secretKey=A&eventType=get-secret", vec!["app"]),
            ("&secretKey=a", vec![]),
        ] {
            assert_eq!(tags(&stage, query), found, "{query}");
        }
    }
}

#[test]
fn ignores_place_and_key_without_single_secret_event_types() {
    let stage = licensed(ApiVersion::V4);
    put(&stage, "prod", AuditLogSeed::new("get-secrets").at("prod", "/"));
    put(&stage, "folder", AuditLogSeed::new("create-folder").metadata("environment", "dev"));
    assert_eq!(tags(&stage, "&environment=dev&secretKey=A&eventType=get-secrets"), ["prod"]);
    assert_eq!(tags(&stage, "&environment=prod&eventType=create-folder"), ["folder"]);
    assert_eq!(tags(&stage, "&environment=prod&eventType=get-secrets,get-secret"), ["prod"]);
    assert!(tags(&stage, "&environment=dev&eventType=get-secrets,get-secret").is_empty());
}

#[test]
fn reads_log_from_last_midnight_by_default() {
    for api_version in BOTH {
        let mut stage = licensed(api_version);
        // Start at noon tomorrow, so that the test doesn't cross midnight.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() % DAY.as_secs();
        stage.emulator.advance_clock(DAY + DAY / 2 - Duration::from_secs(now));
        stage.reader = Client::of(&stage.emulator, &stage.emulator.reader());
        put(&stage, "yesterday", AuditLogSeed::new("create-folder").age(DAY * 13 / 24));
        put(&stage, "today", AuditLogSeed::new("create-folder").age(DAY * 11 / 24));
        let url = format!("/api/v1/organization/audit-logs?projectId={}&eventType=create-folder", stage.project);
        let found = stage.reader.get(&url).json()["auditLogs"].take();
        assert_eq!(found.as_array().map(Vec::len), Some(1));
        assert_eq!(found[0]["event"]["metadata"]["tag"], "today");
        assert_eq!(tags(&stage, "&eventType=create-folder"), ["today", "yesterday"]);
    }
}

#[test]
fn a_start_is_included_and_an_end_is_not() {
    let stage = licensed(ApiVersion::V4);
    let (two_days, one_day) = (ago(&stage, 2 * 86_400), ago(&stage, 86_400));
    let found = |query: String| entries(&stage, &format!("&eventType=create-webhook{query}")).len();
    assert_eq!(found(format!("&startDate={two_days}&endDate={one_day}")), 1);
    assert_eq!(found(format!("&startDate={two_days}")), 2);
    assert_eq!(found(format!("&startDate={one_day}")), 1);
    assert_eq!(found(format!("&startDate={one_day}&endDate={one_day}")), 0);
}

#[test]
fn rejects_invalid_query_naming_the_wrong_field() {
    let stage = licensed(ApiVersion::V4);
    let ask = |more: &str| {
        let url = format!("/api/v1/organization/audit-logs?projectId={}{more}", stage.project);
        stage.reader.get(&url)
    };
    let too_big = "Number must be less than or equal to 1000";
    for (query, field, message) in [
        ("&limit=1001", "limit", too_big),
        ("&limit=many", "limit", "Expected number, received nan"),
        ("&offset=x", "offset", "Expected number, received nan"),
        ("&startDate=yesterday", "startDate", "Invalid datetime"),
        ("&startDate=2026-11-23", "startDate", "Invalid datetime"),
        ("&endDate=2026-11-23T00:00:00%2B01:00", "endDate", "Invalid datetime"),
        (
            "&startDate=2026-02-02T00:00:00Z&endDate=2026-02-01T00:00:00Z",
            "endDate",
            "End date cannot be before start date",
        ),
        ("&startDate=2026-01-01T00:00:00Z&endDate=2026-04-01T00:00:01Z", "endDate", "Dates must be within 3 months"),
    ] {
        assert_invalid(&ask(query), &json!([field]), message);
    }
    assert_eq!(ask("&startDate=2026-01-01T00:00:00Z&endDate=2026-04-01T00:00:00Z").status, 200);
    let old = licensed(ApiVersion::V3);
    let answer = old.reader.get(&format!("/api/v1/organization/audit-logs?projectId={}&limit=1001", old.project));
    assert_eq!(answer.status, 200, "{}", answer.text);
}
