//! Tests that each client of the HTTP server has its own rights and quotas.

use crate::mcp_http::{OTHER, Server, TOKEN, message};
use crate::stage::Stage;
use infisical_emulator::ApiVersion;
use serde_json::{Value, json};

fn called(server: &Server, token: &str, tool: &str, arguments: Value) -> Value {
    let call = crate::mcp_http::call(tool, arguments);
    let answer = server.post(&format!("host: localhost\r\nauthorization: Bearer {token}"), &call);
    message(&answer)["result"].clone()
}

fn preview(server: &Server, token: &str, name: &str) -> Value {
    called(server, token, "create-folder", json!({ "name": name, "path": "/app" }))
}

/// The attack: one client files plans until its quota is used up.
#[test]
fn client_that_fills_its_plans_does_not_block_others() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    let took = (0..20).filter(|at| preview(&server, TOKEN, &format!("mine-{at}"))["isError"] == false).count();
    let theirs = preview(&server, OTHER, "theirs");
    assert_eq!(theirs["isError"], false, "after {took} plans of another's: {theirs}");
    let refused = preview(&server, TOKEN, "more");
    assert!(refused["isError"] == true && refused.to_string().contains("budget"), "{refused}");
}

/// A variant: one client makes changes until its hourly budget is used up.
#[test]
fn client_that_spends_its_budget_does_not_block_others() {
    let stage = Stage::new(ApiVersion::V4);
    stage.configure("[budgets]\nwrites_per_hour = 6\n");
    stage.switch_on();
    let server = Server::new(&stage);
    let change = |token: &str, name: &str| {
        let previewed = preview(&server, token, name);
        let apply = json!({ "plan": previewed["structuredContent"]["plan"] });
        called(&server, token, "apply-change", apply)
    };
    let made = (0..8).filter(|at| change(TOKEN, &format!("mine-{at}"))["isError"] == false).count();
    let theirs = change(OTHER, "theirs");
    assert_eq!(theirs["isError"], false, "after {made} changes of another's: {theirs}");
}

