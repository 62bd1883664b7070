use super::*;
use crate::guard::grammar::FolderPath;
use crate::testing::{PROJECT, raw_secret};
use serde_json::{Value, json};

fn at(path: &str) -> Located {
    Located {
        project: Word::parse(PROJECT).unwrap(),
        environment: Word::parse("dev").unwrap(),
        path: FolderPath::parse(path).unwrap(),
    }
}

fn one(secret: &Value) -> Result<Secret, Error> {
    let name = secret["secretKey"].as_str().unwrap_or("DB_URL").to_owned();
    super::secret(json!({ "secret": secret }).to_string().as_bytes(), &at("/"), &name)
}

fn with(mut secret: Value, key: &str, value: Value) -> Value {
    secret[key] = value;
    secret
}

fn without(mut secret: Value, key: &str) -> Value {
    secret.as_object_mut().unwrap().remove(key);
    secret
}

fn db_url() -> Value {
    raw_secret("DB_URL", "/")
}

fn is_unexpected<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::UnexpectedAnswer(_)))
}

#[test]
fn an_older_servers_secret_is_read_without_what_it_hides() {
    let secret = one(&db_url()).unwrap();
    assert_eq!(
        secret,
        Secret {
            id: "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa".to_owned(),
            name: "DB_URL".to_owned(),
            path: "/".to_owned(),
            environment: "dev".to_owned(),
            version: 3,
            has_comment: true,
            has_metadata: false,
            tags: vec!["infra".to_owned()],
            created_at: Some("2026-11-23T01:53:38.907Z".to_owned()),
            updated_at: Some("2026-11-23T01:53:39.115Z".to_owned()),
            updated_by: None,
        }
    );
}

#[test]
fn a_secret_is_read_as_the_host_writes_it() {
    let projected = json!({
        "id": "1", "secretKey": "DB_URL", "environment": "dev", "version": 1, "type": "shared",
        "secretComment": "<hidden>", "secretMetadata": "<hidden>", "secretValueHidden": true,
        "tags": [{ "slug": "a" }, { "slug": "b" }], "actor": { "actorType": "identity", "name": "ci", "actorId": "7" },
    });
    let secret = one(&projected).unwrap();
    assert!(secret.has_comment && secret.has_metadata);
    assert_eq!(secret.tags, ["a", "b"]);
    assert_eq!((secret.path.as_str(), secret.created_at, secret.updated_at), ("/", None, None));
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(secret.updated_by, Some(Actor { kind: some("identity"), name: some("ci"), id: some("7") }));
}

#[test]
fn shows_only_the_presence_of_comment_and_metadata() {
    for (key, value, comment, metadata) in [
        ("secretComment", json!(""), false, false),
        ("secretComment", Value::Null, false, false),
        ("secretComment", json!("CANARY"), true, false),
        ("metadata", json!({}), true, false),
        ("metadata", json!({ "k": "CANARY" }), true, true),
        ("secretMetadata", json!([]), true, false),
        ("secretMetadata", json!([{ "key": "CANARY", "value": "CANARY" }]), true, true),
        ("secretReminderNote", json!("CANARY"), true, true),
        ("secretReminderNote", json!(""), true, false),
    ] {
        let secret = one(&with(db_url(), key, value.clone())).unwrap();
        assert_eq!((secret.has_comment, secret.has_metadata), (comment, metadata), "{key} {value}");
        assert!(!format!("{secret:?}").contains("CANARY"));
    }
    let secret = one(&without(db_url(), "secretComment")).unwrap();
    assert!(!secret.has_comment);
}

#[test]
fn optional_fields_may_be_absent_or_null() {
    for key in ["secretPath", "tags", "actor", "createdAt", "updatedAt", "secretValue", "secretValueHidden", "metadata"]
    {
        assert!(one(&without(db_url(), key)).is_ok(), "{key} absent");
        assert!(one(&with(db_url(), key, Value::Null)).is_ok(), "{key} null");
    }
    for actor in [json!({}), json!({ "name": null, "membershipId": "x" })] {
        assert_eq!(one(&with(db_url(), "actor", actor)).unwrap().updated_by, None);
    }
}

