//! Section 33: the least-privilege identity that copies between environments.

use serde_json::{Value, json};

use crate::replay::identities::made;
use crate::replay::stage::{SetUp, Stage};
use crate::replay::tables::{self, token_of};

use super::readers::spell_out;
use super::{chief, folder, secret};

/// All identities that copy, in the order of the table.
const COPIERS: [&str; 8] = ["c-value", "c-min", "c-edit", "c-both", "c-blind", "c-none", "c-legacy", "c-desc-dest"];

pub(super) fn before(stage: &mut Stage) -> SetUp {
    for name in COPIERS {
        for folder_name in [format!("copy-{name}"), format!("over-{name}")] {
            folder(stage, "staging", "/", &folder_name)?;
        }
        secret(stage, "staging", &format!("/over-{name}"), "A", "old")?;
    }
    made("c-both").make(stage)
}

/// The other identities of the table.
fn before_the_table(stage: &mut Stage) -> SetUp {
    let source = json!({"environment": {"$eq": "dev"}, "secretPath": {"$glob": "/app/**"}});
    let target = json!({"environment": {"$eq": "staging"}, "secretPath": {"$glob": "/{copy,over}-*"}});
    let at_source = |actions: &[&str]| json!({"subject": "secrets", "action": actions, "conditions": source});
    let at_target = |actions: &[&str]| json!({"subject": "secrets", "action": actions, "conditions": target});
    let reads = ["describeSecret", "readValue"];
    for (name, permissions) in [
        ("c-value", json!([at_source(&["readValue"]), at_target(&["create"])])),
        ("c-min", json!([at_source(&reads), at_target(&["create"])])),
        ("c-edit", json!([at_source(&reads), at_target(&["edit"])])),
        ("c-blind", json!([at_source(&["describeSecret"]), at_target(&["create"])])),
        ("c-none", json!([at_target(&["create", "edit"])])),
        ("c-legacy", json!([at_source(&["read"]), at_target(&["create"])])),
        ("c-desc-dest", json!([at_source(&reads), at_target(&["create", "edit", "describeSecret"])])),
    ] {
        made(name).role("no-access").privilege(permissions).make(stage)?;
    }
    stage.wait(11_500);
    Ok(())
}

/// Returns a secret's id by place and name.
fn id(stage: &Stage, path: &str, name: &str) -> SetUp<String> {
    let url = spell_out(&format!("/api/v4/secrets/{name}?$DEV&secretPath={path}&$HIDDEN"));
    let found = chief(stage, "GET", &url, &Value::Null)?;
    Ok(found["secret"]["id"].as_str().unwrap_or_default().to_owned())
}

/// The request of a row: the secret, its source and destination, and the attributes to copy.
fn copy(stage: &Stage, title: &str, identity: &str) -> SetUp<Option<Value>> {
    let to = |folder: &str| format!("/{folder}-{identity}");
    let (from, name, environment, path, more) = match title {
        "A, with the value, new" | "A again, without overwrite" => {
            ("/app", "A", "staging", to("copy"), json!({"attributesToCopy": {"value": true}}))
        }
        "another, without the value, new" => ("/app", "REF", "staging", to("copy"), json!({})),
        "REFIN (its value refers to dev), with the value, new" => {
            ("/app", "REFIN", "staging", to("copy"), json!({"attributesToCopy": {"value": true}}))
        }
        "A onto an existing A, shouldOverwrite" => {
            ("/app", "A", "staging", to("over"), json!({"shouldOverwrite": true, "attributesToCopy": {"value": true}}))
        }
        "A, everything, overwrite" => {
            let all = json!({
                "value": true, "comment": true, "tags": true, "metadata": true, "skipMultilineEncoding": true,
            });
            ("/app", "A", "staging", to("over"), json!({"shouldOverwrite": true, "attributesToCopy": all}))
        }
        "to prod (outside)" => ("/app", "A", "prod", "/other".to_owned(), json!({"attributesToCopy": {"value": true}})),
        "from dev:/ (outside)" => ("/", "ROOT", "staging", to("copy"), json!({"attributesToCopy": {"value": true}})),
        _ => return Ok(None),
    };
    let mut body = json!({
        "projectId": "$PROJECT_ID", "sourceEnvironment": "dev", "sourceSecretPath": from,
        "destinationEnvironment": environment, "destinationSecretPath": path, "secretIds": [id(stage, from, name)?],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    Ok(Some(body))
}

/// Replays the table row by row, because later rows depend on earlier ones. The recorded copies of
/// `c-both` follow.
pub(super) fn table(stage: &mut Stage, notes: &str) -> SetUp {
    before_the_table(stage)?;
    let table = tables::read(notes, 80)?;
    let mut differences = Vec::new();
    for (column, identity) in table.identities.iter().enumerate() {
        for (title, cells) in &table.rows {
            let token = token_of(identity);
            let plain = "viewSecretValue=true&includeImports=false&expandSecretReferences=false";
            let answer = match (copy(stage, title, identity)?, title.as_str()) {
                (Some(body), _) => stage.ask_for(&token, "POST", "/api/v4/secrets/duplicate", &body),
                (None, "read back what was copied, value") => {
                    let place = format!("projectId=$PROJECT_ID&environment=staging&secretPath=%2Fcopy-{identity}");
                    stage.ask_for(&token, "GET", &format!("/api/v4/secrets/A?{place}&{plain}"), &Value::Null)
                }
                (None, _) => {
                    let url = spell_out(&format!("/api/v4/secrets/A?$DEV&secretPath=%2Fapp&{plain}"));
                    stage.ask_for(&token, "GET", &url, &Value::Null)
                }
            };
            differences.extend(tables::differences(title, identity, &cells[column], &answer));
        }
        clear(stage, identity)?;
    }
    tables::all(differences)
}

/// Deletes what the table's copies of `c-both` left, because it copies again.
fn clear(stage: &Stage, identity: &str) -> SetUp {
    if identity != "c-both" {
        return Ok(());
    }
    let body = json!({"projectId": "$PROJECT_ID", "environment": "staging", "secretPath": "/copy-c-both"});
    chief(stage, "DELETE", "/api/v4/secrets/A", &body)?;
    Ok(())
}
