//! Reading secrets on a current server.

use serde_json::{Value, json};

use infisical_emulator::SecretSeed;

use crate::stage::{assert_error, assert_invalid, current, keys, names};

const SECRET: [&str; 20] = [
    "_id",
    "createdAt",
    "environment",
    "id",
    "isRotatedSecret",
    "rotationId",
    "secretComment",
    "secretKey",
    "secretMetadata",
    "secretPath",
    "secretReminderNote",
    "secretReminderRepeatDays",
    "secretValue",
    "secretValueHidden",
    "skipMultilineEncoding",
    "tags",
    "type",
    "updatedAt",
    "version",
    "workspace",
];

#[test]
fn listed_and_single_secrets_have_documented_fields() {
    let stage = current();
    let listed = stage.list("dev", "/app/db", "").json();
    assert_eq!(keys(&listed), ["imports", "secrets"]);
    assert_eq!(keys(&listed["secrets"][0]), SECRET);
    let got = stage.read("DB_USER", "dev", "/app/db", "").json();
    assert_eq!(keys(&got["secret"]), SECRET);
    let id = got["secret"]["id"].as_str().unwrap();
    let by_id = stage.reader.get(&format!("/api/v4/secrets/id/{id}")).json();
    assert_eq!(by_id["secret"]["secretValue"], "canary-value-dev-db-user");
}

#[test]
fn hides_only_values_on_request() {
    let stage = current();
    for environment in ["dev", "staging", "prod"] {
        let shown = stage.list(environment, "/", "&recursive=true&viewSecretValue=true");
        let hidden = stage.list(environment, "/", "&recursive=true&viewSecretValue=false&include_imports=true");
        assert_eq!(names(&shown), names(&hidden));
        assert!(shown.text.contains("canary-value-"));
        assert!(!hidden.text.contains("canary-value-"), "{}", hidden.text);
        for secret in hidden.json()["secrets"].as_array().unwrap() {
            assert_eq!(secret["secretValue"], "<hidden-by-infisical>");
            assert_eq!(secret["secretValueHidden"], true);
        }
    }
    let comment = stage.read("DATABASE_URL", "dev", "/", "&viewSecretValue=false").json();
    assert!(comment["secret"]["secretComment"].as_str().unwrap().starts_with("canary-comment-"));
    let older = format!("/api/v3/secrets/raw?workspaceId={}&environment=dev&viewSecretValue=false", stage.project);
    assert!(!stage.reader.get(&older).text.contains("canary-value-"), "a current server hides on the older route too");
}

#[test]
fn lists_one_folder_or_with_recursive_its_whole_tree() {
    let stage = current();
    for (path, more, expected) in [
        ("/", "", vec!["DATABASE_URL", "SENTRY_DSN"]),
        ("/app", "", vec!["SERVICE_URL", "STRIPE_API_KEY"]),
        ("/app/", "&recursive=false", vec!["SERVICE_URL", "STRIPE_API_KEY"]),
        ("/app", "&recursive=true", vec!["DB_PASSWORD", "DB_USER", "SERVICE_URL", "STRIPE_API_KEY"]),
        ("/empty", "&recursive=true", vec![]),
        ("/", "&recursive=true&tagSlugs=infra", vec!["DATABASE_URL", "DB_PASSWORD"]),
        (
            "/",
            "&recursive=true&tagSlugs=rotated%2Cpayments",
            vec!["DB_PASSWORD", "INVOICE_SIGNING_KEY", "STRIPE_API_KEY"],
        ),
        ("/", "&recursive=true&tagSlugs=no-such", vec![]),
        ("/", "&recursive=true&metadataFilter=key%3Downer", vec!["STRIPE_API_KEY"]),
        ("/", "&recursive=true&metadataFilter=key%3Downer%2Cvalue%3Dnobody", vec![]),
    ] {
        assert_eq!(names(&stage.list("dev", path, more)), expected, "{path} {more}");
    }
}

#[test]
fn missing_folder_is_a_404_with_the_routes_message() {
    let stage = current();
    for (environment, path) in [("nope", "/"), ("dev", "/no/such"), ("dev", "no")] {
        let message = format!("Folder with path '{path}' in environment '{environment}' was not found. Please ensure");
        assert_error(&stage.list(environment, path, ""), 404, "SecretPathNotFound", &message);
        let message = format!("Folder with path '{path}' in environment with slug '{environment}' not found");
        assert_error(&stage.read("X", environment, path, ""), 404, "GetSecretByName", &message);
    }
    assert_error(&stage.list("dev", "/app/../", ""), 400, "BadRequest", "Invalid secret path.");
    assert_eq!(names(&stage.list("dev", "app", "")), names(&stage.list("dev", "/app", "")));
}

#[test]
fn a_list_needs_a_project_and_an_environment() {
    let stage = current();
    for query in ["", "?environment=dev", "?projectId=x"] {
        let answer = stage.reader.get(&format!("/api/v4/secrets{query}"));
        assert_error(&answer, 400, "BadRequest", "Missing project id or environment");
    }
    let unknown = stage.reader.get("/api/v4/secrets?projectId=nope&environment=dev");
    assert_error(&unknown, 404, "NotFound", "Project with ID 'nope' not found");
}

