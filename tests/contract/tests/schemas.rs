//! What the tools' definitions say, held to what the tools take and give.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use infisical_emulator::{Emulator, Seed};
use infisical_skill::ChangeRules;
use infisical_skill::tools::{self, Definition};
use infisical_skill_contract::emulated::{API_VERSIONS, credential};
use infisical_skill_contract::stage::Stage;
use serde_json::{Value, json};

fn definition(tool: &str) -> Definition {
    tools::definitions().into_iter().find(|definition| definition.name == tool).unwrap()
}

fn fits(schema: &Value, instance: &Value) -> Result<(), String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.validate(instance).map_err(|error| format!("{error}: {instance} against {schema}"))
}

/// Calls a tool; arguments and answer must fit what is said of them.
async fn call(stage: &Stage, tool: &str, arguments: Value) -> Value {
    let definition = definition(tool);
    fits(&definition.input_schema, &arguments).unwrap();
    let answer = tools::call(&stage.skill, tool, arguments).await.unwrap_or_else(|error| panic!("{tool}: {error}"));
    fits(&definition.output_schema, &answer).unwrap();
    fits(&definition.output_outline(), &answer).unwrap();
    answer
}

#[tokio::test]
async fn every_tools_arguments_and_answers_fit_their_schemas() {
    for api_version in API_VERSIONS {
        let emulator =
            Emulator::builder().api_version(api_version).seed(Seed::demo()).audit_logs(true).start().await.unwrap();
        let admin = credential(emulator.admin());
        let mut rules = ChangeRules::default();
        rules.administration = true;
        let stage = Stage::revealing_on(emulator, |builder| builder.write_identity(admin).changes(rules)).unwrap();
        stage.switch_on().unwrap();
        let mut called = vec!["skill-status", "list-projects"];
        call(&stage, "skill-status", json!({})).await;
        call(&stage, "list-projects", json!({})).await;
        for (tool, arguments) in [
            ("list-folders", json!({ "path": "/", "recursive": true })),
            ("list-secrets", json!({ "path": "/", "recursive": true, "nameContains": "key", "tags": [] })),
            ("get-secret", json!({ "path": "/app", "name": "STRIPE_API_KEY" })),
            ("reveal-secret", json!({ "path": "/app", "name": "STRIPE_API_KEY" })),
            ("list-audit-logs", json!({ "events": ["get-secret"], "limit": 5 })),
        ] {
            call(&stage, tool, arguments).await;
            called.push(tool);
        }
        for (tool, arguments) in [
            ("create-folder", json!({ "name": "made" })),
            ("create-secret", json!({ "path": "/made", "name": "ONE", "generate": { "length": 20 }, "comment": "c" })),
            ("update-secret", json!({ "path": "/made", "name": "ONE", "value": "v", "newName": "TWO" })),
            (
                "change-many",
                json!({ "changes": [{ "change": "create-secret", "path": "/made", "name": "THREE", "value": "v" }] }),
            ),
            ("rename-folder", json!({ "name": "made", "newName": "renamed" })),
            ("delete-secret", json!({ "path": "/renamed", "name": "TWO" })),
            ("delete-folder", json!({ "name": "renamed" })),
            ("create-environment", json!({ "name": "Testing", "slug": "testing" })),
            ("create-project", json!({ "name": "Second", "slug": "second-vault" })),
            ("invite-members", json!({ "emails": ["dana@example.com"] })),
        ] {
            let preview = call(&stage, tool, arguments).await;
            let plan = preview["plan"].as_str().unwrap();
            if preview["approval"].is_string() {
                stage.skill.plan(plan).and_then(|card| stage.skill.approve_plan(&card)).unwrap();
            }
            let mut apply = json!({ "plan": plan });
            if preview["acknowledge"].is_string() {
                apply["acknowledge"] = preview["acknowledge"].clone();
            }
            call(&stage, "apply-change", apply).await;
            called.push(tool);
        }
        let preview = call(&stage, "create-folder", json!({ "name": "never" })).await;
        call(&stage, "discard-change", json!({ "plan": preview["plan"] })).await;
        called.extend(["apply-change", "discard-change"]);
        called.sort_unstable();
        let mut all = tools::NAMES.to_vec();
        all.sort_unstable();
        assert_eq!(called, all, "each of them");
    }
}

#[tokio::test]
async fn what_a_schema_refuses_the_tool_refuses_too() {
    let stage = Stage::new(API_VERSIONS[1]).await.unwrap();
    for (tool, arguments) in [
        ("get-secret", json!({})),
        ("get-secret", json!({ "name": 5 })),
        ("get-secret", json!({ "name": "A", "nme": "B" })),
        ("list-secrets", json!({ "recursive": "yes" })),
        ("create-secret", json!({ "name": "A", "generate": {} })),
        ("create-secret", json!({ "name": "A", "generate": { "length": 20, "alphabt": "x" } })),
        ("apply-change", json!({})),
        ("skill-status", json!({ "x": 1 })),
        ("change-many", json!({ "changes": [{ "change": "drop-table", "name": "A" }] })),
        ("change-many", json!({ "changes": [{ "name": "A" }] })),
        ("create-secret", json!({ "name": "A", "generate": [20, null] })),
        ("change-many", json!({ "changes": [["create-folder", "A"]] })),
        ("list-projects", json!([])),
        ("get-secret", json!([null, null, null, "A"])),
    ] {
        assert!(fits(&definition(tool).input_schema, &arguments).is_err(), "{tool} {arguments}");
        let error = tools::call(&stage.skill, tool, arguments.clone()).await.unwrap_err();
        assert_eq!(error.layer(), Some(infisical_skill::Layer::Input), "{tool} {arguments}");
    }
}
