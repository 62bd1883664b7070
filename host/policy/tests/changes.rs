//! The table of changes (docs/routes.md, "Changes"), request by request.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use infisical_skill_policy::change::value::{Comment, SecretValue};
use infisical_skill_policy::change::{self, Change, ChangeRefusal, Method};
use infisical_skill_policy::{
    Environment, FolderId, FolderName, Generation, NewSecretName, Place, Project, SecretKey, SecretPath, TagId,
    WriteName,
};
use proptest::prelude::*;

fn read(generation: Generation, method: &str, path: &str, body: &str) -> Result<Change, ChangeRefusal> {
    change::read(generation, Method::named(method).unwrap(), path, body)
}

/// Each request of the table, in v4's spelling: method, path, body, name.
const TABLE: [(&str, &str, &str, &str); 8] = [
    (
        "POST",
        "/api/v4/secrets/DB_URL",
        r#"{"projectId":"p1","environment":"dev","secretPath":"/app","secretValue":"v\"\\\n\u0001é","secretComment":"c","tagIds":["t1","t2"],"type":"shared"}"#,
        "create secret",
    ),
    (
        "POST",
        "/api/v4/secrets/A",
        r#"{"projectId":"p1","environment":"dev","secretPath":"/","secretValue":"","type":"shared"}"#,
        "create secret",
    ),
    (
        "PATCH",
        "/api/v4/secrets/A%20B",
        r#"{"projectId":"p1","environment":"dev","secretPath":"/app","secretValue":"v","newSecretName":"C","secretComment":"","tagIds":[],"type":"shared"}"#,
        "update secret",
    ),
    (
        "DELETE",
        "/api/v4/secrets/A",
        r#"{"projectId":"p1","environment":"dev","secretPath":"/app","type":"shared"}"#,
        "delete secret",
    ),
    (
        "DELETE",
        "/api/v4/secrets/batch",
        r#"{"projectId":"p1","environment":"dev","secretPath":"/app","secrets":[{"secretKey":"a/b","type":"shared"}]}"#,
        "delete secret",
    ),
    ("POST", "/api/v2/folders", r#"{"projectId":"p1","environment":"dev","name":"db","path":"/app"}"#, "create folder"),
    (
        "PATCH",
        "/api/v2/folders/f-1",
        r#"{"projectId":"p1","environment":"dev","name":"db","path":"/app"}"#,
        "rename folder",
    ),
    (
        "DELETE",
        "/api/v2/folders/f-1",
        r#"{"projectId":"p1","environment":"dev","path":"/app","forceDelete":true}"#,
        "delete folder",
    ),
];

fn as_v3(path: &str, body: &str) -> (String, String) {
    let path = match path {
        "/api/v4/secrets/batch" => "/api/v3/secrets/batch/raw".to_owned(),
        path => path.replace("/api/v4/secrets", "/api/v3/secrets/raw").replace("/api/v2/folders", "/api/v1/folders"),
    };
    (path, body.replace("projectId", "workspaceId").replace(r#","forceDelete":true"#, ""))
}

#[test]
fn every_change_of_the_table_is_read_in_its_generation_and_in_no_other() {
    for (method, path, body, name) in TABLE {
        let (old_path, old_body) = as_v3(path, body);
        for (generation, other, path, body) in
            [(Generation::V4, Generation::V3, path, body), (Generation::V3, Generation::V4, &old_path, &old_body)]
        {
            let change = read(generation, method, path, body)
                .unwrap_or_else(|refusal| panic!("{method} {path} {body}: {refusal}"));
            assert_eq!(change.name(), name);
            let request = change.request(generation);
            assert_eq!((request.method.as_str(), request.path.as_str(), request.body.as_str()), (method, path, body));
            assert!(read(other, method, path, body).is_err(), "{path}");
            for wrong in ["POST", "PATCH", "DELETE"].into_iter().filter(|wrong| *wrong != method) {
                if let Ok(change) = read(generation, wrong, path, body) {
                    assert_ne!(change.name(), name, "{wrong} {path}");
                }
            }
        }
    }
    for method in ["GET", "PUT", "HEAD", "post", ""] {
        assert_eq!(Method::named(method), None);
    }
}

#[test]
fn a_change_has_one_spelling() {
    let (method, path, body, _) = TABLE[0];
    for (from, to) in [
        (r#","type""#, r#", "type""#),
        (r#"{"projectId""#, r#"{ "projectId""#),
        (r#""projectId":"p1","environment":"dev""#, r#""environment":"dev","projectId":"p1""#),
        (r#""dev""#, r#""\u0064ev""#),
        (r"\n", r"\u000a"),
        (r"\u0001", r"\u0001\u001F"),
        ("é", r"\u00e9"),
        (r#""/app""#, r#""\/app""#),
        (r#","type":"shared""#, ""),
        (r#""shared""#, r#""personal""#),
        (r#""shared"}"#, r#""shared","type":"shared"}"#),
        (r#""shared"}"#, r#""shared","skipMultilineEncoding":true}"#),
        (r#""shared"}"#, r#""shared"}}"#),
        (r#""shared"}"#, r#""shared"} "#),
        (r#""projectId":"p1""#, r#""workspaceId":"p1""#),
        (r#""projectId":"p1""#, r#""projectId":"p1","workspaceId":"p1""#),
        (r#""projectId":"p1""#, r#""projectId":"p1","projectId":"p2""#),
        (r#""projectId":"p1""#, r#""projectId":"p1/..""#),
        (r#""projectId":"p1""#, r#""projectId":null"#),
        (r#""secretPath":"/app""#, r#""secretPath":"/app/""#),
        (r#""secretPath":"/app""#, r#""secretPath":"/../x""#),
        (r#""secretPath":"/app""#, r#""secretPath":["/app"]"#),
        (r#""secretValue":"v"#, r#""newSecretName":"X","secretValue":"v"#),
        (r#"["t1","t2"]"#, r#"["t1","t1"]"#),
        (r#"["t1","t2"]"#, r#"["t1",""]"#),
        (r#"["t1","t2"]"#, r#"null"#),
        (r#""secretComment":"c""#, r#""secretComment":null"#),
        ("{", "\u{feff}{"),
        ("é", r"\ud800"),
    ] {
        let other = body.replacen(from, to, 1);
        assert_ne!(other, body, "{from}");
        assert!(read(Generation::V4, method, path, &other).is_err(), "{other}");
    }
    for other in [
        "/api/v4/secrets/DB_URL?x=1",
        "/api/v4/secrets/DB%5FURL",
        "/api/v4/secrets/../x",
        "/api/v4/secrets/DB_URL/",
        "//api/v4/secrets/DB_URL",
        "/api/v4/secrets/a%2Fb",
        "/api/v4/secrets/batch",
        "/api/v4/secrets/move",
        "/api/v4/secrets/1A",
        "/api/v4/secrets/A%20B",
        "/api/v4/secrets/",
        "/api/v4/secrets",
        "/api/v4/secrets/A\r\n",
        "",
    ] {
        assert!(read(Generation::V4, method, other, body).is_err(), "{other}");
    }
}

#[test]
fn what_a_plan_must_not_have_is_refused() {
    let secret =
        |rest: &str| format!(r#"{{"projectId":"p1","environment":"dev","secretPath":"/",{rest}"type":"shared"}}"#);
    let v4 = |method: &str, rest: &str| read(Generation::V4, method, "/api/v4/secrets/A", &secret(rest));
    assert!(v4("PATCH", r#""secretComment":"c","#).is_ok());
    assert!(v4("PATCH", "").is_err(), "an update of nothing");
    let v3 = read(
        Generation::V3,
        "PATCH",
        "/api/v3/secrets/raw/A",
        &secret(r#""secretComment":"c","#).replace("projectId", "workspaceId"),
    );
    assert_eq!(
        v3,
        Err(ChangeRefusal::Field("secretValue")),
        "without a value an older server would be sent a blank one, or refuse"
    );
    for mask in ["<hidden-by-infisical>", "x<hidden>y", "***", "••••"] {
        for field in ["secretValue", "secretComment"] {
            let refused = v4("PATCH", &format!(r#""{field}":"{mask}","#));
            assert!(matches!(refused, Err(ChangeRefusal::Value(_))), "{field} {mask}");
        }
    }
    assert!(v4("PATCH", r#""newSecretName":"a/b","#).is_err());
    assert!(v4("PATCH", r#""newSecretName":"batch","#).is_err());
    assert!(v4("DELETE", r#""secretValue":"x","#).is_err());
    let tags: Vec<String> = (0..21).map(|n| format!(r#""t{n}""#)).collect();
    assert!(v4("PATCH", &format!(r#""tagIds":[{}],"#, tags.join(","))).is_err());
    assert!(v4("PATCH", &format!(r#""secretValue":"{}","#, "x".repeat(SecretValue::MAX))).is_ok());
    assert!(v4("PATCH", &format!(r#""secretValue":"{}","#, "x".repeat(SecretValue::MAX + 1))).is_err());
    assert_eq!(v4("PATCH", &format!(r#""secretValue":"{}","#, "x".repeat(1_000_000))), Err(ChangeRefusal::TooLong));
    let batch = |secrets: &str| {
        let body = format!(r#"{{"projectId":"p1","environment":"dev","secretPath":"/","secrets":[{secrets}]}}"#);
        read(Generation::V4, "DELETE", "/api/v4/secrets/batch", &body)
    };
    let key = |key: &str| format!(r#"{{"secretKey":"{key}","type":"shared"}}"#);
    assert!(batch(&key("a/b")).is_ok() && batch(&key("batch")).is_ok());
    assert!(batch("").is_err());
    assert!(batch(&[key("a/b"), key("c/d")].join(",")).is_err(), "one request, one change");
    assert!(batch(&key("PLAIN")).is_err(), "it goes by path");
    let folder = |rest: &str| {
        read(
            Generation::V4,
            "DELETE",
            "/api/v2/folders/f",
            &format!(r#"{{"projectId":"p1","environment":"dev","path":"/"{rest}}}"#),
        )
    };
    assert!(folder(r#","forceDelete":true"#).is_ok());
    assert!(folder("").is_err() && folder(r#","forceDelete":false"#).is_err());
}

fn place() -> impl Strategy<Value = Place> {
    ("[A-Za-z0-9_-]{1,64}", "[A-Za-z0-9_-]{1,64}", "(/|(/[^/\\\\\\p{Cc}.][^/\\\\\\p{Cc}]{0,8}){1,5})").prop_filter_map(
        "a place",
        |(p, e, path)| {
            Some(Place {
                project: Project::new(p).ok()?,
                environment: Environment::new(e).ok()?,
                path: SecretPath::new(path).ok()?,
            })
        },
    )
}

fn any_change() -> impl Strategy<Value = Change> {
    let new_name = || "[A-Za-z_][A-Za-z0-9_.-]{0,30}".prop_filter_map("a name", |name| NewSecretName::new(name).ok());
    let name = || "[^/\\\\%\\p{Cc}]{1,20}".prop_filter_map("a name", |name| WriteName::new(name).ok());
    let value = || any::<String>().prop_filter_map("a value", |text| SecretValue::new(text).ok());
    let comment = || prop::option::of(any::<String>().prop_filter_map("a comment", |text| Comment::new(text).ok()));
    let tags = || {
        prop::option::of(
            prop::collection::btree_set("[a-z0-9-]{1,20}", 0..5)
                .prop_map(|tags| tags.into_iter().map(|tag| TagId::new(tag).unwrap()).collect::<Vec<_>>()),
        )
    };
    let folder = || "[A-Za-z0-9_-]{1,64}".prop_map(|name| FolderName::new(name).unwrap());
    let id = || "[A-Za-z0-9_-]{1,64}".prop_map(|id| FolderId::new(id).unwrap());
    prop_oneof![
        (place(), new_name(), value(), comment(), tags())
            .prop_map(|(place, name, value, comment, tags)| Change::CreateSecret { place, name, value, comment, tags }),
        (place(), name(), value(), prop::option::of(new_name()), comment(), tags()).prop_map(
            |(place, name, value, new_name, comment, tags)| Change::UpdateSecret {
                place,
                name,
                value: Some(value),
                new_name,
                comment,
                tags
            }
        ),
        (place(), name()).prop_map(|(place, name)| Change::DeleteSecret { place, name }),
        (place(), ".{1,20}").prop_filter_map("a key", |(place, key)| Some(Change::DeleteSecretByKey {
            place,
            key: SecretKey::new(key).ok()?
        })),
        (place(), folder()).prop_map(|(place, name)| Change::CreateFolder { place, name }),
        (place(), id(), folder()).prop_map(|(place, id, name)| Change::RenameFolder { place, id, name }),
        (place(), id()).prop_map(|(place, id)| Change::DeleteFolder { place, id }),
    ]
}

proptest! {
    #[test]
    fn writing_and_reading_are_one_to_one(change in any_change()) {
        for generation in [Generation::V3, Generation::V4] {
            let request = change.request(generation);
            prop_assert_eq!(change::read(generation, request.method, &request.path, &request.body), Ok(change.clone()));
        }
    }

    #[test]
    fn what_is_read_is_spelled_as_it_would_be_written(change in any_change(), at in any::<prop::sample::Index>(), byte in 32_u8..127, in_path in any::<bool>()) {
        let request = change.request(Generation::V4);
        let mut text = if in_path { request.path.clone() } else { request.body.to_string() };
        let at = at.index(text.len());
        if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
            text.replace_range(at..=at, &char::from(byte).to_string());
        }
        let (path, body) = if in_path { (text, request.body.to_string()) } else { (request.path.clone(), text) };
        if let Ok(read) = change::read(Generation::V4, request.method, &path, &body) {
            let again = read.request(Generation::V4);
            prop_assert_eq!((again.path, again.body.to_string()), (path, body));
        }
    }

    #[test]
    fn no_text_makes_it_panic(path in any::<String>(), body in any::<String>()) {
        for method in [Method::Post, Method::Patch, Method::Delete] {
            let _ = change::read(Generation::V4, method, &path, &body);
            let _ = change::read(Generation::V3, method, &format!("/api/v3/secrets/raw/{path}"), &body);
        }
    }
}
