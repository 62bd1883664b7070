//! Tests the audit records of calls that ask a person through the client.

use crate::client::{Client, call};
use crate::stage::{Stage, stages};
use infisical_emulator::{ApiVersion, Fault, RequestMatch};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A client that can show a form, and the arguments that apply a plan that needs a person.
fn client_and_plan(stage: &Stage, revision: Revision) -> (Client, Value) {
    stage.configure("[mcp]\napprove_in_client = true\n");
    stage.switch_on();
    let mut client = Client::new(stage);
    if revision == Revision::WithHandshake {
        client.greet_as(json!({ "elicitation": { "form": {} } }));
    }
    let delete = json!({ "name": "STRIPE_API_KEY", "path": "/app" });
    let previewed = client.ask(&revision.call(1, "delete-secret", delete));
    let previewed = &previewed["result"]["structuredContent"];
    assert!(previewed["plan"].is_string(), "{previewed}");
    let apply = json!({ "plan": previewed["plan"], "acknowledge": previewed["acknowledge"] });
    (client, apply)
}

/// How the revision lets a client ask its person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Revision {
    WithHandshake,
    Without,
}

impl Revision {
    fn call(self, id: i64, tool: &str, arguments: Value) -> Value {
        let mut call = call(id, tool, arguments);
        if self == Self::Without {
            call["params"]["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": { "name": "raw", "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
            });
        }
        call
    }
}

/// The audit records of `apply-change`, oldest first.
fn on_record(stage: &Stage) -> Vec<Value> {
    let files = std::fs::read_dir(stage.path("state/audit")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "jsonl")).collect();
    files.sort();
    let lines: String = files.into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let records = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.filter(|record| record["tool"] == "apply-change").collect()
}

