//! Tests with ten thousand secrets: pages for an agent over MCP and for a script, everything at
//! once for a person.

use crate::client::Client;
use crate::stage::Stage;
use crate::{json, stderr, stdout};
use infisical_emulator::{ApiVersion, SecretSeed};
use serde_json::{Value, json};

const MANY: usize = 10_000;

/// The largest answer for an agent, in bytes of JSON: its structure and its text.
const MOST: usize = 60_000;

/// A stage with ten thousand secrets in one folder.
fn stage(api_version: ApiVersion) -> Stage {
    let stage = Stage::new(api_version);
    let secret = |at: usize| SecretSeed::new(&format!("SECRET_NUMBER_{at:05}"), "canary-value-bulk");
    stage.emulator.put_secrets("dev", "/bulk", &(0..MANY).map(secret).collect::<Vec<_>>());
    stage
}

fn names(page: &Value) -> Vec<String> {
    page["secrets"].as_array().unwrap().iter().map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
}

/// Asserts that the list has each name once, in order.
fn are_all(names: &[String]) {
    assert_eq!(names.len(), MANY);
    assert!(names.windows(2).all(|two| two[0] < two[1]));
}

#[test]
fn agent_pages_through_ten_thousand_secrets_over_mcp() {
    let stage = stage(ApiVersion::V4);
    let mut client = Client::connected(&stage);
    let (mut all, mut id, mut cursor) = (Vec::new(), 1, Value::Null);
    loop {
        let answer = client.call(id, "list-secrets", json!({ "path": "/bulk", "limit": 200, "cursor": cursor }));
        let (structured, content) = (&answer["result"]["structuredContent"], &answer["result"]["content"]);
        assert!(structured.to_string().len() < MOST && content.to_string().len() < MOST, "{id}");
        assert_eq!((&structured["total"], content.as_array().unwrap().len()), (&json!(MANY), 1), "{answer}");
        all.extend(names(structured));
        cursor = structured["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
        assert!(content[0]["text"].as_str().unwrap().contains(cursor.as_str().unwrap()));
        id += 1;
    }
    are_all(&all);
    assert_eq!(id, 50);
    // Without paging arguments the answer is a page too.
    let first = client.call(99, "list-secrets", json!({ "path": "/bulk" }));
    assert_eq!(names(&first["result"]["structuredContent"]).len(), 100);
    assert!(first.to_string().len() < MOST, "all of it: {}", first.to_string().len());
}

#[test]
fn script_pages_through_ten_thousand_secrets() {
    let stage = stage(ApiVersion::V3);
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut arguments = vec!["secrets", "list", "--path", "/bulk", "--json", "--limit", "200"];
        arguments.extend(cursor.iter().flat_map(|cursor| ["--cursor", cursor.as_str()]));
        let page = stage.json(&arguments);
        assert!(page.to_string().len() < MOST);
        all.extend(names(&page));
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    are_all(&all);
    let table = stdout(&stage.run(&["secrets", "list", "--path", "/bulk"]));
    assert_eq!(table.lines().count(), MANY + 1, "and its titles");
    let whole = stage.json(&["secrets", "list", "--path", "/bulk", "--json"]);
    assert_eq!((names(&whole), &whole["total"]), (all, &json!(MANY)));
    assert!(whole.get("nextCursor").is_none() && whole["secrets"][0].get("id").is_none());
}

#[test]
fn paging_needs_json_and_rejects_cursor_of_another_list() {
    let stage = Stage::new(ApiVersion::V4);
    for alone in [&["--limit", "5"][..], &["--cursor", "x"], &["--details"]] {
        for list in ["secrets", "folders"] {
            let refused = stage.run(&[&[list, "list"], alone].concat());
            assert_eq!(refused.status.code(), Some(2), "{list} {alone:?}");
            assert!(stderr(&refused).contains("--json"), "{}", stderr(&refused));
        }
    }
    let folders = stage.json(&["folders", "list", "--recursive", "--json", "--limit", "2"]);
    assert_eq!((folders["folders"].as_array().unwrap().len(), &folders["total"]), (2, &json!(4)));
    let next = folders["nextCursor"].as_str().unwrap();
    let rest = stage.json(&["folders", "list", "--recursive", "--json", "--cursor", next, "--details"]);
    assert_eq!(rest["folders"].as_array().unwrap().len(), 2);
    assert!(rest["folders"][0]["id"].is_string() && rest.get("nextCursor").is_none());
    let other = stage.run(&["folders", "list", "--json", "--cursor", next]);
    assert_eq!(other.status.code(), Some(1));
    let error = &json(&other)["error"];
    assert_eq!(error["layer"], "input");
    assert!(error["remedy"].as_str().unwrap().contains("same arguments"), "{error}");
    let detailed = stage.json(&["secrets", "list", "--path", "/app", "--json", "--details"]);
    assert!(detailed["secrets"][0]["id"].is_string(), "{detailed}");
}

#[test]
fn long_value_is_shown_to_a_person_and_no_agent() {
    let stage = Stage::new(ApiVersion::V4);
    let value = "long-".repeat(20_000);
    stage.emulator.put_secret("dev", "/app", &SecretSeed::new("LONG", &value));
    stage.reveal();
    let mut client = Client::connected(&stage);
    let refused = client.call(1, "reveal-secret", json!({ "path": "/app", "name": "LONG" }));
    assert_eq!(refused["result"]["isError"], true);
    let said = refused["result"].to_string();
    assert!(said.contains("secrets reveal") && !said.contains("long-long"), "{said}");
    let called = stage.run(&["call", "reveal-secret", "{\"path\":\"/app\",\"name\":\"LONG\"}"]);
    assert_eq!((called.status.code(), &json(&called)["error"]["kind"]), (Some(1), &json!("too-large")));
    assert_eq!(stdout(&stage.run(&["secrets", "reveal", "LONG", "--path", "/app"])), value);
    let as_json = stage.json(&["secrets", "reveal", "LONG", "--path", "/app", "--json"]);
    assert_eq!(as_json["value"], json!(value));
}
