//! The history that a current server keeps of changes, and the effects of changes on other secrets.

use infisical_emulator::SecretSeed;
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error, current, names};

fn put(stage: &Stage, environment: &str, path: &str, name: &str, value: &str) {
    stage.emulator.put_secret(environment, path, &SecretSeed::new(name, value));
}

fn rename(stage: &Stage, path: &str, name: &str, to: &str) {
    let body = stage.body("dev", path, json!({"newSecretName": to}));
    let answer = stage.writer.patch(&format!("/api/v4/secrets/{name}"), &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

fn stored(stage: &Stage, environment: &str, path: &str, name: &str) -> (String, u32) {
    let secret = stage.emulator.secret(environment, path, name).unwrap();
    (secret.value, secret.version)
}

fn snapshots(stage: &Stage, path: &str) -> Vec<String> {
    let url = format!("/api/v1/projects/{}/secret-snapshots?environment=dev&path={path}", stage.project);
    let listed = stage.reader.get(&url).json();
    listed["secretSnapshots"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn rename_rewrites_references_everywhere_but_no_others() {
    let stage = current();
    put(&stage, "dev", "/refs", "TARGET", "t");
    put(&stage, "dev", "/refs", "NEAR", "a-${TARGET}-${TARGET}-${OTHER}");
    put(&stage, "prod", "/", "FAR", "${dev.refs.TARGET}");
    put(&stage, "prod", "/", "HOMONYM", "${TARGET} ${prod.refs.TARGET} ${ TARGET } ${@agent-vault.dev.refs.TARGET}");
    put(&stage, "dev", "/refs", "UNRELATED", "TARGET");
    rename(&stage, "/refs", "TARGET", "RENAMED");
    assert_eq!(stored(&stage, "dev", "/refs", "NEAR"), ("a-${RENAMED}-${RENAMED}-${OTHER}".to_owned(), 2));
    assert_eq!(stored(&stage, "prod", "/", "FAR"), ("${dev.refs.RENAMED}".to_owned(), 2));
    assert_eq!(stored(&stage, "prod", "/", "HOMONYM").1, 1);
    assert_eq!(stored(&stage, "dev", "/refs", "UNRELATED").1, 1);
    assert_eq!(stored(&stage, "dev", "/refs", "RENAMED"), ("t".to_owned(), 2));
}

#[test]
fn rename_of_a_secret_that_refers_to_itself_keeps_it_whole() {
    let stage = current();
    put(&stage, "dev", "/refs", "LOOP", "x${LOOP}");
    rename(&stage, "/refs", "LOOP", "RING");
    assert_eq!(stored(&stage, "dev", "/refs", "RING"), ("x${RING}".to_owned(), 2));
}

#[test]
fn rename_in_a_batch_rewrites_what_a_later_entry_changes() {
    let stage = current();
    put(&stage, "dev", "/refs", "A", "a");
    put(&stage, "dev", "/refs", "B", "${A}");
    let secrets = json!([{"secretKey": "A", "newSecretName": "C"}, {"secretKey": "B", "secretComment": "c"}]);
    let answer = stage.writer.patch("/api/v4/secrets/batch", &stage.body("dev", "/refs", json!({"secrets": secrets})));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(stored(&stage, "dev", "/refs", "B"), ("${C}".to_owned(), 3));
}

#[test]
fn versions_of_deleted_secrets_stay_readable_by_name() {
    let stage = current();
    put(&stage, "dev", "/old", "GONE", "one");
    put(&stage, "dev", "/old", "GONE", "two");
    let first_id = stage.emulator.secret("dev", "/old", "GONE").unwrap().id;
    assert!(stage.emulator.remove_secret("dev", "/old", "GONE"));
    let version = |number: u32| stage.read("GONE", "dev", "/old", &format!("&version={number}"));
    assert_eq!(version(2).json()["secret"]["secretValue"], "two");
    assert_error(&stage.read("GONE", "dev", "/old", ""), 404, "NotFound", "Secret with name 'GONE' not found");
    // A recreated secret has a new id. If both have a version with that number, the older one is
    // returned.
    put(&stage, "dev", "/old", "GONE", "anew");
    let now = stage.read("GONE", "dev", "/old", "").json()["secret"].take();
    assert!(now["id"] != first_id.as_str() && now["version"] == 1, "{now}");
    assert_eq!(version(1).json()["secret"]["id"], first_id.as_str());
    // The values of deleted versions can be hidden too.
    let hidden = stage.read("GONE", "dev", "/old", "&version=2&viewSecretValue=false").json();
    assert_eq!(hidden["secret"]["secretValue"], "<hidden-by-infisical>");
}

#[test]
fn each_write_leaves_a_snapshot_of_its_folder() {
    let stage = current();
    stage.emulator.put_folder("dev", "/snap");
    assert!(snapshots(&stage, "/snap").is_empty());
    put(&stage, "dev", "/snap", "A", "1");
    put(&stage, "dev", "/snap", "A", "2");
    stage.emulator.remove_secret("dev", "/snap", "A");
    stage.emulator.put_folder("dev", "/snap/inner");
    put(&stage, "dev", "/snap/inner", "B", "elsewhere");
    let held: Vec<Value> = snapshots(&stage, "/snap")
        .iter()
        .map(|id| stage.reader.get(&format!("/api/v1/secret-snapshot/{id}")).json()["secretSnapshot"].take())
        .collect();
    let shown: Vec<(usize, &Value, usize)> = held
        .iter()
        .map(|it| {
            let secrets = it["secretVersions"].as_array().unwrap();
            (secrets.len(), &it["secretVersions"][0]["secretValue"], it["folderVersion"].as_array().unwrap().len())
        })
        .collect();
    // Newest first.
    let (one, two) = (json!("1"), json!("2"));
    assert_eq!(shown, [(0, &Value::Null, 1), (0, &Value::Null, 0), (1, &two, 0), (1, &one, 0)]);
    let url = format!("/api/v1/projects/{}/secret-snapshots/count?environment=dev&path=/snap", stage.project);
    assert_eq!(stage.reader.get(&url).json(), json!({"count": 4}));
    assert_eq!(stage.outsider.get(&url).status, 403);
}

#[test]
fn values_comments_and_names_are_trimmed_as_javascript_does() {
    let stage = current();
    let body =
        stage.body("dev", "/", json!({"secretValue": "\u{feff}\u{a0}v\u{85} ", "secretComment": "\u{2003}c\u{feff}"}));
    let made = stage.writer.post("/api/v4/secrets/%EF%BB%BFTRIMMED%C2%A0", &body).json();
    assert_eq!(made["secret"]["secretKey"], "TRIMMED");
    assert_eq!((&made["secret"]["secretValue"], &made["secret"]["secretComment"]), (&json!("v\u{85}"), &json!("c")));
}

#[test]
fn a_deleted_environment_is_gone_until_it_is_restored() {
    let stage = current();
    let url = format!("/api/v1/projects/{}/environments", stage.project);
    let made = stage.writer.post(&url, &json!({"name": "QA", "slug": "qa"})).json();
    let one = format!("{url}/{}", made["environment"]["id"].as_str().unwrap());
    put(&stage, "qa", "/", "KEPT", "v");
    assert_eq!(stage.writer.send("DELETE", &one, None).status, 200);
    assert_eq!(stage.list("qa", "/", "").status, 404);
    assert_eq!(stage.reader.get(&one).status, 404);
    let project = stage.reader.get(&format!("/api/v1/projects/{}", stage.project)).json()["project"].take();
    assert_eq!(project["environments"].as_array().unwrap().len(), 3);
    assert_eq!(project["deletedEnvironments"][0]["slug"], "qa");
    let restored = stage.writer.post(&format!("{one}/restore"), &json!({})).json();
    assert_eq!(
        (&restored["environment"]["position"], &restored["environment"]["softDeletedAt"]),
        (&json!(5), &Value::Null)
    );
    assert_eq!(names(&stage.list("qa", "/", "")), ["KEPT"]);
}

#[test]
fn duplicate_copies_only_requested_attributes() {
    let stage = current();
    let id = stage.emulator.secret("dev", "/app", "STRIPE_API_KEY").unwrap().id;
    let duplicate = |more: Value| {
        let mut body = json!({
            "projectId": stage.project, "sourceEnvironment": "dev", "sourceSecretPath": "/app", "secretIds": [id],
            "destinationEnvironment": "staging", "destinationSecretPath": "/shared",
        });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        stage.writer.post("/api/v4/secrets/duplicate", &body)
    };
    assert_eq!(duplicate(json!({})).status, 200);
    let copy = stage.emulator.secret("staging", "/shared", "STRIPE_API_KEY").unwrap();
    assert_eq!((copy.value.as_str(), copy.tags.len(), copy.metadata.len()), ("", 0, 0));
    let again = duplicate(json!({"attributesToCopy": {"value": true}}));
    assert_error(&again, 400, "BadRequest", "Secret with key 'STRIPE_API_KEY' already exists at destination.");
    put(&stage, "staging", "/shared", "STRIPE_API_KEY", "own");
    assert_eq!(duplicate(json!({"shouldOverwrite": true, "attributesToCopy": {"metadata": true}})).status, 200);
    let copy = stage.emulator.secret("staging", "/shared", "STRIPE_API_KEY").unwrap();
    assert_eq!((copy.value.as_str(), copy.tags.len(), copy.metadata.len(), copy.version), ("own", 0, 1, 3));
}