#[test]
fn records_call_before_asking_and_when_cancelled() {
    for stage in stages() {
        let (mut client, apply) = client_and_plan(&stage, Revision::WithHandshake);
        client.say(call(2, "apply-change", apply.clone()).to_string().as_bytes());
        let asked = client.hear();
        assert_eq!(asked["method"], "elicitation/create", "{asked}");
        let [begun] = on_record(&stage).try_into().unwrap();
        assert_eq!((&begun["type"], &begun["grant"]), (&json!("intent"), &json!("apply")), "{begun}");
        client.say(br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#);
        let taken_back = client.hear();
        assert_eq!(taken_back["method"], "notifications/cancelled", "{taken_back}");
        assert_eq!(taken_back["params"]["requestId"], asked["id"], "the form isn't wanted any more");
        let [_, ended] = on_record(&stage).try_into().unwrap();
        assert_eq!((&ended["type"], &ended["call"]), (&json!("outcome"), &begun["call"]), "{ended}");
        assert_eq!((&ended["outcome"], &ended["said"]["kind"]), (&json!("failed"), &json!("cancelled")), "{ended}");
        assert_eq!(ended["plan"]["plan"], apply["plan"], "{ended}");
        client.is_well();
        assert!(stage.changes_sent().is_empty());
    }
}

#[test]
fn records_question_before_the_client_gets_it() {
    for stage in stages() {
        let (mut client, apply) = client_and_plan(&stage, Revision::Without);
        let asked = client.ask(&Revision::Without.call(2, "apply-change", apply.clone()));
        assert!(asked["result"]["inputRequests"]["approve"].is_object(), "{asked}");
        let [asked] = on_record(&stage).try_into().unwrap();
        assert_eq!((&asked["type"], &asked["outcome"]), (&json!("outcome"), &json!("refused")), "{asked}");
        assert_eq!((&asked["plan"]["plan"], &asked["said"]["layer"]), (&apply["plan"], &json!("two-phase-confirm")));
        assert!(asked["said"]["reason"].as_str().unwrap().contains("person"), "{asked}");
    }
}

#[test]
fn asks_no_person_if_the_trail_is_unwritable() {
    for revision in [Revision::WithHandshake, Revision::Without] {
        for stage in stages() {
            let (mut client, apply) = client_and_plan(&stage, revision);
            std::fs::write(stage.path("state/audit/poisoned"), "a sync failed: test").unwrap();
            let refused = client.ask(&revision.call(2, "apply-change", apply));
            assert_eq!((&refused["id"], &refused["result"]["isError"]), (&json!(2), &json!(true)), "{refused}");
            assert!(refused.to_string().contains("audit trail") && !refused.to_string().contains("elicitation"));
            assert!(on_record(&stage).is_empty());
        }
    }
}

#[test]
fn approved_call_is_one_record_from_question_to_end() {
    for stage in stages() {
        let (mut client, apply) = client_and_plan(&stage, Revision::WithHandshake);
        client.say(call(2, "apply-change", apply).to_string().as_bytes());
        let asked = client.hear();
        // An earlier answer doesn't count as a person's.
        std::thread::sleep(Duration::from_millis(1_100));
        let yes = json!({ "action": "accept", "content": { "approve": true } });
        let applied = client.ask(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": yes }));
        assert_eq!(applied["result"]["structuredContent"]["outcome"], "applied", "{applied}");
        let records = on_record(&stage);
        assert!(records.iter().all(|record| record["call"] == records[0]["call"]), "{records:?}");
        let outcomes: Vec<_> = records.iter().filter(|record| record["type"] == "outcome").collect();
        assert_eq!((outcomes.len(), &outcomes[0]["outcome"]), (1, &json!("applied")), "{records:?}");
    }
}

#[test]
fn records_client_that_disconnects_during_the_question() {
    let stage = Stage::new(ApiVersion::V4);
    let (mut client, apply) = client_and_plan(&stage, Revision::WithHandshake);
    client.say(call(2, "apply-change", apply).to_string().as_bytes());
    assert_eq!(client.hear()["method"], "elicitation/create");
    assert_eq!(client.end().status.code(), Some(0));
    let [begun, ended] = on_record(&stage).try_into().unwrap();
    assert_eq!((&begun["type"], &ended["type"]), (&json!("intent"), &json!("outcome")), "{begun} {ended}");
    assert_eq!(ended["call"], begun["call"], "{ended}");
    // Either the call or the question may end first. Nobody approved anything.
    assert!(["refused", "failed"].contains(&ended["outcome"].as_str().unwrap()), "{ended}");
    assert!(stage.changes_sent().is_empty());
}

/// The notifications before the next other message, and that message. Each has the time since the
/// start of the wait.
fn hear_progress(client: &mut Client) -> (Vec<(Duration, Value)>, Value) {
    let began = Instant::now();
    let mut heard = Vec::new();
    loop {
        let message = client.hear();
        if message["method"] != "notifications/progress" {
            return (heard, message);
        }
        heard.push((began.elapsed(), message["params"].clone()));
    }
}

/// Asserts that the progress increases, belongs to one call, and comes often enough to show that
/// the call runs.
fn are_steady(heard: &[(Duration, Value)], token: &str) {
    let mut last = (Duration::ZERO, -1.0);
    for (at, told) in heard {
        assert_eq!(told["progressToken"], token, "{heard:?}");
        let progress = told["progress"].as_f64().unwrap();
        assert!(progress > last.1 && *at - last.0 < Duration::from_secs(5), "{heard:?}");
        last = (*at, progress);
    }
}

#[test]
fn sends_progress_until_the_person_answers() {
    let stage = Stage::new(ApiVersion::V4);
    let (mut client, apply) = client_and_plan(&stage, Revision::WithHandshake);
    let mut message = call(2, "apply-change", apply);
    message["params"]["_meta"] = json!({ "progressToken": "t" });
    client.say(message.to_string().as_bytes());
    let (_, asked) = hear_progress(&mut client);
    assert_eq!(asked["method"], "elicitation/create", "{asked}");
    let heard: Vec<_> = (0..3).map(|_| client.hear()).collect();
    for told in &heard {
        assert_eq!(
            (&told["method"], &told["params"]["progressToken"]),
            (&json!("notifications/progress"), &json!("t"))
        );
        assert_eq!(told["params"]["message"], "waiting for a person to decide", "{told}");
    }
    let yes = json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "accept", "content": { "approve": true } } });
    client.say(yes.to_string().as_bytes());
    let (_, applied) = hear_progress(&mut client);
    assert_eq!((&applied["id"], &applied["result"]["structuredContent"]["outcome"]), (&json!(2), &json!("applied")));
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(client.ask(&crate::client::request(3, "ping", json!({})))["id"], 3, "nothing may follow the answer");
}

#[test]
fn sends_progress_of_long_calls_only_if_requested() {
    let stage = Stage::new(ApiVersion::V4);
    let mut client = Client::connected(&stage);
    let slow = Fault::Delay(Duration::from_secs(7));
    for token in [Some("t"), None] {
        stage.emulator.fail_next_matching(1, RequestMatch::any().method("GET"), slow.clone());
        let mut message = call(1, "list-secrets", json!({}));
        if let Some(token) = token {
            message["params"]["_meta"] = json!({ "progressToken": token });
        }
        client.say(message.to_string().as_bytes());
        let (heard, answer) = hear_progress(&mut client);
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        assert_eq!(heard.len() >= 2, token.is_some(), "{heard:?}");
        are_steady(&heard, "t");
    }
}
