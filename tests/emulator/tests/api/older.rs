//! Behavior of an old server that its recordings barely cover.

use infisical_emulator::{ApiVersion, Emulator, Seed};
use serde_json::json;

use crate::client::Answer;
use crate::stage::{Stage, of};

fn old() -> Stage {
    of(Emulator::builder().api_version(ApiVersion::V3).seed(Seed::demo()))
}

fn create_folder(stage: &Stage, path: &str, name: &str) -> Answer {
    let body = json!({"workspaceId": stage.project, "environment": "dev", "path": path, "name": name});
    stage.writer.post("/api/v1/folders", &body)
}

#[test]
fn old_server_joins_folder_path_and_name_and_fails_on_odd_ones() {
    let stage = old();
    for (path, name) in [("/", "bad name"), ("/app", "a.b"), ("/", "x/é"), ("/app", "../odd name")] {
        let answer = create_folder(&stage, path, name);
        assert_eq!((answer.status, answer.json()["error"].clone()), (500, json!("Find by secret path")), "{name}");
    }
    // Only the joined path is checked, so an odd part that `..` removes is accepted.
    // The folder gets the name that was sent.
    assert_eq!(create_folder(&stage, "/", "bad name/../plain").json()["folder"]["name"], "bad name/../plain");
    let existing = create_folder(&stage, "/billing", "../app");
    assert_eq!(existing.json()["folder"]["name"], "app", "the existing folder is returned");
}

#[test]
fn old_server_lists_any_number_of_audit_logs() {
    let stage = old();
    let url = format!("/api/v1/organization/audit-logs?projectId={}&limit=5000", stage.project);
    assert_eq!(stage.reader.get(&url).status, 200);
}