#[test]
fn rejects_other_booleans_and_types() {
    let stage = current();
    let message = "Invalid enum value. Expected 'true' | 'false', received 'yes'";
    for flag in ["recursive", "viewSecretValue", "expandSecretReferences", "includeImports"] {
        assert_invalid(&stage.list("dev", "/", &format!("&{flag}=yes")), &json!([flag]), message);
    }
    let answer = stage.read("DATABASE_URL", "dev", "/", "&type=weird");
    assert_invalid(&answer, &json!(["type"]), "Invalid enum value. Expected 'shared' | 'personal', received 'weird'");
    let personal = stage.read("DATABASE_URL", "dev", "/", "&type=personal");
    assert_error(&personal, 404, "NotFound", "Secret with name 'DATABASE_URL' not found");
}

#[test]
fn reads_older_version_by_number_under_current_name() {
    let stage = current();
    stage.emulator.put_secret("dev", "/", &SecretSeed::new("SENTRY_DSN", "canary-value-second"));
    let version = |name: &str, number: u32| stage.read(name, "dev", "/", &format!("&version={number}"));
    for (number, value) in [(1, "https://canary-value-dev-sentry@errors.internal/4"), (2, "canary-value-second")] {
        let secret = version("SENTRY_DSN", number).json()["secret"].take();
        assert_eq!((&secret["version"], &secret["secretValue"]), (&json!(number), &json!(value)));
    }
    assert_error(&version("SENTRY_DSN", 9), 404, "NotFound", "Secret with name 'SENTRY_DSN' not found");
    let body = stage.body("dev", "/", json!({"newSecretName": "DSN"}));
    assert_eq!(stage.writer.patch("/api/v4/secrets/SENTRY_DSN", &body).status, 200);
    assert_eq!(version("DSN", 3).status, 200);
    assert_eq!(version("DSN", 1).status, 404, "older versions stay under the name they had");
}

#[test]
fn expands_references_unless_turned_off() {
    let stage = current();
    let value = |name: &str, more: &str| -> Value {
        stage.read(name, "dev", "/app", more).json()["secret"]["secretValue"].take()
    };
    assert_eq!(
        value("SERVICE_URL", "&expandSecretReferences=false"),
        "https://svc:${dev.app.db.DB_PASSWORD}@api.internal/?k=canary-value-dev-service"
    );
    assert_eq!(
        value("SERVICE_URL", ""),
        "https://svc:canary-value-dev-db-password@api.internal/?k=canary-value-dev-service"
    );
    for (stored, expanded) in [
        ("${STRIPE_API_KEY}!", "sk_test_canary-value-dev-stripe!"),
        ("a${NO_SUCH}", "a"),
        ("${nope.app.X}b", "b"),
        // A reference into another project is not expanded.
        ("${@data-platform.dev.WAREHOUSE_PASSWORD}", "${@data-platform.dev.WAREHOUSE_PASSWORD}"),
        ("${@no-such.dev.X}", "${@no-such.dev.X}"),
        ("${unclosed", "${unclosed"),
    ] {
        stage.emulator.put_secret("dev", "/app", &SecretSeed::new("R", stored));
        assert_eq!(value("R", ""), expanded);
        assert_eq!(value("R", "&expandSecretReferences=true&viewSecretValue=false"), "<hidden-by-infisical>");
    }
}

#[test]
fn shows_imports_beside_the_secrets_unless_turned_off() {
    let stage = current();
    let without = stage.list("dev", "/billing", "&includeImports=false").json();
    assert_eq!(without["imports"], json!([]));
    // `include_imports` is the parameter of the older routes only.
    let with = stage.list("dev", "/billing", "&include_imports=false").json();
    assert_eq!(
        (&with["imports"][0]["environment"], &with["imports"][0]["secretPath"]),
        (&json!("staging"), &json!("/shared"))
    );
    let imported = &with["imports"][0]["secrets"][0];
    assert_eq!((&imported["secretKey"], &imported["environment"]), (&json!("SMTP_PASSWORD"), &json!("staging")));
    assert!(imported.get("createdAt").is_none());
    assert_eq!(stage.read("SMTP_PASSWORD", "dev", "/billing", "&includeImports=false").status, 404);
    let got = stage.read("SMTP_PASSWORD", "dev", "/billing", "").json();
    assert_eq!(got["secret"]["environment"], "staging");

    let query = format!("projectId={}&environment=dev&path=/billing", stage.project);
    let imports = stage.reader.get(&format!("/api/v2/secret-imports?{query}")).json();
    assert_eq!(imports["secretImports"][0]["importEnv"]["slug"], "staging");
    let secrets = stage.reader.get(&format!("/api/v2/secret-imports/secrets?{query}")).json();
    assert_eq!(secrets["secrets"][0]["environmentInfo"]["slug"], "staging");
}

#[test]
fn a_secret_may_be_called_like_a_route() {
    let stage = current();
    for name in ["batch", "move", "duplicate"] {
        stage.emulator.put_secret("dev", "/", &SecretSeed::new(name, "v"));
        assert_eq!(stage.read(name, "dev", "/", "").json()["secret"]["secretKey"], name);
    }
}

#[test]
fn answers_304_for_matching_etag() {
    let stage = current();
    let etag = stage.list("dev", "/", "").header("etag").unwrap().to_owned();
    let token = stage.reader.token.clone().unwrap();
    let headers = [("authorization".to_owned(), format!("Bearer {token}")), ("if-none-match".to_owned(), etag)];
    let url = format!("/api/v4/secrets{}", stage.query("dev", "/", ""));
    let answer = crate::client::exchange(stage.emulator.address(), "GET", &url, &headers, None).unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (304, ""));
    let head = stage.reader.send("HEAD", &url, None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}