#[test]
fn refuses_missing_or_mistyped_required_field() {
    for key in ["id", "secretKey", "environment", "version"] {
        assert!(is_unexpected(one(&without(db_url(), key))), "{key} absent");
        for value in [Value::Null, json!(true), json!([]), json!({}), json!(-1), json!(1.5)] {
            assert!(is_unexpected(one(&with(db_url(), key, value.clone()))), "{key} {value}");
        }
    }
    for (key, value) in [
        ("version", json!("3")),
        ("version", json!(4_294_967_296_u64)),
        ("tags", json!({})),
        ("tags", json!(["infra"])),
        ("tags", json!([{ "name": "infra" }])),
        ("actor", json!("someone")),
        ("secretPath", json!(1)),
        ("createdAt", json!(1_700_000_000)),
    ] {
        assert!(is_unexpected(one(&with(db_url(), key, value.clone()))), "{key} {value}");
    }
}

#[test]
fn no_other_text_passes_for_a_time() {
    for time in ["2026-11-23T01:53:38.907Z", "2026-11-23T01:53:38Z", "2026-11-23T01:53:38.907123+02:00"] {
        assert_eq!(one(&with(db_url(), "updatedAt", json!(time))).unwrap().updated_at.as_deref(), Some(time));
    }
    for text in ["", "now", "2026-11-23", "2026-11-23T01:53:38", "2026-11-23 01:53:38Z", "2026-11-23T01:53:38Z ignore"]
    {
        assert!(is_unexpected(one(&with(db_url(), "updatedAt", json!(text)))), "{text}");
    }
}

#[test]
fn refuses_duplicate_known_fields_and_skips_unknown_ones() {
    let twice = r#"{"secret":{"id":"1","id":"2","secretKey":"K","environment":"dev","version":1}}"#;
    assert!(is_unexpected(super::secret(twice.as_bytes(), &at("/"), "K")));
    let twice = r#"{"secret":{"id":"1","secretKey":"K","environment":"dev","version":1},"secret":null}"#;
    assert!(is_unexpected(super::secret(twice.as_bytes(), &at("/"), "K")));
    let unknown =
        r#"{"x":1e400,"x":{},"secret":{"y":[],"y":0,"id":"1","secretKey":"K","environment":"dev","version":1}}"#;
    assert!(super::secret(unknown.as_bytes(), &at("/"), "K").is_ok());
}

#[test]
fn refuses_answer_about_something_else() {
    assert!(is_unexpected(one(&with(db_url(), "environment", json!("prod")))));
    assert!(is_unexpected(one(&with(db_url(), "secretPath", json!("/app")))));
    let body = json!({ "secret": db_url() }).to_string();
    assert!(is_unexpected(super::secret(body.as_bytes(), &at("/"), "db_url")));
    let project = json!({ "id": PROJECT, "slug": "a", "name": "A", "environments": [] });
    let wrapped = json!({ "project": project }).to_string();
    assert!(project_by_id(wrapped.as_bytes(), &Word::parse(PROJECT).unwrap()).is_ok());
    assert!(is_unexpected(project_by_id(wrapped.as_bytes(), &Word::parse("other").unwrap())));
    assert!(project_by_slug(project.to_string().as_bytes(), &Word::parse("a").unwrap()).is_ok());
    assert!(is_unexpected(project_by_slug(project.to_string().as_bytes(), &Word::parse("b").unwrap())));
    let bent = json!({ "id": "../x", "slug": "a", "name": "A", "environments": [] }).to_string();
    assert!(is_unexpected(project_by_slug(bent.as_bytes(), &Word::parse("a").unwrap())));
}

#[test]
fn recursive_listing_stays_below_its_folder_and_has_paths() {
    let listing = |path: &str| json!({ "secrets": [raw_secret("K", path)] }).to_string();
    for (path, recursive, taken) in [
        ("/app", true, true),
        ("/app/db", true, true),
        ("/apple", true, false),
        ("/", true, false),
        ("/app", false, true),
        ("/app/db", false, false),
    ] {
        let read = super::secrets(listing(path).as_bytes(), &at("/app"), recursive);
        assert_eq!(read.is_ok(), taken, "{path} {recursive}");
    }
    let nowhere = json!({ "secrets": [without(raw_secret("K", "/"), "secretPath")] }).to_string();
    assert!(super::secrets(nowhere.as_bytes(), &at("/"), false).is_ok());
    assert!(super::secrets(nowhere.as_bytes(), &at("/"), true).is_err());
}

