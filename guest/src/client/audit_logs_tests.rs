use super::*;
use serde_json::{Value, json};

fn read(logs: &Value) -> Result<(Vec<AuditLog>, usize), Error> {
    audit_logs(json!({ "auditLogs": logs }).to_string().as_bytes())
}

fn entry() -> Value {
    json!({
        "id": "a", "createdAt": "2026-11-23T01:53:38.907Z", "ipAddress": "127.0.0.1", "userAgent": "x", "projectName": "p",
        "event": { "type": "get-secret", "metadata": { "environment": "dev", "secretPath": "/app", "secretKey": "K", "secretVersion": 3 } },
        "actor": { "type": "identity", "metadata": { "name": "reader", "identityId": "i" } },
    })
}

#[test]
fn an_entry_says_what_happened_where_and_by_whom() {
    let (logs, count) = read(&json!([entry()])).unwrap();
    let log = &logs[0];
    assert_eq!((count, log.id.as_str(), log.event.as_str()), (1, "a", "get-secret"));
    let text = |text: &str| Some(text.to_owned());
    assert_eq!((&log.environment, &log.path, &log.name), (&text("dev"), &text("/app"), &text("K")));
    let actor = Actor { kind: text("identity"), name: text("reader"), id: text("i") };
    assert_eq!((&log.actor, &log.ip_address), (&actor, &text("127.0.0.1")));
    // A user has other fields. So does a folder.
    let mut other = entry();
    other["actor"] = json!({ "type": "user", "metadata": { "username": "u", "userId": "1" } });
    other["event"] = json!({ "type": "create-folder", "metadata": { "folderPath": "/", "folderName": "f" } });
    let (logs, _) = read(&json!([other])).unwrap();
    assert_eq!((&logs[0].actor.name, &logs[0].actor.id), (&text("u"), &text("1")));
    assert_eq!((&logs[0].path, &logs[0].name, &logs[0].environment), (&text("/"), &text("f"), &None));
}

#[test]
fn omitted_entries_count_but_arent_returned() {
    let (logs, count) = read(&json!([{}, entry(), {}])).unwrap();
    assert_eq!((logs.len(), count), (1, 3));
    assert_eq!(read(&json!([])).unwrap(), (Vec::new(), 0));
}

#[test]
fn what_may_be_missing_may_be_null_or_absent() {
    let mut bare = entry();
    for field in ["ipAddress", "actor"] {
        bare[field] = Value::Null;
    }
    bare["event"] = json!({ "type": "login", "metadata": null });
    assert_eq!(read(&json!([bare])).unwrap().0[0].actor, Actor { kind: None, name: None, id: None });
}

#[test]
fn refuses_answer_without_list_of_entries() {
    let with = |field: &str, value: Value| {
        let mut entry = entry();
        entry[field] = value;
        json!([entry])
    };
    for logs in [
        json!({}),
        json!(null),
        json!([5]),
        json!([[]]),
        with("id", json!(5)),
        with("createdAt", json!("yesterday")),
        with("createdAt", Value::Null),
        with("event", Value::Null),
        with("event", json!({ "metadata": {} })),
        with("event", json!({ "type": 5 })),
        with("event", json!({ "type": "t", "metadata": { "environment": 5 } })),
        with("event", json!({ "type": "t", "metadata": { "secretPath": "/", "folderPath": "/" } })),
        with("actor", json!([])),
    ] {
        assert!(matches!(read(&logs), Err(Error::UnexpectedAnswer(_))), "{logs}");
    }
    for body in [
        "",
        "{}",
        "[]",
        r#"{"auditLogs":[],"auditLogs":[]}"#,
        r#"{"auditLogs":[{}"#,
        r#"{"auditLogs":[{"id":"a","id":"b"}]}"#,
    ] {
        assert!(audit_logs(body.as_bytes()).is_err(), "{body}");
    }
}
