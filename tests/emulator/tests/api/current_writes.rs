//! Writing secrets on a current server.

use infisical_emulator::{Emulator, Seed};
use serde_json::{Value, json};

use crate::client::Answer;
use crate::stage::{Stage, assert_error, assert_invalid, current, keys, of};

fn create(stage: &Stage, name: &str, more: Value) -> Answer {
    stage.writer.post(&format!("/api/v4/secrets/{name}"), &stage.body("dev", "/", more))
}

fn update(stage: &Stage, name: &str, more: Value) -> Answer {
    stage.writer.patch(&format!("/api/v4/secrets/{name}"), &stage.body("dev", "/", more))
}

fn delete(stage: &Stage, name: &str) -> Answer {
    stage.writer.delete(&format!("/api/v4/secrets/{name}"), &stage.body("dev", "/", json!({})))
}

fn batch(stage: &Stage, method: &str, secrets: Value) -> Answer {
    batch_with(stage, method, json!({"secrets": secrets}))
}

fn batch_with(stage: &Stage, method: &str, more: Value) -> Answer {
    stage.writer.send(method, "/api/v4/secrets/batch", Some(&stage.body("dev", "/", more)))
}

#[test]
fn stores_every_field_of_a_created_secret() {
    let stage = current();
    let tags = stage.reader.get(&format!("/api/v1/projects/{}/tags", stage.project)).json();
    let more = json!({
        "secretValue": "  v \n", "secretComment": "c", "tagIds": [tags["tags"][0]["id"]],
        "secretMetadata": [{"key": "k", "value": "m"}], "secretReminderNote": "n", "secretReminderRepeatDays": 5,
    });
    let made = create(&stage, "NEW", more).json();
    assert_eq!((&made["secret"]["secretValue"], &made["secret"]["version"]), (&json!("v\n"), &json!(1)));
    let stored = stage.emulator.secret("dev", "/", "NEW").unwrap();
    assert_eq!((stored.value.as_str(), stored.comment.as_str(), stored.version), ("v\n", "c", 1));
    assert_eq!(stored.metadata, [("k".to_owned(), "m".to_owned())]);
    assert_eq!(stored.tags.len(), 1);
    let secret = stage.read("NEW", "dev", "/", "").json()["secret"].take();
    // The answer doesn't say who wrote the secret, and only a listing shows the reminder.
    assert_eq!((secret.get("actor"), &secret["secretReminderNote"]), (None, &Value::Null));
    let listed = stage.list("dev", "/", "").json();
    let listed = listed["secrets"].as_array().unwrap().iter().find(|it| it["secretKey"] == "NEW").unwrap();
    assert_eq!((&listed["secretReminderNote"], &listed["secretReminderRepeatDays"]), (&json!("n"), &json!(5)));
}

#[test]
fn a_secret_is_created_once() {
    let stage = current();
    let again = create(&stage, "DATABASE_URL", json!({"secretValue": "x"}));
    assert_error(&again, 400, "BadRequest", "Secret already exists");
    assert_eq!(stage.emulator.secret("dev", "/", "DATABASE_URL").unwrap().version, 1);
}

#[test]
fn a_name_has_neither_colon_nor_slash_and_is_not_blank() {
    let stage = current();
    let message = "Secret name cannot contain colon or forward slash.";
    for name in ["A%3AB", "A%2FB"] {
        assert_invalid(&create(&stage, name, json!({"secretValue": "x"})), &json!(["secretName"]), message);
    }
    let blank = create(&stage, "%20", json!({"secretValue": "x"}));
    assert_invalid(&blank, &json!(["secretName"]), "String must contain at least 1 character(s)");
    let renamed = update(&stage, "DATABASE_URL", json!({"newSecretName": "A:B"}));
    assert_invalid(&renamed, &json!(["newSecretName"]), message);
    let many = batch(
        &stage,
        "POST",
        json!([{"secretKey": "OK", "secretValue": "x"}, {"secretKey": "A/B", "secretValue": "x"}]),
    );
    assert_invalid(&many, &json!(["secrets", 1, "secretKey"]), message);
}

#[test]
fn a_write_that_is_malformed_is_a_validation_failure() {
    let stage = current();
    assert_invalid(&create(&stage, "X", json!({})), &json!(["secretValue"]), "Required");
    let number = create(&stage, "X", json!({"secretValue": 5}));
    assert_invalid(&number, &json!(["secretValue"]), "Expected string, received number");
    let weird = create(&stage, "X", json!({"secretValue": "x", "type": "weird"}));
    assert_invalid(&weird, &json!(["type"]), "Invalid enum value. Expected 'shared' | 'personal', received 'weird'");
    let bare = stage.writer.send("DELETE", &format!("/api/v4/secrets/X{}", stage.query("dev", "/", "")), None);
    assert_invalid(&bare, &json!([]), "Expected object, received null");
    assert_invalid(&batch(&stage, "POST", json!([])), &json!(["secrets"]), "Array must contain at least 1 element(s)");
    let personal = create(&stage, "X", json!({"secretValue": "x", "type": "personal"}));
    assert_error(&personal, 400, "BadRequest", "Must be user to create personal secret");
}

