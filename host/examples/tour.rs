//! The main job in one run, on an embedded emulator of Infisical: what an agent sees, and what it doesn't.
//!
//! ```text
//! cargo run --example tour
//! ```

use infisical_emulator::{Credentials, Emulator, Generation, Seed};
use infisical_skill::{Credential, Origin, Place, Skill, component, tools};
use serde_json::{Value, json};
use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().generation(Generation::V4).seed(Seed::demo()).start().await?;
    println!("An Infisical (emulated) listens on {}.", emulator.origin());
    println!("The skill is a component of {} KiB, sha256 {}.", component::WASM.len() / 1024, component::SHA256);
    println!("All that it imports:");
    for import in component::imports()? {
        println!("    {import}");
    }

    let skill = Skill::builder(Origin::parse(&emulator.origin(), false)?, credential(emulator.reader()))
        .write_identity(credential(emulator.writer()))
        .defaults(Place { project: Some(emulator.project_id()), environment: Some("dev".to_owned()), path: None })
        .build()?;

    println!("\nNow an agent calls the skill's tools. This is all that it gets to see.");
    ask(&skill, "Which projects are there?", "list-projects", json!({})).await;
    ask(&skill, "Which folders?", "list-folders", json!({ "recursive": true })).await;
    ask(&skill, "Which secrets, with all below?", "list-secrets", json!({ "recursive": true })).await;
    ask(&skill, "One of them, please.", "get-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })).await;
    ask(&skill, "And what is its value?", "reveal-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })).await;
    ask(&skill, "What is in /app/../billing?", "list-secrets", json!({ "path": "/app/../billing" })).await;
    ask(&skill, "And in production's /no/such?", "list-secrets", json!({ "environment": "prod", "path": "/no/such" }))
        .await;

    println!("\nWhat reached the server, by its own log:");
    for exchange in emulator.log() {
        let path = exchange.path_and_query.split('?').next().unwrap_or_default();
        let identity = exchange.identity.as_deref().unwrap_or("nobody yet");
        let status = exchange.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        println!("    {:6} {path:42} as {identity:10} → {status}", exchange.method);
    }
    println!(
        "\nNo value, comment or token came out; the refused calls never left the sandbox; the writer was never logged in."
    );
    Ok(())
}

fn credential(credentials: Credentials) -> Credential {
    Credential::UniversalAuth { client_id: credentials.client_id, client_secret: credentials.client_secret.into() }
}

async fn ask(skill: &Skill, question: &str, tool: &str, arguments: Value) {
    println!("\n▸ {question}\n  {tool} {arguments}");
    match tools::call(skill, tool, arguments).await {
        Ok(answer) => show(&answer),
        Err(error) => println!("    ✗ {error}"),
    }
}

/// A line for each thing in the answer.
fn show(answer: &Value) {
    for (kind, items) in answer.as_object().into_iter().flatten() {
        if let ("projects" | "folders" | "secrets", Some(items)) = (kind.as_str(), items.as_array()) {
            items.iter().for_each(line);
        }
    }
    if answer.get("version").is_some() {
        line(answer);
    }
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
