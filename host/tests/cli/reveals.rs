//! Tests of values that need a person: the command requests one, a person approves it at a
//! terminal, and it is shown once.

use crate::stage::{Stage, stages};
use crate::{json, stderr, stdout, unwrapped};
use serde_json::{Value, json};

const SECRET: &[&str] = &["secrets", "reveal", "STRIPE_API_KEY", "--path", "/app"];

/// Requires a person for each value, and turns the switch on.
fn stage_with_person(stage: &Stage) {
    let (head, scopes) = stage.revealing();
    stage.configure(&format!("{head}reveal_approval = \"person\"\n{scopes}"));
    stage.reveals_on();
}

fn requests(stage: &Stage) -> Vec<Value> {
    stage.json(&["reveal", "requests", "--json"])["requests"].as_array().unwrap().clone()
}

#[test]
fn person_approves_a_value_by_typing_its_target() {
    for stage in stages() {
        stage_with_person(&stage);
        let filed = stage.run(SECRET);
        assert_eq!(filed.status.code(), Some(1));
        let [request] = requests(&stage).try_into().unwrap();
        let id = request["request"].as_str().unwrap();
        assert!(stderr(&filed).contains(&format!("infisical-skill reveal approve {id}")), "{}", stderr(&filed));
        assert!(stdout(&stage.run(&["reveal", "requests"])).contains("show the value of dev:/app/STRIPE_API_KEY"));

        let unseen = stage.run(&["reveal", "approve", id]);
        assert!(unseen.status.code() == Some(1) && stderr(&unseen).contains("terminal"), "{}", stderr(&unseen));
        let wrong =
            stage.on_terminal(&[("type: dev:/app/STRIPE_API_KEY", "STRIPE_API_KEY")], &["reveal", "approve", id]);
        assert!(wrong.status.code() == Some(1) && stdout(&wrong).contains("Not approved"), "{}", stdout(&wrong));
        assert_eq!(requests(&stage)[0]["approved"], false);
        let talk = [("type: dev:/app/STRIPE_API_KEY", "dev:/app/STRIPE_API_KEY")];
        let approved = stage.on_terminal(&talk, &["reveal", "approve", id]);
        assert_eq!(approved.status.code(), Some(0), "{}", stdout(&approved));
        let shown = unwrapped(&stdout(&approved));
        assert!(shown.contains(&format!("project {}", stage.emulator.project_id())), "{shown}");
        assert!(shown.contains("slug agent-vault") && shown.contains("version 1"), "{shown}");

        // An agent asks with the request's id, and gets the value once.
        let arguments = json!({ "path": "/app", "name": "STRIPE_API_KEY", "request": id }).to_string();
        let call = || stage.command().args(["call", "reveal-secret", &arguments]).output().unwrap();
        let shown = call();
        assert_eq!(json(&shown)["value"], "sk_test_canary-value-dev-stripe", "{}", stderr(&shown));
        let again = call();
        assert!(again.status.code() == Some(1) && stderr(&again).contains("used up"), "{}", stderr(&again));
        assert!(requests(&stage).is_empty());
        let trail = stdout(&stage.run(&["audit", "show", "--json"]));
        assert!(trail.contains("\"act\":\"reveals-on\"") && trail.contains("\"act\":\"approve\""), "{trail}");
    }
}

#[test]
fn a_rejected_value_is_not_shown() {
    for stage in stages() {
        stage_with_person(&stage);
        stage.run(SECRET);
        let id = requests(&stage)[0]["request"].as_str().unwrap().to_owned();
        assert_eq!(stage.run(&["reveal", "reject", &id]).status.code(), Some(0));
        let refused = stage.run(&[SECRET, &["--request", &id]].concat());
        assert!(refused.status.code() == Some(1) && stderr(&refused).contains("rejected"), "{}", stderr(&refused));
        assert_eq!(stage.run(&["reveal", "approve", &id]).status.code(), Some(1));
    }
}
