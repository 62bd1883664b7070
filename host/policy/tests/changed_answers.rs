//! Tests what the component gets of an answer to a change (docs/routes.md, "Answers"): what was
//! changed, and no value, whatever the server sends.

use infisical_skill_policy::answers::{AnswerRefusal, ChangeAnswer, changed};
use infisical_skill_policy::change::{self, Method, ParsedChange};
use infisical_skill_policy::{ApiVersion, Operation, Place, Scopes, SecretName, answers};
use proptest::prelude::*;
use serde_json::{Value, json};

const CANARY: &str = "CANARY";

/// A change of each kind.
fn all() -> Vec<ParsedChange> {
    let read = |method: &str, path: &str, rest: &str| {
        let body = format!(r#"{{"projectId":"p1","environment":"dev",{rest}}}"#);
        change::parse(ApiVersion::V4, Method::named(method).unwrap(), path, &body).unwrap()
    };
    vec![
        read("POST", "/api/v4/secrets/A", r#""secretPath":"/","secretValue":"v","type":"shared""#),
        read("PATCH", "/api/v4/secrets/A", r#""secretPath":"/","secretValue":"v","type":"shared""#),
        read("DELETE", "/api/v4/secrets/A", r#""secretPath":"/","type":"shared""#),
        read("DELETE", "/api/v4/secrets/batch", r#""secretPath":"/","secrets":[{"secretKey":"a/b","type":"shared"}]"#),
        read("POST", "/api/v2/folders", r#""name":"db","path":"/""#),
        read("PATCH", "/api/v2/folders/f", r#""name":"db","path":"/""#),
        read("DELETE", "/api/v2/folders/f", r#""path":"/","forceDelete":true"#),
        create_project(),
        create_environment(),
        invite_members(),
    ]
}

fn post(path: &str, body: &str) -> ParsedChange {
    change::parse(ApiVersion::V4, Method::Post, path, body).unwrap()
}

fn create_project() -> ParsedChange {
    post("/api/v1/projects", r#"{"projectName":"Pay","slug":"pay-eu","type":"secret-manager"}"#)
}

fn create_environment() -> ParsedChange {
    post("/api/v1/projects/p1/environments", r#"{"slug":"qa","name":"Quality"}"#)
}

fn invite_members() -> ParsedChange {
    post("/api/v1/projects/p1/memberships", r#"{"emails":["a@b.c"],"roleSlugs":["member"]}"#)
}

fn place() -> Place {
    all()[0].place().unwrap().clone()
}

/// Everything that a server has sent for a secret, or might.
fn secret() -> Value {
    json!({
        "id": "i", "_id": "i", "secretKey": "A", "environment": "dev", "workspace": "p1", "version": 2, "type": "shared", "secretPath": "/",
        "secretValue": CANARY, "secretComment": CANARY, "secretReminderNote": CANARY, "secretMetadata": [{"key": "k", "value": CANARY}],
        "metadata": {CANARY: CANARY}, "secretValueHidden": false, "rotationId": CANARY, "value": CANARY,
        "tags": [{"id": "t", "slug": "infra", "name": CANARY}], "actor": {"actorType": "identity", "name": "ci", "secret": CANARY},
    })
}

fn written(change: &ParsedChange, answer: &Value) -> Result<(ChangeAnswer, Value), AnswerRefusal> {
    let (answer, bytes) = changed(change, answer.to_string().as_bytes())?;
    Ok((answer, serde_json::from_slice(&bytes).unwrap()))
}

#[test]
fn rejects_answer_about_another_project_or_personal_secret() {
    for (field, value, refusal) in [
        ("workspace", "p2", AnswerRefusal::OtherProject),
        ("projectId", "p2", AnswerRefusal::OtherProject),
        ("type", "personal", AnswerRefusal::Personal),
        ("environment", "prod", AnswerRefusal::SomethingElse),
    ] {
        let mut other = secret();
        other[field] = json!(value);
        for change in &all()[..3] {
            assert_eq!(written(change, &json!({ "secret": other })), Err(refusal), "{field} {change:?}");
        }
        other["secretKey"] = json!("a/b");
        assert_eq!(written(&all()[3], &json!({ "secrets": [other] })), Err(refusal), "{field}");
    }
}

#[test]
fn reads_the_answer_to_each_change_without_values() {
    let shown = json!({
        "id": "i", "secretKey": "A", "environment": "dev", "version": 2, "type": "shared", "secretPath": "/", "secretValueHidden": false,
        "secretComment": "<hidden>", "secretReminderNote": "<hidden>", "secretMetadata": "<hidden>", "tags": [{"slug": "infra"}],
        "actor": {"actorType": "identity", "name": "ci"},
    });
    let one = (json!({ "secret": secret(), CANARY: 1 }), json!({ "secret": shown }));
    let named = |secret: &Value, name: &str| {
        let mut secret = secret.clone();
        secret["secretKey"] = json!(name);
        secret
    };
    let list =
        (json!({ "secrets": [named(&secret(), "a/b")], CANARY: 1 }), json!({ "secrets": [named(&shown, "a/b")] }));
    let folder = (
        json!({ "folder": {"id": "f", "name": "db", "description": CANARY, "version": 1} }),
        json!({ "folder": {"id": "f", "name": "db"} }),
    );
    let project = (
        json!({ CANARY: 1, "project": {
            "id": "p9", "_id": "p9", "name": "Pay", "slug": "pay-eu", "type": "secret-manager", "orgId": CANARY, "kmsCertificateKeyId": CANARY,
            "environments": [{"name": CANARY, "slug": "dev", "id": CANARY}], "createdAt": CANARY, "secretValue": CANARY,
        } }),
        json!({ "project": {"id": "p9", "slug": "pay-eu", "name": "Pay"} }),
    );
    let environment = (
        json!({ "message": CANARY, "workspace": "p1", "projectId": CANARY, "environment": {
            "id": CANARY, "name": "Quality", "slug": "qa", "position": 4, "projectId": CANARY, "createdAt": CANARY, "updatedAt": CANARY,
        } }),
        json!({ "environment": {"slug": "qa", "name": "Quality"} }),
    );
    let membership = |id: &str| {
        json!({ "id": id, "userId": CANARY, "projectId": CANARY, "createdAt": CANARY, "user": {"email": CANARY}, "publicKey": CANARY,
                "roles": [CANARY], "slug": CANARY, "name": CANARY })
    };
    let members = (
        json!({ "memberships": [membership("m1"), membership("m2")], "signupTokens": [{"email": CANARY, "link": CANARY}] }),
        json!({ "memberships": [{"id": "m1"}, {"id": "m2"}] }),
    );
    let nobody_new = (json!({ "memberships": [] }), json!({ "memberships": [] }));
    let answers = [&one, &one, &one, &list, &folder, &folder, &folder, &project, &environment, &members, &nobody_new];
    let changes = [all(), vec![invite_members()]].concat();
    assert_eq!(changes.len(), answers.len());
    for (change, (sent, expected)) in changes.iter().zip(answers) {
        assert_eq!(written(change, sent), Ok((ChangeAnswer::Done, expected.clone())), "{change:?}");
        let kinds = [&one, &list, &folder, &project, &environment, &members];
        for (other, _) in kinds.into_iter().filter(|(other, _)| other != sent && *sent != nobody_new.0) {
            assert_eq!(written(change, other), Err(AnswerRefusal::Malformed), "another change's answer: {change:?}");
        }
    }
}

#[test]
fn rejects_answer_about_another_target() {
    let one = |name: &str| json!({ "secret": {"id": "i", "secretKey": name, "environment": "dev", "version": 1} });
    let list = |name: &str| json!({ "secrets": [one(name)["secret"]] });
    let folder = |id: &str, name: &str| json!({ "folder": {"id": id, "name": name} });
    let project = |slug: &str| json!({ "project": {"id": "p9", "slug": slug, "name": "Pay"} });
    let environment = |slug: &str| json!({ "environment": {"slug": slug, "name": "Quality"} });
    // Projects can be set up to write names in capitals. A deleted or renamed folder keeps its id.
    let (right, wrong) = (
        [
            one("a"),
            one("A"),
            one("A"),
            list("a/b"),
            folder("x", "db"),
            folder("f", "x"),
            folder("f", "x"),
            project("pay-eu"),
            environment("QA"),
        ],
        [
            one("B"),
            one("AA"),
            one(""),
            list("a"),
            folder("f", "x"),
            folder("x", "db"),
            folder("F", "db"),
            project("pay"),
            environment("dev"),
        ],
    );
    for ((change, right), wrong) in all().iter().zip(right).zip(wrong) {
        assert_eq!(written(change, &right).map(|(answer, _)| answer), Ok(ChangeAnswer::Done), "{change:?}");
        assert_eq!(written(change, &wrong), Err(AnswerRefusal::SomethingElse), "{change:?}");
    }
    // Another place, an existing name in capitals, and more objects than were to be deleted.
    let elsewhere = |mut answer: Value| {
        let secret = if answer["secrets"].is_array() { &mut answer["secrets"][0] } else { &mut answer["secret"] };
        secret["environment"] = json!("prod");
        answer
    };
    let (two, none) = (json!({ "secrets": [list("a/b")["secrets"][0], one("X")["secret"]] }), json!({ "secrets": [] }));
    for (at, wrong) in [
        (0, elsewhere(one("A"))),
        (1, elsewhere(one("A"))),
        (1, one("a")),
        (2, elsewhere(one("A"))),
        (2, one("a")),
        (3, elsewhere(list("a/b"))),
        (3, list("A/B")),
        (3, two),
        (3, none),
    ] {
        assert_eq!(written(&all()[at], &wrong), Err(AnswerRefusal::SomethingElse), "{wrong}");
    }
    let rename = r#"{"projectId":"p1","environment":"dev","secretPath":"/","newSecretName":"NEW","type":"shared"}"#;
    let rename = change::parse(ApiVersion::V4, Method::Patch, "/api/v4/secrets/OLD", rename).unwrap();
    for (name, is_it) in [("OLD", true), ("NEW", true), ("new", true), ("old", false), ("OTHER", false)] {
        assert_eq!(written(&rename, &one(name)).is_ok(), is_it, "{name}");
    }
}

#[test]
fn change_waiting_for_approval_is_not_applied() {
    let waiting = json!({ "approval": {"id": "a"} });
    for change in &all()[4..] {
        assert_eq!(written(change, &waiting), Err(AnswerRefusal::Malformed), "nothing else waits: {change:?}");
    }
    for change in all().drain(..4) {
        let with = |field: &str, value: Value| {
            let mut answer = json!({ "approval": {"id": "a", "slug": CANARY, "policy": {"secretValue": CANARY}} });
            answer[field] = value;
            answer
        };
        let beside = [
            ("x", json!(1)),
            ("secret", secret()),
            ("secrets", json!([])),
            ("folder", json!({"id": "f", "name": "x"})),
            ("project", json!({"id": "p9", "slug": "pay-eu", "name": "Pay"})),
            ("environment", json!({"slug": "qa", "name": "Quality"})),
            ("memberships", json!([])),
        ];
        for (field, value) in beside {
            let answer = written(&change, &with(field, value));
            assert_eq!(answer, Ok((ChangeAnswer::WaitsForApproval, waiting.clone())), "{change:?} {field}");
        }
        for odd in [json!(true), json!(false), json!("a"), json!([]), json!({}), json!(["a"]), json!({"id": 1})] {
            let answer = json!({ "approval": odd, "secret": secret(), "folder": {"id": "f", "name": "x"}, "secrets": [], "memberships": [],
                        "project": {"id": "p9", "slug": "pay-eu", "name": "Pay"}, "environment": {"slug": "qa", "name": "Quality"} });
            assert_eq!(written(&change, &answer), Err(AnswerRefusal::Malformed), "{change:?} {odd}");
        }
    }
}

#[test]
fn unrecognized_answer_leaves_outcome_unknown() {
    let twice = r#"{"secret":{"id":"i","secretKey":"A","environment":"dev","version":1,"version":2}}"#;
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let lists = r#"{"secret":["i","CANARY",null,"dev",1],"secrets":[["i","CANARY",null,"dev",1]],"folder":["i","CANARY"],"project":["i","CANARY","CANARY"],"environment":["CANARY","CANARY"],"memberships":[["CANARY"]]}"#;
    let top = r#"[["i","CANARY"]]"#;
    let long = r#"{"secret":{"id":"i","secretKey":"A","environment":"dev","version":4294967296}}"#;
    for change in all() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "\"\"",
            "true",
            "{",
            "<html>",
            "\u{feff}{}",
            "{}{}",
            r#"{"secret":null}"#,
            r#"{"secret":{}}"#,
            r#"{"secrets":{}}"#,
            r#"{"folder":{}}"#,
            r#"{"project":{}}"#,
            r#"{"project":null}"#,
            r#"{"project":{"id":"i","slug":"s"}}"#,
            r#"{"project":{"id":"i","slug":"s","name":null}}"#,
            r#"{"project":{"id":"i","id":"j","slug":"s","name":"n"}}"#,
            r#"{"project":[{"id":"i","slug":"s","name":"n"}]}"#,
            r#"{"projects":[{"id":"i","slug":"s","name":"n"}]}"#,
            r#"{"workspace":{"id":"i","slug":"s","name":"n"}}"#,
            r#"{"id":"i","slug":"s","name":"n"}"#,
            r#"{"environment":{}}"#,
            r#"{"environment":"qa"}"#,
            r#"{"environment":{"slug":"qa"}}"#,
            r#"{"environment":{"slug":["qa"],"name":"Quality"}}"#,
            r#"{"environment":{"slug":"qa","name":"Quality"},"environment":{"slug":"qa","name":"Quality"}}"#,
            r#"{"memberships":{}}"#,
            r#"{"memberships":null}"#,
            r#"{"memberships":[{}]}"#,
            r#"{"memberships":[null]}"#,
            r#"{"memberships":["i"]}"#,
            r#"{"memberships":[{"id":1}]}"#,
            r#"{"memberships":[{"id":"i"},{"userId":"u"}]}"#,
            r#"{"membership":[{"id":"i"}]}"#,
            r#"{"message":"Ok"}"#,
            twice,
            &deep,
            lists,
            top,
            long,
        ] {
            let refused = changed(&change, body.as_bytes()).map(|(answer, _)| answer);
            assert!(refused.is_err(), "{change:?} {body:.60}");
        }
        assert!(changed(&change, b"{\"folder\":{\"id\":\"f\",\"name\":\"\xff\"}}").is_err());
    }
}

#[test]
fn lists_in_read_answers_let_nothing_in_by_position() {
    let (everything, name) = (Scopes::everything(), SecretName::new("A").unwrap());
    let list = Operation::ListSecrets { place: place(), recursive: false, tags: Vec::new() };
    let get = Operation::GetSecret { place: place(), name: name.clone(), version: None };
    let reveal = Operation::RevealSecret { place: place(), name };
    let folders = Operation::ListFolders { place: place(), recursive: false };
    for (operation, body) in [
        (&list, r#"{"secrets":[["i","CANARY",null,"dev",1]]}"#),
        (&list, r#"[[{"id":"i","secretKey":"A","environment":"dev","version":1}]]"#),
        (&get, r#"{"secret":["i","CANARY",null,"dev",1]}"#),
        (
            &get,
            r#"{"secret":{"id":"i","secretKey":"A","environment":"dev","version":1,"actor":["CANARY","CANARY","CANARY"]}}"#,
        ),
        (&get, r#"{"secret":{"id":"i","secretKey":"A","environment":"dev","version":1,"tags":[["CANARY"]]}}"#),
        (&reveal, r#"{"secret":["i","CANARY",null,"dev",1]}"#),
        (&folders, r#"{"folders":[["i","CANARY"]]}"#),
    ] {
        assert!(answers::rewrite(operation, &everything, body.as_bytes()).is_err(), "{body}");
    }
}

/// A field with a server's text that the component may see.
const SEEN: [&str; 14] = [
    "id",
    "secretKey",
    "secretPath",
    "environment",
    "type",
    "createdAt",
    "updatedAt",
    "slug",
    "actorType",
    "name",
    "actorId",
    "version",
    "secretValueHidden",
    "relativePath",
];

/// JSON of any shape with the fields of answers anywhere in it, and a canary wherever there is no
/// visible field.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(CANARY)),
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from)
    ];
    let key = prop::sample::select(vec![
        "secret",
        "secrets",
        "folder",
        "approval",
        "project",
        "environment",
        "environments",
        "memberships",
        "imports",
        "tags",
        "actor",
        "secretValue",
        "secretComment",
        "secretReminderNote",
        "secretMetadata",
        "metadata",
        "value",
        CANARY,
    ]);
    let seen = || {
        prop::collection::btree_map(
            prop::sample::select(SEEN.to_vec()),
            prop_oneof![Just(json!("x")), Just(json!(1))],
            0..14,
        )
    };
    leaf.prop_recursive(5, 48, 6, move |inner| {
        let fields = (prop::collection::btree_map(key.clone(), inner.clone(), 0..6), seen());
        prop_oneof![
            1 => prop::collection::vec(inner, 0..6).prop_map(Value::from),
            4 => fields.prop_map(|(fields, seen)| fields.into_iter().chain(seen).map(|(key, value)| (key.to_owned(), value)).collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn drops_planted_value_in_json_of_any_shape(json in any_json(), more in any_json(), mangled in any::<prop::sample::Index>()) {
        // At the top, and in place of a secret, a list or a folder, beside all fields that these
        // need.
        let mut planted = secret();
        if let (Value::Object(planted), Value::Object(fields)) = (&mut planted, &json) {
            planted.extend(fields.clone().into_iter().filter(|(key, _)| !SEEN.contains(&key.as_str())));
        }
        let folder = json!({ "id": "f", "name": "x", "x": more, "secretValue": json });
        let beside = |mut fields: Value| {
            if let (Value::Object(fields), Value::Object(planted)) = (&mut fields, &json) {
                fields.extend(planted.clone().into_iter().filter(|(key, _)| !SEEN.contains(&key.as_str())));
                fields.insert("user".into(), more.clone());
            }
            fields
        };
        let answers = [json.clone(), json!({ "secret": planted, "x": more }), json!({ "secrets": [planted, planted], "imports": [more] }), json!({ "folder": folder }),
            json!({ "project": beside(json!({ "id": "i", "slug": "s", "name": "n" })), "x": more, "environments": [json] }),
            json!({ "environment": beside(json!({ "slug": "s", "name": "n" })), "message": json, "workspace": more }),
            json!({ "memberships": [beside(json!({ "id": "i" })), beside(json!({ "id": "j" }))], "signupTokens": more }),
        ];
        for change in all() {
            for answer in &answers {
                let bytes = answer.to_string().into_bytes();
                for end in [bytes.len(), mangled.index(bytes.len())] {
                    if let Ok((_, written)) = changed(&change, &bytes[..end]) {
                        let written = String::from_utf8(written.to_vec()).unwrap();
                        prop_assert!(!written.contains(CANARY), "{} {}", answer, written);
                    }
                }
            }
        }
    }
}
