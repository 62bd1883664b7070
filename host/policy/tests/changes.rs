//! The table of changes (docs/routes.md, "Changes"), request by request.

use infisical_skill_policy::ApiVersion;
use infisical_skill_policy::change::value::{Comment, SecretValue};
use infisical_skill_policy::change::{self, ChangeRefusal, MAX_BODY, Method, ParsedChange};

fn read(api_version: ApiVersion, method: &str, path: &str, body: &str) -> Result<ParsedChange, ChangeRefusal> {
    change::parse(api_version, Method::named(method).unwrap(), path, body)
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
fn each_change_parses_only_in_its_api_version() {
    for (method, path, body, name) in TABLE {
        let (old_path, old_body) = as_v3(path, body);
        for (api_version, other, path, body) in
            [(ApiVersion::V4, ApiVersion::V3, path, body), (ApiVersion::V3, ApiVersion::V4, &old_path, &old_body)]
        {
            let change = read(api_version, method, path, body)
                .unwrap_or_else(|refusal| panic!("{method} {path} {body}: {refusal}"));
            assert_eq!(change.name(), name);
            let request = change.request(api_version);
            assert_eq!((request.method.as_str(), request.path.as_str(), request.body.as_str()), (method, path, body));
            assert!(read(other, method, path, body).is_err(), "{path}");
            for wrong in ["POST", "PATCH", "DELETE"].into_iter().filter(|wrong| *wrong != method) {
                if let Ok(change) = read(api_version, wrong, path, body) {
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
        (r"\u0001", "\u{1}"),
        (r"\u0001", r"\u001F"),
        (r"\u0001", r"\u0001\u0022"),
        (r"\u0001", r"\U0001"),
        (r"\n", "\n"),
        (r"\n", r"\/"),
        (r#"\""#, r"\u0022"),
        (r"\\", r"\u005c"),
        (r#""projectId""#, r#""project\u0049d""#),
        (r#""projectId""#, r#""projectid""#),
        (r#""projectId""#, r#""project_id""#),
        (r#""secretPath":"/app","secretValue""#, r#""secretValue":"w","secretPath":"/app","secretValue""#),
        (r#""secretComment":"c","tagIds":["t1","t2"]"#, r#""tagIds":["t1","t2"],"secretComment":"c""#),
        (r#""type":"shared"}"#, r#""type":"shared",}"#),
        (r#""type":"shared"}"#, r#""type":"shared","forceDelete":true}"#),
        (r#""type":"shared"}"#, r#""type":"shared","name":"x"}"#),
        (r#""type":"shared"}"#, r#""type":"shared","path":"/"}"#),
        (r#""type":"shared"}"#, r#""type":"shared","secrets":[]}"#),
        (r#""type":"shared"}"#, r#""type":"shared","secrets":null}"#),
        (r#""type":"shared"}"#, r#""type":"shared","newSecretName":"X"}"#),
        (r#""type":"shared"}"#, r#""type":"shared"}{}"#),
        (r#""type":"shared"}"#, "\"type\":\"shared\"}\0"),
        (r#""type":"shared"}"#, "\"type\":\"shared\"}\n"),
        (r#""type":"shared"}"#, r#""type":"Shared"}"#),
        (r#""type":"shared"}"#, r#""type":true}"#),
        (r#""type":"shared"}"#, r#""type":"shared""#),
        (r#""environment":"dev","#, ""),
        (r#""environment":"dev""#, r#""environment":"dev ""#),
        (r#""secretPath":"/app","#, ""),
        (r#""secretPath":"/app""#, r#""secretPath":"app""#),
        (r#""secretPath":"/app""#, r#""secretPath":"/a\u0000b""#),
        (r#""secretPath":"/app""#, r#""secretPath":"/a\r\nb""#),
        (r#""secretPath":"/app""#, r#""secretPath":"/a\\b""#),
        (r#""secretPath":"/app""#, r#""path":"/app""#),
        (r#""secretPath":"/app""#, r#""secretPath":{"a":1}"#),
        (r#"["t1","t2"]"#, r#"["t1", "t2"]"#),
        (r#"["t1","t2"]"#, r#"["t1","t2",]"#),
        (r#"["t1","t2"]"#, r#"["t/1"]"#),
        (r#"["t1","t2"]"#, r#"[1]"#),
        (r#"["t1","t2"]"#, r#""t1""#),
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
        ("é", r"\udc00\ud800"),
        ("é", r"\ud83d\udd10"),
    ] {
        let other = body.replacen(from, to, 1);
        assert_ne!(other, body, "{from}");
        assert!(read(ApiVersion::V4, method, path, &other).is_err(), "{other}");
    }
}

#[test]
fn change_path_has_one_spelling() {
    let (method, path, body, _) = TABLE[0];
    assert!(read(ApiVersion::V4, method, path, body).is_ok());
    for other in [
        "",
        "/",
        "/api",
        "/api/",
        "/api/v4",
        "/api/v4/secrets",
        "/api/v4/secrets/",
        "/api/v4/secrets/DB_URL/",
        "/api/v4/secrets/DB_URL?x=1",
        "/api/v4/secrets/DB_URL?",
        "/api/v4/secrets/DB_URL#",
        "/api/v4/secrets/DB_URL;x",
        "/api/v4/secrets/DB%5FURL",
        "/api/v4/secrets/%44B_URL",
        "/api/v4/secrets/DB%20URL",
        "/api/v4/secrets/DB+URL",
        "/api/v4/secrets/%c3%a9",
        "/api/v4/secrets/%C3",
        "/api/v4/secrets/%",
        "/api/v4/secrets/%2",
        "/api/v4/secrets/%zz",
        "/api/v4/secrets/a%2Fb",
        "/api/v4/secrets/a%2fb",
        "/api/v4/secrets/a%252Fb",
        "/api/v4/secrets/a%5Cb",
        "/api/v4/secrets/a\\b",
        "/api/v4/secrets/..",
        "/api/v4/secrets/%2E%2E",
        "/api/v4/secrets/../x",
        "/api/v4/secrets/./DB_URL",
        "/api/v4//secrets/DB_URL",
        "//api/v4/secrets/DB_URL",
        "/API/v4/secrets/DB_URL",
        "/api/V4/secrets/DB_URL",
        "/api/v4/Secrets/DB_URL",
        "/api/v5/secrets/DB_URL",
        "/api/v4/secrets/raw/DB_URL",
        "/api/v4/secrets/batch",
        "/api/v4/secrets/move",
        "/api/v4/secrets/1A",
        "/api/v4/secrets/A%20B",
        "/api/v4/secrets/A\r\n",
        "/api/v4/secrets/A\n",
        "/api/v4/secrets/A\0",
        "/api/v4/secrets/A%0D%0A",
        "/api/v4/secrets/A%00",
        "/api/v4/secrets/DB_URL ",
        " /api/v4/secrets/DB_URL",
        "https://evil.example/api/v4/secrets/DB_URL",
        "/api/v1/auth/universal-auth/login",
        "/api/v2/folders",
        "/api/v2/folders/f",
    ] {
        assert!(read(ApiVersion::V4, method, other, body).is_err(), "{other}");
    }
    // A name that only an existing secret may have. It has one spelling.
    let (method, path, body, _) = TABLE[2];
    assert!(read(ApiVersion::V4, method, path, body).is_ok());
    for other in ["A B", "A+B", "A%2520B", "%41%20B", "A%20B%20", "%20A", "A%20B.", "A%20b"] {
        let path = format!("/api/v4/secrets/{other}");
        let is_another =
            read(ApiVersion::V4, method, &path, body).is_ok_and(|change| change.request(ApiVersion::V4).path == path);
        assert_eq!(is_another, matches!(other, "A%20B." | "A%20b"), "{other}");
    }
    for other in
        ["/api/v2/folders/", "/api/v2/folders/f%2D1", "/api/v2/folders/f.1", "/api/v2/folders/f-1/x", "/api/v2/folders"]
    {
        let (method, _, body, _) = TABLE[6];
        assert!(read(ApiVersion::V4, method, other, body).is_err(), "{other}");
    }
}

#[test]
fn rejects_what_a_plan_must_not_contain() {
    let secret =
        |rest: &str| format!(r#"{{"projectId":"p1","environment":"dev","secretPath":"/",{rest}"type":"shared"}}"#);
    let v4 = |method: &str, rest: &str| read(ApiVersion::V4, method, "/api/v4/secrets/A", &secret(rest));
    assert!(v4("PATCH", r#""secretComment":"c","#).is_ok());
    assert!(v4("PATCH", "").is_err(), "an update of nothing");
    let v3 = read(
        ApiVersion::V3,
        "PATCH",
        "/api/v3/secrets/raw/A",
        &secret(r#""secretComment":"c","#).replace("projectId", "workspaceId"),
    );
    assert_eq!(
        v3,
        Err(ChangeRefusal::Field("secretValue")),
        "without a value an older server would be sent a blank one, or refuse"
    );
    for mask in ["<hidden-by-infisical>", "x<hidden>y", "<masked>", "x<masked>y", "***", "••••"] {
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
    assert!(v4("PATCH", &format!(r#""tagIds":[{}],"#, tags[..20].join(","))).is_ok());
    assert!(v4("PATCH", &format!(r#""secretComment":"{}","#, "x".repeat(Comment::MAX))).is_ok());
    assert!(v4("PATCH", &format!(r#""secretComment":"{}","#, "x".repeat(Comment::MAX + 1))).is_err());
    assert!(v4("PATCH", &format!(r#""secretValue":"{}","#, "x".repeat(SecretValue::MAX))).is_ok());
    assert!(v4("PATCH", &format!(r#""secretValue":"{}","#, "x".repeat(SecretValue::MAX + 1))).is_err());
    assert_eq!(v4("PATCH", &format!(r#""secretValue":"{}","#, "x".repeat(1_000_000))), Err(ChangeRefusal::TooLong));
    let batch = |secrets: &str| {
        let body = format!(r#"{{"projectId":"p1","environment":"dev","secretPath":"/","secrets":[{secrets}]}}"#);
        read(ApiVersion::V4, "DELETE", "/api/v4/secrets/batch", &body)
    };
    let key = |key: &str| format!(r#"{{"secretKey":"{key}","type":"shared"}}"#);
    assert!(batch(&key("a/b")).is_ok() && batch(&key("batch")).is_ok());
    assert!(batch("").is_err());
    assert!(batch(&[key("a/b"), key("c/d")].join(",")).is_err(), "one request, one change");
    assert!(batch(&key("PLAIN")).is_err() && batch(&key("")).is_err(), "it goes by path");
    assert!(batch(&key(&"/".repeat(1_024))).is_ok() && batch(&key(&"/".repeat(1_025))).is_err());
    assert!(batch(&key("a/b").replace("shared", "personal")).is_err());
    assert!(batch(&key("a/b").replace(r#","type":"shared""#, "")).is_err());
    assert!(batch(&key("a/b").replace("}", r#","secretPath":"/x"}"#)).is_err());
    for method in ["POST", "PATCH"] {
        let body = r#"{"projectId":"p1","environment":"dev","secretPath":"/","secrets":[{"secretKey":"a/b","type":"shared"}]}"#;
        let refused = read(ApiVersion::V4, method, "/api/v4/secrets/batch", body);
        assert_eq!(refused, Err(ChangeRefusal::UnknownRoute), "only deleting goes by key");
    }
    let folder = |rest: &str| {
        read(
            ApiVersion::V4,
            "DELETE",
            "/api/v2/folders/f",
            &format!(r#"{{"projectId":"p1","environment":"dev","path":"/"{rest}}}"#),
        )
    };
    assert!(folder(r#","forceDelete":true"#).is_ok());
    assert!(folder("").is_err() && folder(r#","forceDelete":false"#).is_err());
    assert!(folder(r#","forceDelete":null"#).is_err() && folder(r#","forceDelete":"true""#).is_err());
    let old = |rest: &str| {
        let body = format!(r#"{{"workspaceId":"p1","environment":"dev","path":"/"{rest}}}"#);
        read(ApiVersion::V3, "DELETE", "/api/v1/folders/f", &body)
    };
    assert!(old("").is_ok() && old(r#","forceDelete":true"#).is_err() && old(r#","forceDelete":false"#).is_err());
    for name in ["", ".", "..", "a/b", "a b", "a.b", "é", &"x".repeat(65)] {
        let body = format!(r#"{{"projectId":"p1","environment":"dev","name":"{name}","path":"/"}}"#);
        assert!(read(ApiVersion::V4, "POST", "/api/v2/folders", &body).is_err(), "{name}");
        assert!(read(ApiVersion::V4, "PATCH", "/api/v2/folders/f", &body).is_err(), "{name}");
    }
}

#[test]
fn names_project_as_the_api_version_does() {
    for (method, path, body, _) in TABLE {
        let (old_path, old_body) = as_v3(path, body);
        assert!(read(ApiVersion::V4, method, path, &old_body).is_err(), "{path}");
        assert!(read(ApiVersion::V4, method, &old_path, body).is_err(), "{path}");
        assert!(read(ApiVersion::V3, method, &old_path, body).is_err(), "{path}");
        assert!(read(ApiVersion::V3, method, path, &old_body).is_err(), "{path}");
    }
    let old = r#"{"workspaceId":"p1","environment":"dev","secretPath":"/","secretValue":"v","type":"shared"}"#;
    for (method, path) in [
        ("POST", "batch"),
        ("POST", "move"),
        ("POST", "duplicate"),
        ("PATCH", "batch"),
        ("PATCH", "move"),
        ("PATCH", "duplicate"),
        ("DELETE", "batch"),
        ("DELETE", "move"),
        ("DELETE", "duplicate"),
    ] {
        assert!(read(ApiVersion::V3, method, &format!("/api/v3/secrets/raw/{path}"), old).is_err(), "{method} {path}");
        let new = old.replace("workspaceId", "projectId");
        assert!(read(ApiVersion::V4, method, &format!("/api/v4/secrets/{path}"), &new).is_err(), "{method} {path}");
    }
}

#[test]
fn a_body_has_at_most_a_million_bytes_however_it_is_escaped() {
    let around = r#"{"projectId":"p1","environment":"dev","secretPath":"/","secretValue":"","type":"shared"}"#.len();
    // Each byte of the value takes two bytes of the body.
    let fits = (MAX_BODY - around) / 2;
    for (count, expected) in [(fits, Ok("create secret")), (fits + 1, Err(ChangeRefusal::TooLong))] {
        let value = "\\n".repeat(count);
        let body = format!(
            r#"{{"projectId":"p1","environment":"dev","secretPath":"/","secretValue":"{value}","type":"shared"}}"#
        );
        let change = read(ApiVersion::V4, "POST", "/api/v4/secrets/A", &body);
        assert_eq!(change.map(|change| change.name()), expected, "{count}");
    }
    let long = format!("/api/v4/secrets/{}", "x".repeat(1_000_000));
    assert_eq!(read(ApiVersion::V4, "POST", &long, "{}"), Err(ChangeRefusal::TooLong));
}

#[test]
fn rejects_json_that_is_not_a_change_body() {
    let deep = ["[".repeat(200_000), "]".repeat(200_000)].concat();
    let deep_field = format!(r#"{{"secrets":{deep}}}"#);
    for body in [
        "",
        "null",
        "true",
        "1e400",
        "\"\"",
        "[]",
        "{}",
        "{",
        // A list of the fields' values, which a lenient parser would accept as the fields.
        r#"["p1",null,"dev","/","v",null,null,null,null,"shared",null,null,null]"#,
        &deep,
        &deep_field,
        "<html>",
    ] {
        for (method, path, ..) in TABLE {
            assert!(read(ApiVersion::V4, method, path, body).is_err(), "{path}");
            let (old_path, _) = as_v3(path, "");
            assert!(read(ApiVersion::V3, method, &old_path, body).is_err(), "{old_path}");
        }
    }
}
