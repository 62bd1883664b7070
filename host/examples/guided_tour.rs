//! The main tasks in one run on an embedded emulator of Infisical, with what an agent can and can't
//! see.
//!
//! ```text
//! cargo run --example tour
//! ```

use infisical_emulator::{ApiVersion, Credentials, Emulator, Seed};
use infisical_skill::audit::{self, log};
use infisical_skill::audit_reader::history;
use infisical_skill::{ChangeRules, Credential, Origin, Place, Skill, TimedSwitch, component, tools};
use serde_json::{Value, json};
use std::error::Error;
use std::path::Path;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().api_version(ApiVersion::V4).seed(Seed::demo()).start().await?;
    println!("An Infisical (emulated) listens on {}.", emulator.origin());
    println!("The skill is a component of {} KiB, sha256 {}.", component::WASM.len() / 1024, component::SHA256);
    println!("Its imports:");
    for import in component::imports()? {
        println!("    {import}");
    }

    let state = tempfile::tempdir()?;
    let skill = Skill::builder(Origin::parse(&emulator.origin(), false)?, credential(emulator.reader()))
        .write_identity(credential(emulator.writer()))
        .state_dir(state.path().to_owned())
        .defaults(Place { project: Some(emulator.project_id()), environment: Some("dev".to_owned()), path: None })
        .build()?;

    println!("\nNow an agent calls the skill's tools. This is all that it sees.");
    ask(&skill, "Which projects are there?", "list-projects", json!({})).await;
    ask(&skill, "Which folders?", "list-folders", json!({ "recursive": true })).await;
    ask(&skill, "Which secrets, in all folders?", "list-secrets", json!({ "recursive": true })).await;
    ask(&skill, "One of them, please.", "get-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })).await;
    ask(&skill, "And what is its value?", "reveal-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })).await;
    ask(&skill, "What is in /app/../billing?", "list-secrets", json!({ "path": "/app/../billing" })).await;
    ask(&skill, "And in production's /no/such?", "list-secrets", json!({ "environment": "prod", "path": "/no/such" }))
        .await;

    change_something(&skill, &TimedSwitch::new(state.path(), ChangeRules::default().writes)).await?;

    println!("\nWhat reached the server, by its own log:");
    for exchange in emulator.log() {
        let path = exchange.path_and_query.split('?').next().unwrap_or_default();
        let identity = exchange.identity.as_deref().unwrap_or("nobody yet");
        let status = exchange.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        println!("    {:6} {path:42} as {identity:10} → {status}", exchange.method);
    }
    what_is_on_record(state.path())?;
    println!(
        "\nNo value, comment or token was shown. The refused calls never left the sandbox. The writer logged in only for redeemed plans."
    );
    Ok(())
}

/// Prints the audit trail as `audit show` does.
fn what_is_on_record(state: &Path) -> Result<(), Box<dyn Error>> {
    println!("\n⌨ An auditor: infisical-skill audit show");
    for row in history::rows(log::records(&audit::open(state))?.into_iter().flatten(), &history::Filter::default()) {
        let targets = row.targets();
        let layer = row.layer().map(|layer| format!(" by {layer}")).unwrap_or_default();
        let about = targets.first().map(String::as_str).unwrap_or_default();
        println!("    {:4} {:14} {about:28} {}{layer}", row.record.seq, row.tool(), row.result.name());
    }
    let verified = log::verify(&audit::open(state), None)?;
    println!("    {} records, each follows from the one before: {}", verified.records, verified.problem.is_none());
    Ok(())
}

/// A whole change with each refusal on the way: rotate a secret without displaying it, then delete
/// it.
async fn change_something(skill: &Skill, switch: &TimedSwitch) -> Result<(), Box<dyn Error>> {
    println!(
        "\nNow the agent wants to change something. Each change is previewed first, and a preview changes nothing."
    );
    let at = json!({ "path": "/app", "name": "STRIPE_API_KEY" });
    let rotation = json!({ "path": "/app", "name": "STRIPE_API_KEY", "generate": { "length": 40 } });
    let rotate = ask(skill, "Rotate the key without showing it.", "update-secret", rotation).await;
    ask(skill, "Do it.", "apply-change", json!({ "plan": plan(&rotate) })).await;

    println!("\n⌨ A person: infisical-skill writes on --for 15m --reason \"key rotation\"");
    switch.turn_on(Duration::from_secs(15 * 60), Some("key rotation"))?;
    ask(skill, "Do it now.", "apply-change", json!({ "plan": plan(&rotate) })).await;
    ask(skill, "Once more?", "apply-change", json!({ "plan": plan(&rotate) })).await;
    ask(skill, "What is there now?", "get-secret", at.clone()).await;

    let delete = ask(skill, "And now delete it.", "delete-secret", at.clone()).await;
    ask(skill, "Do it.", "apply-change", json!({ "plan": plan(&delete) })).await;
    let confirmed = json!({ "plan": plan(&delete), "acknowledge": delete.get("acknowledge") });
    ask(skill, "I mean it.", "apply-change", confirmed.clone()).await;

    println!("\n⌨ A person, after reviewing it: infisical-skill plans approve {}", plan(&delete));
    skill.plan(plan(&delete)).and_then(|card| skill.approve_plan(&card))?;
    ask(skill, "Now?", "apply-change", confirmed).await;
    ask(skill, "Is it gone?", "get-secret", at).await;

    let mask = json!({ "path": "/app", "name": "COPY", "value": "<hidden>" });
    ask(skill, "Write back what I was shown as a value.", "create-secret", mask).await;
    println!("\n⌨ A person: infisical-skill writes off");
    switch.turn_off()?;
    Ok(())
}

fn plan(preview: &Value) -> &str {
    preview.get("plan").and_then(Value::as_str).unwrap_or_default()
}

fn credential(credentials: Credentials) -> Credential {
    Credential::UniversalAuth { client_id: credentials.client_id, client_secret: credentials.client_secret.into() }
}

async fn ask(skill: &Skill, question: &str, tool: &str, arguments: Value) -> Value {
    println!("\n▸ {question}\n  {tool} {arguments}");
    match tools::call(skill, tool, arguments).await {
        Ok(answer) => {
            show(&answer);
            answer
        }
        Err(error) => {
            println!("    ✗ {error}");
            Value::Null
        }
    }
}

/// Prints one line for each item in the answer.
fn show(answer: &Value) {
    for (kind, items) in answer.as_object().into_iter().flatten() {
        if let ("projects" | "folders" | "secrets", Some(items)) = (kind.as_str(), items.as_array()) {
            items.iter().for_each(line);
        }
    }
    if answer.get("version").is_some() {
        line(answer);
    }
    if answer.get("effects").is_some() {
        preview(answer);
    } else if answer.get("steps").is_some() {
        receipt(answer);
    }
}

fn preview(preview: &Value) {
    for request in items(preview, "requests") {
        println!("    would: {}", request.as_str().unwrap_or_default());
    }
    for effect in items(preview, "effects") {
        let version = |key: &str| match effect.get(key) {
            Some(state) if !state.is_null() => {
                state.get("version").map_or_else(|| "new".to_owned(), |v| format!("v{v}"))
            }
            _ => "nothing".to_owned(),
        };
        println!("    {} → {}", version("before"), version("after").replace("vnull", "next version"));
        for notice in items(effect, "notices") {
            println!("    note: {}", notice.as_str().unwrap_or_default());
        }
    }
    for (title, key) in [("plan", "plan"), ("needs", "acknowledge"), ("needs", "approval"), ("needs", "switch")] {
        if let Some(text) = preview.get(key).and_then(Value::as_str) {
            println!("    {title}: {text}");
        }
    }
}

fn receipt(receipt: &Value) {
    for step in items(receipt, "steps") {
        let text = |key: &str| step.get(key).and_then(Value::as_str).unwrap_or_default();
        let version =
            |key: &str| step.get(key).filter(|v| !v.is_null()).map_or_else(|| "gone".to_owned(), |v| format!("v{v}"));
        println!(
            "    ✓ {}: {} ({} → {})",
            text("outcome"),
            text("request"),
            version("versionBefore"),
            version("versionAfter")
        );
    }
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn line(item: &Value) {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    let list = |key: &str, inner: Option<&str>| {
        let items = item.get(key).and_then(Value::as_array).into_iter().flatten();
        let items = items.filter_map(|item| inner.map_or(Some(item), |inner| item.get(inner)).and_then(Value::as_str));
        items.collect::<Vec<_>>().join(", ")
    };
    if item.get("environments").is_some() {
        println!("    {:24} {:16} {}", text("name"), text("slug"), list("environments", Some("slug")));
    } else if item.get("version").is_none() {
        println!("    {}", text("path"));
    } else {
        let also: Vec<&str> = ["comment", "metadata"]
            .into_iter()
            .filter(|key| item.get(key).is_some_and(|value| !value.is_null()))
            .collect();
        let also = if also.is_empty() { String::new() } else { format!("has {}, hidden", also.join(" and ")) };
        let version = item.get("version").unwrap_or(&Value::Null);
        let line = format!(
            "    {:24} {:10} v{version}  {}  {:18} {also}",
            text("name"),
            text("path"),
            text("value"),
            list("tags", None)
        );
        println!("{}", line.trim_end());
    }
}