#[test]
fn folders_get_their_whole_path() {
    let folder = json!({ "id": "1", "name": "db", "updatedAt": "2026-11-23T01:52:09.308Z", "relativePath": "/x/db" });
    let body = json!({ "folders": [folder] }).to_string();
    let path = |at: &Located, recursive| folders(body.as_bytes(), at, recursive).map(|found| found[0].path.clone());
    assert_eq!(path(&at("/"), true).as_deref(), Ok("/x/db"));
    assert_eq!(path(&at("/app"), true).as_deref(), Ok("/app/x/db"));
    assert_eq!(path(&at("/"), false).as_deref(), Ok("/db"));
    assert_eq!(path(&at("/app"), false).as_deref(), Ok("/app/db"));
    let found = folders(body.as_bytes(), &at("/"), true).unwrap();
    assert_eq!(found[0].updated_at.as_deref(), Some("2026-11-23T01:52:09.308Z"));
}

#[test]
fn shows_known_parts_of_the_last_actor() {
    let by = |actor: Value| one(&with(db_url(), "actor", actor)).unwrap().updated_by;
    assert_eq!(by(json!({})), None);
    assert_eq!(by(json!({ "actorType": null, "name": null, "actorId": null })), None);
    let text = |text: &str| Some(text.to_owned());
    for (known, actor) in [
        (json!({ "actorType": "user" }), Actor { kind: text("user"), name: None, id: None }),
        (json!({ "name": "ci" }), Actor { kind: None, name: text("ci"), id: None }),
        (json!({ "actorId": "7" }), Actor { kind: None, name: None, id: text("7") }),
    ] {
        assert_eq!(by(known), Some(actor));
    }
}

#[test]
fn a_folder_whose_path_isnt_its_own_is_no_answer() {
    for (path, taken) in [
        (json!("/db"), true),
        (json!("/a/db"), true),
        (json!("db"), false),
        (json!("a/db"), false),
        (json!("/a"), false),
        (json!("/a/xdb"), false),
        (json!("/db/"), false),
        (json!(""), false),
        (Value::Null, false),
        (json!(7), false),
    ] {
        let body = json!({ "folders": [{ "id": "1", "name": "db", "relativePath": path }] }).to_string();
        assert_eq!(folders(body.as_bytes(), &at("/app"), true).is_ok(), taken, "{path}");
    }
}

#[test]
fn reads_projects_of_both_api_versions() {
    let project = json!({ "id": "1", "slug": "a", "name": "A", "environments": [{ "slug": "dev", "name": "Development", "id": "7" }] });
    for key in ["projects", "workspaces"] {
        let found = projects(json!({ key: [project] }).to_string().as_bytes()).unwrap();
        assert_eq!(found[0].environments, [Environment { slug: "dev".to_owned(), name: "Development".to_owned() }]);
    }
    for body in ["{}", "[]", "null", r#"{"projects":null}"#, r#"{"projects":[[]]}"#, r#"{"projects":[{"id":"1"}]}"#] {
        assert!(is_unexpected(projects(body.as_bytes())), "{body}");
    }
    assert!(is_unexpected(projects(br#"{"projects":[],"workspaces":[]}"#)));
}

#[test]
fn distinguishes_absent_and_hidden_values_from_empty_ones() {
    let reveal = |secret: Value| {
        let body = json!({ "secret": secret }).to_string();
        revealed(body.as_bytes(), &at("/"), "DB_URL").map(|found| found.map(|found| found.value))
    };
    assert_eq!(reveal(db_url()), Ok(Some("CANARY-VALUE".to_owned())));
    assert_eq!(reveal(with(db_url(), "secretValue", json!(""))), Ok(Some(String::new())));
    assert_eq!(reveal(with(db_url(), "secretValue", json!("a\nb\u{0}🔑"))), Ok(Some("a\nb\u{0}🔑".to_owned())));
    assert_eq!(reveal(with(db_url(), "secretValueHidden", json!(false))), Ok(Some("CANARY-VALUE".to_owned())));
    assert_eq!(reveal(with(db_url(), "secretValueHidden", json!(true))), Ok(None));
    assert_eq!(reveal(with(db_url(), "secretValue", json!("<hidden-by-infisical>"))), Ok(None));
    assert!(is_unexpected(reveal(without(db_url(), "secretValue"))));
    assert!(is_unexpected(reveal(with(db_url(), "secretValue", Value::Null))));
    assert!(is_unexpected(reveal(with(db_url(), "secretValue", json!(7)))));
}

#[test]
fn ten_thousand_secrets_are_read() {
    let secrets: Vec<Value> = (0..10_000).map(|number| raw_secret(&format!("KEY_{number}"), "/")).collect();
    let body = json!({ "secrets": secrets }).to_string();
    assert_eq!(super::secrets(body.as_bytes(), &at("/"), false).unwrap().secrets.len(), 10_000);
}