#[test]
fn oversized_or_malformed_body_is_a_500() {
    let stage = current();
    let headers = [
        ("authorization".to_owned(), format!("Bearer {}", stage.writer.token.as_deref().unwrap())),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let big = stage.body("dev", "/", json!({"secretValue": "z".repeat(1024 * 1024)})).to_string();
    for body in ["{\"projectId\":", big.as_str()] {
        let address = stage.emulator.address();
        let answer =
            crate::client::exchange(address, "POST", "/api/v4/secrets/X", &headers, Some(body.as_bytes())).unwrap();
        assert_error(&answer, 500, "InternalServerError", "Something went wrong");
    }
}

#[test]
fn update_leaves_unnamed_fields_unchanged() {
    let stage = current();
    let before = stage.emulator.secret("dev", "/", "DATABASE_URL").unwrap();
    let answer = update(&stage, "DATABASE_URL", json!({"newSecretName": "DB_URL"})).json();
    assert_eq!(answer["secret"]["secretComment"], "", "the answer has no comment, though one is stored");
    assert_eq!(answer["secret"]["secretValueHidden"], false);
    let after = stage.emulator.secret("dev", "/", "DB_URL").unwrap();
    assert_eq!((&after.value, &after.comment, &after.tags), (&before.value, &before.comment, &before.tags));
    assert_eq!((&after.id, after.version), (&before.id, 2));
    assert!(stage.emulator.secret("dev", "/", "DATABASE_URL").is_none());

    assert_eq!(update(&stage, "DB_URL", json!({"secretValue": ""})).status, 200);
    let blanked = stage.emulator.secret("dev", "/", "DB_URL").unwrap();
    assert_eq!((blanked.value.as_str(), blanked.version), ("", 3), "an empty value empties the secret");
}

#[test]
fn a_rename_onto_another_secret_is_refused() {
    let stage = current();
    let clash = update(&stage, "DATABASE_URL", json!({"newSecretName": "SENTRY_DSN"}));
    assert_error(&clash, 400, "BadRequest", "Secret with the new name already exists");
}

#[test]
fn missing_secret_is_neither_changed_nor_deleted() {
    let stage = current();
    let changed = update(&stage, "NOPE", json!({"secretValue": "x"}));
    assert_error(&changed, 404, "NotFound", "Secret with name NOPE not found");
    assert_error(&delete(&stage, "NOPE"), 404, "NotFound", "Secret not found");
    let body = stage.body("dev", "/no/such", json!({"secretValue": "x"}));
    let created = stage.writer.post("/api/v4/secrets/X", &body);
    assert_error(&created, 404, "CreateSecret", "Folder with path '/no/such' in environment with slug 'dev' not found");
    let tagged = create(&stage, "X", json!({"secretValue": "x", "tagIds": ["00000000-0000-4000-8000-000000000000"]}));
    assert_error(&tagged, 404, "NotFound", "Tag not found. Found ");
}

#[test]
fn deletion_returns_the_secret() {
    let stage = current();
    let gone = delete(&stage, "SENTRY_DSN").json();
    assert_eq!(gone["secret"]["secretKey"], "SENTRY_DSN");
    assert!(stage.emulator.secret("dev", "/", "SENTRY_DSN").is_none());
}

#[test]
fn looks_up_secret_before_checking_permission() {
    let stage = current();
    let send = |method: &str, name: &str, key: &str| {
        let more = json!({"secretValue": "x", "secrets": [{"secretKey": key, "secretValue": "x"}]});
        let body = stage.body("dev", "/", more);
        let answer = stage.reader.send(method, &format!("/api/v4/secrets/{name}"), Some(&body));
        (answer.status, answer.json()["error"].as_str().unwrap().to_owned())
    };
    let is = |status: u16, error: &str| (status, error.to_owned());
    for (method, there, missing) in [
        ("POST", is(400, "BadRequest"), is(403, "PermissionDenied")),
        ("PATCH", is(403, "PermissionDenied"), is(404, "NotFound")),
        ("DELETE", is(403, "PermissionDenied"), is(404, "NotFound")),
    ] {
        assert_eq!(send(method, "DATABASE_URL", ""), there, "{method}");
        assert_eq!(send(method, "NOPE", ""), missing, "{method}");
        assert_eq!(send(method, "batch", "DATABASE_URL"), there, "{method} batch");
        assert_eq!(send(method, "batch", "NOPE"), missing, "{method} batch");
    }
}

#[test]
fn a_batch_is_all_or_nothing() {
    let stage = current();
    let made =
        batch(&stage, "POST", json!([{"secretKey": "A", "secretValue": "1"}, {"secretKey": "B", "secretValue": "2"}]));
    assert_eq!(made.json()["secrets"].as_array().unwrap().len(), 2);
    let again =
        batch(&stage, "POST", json!([{"secretKey": "A", "secretValue": "9"}, {"secretKey": "C", "secretValue": "3"}]));
    assert_error(&again, 400, "BadRequest", "Secret already exists: A");
    assert!(stage.emulator.secret("dev", "/", "C").is_none());
    let changed = batch(
        &stage,
        "PATCH",
        json!([{"secretKey": "A", "secretValue": "9"}, {"secretKey": "NOPE", "secretValue": "9"}]),
    );
    assert_error(&changed, 404, "NotFound", "Secret does not exist: NOPE in path /");
    assert_eq!(stage.emulator.secret("dev", "/", "A").unwrap().value, "1");
    assert_eq!(batch(&stage, "DELETE", json!([{"secretKey": "A"}, {"secretKey": "NOPE"}])).status, 404);
    assert_eq!(batch(&stage, "DELETE", json!([{"secretKey": "A"}, {"secretKey": "B"}])).status, 200);
    assert!(stage.emulator.secret("dev", "/", "A").is_none());
}

#[test]
fn batch_update_can_create_or_skip_missing_secrets() {
    let stage = current();
    let secrets = json!([{"secretKey": "UP", "secretValue": "1"}]);
    assert_eq!(
        batch_with(&stage, "PATCH", json!({"secrets": secrets, "mode": "ignore"})).json(),
        json!({"secrets": []})
    );
    assert_eq!(batch_with(&stage, "PATCH", json!({"secrets": secrets, "mode": "upsert"})).status, 200);
    assert_eq!(stage.emulator.secret("dev", "/", "UP").unwrap().value, "1");
    assert_eq!(batch_with(&stage, "PATCH", json!({"secrets": secrets, "mode": "other"})).status, 422);
}

#[test]
fn write_under_policy_returns_approval_and_writes_nothing() {
    let builder = Emulator::builder()
        .seed(Seed::demo())
        .approval_policy_for_everybody("dev", "/")
        .approval_policy_for_everybody("prod", "/**");
    let stage = of(builder);
    let before = stage.emulator.secret("dev", "/", "DATABASE_URL");
    let one = json!([{"secretKey": "DATABASE_URL", "secretValue": "x"}]);
    for answer in [
        create(&stage, "NEW", json!({"secretValue": "x"})),
        update(&stage, "DATABASE_URL", json!({"secretValue": "x"})),
        delete(&stage, "DATABASE_URL"),
        batch(&stage, "POST", json!([{"secretKey": "NEW", "secretValue": "x"}])),
        batch(&stage, "PATCH", one.clone()),
        batch(&stage, "DELETE", one),
        stage.writer.post("/api/v4/secrets/NEW", &stage.body("prod", "/app", json!({"secretValue": "x"}))),
    ] {
        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = answer.json();
        assert_eq!((keys(&body), &body["approval"]["status"]), (vec!["approval"], &json!("open")));
    }
    assert_eq!(stage.emulator.secret("dev", "/", "DATABASE_URL"), before);
    assert!(
        stage.emulator.secret("dev", "/", "NEW").is_none() && stage.emulator.secret("prod", "/app", "NEW").is_none()
    );
    assert_eq!(
        stage.writer.post("/api/v4/secrets/FREE", &stage.body("dev", "/app", json!({"secretValue": "x"}))).status,
        200
    );
    assert!(stage.emulator.secret("dev", "/app", "FREE").is_some());
}

#[test]
fn secrets_move_between_folders() {
    let stage = current();
    let id = stage.emulator.secret("dev", "/", "SENTRY_DSN").unwrap().id;
    let body = json!({
        "projectId": stage.project, "sourceEnvironment": "dev", "sourceSecretPath": "/", "secretIds": [id],
        "destinationEnvironment": "prod", "destinationSecretPath": "/app",
    });
    let moved = stage.writer.post("/api/v4/secrets/move", &body);
    assert_eq!(moved.json(), json!({"isSourceUpdated": true, "isDestinationUpdated": true}));
    assert!(stage.emulator.secret("dev", "/", "SENTRY_DSN").is_none());
    let there = stage.emulator.secret("prod", "/app", "SENTRY_DSN").unwrap();
    assert!(there.id != id && there.version == 1, "the secret was created anew");
}

#[test]
fn the_older_routes_write_the_same_secrets() {
    let stage = current();
    let body = json!({"workspaceId": stage.project, "environment": "dev", "secretPath": "/", "secretValue": "older"});
    assert_eq!(stage.writer.post("/api/v3/secrets/raw/OLDER", &body).status, 200);
    assert_eq!(stage.read("OLDER", "dev", "/", "").json()["secret"]["secretValue"], "older");
    let tags = json!({"projectSlug": "agent-vault", "environment": "dev", "secretPath": "/", "tagSlugs": ["infra"]});
    let refused = stage.writer.post("/api/v3/secrets/tags/OLDER", &tags);
    assert_error(&refused, 404, "CreateSecret", "Blind index for project with ID");
}
