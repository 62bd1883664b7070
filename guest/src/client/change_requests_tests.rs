use super::*;
use crate::guard::grammar::{FolderPath, SecretName};
use serde_json::Value;

const P: &str = "7d4ddb3e-83b2-413a-ba53-99a3c4e6b79b";

fn word(text: &str) -> Word {
    Word::parse(text).unwrap()
}

fn at(path: &str) -> Located {
    Located { project: word(P), environment: word("dev"), path: FolderPath::parse(path).unwrap() }
}

fn key(name: &str) -> SecretKey {
    SecretKey::of(SecretName::parse(name).unwrap())
}

fn write_name(name: &str) -> WriteName {
    match key(name) {
        SecretKey::Path(name) => name,
        SecretKey::Body(name) => panic!("{name}"),
    }
}

fn new_name(name: &str) -> NewName {
    NewName::parse(name).unwrap()
}

fn assert_is(request: Request, method: Method, path: &str, body: &str) {
    assert_eq!(request.method, method);
    assert_eq!(request.path_with_query, path);
    let body = body.replace("$P", P);
    assert_eq!(String::from_utf8(request.body.unwrap()).unwrap(), body);
    // The host writes the same bytes.
    let value: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(value.to_string().len(), body.len());
}

#[test]
fn secrets_are_created_as_the_table_has_it() {
    let plain = Written { value: Some("a \"b\"\n\u{1}é"), ..Written::default() };
    assert_is(
        create_secret(V4, &at("/a b"), &new_name("DB.URL"), &plain),
        Method::Post,
        "/api/v4/secrets/DB.URL",
        r#"{"projectId":"$P","environment":"dev","secretPath":"/a b","secretValue":"a \"b\"\n\u0001é","type":"shared"}"#,
    );
    let tags = [word("t-1"), word("t-2")];
    let full = Written { value: Some(""), comment: Some("c"), tags: Some(&tags) };
    assert_is(
        create_secret(V3, &at("/"), &new_name("A"), &full),
        Method::Post,
        "/api/v3/secrets/raw/A",
        r#"{"workspaceId":"$P","environment":"dev","secretPath":"/","secretValue":"","secretComment":"c","tagIds":["t-1","t-2"],"type":"shared"}"#,
    );
}

#[test]
fn secret_updates_match_the_table_and_omit_absent_fields() {
    let written = Written { comment: Some(""), tags: Some(&[]), ..Written::default() };
    assert_is(
        update_secret(V4, &at("/"), &write_name("a:b ?"), Some(&new_name("B")), &written),
        Method::Patch,
        "/api/v4/secrets/a%3Ab%20%3F",
        r#"{"projectId":"$P","environment":"dev","secretPath":"/","newSecretName":"B","secretComment":"","tagIds":[],"type":"shared"}"#,
    );
    let written = Written { value: Some("v"), ..Written::default() };
    assert_is(
        update_secret(V3, &at("/"), &write_name("A"), None, &written),
        Method::Patch,
        "/api/v3/secrets/raw/A",
        r#"{"workspaceId":"$P","environment":"dev","secretPath":"/","secretValue":"v","type":"shared"}"#,
    );
}

#[test]
fn secret_deletions_match_the_table_by_path_or_name() {
    assert_is(
        delete_secret(V4, &at("/"), &key("A B")),
        Method::Delete,
        "/api/v4/secrets/A%20B",
        r#"{"projectId":"$P","environment":"dev","secretPath":"/","type":"shared"}"#,
    );
    assert_is(
        delete_secret(V3, &at("/"), &key("A")),
        Method::Delete,
        "/api/v3/secrets/raw/A",
        r#"{"workspaceId":"$P","environment":"dev","secretPath":"/","type":"shared"}"#,
    );
    assert_is(
        delete_secret(V4, &at("/"), &key("a/b\"")),
        Method::Delete,
        "/api/v4/secrets/batch",
        r#"{"projectId":"$P","environment":"dev","secretPath":"/","secrets":[{"secretKey":"a/b\"","type":"shared"}]}"#,
    );
    assert_is(
        delete_secret(V3, &at("/"), &key("batch")),
        Method::Delete,
        "/api/v3/secrets/batch/raw",
        r#"{"workspaceId":"$P","environment":"dev","secretPath":"/","secrets":[{"secretKey":"batch","type":"shared"}]}"#,
    );
}

#[test]
fn folders_are_changed_as_the_table_has_it() {
    let named = r#"{"projectId":"$P","environment":"dev","name":"db","path":"/app"}"#;
    assert_is(create_folder(V4, &at("/app"), &word("db")), Method::Post, "/api/v2/folders", named);
    assert_is(rename_folder(V4, &at("/app"), &word("f-1"), &word("db")), Method::Patch, "/api/v2/folders/f-1", named);
    let named = named.replace("projectId", "workspaceId");
    assert_is(create_folder(V3, &at("/app"), &word("db")), Method::Post, "/api/v1/folders", &named);
    assert_is(rename_folder(V3, &at("/app"), &word("f-1"), &word("db")), Method::Patch, "/api/v1/folders/f-1", &named);
    assert_is(
        delete_folder(V4, &at("/"), &word("f-1")),
        Method::Delete,
        "/api/v2/folders/f-1",
        r#"{"projectId":"$P","environment":"dev","path":"/","forceDelete":true}"#,
    );
    assert_is(
        delete_folder(V3, &at("/"), &word("f-1")),
        Method::Delete,
        "/api/v1/folders/f-1",
        r#"{"workspaceId":"$P","environment":"dev","path":"/"}"#,
    );
}

#[test]
fn a_requests_debug_shows_nothing_of_its_body() {
    let written = Written { value: Some("CANARY"), comment: Some("CANARY"), ..Written::default() };
    let request = create_secret(V4, &at("/"), &new_name("A"), &written);
    assert!(!format!("{request:?}").contains("CANARY"));
}
