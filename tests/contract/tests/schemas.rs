//! Tests that the tools accept and return what their definitions say.

use infisical_emulator::{ApiVersion, AuditLogSeed, Emulator, ProjectSeed, SecretSeed, Seed};
use infisical_skill::tools::{self, Definition};
use infisical_skill::{ChangeRules, EnvironmentSlug, ProjectId, Scope, Skill};
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

/// The schema with additional properties forbidden. A branch of a choice leaves that to the schema
/// that contains it.
fn closed(schema: &Value, is_branch: bool) -> Value {
    let Some(fields) = schema.as_object() else { return schema.clone() };
    let mut fields = fields.clone();
    for (key, inner) in &mut fields {
        match (key.as_str(), inner) {
            ("properties", Value::Object(properties)) => {
                properties.values_mut().for_each(|property| *property = closed(property, false));
            }
            ("items", items) => *items = closed(items, false),
            ("anyOf" | "oneOf" | "allOf", Value::Array(branches)) => {
                branches.iter_mut().for_each(|branch| *branch = closed(branch, true));
            }
            _ => {}
        }
    }
    if !is_branch {
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    fields.into()
}

/// Calls a tool. Its arguments and its answer must match the schemas, which must name each field.
async fn call(skill: &Skill, tool: &str, arguments: Value) -> Value {
    let definition = definition(tool);
    fits(&definition.input_schema, &arguments).unwrap();
    let answer = tools::call(skill, tool, arguments).await.unwrap_or_else(|error| panic!("{tool}: {error}"));
    fits(&closed(&definition.output_schema, false), &answer).unwrap();
    fits(&definition.output_outline(), &answer).unwrap();
    answer
}

/// The paths of all marks of what was left out, such as `secrets.leftOut.tags`.
fn left_out(answer: &Value, at: &str, marks: &mut Vec<String>) {
    match answer {
        Value::Array(items) => items.iter().for_each(|item| left_out(item, at, marks)),
        Value::Object(fields) => {
            for (name, inner) in fields {
                if name == "leftOut" {
                    marks.extend(inner.as_object().unwrap().keys().map(|list| format!("{at}leftOut.{list}")));
                } else {
                    left_out(inner, &format!("{at}{name}."), marks);
                }
            }
        }
        _ => {}
    }
}

/// The same of an answer that is shortened.
fn marks(answer: &Value) -> Vec<String> {
    let mut marks = Vec::new();
    left_out(answer, "", &mut marks);
    marks.dedup();
    marks
}

#[tokio::test]
async fn shortened_answers_fit_their_schemas() {
    let seed = (0..2_500).fold(ProjectSeed::new("A wide one", "a-wide-one"), |project, at| {
        project.environment(&format!("environment-{at:04}"), &format!("Environment {at}"))
    });
    let emulator = Emulator::builder()
        .api_version(ApiVersion::V4)
        .seed(Seed::demo().project(seed))
        .audit_logs(true)
        .start()
        .await
        .unwrap();
    let tag = |at: usize| format!("tag-{at:04}-{}", "t".repeat(40));
    let tagged = (0..2_000).fold(SecretSeed::new("TAGGED", "canary-value"), |secret, at| secret.tag(&tag(at)));
    emulator.put_secret("dev", "/wide", &tagged);
    for at in 0..200 {
        let log = AuditLogSeed::new("get-secret").at("dev", "/app").secret_key(&format!("{at}{}", "N".repeat(900)));
        emulator.put_audit_log(&log);
    }
    let mut rules = ChangeRules::default();
    rules.max_changes = 50;
    let stage = Stage::on(emulator, |builder| builder.changes(rules)).unwrap();
    stage.switch_on().unwrap();
    let skill = &stage.skill;

    assert_eq!(marks(&call(skill, "list-projects", json!({})).await), ["projects.leftOut.environments"]);
    let page = call(skill, "list-secrets", json!({ "path": "/wide" })).await;
    assert_eq!(marks(&page), ["secrets.leftOut.tags"]);
    assert!(page["note"].is_string());
    let secret = call(skill, "get-secret", json!({ "path": "/wide", "name": "TAGGED" })).await;
    assert_eq!(marks(&secret), ["leftOut.tags"]);
    assert_eq!(marks(&call(skill, "list-audit-logs", json!({ "limit": 200 })).await), ["leftOut.logs"]);

    let tags: Vec<String> = (0..20).map(tag).collect();
    let change = |at: usize| json!({ "change": "create-secret", "path": "/empty", "name": format!("NAME_{at:02}_{}", "X".repeat(90)), "value": "v", "tags": tags });
    let changes: Vec<Value> = (0..50).map(change).collect();
    let preview = call(skill, "change-many", json!({ "changes": changes })).await;
    assert!(marks(&preview).iter().any(|mark| mark == "leftOut.effects"), "{:?}", marks(&preview));
    let plan = preview["plan"].as_str().unwrap();
    skill.plan(plan).and_then(|card| skill.approve_plan(&card)).unwrap();
    call(skill, "apply-change", json!({ "plan": plan, "acknowledge": preview["acknowledge"] })).await;

    let scope = |at: usize| Scope {
        project: ProjectId::new(format!("{at:08}-0000-4000-8000-{}", "0".repeat(12))).unwrap(),
        environments: vec![EnvironmentSlug::new("dev").unwrap()],
        paths: Vec::new(),
    };
    let scoped = stage.another(|builder| builder.scopes((0..2_000).map(scope).collect())).unwrap();
    assert_eq!(marks(&call(&scoped, "skill-status", json!({})).await), ["leftOut.scopes"]);
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
        call(&stage.skill, "skill-status", json!({})).await;
        call(&stage.skill, "list-projects", json!({})).await;
        for (tool, arguments) in [
            ("list-folders", json!({ "path": "/", "recursive": true })),
            ("list-secrets", json!({ "path": "/", "recursive": true, "nameContains": "key", "tags": [] })),
            ("get-secret", json!({ "path": "/app", "name": "STRIPE_API_KEY" })),
            ("reveal-secret", json!({ "path": "/app", "name": "STRIPE_API_KEY" })),
            ("list-audit-logs", json!({ "events": ["get-secret"], "limit": 5 })),
        ] {
            call(&stage.skill, tool, arguments).await;
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
            let preview = call(&stage.skill, tool, arguments).await;
            let plan = preview["plan"].as_str().unwrap();
            if preview["approval"].is_string() {
                stage.skill.plan(plan).and_then(|card| stage.skill.approve_plan(&card)).unwrap();
            }
            let mut apply = json!({ "plan": plan });
            if preview["acknowledge"].is_string() {
                apply["acknowledge"] = preview["acknowledge"].clone();
            }
            call(&stage.skill, "apply-change", apply).await;
            called.push(tool);
        }
        let preview = call(&stage.skill, "create-folder", json!({ "name": "never" })).await;
        call(&stage.skill, "discard-change", json!({ "plan": preview["plan"] })).await;
        called.extend(["apply-change", "discard-change"]);
        called.sort_unstable();
        let mut all = tools::NAMES.to_vec();
        all.sort_unstable();
        assert_eq!(called, all, "each of them");
    }
}

#[tokio::test]
async fn tools_refuse_what_their_schemas_refuse() {
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
