//! Tests that a program that answers its own client's form doesn't count as a person.

use crate::client::{Client, call};
use crate::mcp_http::{Server, TOKEN, message};
use crate::stage::{Stage, stages};
use crate::{stderr, stdout};
use infisical_emulator::ApiVersion;
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than a program's answer takes, and long enough to pass for a person's.
const AS_A_PERSON: Duration = Duration::from_millis(1_100);

fn yes() -> Value {
    json!({ "action": "accept", "content": { "approve": true } })
}

fn with_forms(id: i64, tool: &str, arguments: Value) -> Value {
    let mut call = call(id, tool, arguments);
    call["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "agent", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
    });
    call
}

/// The attack: a program uses the bearer token from the agent's own client configuration. It claims
/// that it can show forms, and answers them itself.
#[test]
fn token_holder_cannot_approve_deletion_by_its_own_form() {
    let stage = Stage::new(ApiVersion::V4);
    stage.switch_on();
    let server = Server::new(&stage);
    let ask = |call: &Value| message(&server.post(&format!("host: localhost\r\nauthorization: Bearer {TOKEN}"), call));
    let delete = json!({ "name": "STRIPE_API_KEY", "path": "/app" });
    let previewed = ask(&with_forms(1, "delete-secret", delete))["result"]["structuredContent"].clone();
    let apply = json!({ "plan": previewed["plan"], "acknowledge": previewed["acknowledge"] });
    let asked = ask(&with_forms(2, "apply-change", apply.clone()));
    std::thread::sleep(AS_A_PERSON);
    let mut answer = with_forms(3, "apply-change", apply);
    answer["params"]["inputResponses"] = json!({ "approve": yes() });
    answer["params"]["requestState"] = asked["result"]["requestState"].clone();
    let applied = ask(&answer);
    assert!(stage.changes_sent().is_empty(), "a program approved the plan: {applied}");
    assert!(asked["result"]["inputRequests"].is_null(), "no form may be shown: {asked}");
    assert!(asked.to_string().contains("infisical-skill plans approve"), "{asked}");
}

/// A variant over stdio, with a handshake revision. The change can be undone, but needs a person
/// because its environment is protected.
#[test]
fn stdio_client_cannot_approve_protected_change_by_form() {
    for stage in stages() {
        stage.configure("protected = [\"dev\"]\n");
        stage.switch_on();
        let mut client = Client::new(&stage);
        client.greet_as(json!({ "elicitation": { "form": {} } }));
        let created = client.call(1, "create-folder", json!({ "name": "mine", "path": "/app" }));
        let created = &created["result"]["structuredContent"];
        let apply = json!({ "plan": created["plan"], "acknowledge": created["acknowledge"] });
        client.say(call(2, "apply-change", apply).to_string().as_bytes());
        let mut said = client.hear();
        if said["method"] == "elicitation/create" {
            std::thread::sleep(AS_A_PERSON);
            said = client.ask(&json!({ "jsonrpc": "2.0", "id": said["id"], "result": yes() }));
        }
        assert!(stage.changes_sent().is_empty(), "a program approved the plan: {said}");
        assert!(said.to_string().contains("infisical-skill plans approve"), "{said}");
    }
}

#[test]
fn forms_never_approve_protected_changes() {
    for (protected, is_shown) in [("dev", false), ("prod", true)] {
        let stage = Stage::new(ApiVersion::V4);
        stage.configure(&format!(
            "approval = \"all\"\nprotected = [\"{protected}\"]\n[mcp]\napprove_in_client = true\n"
        ));
        stage.switch_on();
        let mut client = Client::new(&stage);
        client.greet_as(json!({ "elicitation": { "form": {} } }));
        let created = client.call(1, "create-folder", json!({ "name": "mine", "path": "/app" }));
        let created = &created["result"]["structuredContent"];
        let apply = json!({ "plan": created["plan"], "acknowledge": created["acknowledge"] });
        client.say(call(2, "apply-change", apply).to_string().as_bytes());
        let said = client.hear();
        assert_eq!(said["method"] == "elicitation/create", is_shown, "{said}");
        if is_shown {
            std::thread::sleep(AS_A_PERSON);
            let applied = client.ask(&json!({ "jsonrpc": "2.0", "id": said["id"], "result": yes() }));
            let approval = &applied["result"]["structuredContent"]["approval"];
            assert_eq!(
                (&approval["how"], &approval["independence"]),
                (&json!("form"), &json!("cant-tell")),
                "{applied}"
            );
            let told = applied["result"]["content"][0]["text"].as_str().unwrap();
            assert!(told.contains("Approved in a form of the client's"), "{told}");
        }
    }
}

#[test]
fn rejects_old_form_setting_and_names_the_new_one() {
    let stage = Stage::new(ApiVersion::V4);
    for value in ["true", "false"] {
        stage.configure(&format!("[mcp]\nask_in_client = {value}\n"));
        let refused = stage.run(&["status"]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(stderr(&refused).contains("`mcp.approve_in_client = true`"), "{}", stderr(&refused));
    }
}

#[test]
fn approval_always_shows_who_and_how() {
    let stage = Stage::new(ApiVersion::V4);
    stage.switch_on();
    let preview = stage.json(&["secrets", "delete", "STRIPE_API_KEY", "--path", "/app", "--preview", "--json"]);
    let plan = preview["plan"].as_str().unwrap();
    let card = stdout(&stage.run(&["plans", "show", plan]));
    assert!(card.contains("Asked") && card.contains("with the command"), "{card}");
    let approved = stage.on_terminal(&[("type: ", "dev:/app/STRIPE_API_KEY")], &["plans", "approve", plan]);
    assert!(stdout(&approved).contains("Approved."), "{}", stdout(&approved));
    // The files belong to the only user, so the user who asked could also have typed the answer.
    let shown = stage.json(&["plans", "show", plan, "--json"]);
    assert_eq!((&shown["approval"]["how"], &shown["approval"]["independence"]), (&json!("terminal"), &json!("same")));
    let shown = stdout(&stage.run(&["plans", "show", plan]));
    assert!(shown.contains("at a terminal, as ") && shown.contains("the same as the requester"), "{shown}");
    let phrase = preview["acknowledge"].as_str().unwrap();
    let receipt = stage.json(&["plans", "apply", plan, "--acknowledge", phrase, "--json"]);
    assert_eq!(receipt["approval"]["independence"], "same", "{receipt}");
    let trail = stdout(&stage.run(&["audit", "show", "--tool", "approve", "--json"]));
    let record: Value = serde_json::from_str(trail.lines().next().unwrap()).unwrap();
    assert_eq!(record["approver"]["how"], "terminal", "{record}");
    assert_eq!(record["approver"]["independence"], "same", "{record}");
    assert!(record["approver"]["user"].as_str().unwrap().contains("uid "), "{record}");
    assert!(stdout(&stage.run(&["audit", "show", "--tool", "approve"])).contains("compared with the requester: same"));
}

#[test]
fn the_doctor_says_what_an_agent_could_do_where_forms_approve() {
    let stage = Stage::new(ApiVersion::V4);
    let forms = |stage: &Stage| {
        let said = stdout(&stage.run(&["doctor"]));
        said.lines().find(|line| line.contains(" forms ")).map(str::to_owned)
    };
    assert_eq!(forms(&stage), None);
    stage.configure("[[mcp.clients]]\nname = \"one\"\napprove_in_client = true\n");
    let said = forms(&stage).unwrap();
    assert!(said.starts_with("warning") && said.contains("the client `one`") && said.contains("can delete"), "{said}");
}
