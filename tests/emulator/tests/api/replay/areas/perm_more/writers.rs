//! Section 31: the least-privilege writer. The other identities of the table send the requests of
//! `w-env` too.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::replay::identities::made;
use crate::replay::recording::{self, Recorded};
use crate::replay::send;
use crate::replay::stage::{SetUp, Stage};
use crate::replay::tables;

use super::{chief, folder, secret};

/// The recorded ids of `w-env`'s folders: one that it created, and one that the project's admin
/// created before.
const MADE: &str = "3f618e49-f8b9-4c27-bfce-ed907fecc444";
const FULL: &str = "b5131b1e-6ac5-4154-8bc6-23e0c360477d";
const OUT_DEV: &str = "9584c0bb-8e90-4b3d-a72b-08dfa17baf8a";
const OUT_STAGING: &str = "95995301-cd1a-48cd-ae7d-5bcef3c2b6cb";

/// All writers, in the order of the table.
const WRITERS: [&str; 8] =
    ["w-env", "w-path", "w-secrets", "w-describe", "w-describe-all", "w-tags", "w-readvalue", "w-folders"];

fn upper(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// The writers whose creation wasn't recorded, and the state that all of them need.
pub(super) fn before(stage: &mut Stage) -> SetUp {
    let dev = json!({"environment": {"$eq": "dev"}});
    let writes = json!(["create", "edit", "delete"]);
    let secrets = json!({"subject": "secrets", "action": writes, "conditions": dev});
    let folders = json!({"subject": "secret-folders", "action": writes, "conditions": dev});
    let in_dev = |subject: &str, actions: &[&str]| json!({"subject": subject, "action": actions, "conditions": dev});
    for (name, permissions) in [
        ("w-secrets", json!([secrets])),
        ("w-describe", json!([secrets, folders, in_dev("secrets", &["describeSecret"])])),
        ("w-describe-all", json!([secrets, folders, {"subject": "secrets", "action": ["describeSecret"]}])),
        ("w-tags", json!([secrets, folders, {"subject": "tags", "action": ["read"]}])),
        ("w-readvalue", json!([secrets, folders, in_dev("secrets", &["describeSecret", "readValue"])])),
        ("w-folders", json!([folders])),
    ] {
        made(name).role("no-access").privilege(permissions).make(stage)?;
    }
    for name in WRITERS {
        folder(stage, "dev", "/app", &format!("full-{name}"))?;
        secret(stage, "dev", &format!("/app/full-{name}"), "K", "1")?;
        let upper = upper(name);
        secret(stage, "dev", "/app", &format!("REFD_{upper}"), "refd")?;
        secret(stage, "prod", "/app", &format!("USES_{upper}"), &format!("${{dev.app.REFD_{upper}}}"))?;
        secret(stage, "dev", "/app", &format!("INNER_{upper}"), "${A}")?;
        folder(stage, "dev", "/", &format!("out-{name}"))?;
        folder(stage, "staging", "/", &format!("out-{name}"))?;
    }
    name_folders(stage, "w-env")?;
    stage.wait(11_500);
    Ok(())
}

/// Maps the recorded ids to the folders of this writer.
fn name_folders(stage: &mut Stage, name: &str) -> SetUp {
    for (id, environment, path, folder) in [
        (FULL, "dev", "/app", format!("full-{name}")),
        (OUT_DEV, "dev", "/", format!("out-{name}")),
        (OUT_STAGING, "staging", "/", format!("out-{name}")),
    ] {
        let url = format!("/api/v2/folders?projectId=$PROJECT_ID&environment={environment}&path={path}");
        let listed = chief(stage, "GET", &url, &Value::Null)?;
        let found = listed["folders"].as_array().and_then(|all| all.iter().find(|it| it["name"] == folder.as_str()));
        let real = found.and_then(|it| it["id"].as_str()).ok_or_else(|| format!("no folder {folder}"))?;
        stage.names.set(id, real);
    }
    Ok(())
}

/// The recorded requests of `w-env`, as another writer sends them.
fn as_other(recorded: &Recorded, name: &str) -> Recorded {
    let other = |text: &str| text.replace("W_ENV", &upper(name)).replace("w-env", name);
    let headers = recorded.headers.iter().map(|(key, value)| (key.clone(), other(value))).collect();
    Recorded { url: other(&recorded.url), body: recorded.body.as_deref().map(other), headers, ..recorded.clone() }
}

/// Sends the table's requests for the other writers. They must run, because later exchanges list
/// their effects.
pub(super) fn table(stage: &mut Stage, notes: &str) -> SetUp {
    let recording = recording::parse(include_str!("../../../../recorded-v4-more.md"));
    let table = tables::read(notes, 496)?;
    let mut differences = Vec::new();
    for (column, name) in table.identities.iter().enumerate().skip(1) {
        name_folders(stage, name)?;
        for (title, cells) in &table.rows {
            let asked = recording.iter().find(|it| it.title == format!("w-env: {title}"));
            let asked = asked.ok_or_else(|| format!("no request for {title}"))?;
            let answer = send::send(stage, &as_other(asked, name));
            learn_folder(stage, title, &answer);
            differences.extend(tables::differences(title, name, &cells[column], &answer));
        }
    }
    tables::all(differences)
}

/// The folder that a writer created is renamed later.
fn learn_folder(stage: &mut Stage, title: &str, answer: &Answer) {
    if title == "folder in dev:/app" && answer.status == 200 {
        stage.names.set(MADE, answer.json()["folder"]["id"].as_str().unwrap_or_default());
    }
}