fn names(server: &Server, token: &str) -> Vec<String> {
    let mut message = crate::mcp_http::call("", json!({}));
    message["method"] = json!("tools/list");
    message["params"].as_object_mut().unwrap().retain(|key, _| key == "_meta");
    let listed = message_of(server, token, &message)["result"]["tools"].clone();
    listed.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

fn message_of(server: &Server, token: &str, call: &Value) -> Value {
    message(&server.post(&format!("host: localhost\r\nauthorization: Bearer {token}"), call))
}

fn refusal(answer: &Value) -> &Value {
    assert_eq!(answer["isError"], true, "{answer}");
    &answer["_meta"]["infisical-skill/error"]
}

#[test]
fn token_without_configured_rights_can_only_read() {
    let stage = Stage::new(ApiVersion::V4);
    let (head, scopes) = stage.revealing();
    stage.configure(&format!("{head}{scopes}[[mcp.clients]]\nname = \"two\"\nmay = \"preview\"\n"));
    stage.reveals_on();
    stage.switch_on();
    let server = Server::new(&stage);
    let listed = called(&server, TOKEN, "list-secrets", json!({}));
    assert!(listed["isError"] == false && listed.to_string().contains("DATABASE_URL"), "{listed}");
    let offered = names(&server, TOKEN);
    for hidden in ["create-secret", "change-many", "apply-change", "discard-change", "reveal-secret"] {
        assert!(!offered.iter().any(|name| name == hidden), "{hidden}: {offered:?}");
    }
    for (tool, arguments, setting) in [
        ("create-folder", json!({ "name": "x" }), "may = \"preview\""),
        ("apply-change", json!({ "plan": "abcd" }), "may = \"apply\""),
        ("discard-change", json!({ "plan": "abcd" }), "may = \"preview\""),
        ("reveal-secret", json!({ "name": "DATABASE_URL" }), "reveal = true"),
    ] {
        let refused = called(&server, TOKEN, tool, arguments);
        let refused = refusal(&refused);
        assert_eq!(refused["layer"], "scope", "{refused}");
        let remedy = refused["remedy"].as_str().unwrap();
        assert!(remedy.contains(setting) && remedy.contains("`one`"), "{tool}: {refused}");
    }
    let status = called(&server, TOKEN, "skill-status", json!({}));
    assert_eq!(
        status["structuredContent"]["client"],
        json!({ "may": "read", "reveal": false, "approveInClient": false })
    );

    // The other client may preview, but can't apply its plan.
    let previewed = preview(&server, OTHER, "theirs");
    let plan = json!({ "plan": previewed["structuredContent"]["plan"] });
    let refused = called(&server, OTHER, "apply-change", plan.clone());
    assert_eq!(refusal(&refused)["layer"], "scope", "{refused}");
    assert_eq!(called(&server, OTHER, "discard-change", plan)["isError"], false);
    assert!(stage.changes_sent().is_empty());
}

#[test]
fn client_reads_and_changes_only_within_its_scopes() {
    let stage = Stage::new(ApiVersion::V4);
    let project = stage.emulator.project_id();
    let scope = |paths: &str| format!("project = \"{project}\"\nenvironments = [\"dev\"]\npaths = [{paths}]\n");
    let client = |name: &str, paths: &str| {
        format!("[[mcp.clients]]\nname = \"{name}\"\nmay = \"apply\"\n[[mcp.clients.scopes]]\n{}", scope(paths))
    };
    stage.configure(&format!("{}{}", client("one", "\"/app\""), client("two", "\"/app/moved\"")));
    stage.switch_on();
    let server = Server::new(&stage);
    let seen = called(&server, TOKEN, "list-secrets", json!({ "path": "/app" }));
    assert_eq!(seen["isError"], false, "{seen}");
    let refused = called(&server, TOKEN, "list-secrets", json!({ "path": "/" }));
    assert_eq!(refusal(&refused)["layer"], "scope", "{refused}");
    let refused = called(&server, TOKEN, "create-folder", json!({ "name": "x", "path": "/" }));
    assert_eq!(refusal(&refused)["layer"], "scope", "{refused}");
    let refused = called(&server, OTHER, "list-secrets", json!({ "path": "/app" }));
    assert_eq!(refusal(&refused)["layer"], "scope", "{refused}");
    let status = called(&server, OTHER, "skill-status", json!({}));
    assert_eq!(status["structuredContent"]["scopes"][0]["paths"], json!(["/app/moved"]), "{status}");

    // The client can't find out which projects exist outside of its scopes. The operator set none.
    let said = ["data-platform", "no-such-project"].map(|slug| {
        let refused = called(&server, TOKEN, "list-secrets", json!({ "project": slug, "path": "/" }));
        refusal(&refused).to_string().replace(slug, "SLUG")
    });
    assert_eq!(said[0], said[1]);

    // A rename by one client must not move something into another client's scopes.
    let made = preview(&server, TOKEN, "hidden");
    let apply = json!({ "plan": made["structuredContent"]["plan"] });
    assert_eq!(called(&server, TOKEN, "apply-change", apply)["isError"], false);
    let rename = json!({ "name": "hidden", "newName": "moved", "path": "/app" });
    let refused = called(&server, TOKEN, "rename-folder", rename);
    assert!(refusal(&refused)["reason"].as_str().unwrap().contains("scopes"), "{refused}");
}

#[test]
fn stdio_client_has_the_configured_rights() {
    for (settings, creates) in [("", true), ("[mcp]\nmay = \"read\"\n", false), ("[mcp]\nscopes = []\n", false)] {
        let stage = Stage::new(ApiVersion::V4);
        stage.configure(settings);
        let mut client = crate::client::Client::connected(&stage);
        let previewed = client.call(1, "create-folder", json!({ "name": "x" }))["result"].clone();
        assert_eq!(previewed["isError"] == false, creates, "{settings}: {previewed}");
        if !creates {
            assert_eq!(refusal(&previewed)["layer"], "scope", "{previewed}");
        }
    }
}

#[test]
fn rejects_invalid_client_rights_at_start() {
    let stage = Stage::new(ApiVersion::V4);
    let project = stage.emulator.project_id();
    let client = |settings: &str| format!("[[mcp.clients]]\nname = \"one\"\n{settings}\n");
    let inside = format!("[[scopes]]\nproject = \"{project}\"\npaths = [\"/app\"]\n");
    let outside = format!("[[mcp.clients.scopes]]\nproject = \"{project}\"\n");
    for (settings, says) in [
        (client("may = \"write\""), "`may` must be"),
        (client("may = \"apply\"\nwrites_per_hour = 61"), "exceed `budgets.writes_per_hour`, which is 60"),
        (client("may = \"preview\"\npending_plans = 17"), "exceed `budgets.pending_plans`, which is 16"),
        (format!("{}{}", client(""), client("")), "two entries for `one`"),
        (client("owner = \" \""), "`mcp.clients.owner` is empty"),
        (format!("{inside}{}{outside}", client("")), "the scopes of the client `one` aren't within `scopes`"),
    ] {
        stage.configure(&settings);
        let refused = stage.run(&["status"]);
        assert_eq!(refused.status.code(), Some(2), "{settings}");
        assert!(crate::stderr(&refused).contains(says), "{settings}: {}", crate::stderr(&refused));
    }
}
