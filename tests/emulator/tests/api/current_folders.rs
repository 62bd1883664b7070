//! Folders on a current server.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::stage::{Stage, assert_error, assert_invalid, current, keys};

fn list(stage: &Stage, path: &str, recursive: bool) -> Value {
    let project = &stage.project;
    let url = format!("/api/v2/folders?projectId={project}&environment=dev&path={path}&recursive={recursive}");
    let answer = stage.reader.get(&url);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["folders"].take()
}

fn texts(folders: &Value, field: &str) -> Vec<String> {
    let mut texts: Vec<String> =
        folders.as_array().unwrap().iter().map(|folder| folder[field].as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

fn create(stage: &Stage, path: &str, name: &str) -> Answer {
    let body = json!({"projectId": stage.project, "environment": "dev", "path": path, "name": name});
    stage.writer.post("/api/v2/folders", &body)
}

fn delete(stage: &Stage, name: &str, more: Value) -> Answer {
    let mut body = json!({"projectId": stage.project, "environment": "dev", "path": "/"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    stage.writer.delete(&format!("/api/v2/folders/{name}"), &body)
}

#[test]
fn folders_are_listed_one_level_deep() {
    let stage = current();
    assert_eq!(texts(&list(&stage, "/", false), "name"), ["app", "billing", "empty"]);
    assert_eq!(texts(&list(&stage, "/app/", false), "name"), ["db"]);
    assert_eq!(texts(&list(&stage, "app", false), "name"), ["db"], "a leading slash is added");
    assert_eq!(list(&stage, "/no/such", false), json!([]));
}

#[test]
fn a_recursive_list_has_paths_relative_to_the_listed_folder() {
    let stage = current();
    assert_eq!(texts(&list(&stage, "/", true), "relativePath"), ["/app", "/app/db", "/billing", "/empty"]);
    assert_eq!(texts(&list(&stage, "/app", true), "relativePath"), ["/db"]);
}

#[test]
fn a_list_needs_a_path_and_a_known_environment() {
    let stage = current();
    let url = format!("/api/v2/folders?projectId={}&environment=dev", stage.project);
    assert_invalid(&stage.reader.get(&url), &json!(["path"]), "Required");
    let url = format!("/api/v2/folders?projectId={}&environment=nope&path=/", stage.project);
    assert_error(&stage.reader.get(&url), 404, "NotFound", "Environment with slug 'nope' not found");
    assert_eq!(stage.outsider.get(&url).status, 403);
}

#[test]
fn a_folder_is_created_with_its_parents_and_only_once() {
    let stage = current();
    let first = create(&stage, "/a/b", "leaf").json();
    assert_eq!(first["folder"]["path"], "/a/b/leaf");
    let again = create(&stage, "/a/b", "leaf");
    assert_error(&again, 400, "BadRequest", "Folder with name 'leaf' already exists in path '/a/b'");
    assert_eq!(texts(&list(&stage, "/a", true), "relativePath"), ["/b", "/b/leaf"]);
}

#[test]
fn rejects_folder_names_with_other_characters() {
    let stage = current();
    let message = "Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed.";
    for name in ["", "bad name", "../x", "a/b", "ä", "a.b"] {
        assert_invalid(&create(&stage, "/", name), &json!(["name"]), message);
    }
    assert_eq!(create(&stage, "/", "Good_name-1").status, 200);
}

#[test]
fn a_viewer_creates_changes_and_deletes_no_folder() {
    let stage = current();
    let body = json!({"projectId": stage.project, "environment": "dev", "path": "/", "name": "x"});
    for (method, url, action) in [
        ("POST", "/api/v2/folders", "create"),
        ("PATCH", "/api/v2/folders/app", "edit"),
        ("DELETE", "/api/v2/folders/app", "delete"),
    ] {
        let denied = stage.reader.send(method, url, Some(&body));
        assert_error(&denied, 403, "PermissionDenied", &format!("You are not allowed to {action} on secret-folders"));
    }
}

#[test]
fn nonempty_folder_is_deleted_only_with_force() {
    let stage = current();
    assert_eq!(delete(&stage, "empty", json!({})).json()["folder"]["name"], "empty");
    for name in ["app", "billing"] {
        assert_eq!(delete(&stage, name, json!({})).status, 400);
        assert_eq!(delete(&stage, name, json!({"forceDelete": true})).status, 200);
    }
    assert_eq!(list(&stage, "/", true), json!([]));
    assert!(stage.emulator.secret("dev", "/app/db", "DB_USER").is_none());
    assert_error(&delete(&stage, "nope", json!({})), 404, "NotFound", "Folder with ID 'nope' not found");
}

#[test]
fn a_folder_is_renamed_and_found_by_id() {
    let stage = current();
    let id = create(&stage, "/", "old").json()["folder"]["id"].as_str().unwrap().to_owned();
    let url = format!("/api/v2/folders/{id}");
    let body =
        json!({"projectId": stage.project, "environment": "dev", "path": "/", "name": "new", "description": "d"});
    let renamed = stage.writer.patch(&url, &body).json();
    assert_eq!((&renamed["folder"]["path"], &renamed["folder"]["version"]), (&json!("/new"), &json!(2)));
    let found = stage.reader.get(&url).json()["folder"].take();
    assert_eq!((&found["description"], &found["projectId"]), (&json!("d"), &json!(stage.project)));
    assert_eq!(keys(&found["environment"]), ["envId", "envName", "envSlug"]);
    let body = json!({"projectId": stage.project, "environment": "dev", "path": "/", "name": "app"});
    assert_error(&stage.writer.patch(&url, &body), 400, "UpdateFolder", "Folder with specified name already exists");
}

#[test]
fn parses_recursive_leniently() {
    let stage = current();
    for (text, is_recursive) in
        [("False", false), ("0", false), ("", false), ("True", true), ("1", true), ("yes", true)]
    {
        let project = &stage.project;
        let url = format!("/api/v2/folders?projectId={project}&environment=dev&path=/app&recursive={text}");
        let folders = stage.reader.get(&url).json()["folders"].take();
        assert_eq!(folders[0].get("relativePath").is_some(), is_recursive, "{text}");
    }
}

#[test]
fn folders_are_renamed_all_or_none() {
    let stage = current();
    let rename = |changes: &[(&str, &str)]| {
        let changes: Vec<Value> = changes
            .iter()
            .map(|(id, name)| json!({"id": id, "environment": "dev", "path": "/", "name": name}))
            .collect();
        stage.writer.patch("/api/v2/folders/batch", &json!({"projectId": stage.project, "folders": changes}))
    };
    assert_eq!(rename(&[("app", "apps"), ("nope", "x")]).status, 404);
    assert_eq!(texts(&list(&stage, "/", false), "name"), ["app", "billing", "empty"]);
    let renamed = rename(&[("app", "apps"), ("empty", "void")]).json();
    assert_eq!(texts(&renamed["folders"], "name"), ["apps", "void"]);
}

#[test]
fn the_older_folder_routes_are_still_there() {
    let stage = current();
    let url = format!("/api/v1/folders?workspaceId={}&environment=dev&path=/", stage.project);
    assert_eq!(texts(&stage.reader.get(&url).json()["folders"], "name"), ["app", "billing", "empty"]);
    let body = json!({"workspaceId": stage.project, "environment": "dev", "path": "/", "name": "older"});
    assert_eq!(stage.writer.post("/api/v1/folders", &body).json()["folder"]["name"], "older");
}
