//! Tests what identities may do, by permission audits that were recorded from a real server.

use infisical_skill_policy::permissions::{Permissions, Reach, SourceKind, Unreadable};
use proptest::prelude::*;
use serde_json::{Value, json};

const RECORDED: &str = include_str!("../../../tests/emulator/tests/recorded-v4-more.md");

/// The answer's body of an exchange, as recorded.
fn recorded(exchange: u32) -> Value {
    let (_, rest) = RECORDED.split_once(&format!("\n### {exchange}. ")).unwrap();
    let (_, answer) = rest.split_once("→ **200**\n```json\n").unwrap();
    let (body, _) = answer.split_once("\n```").unwrap();
    serde_json::from_str(body).unwrap()
}

fn parse(audit: &Value) -> Permissions {
    Permissions::parse(audit.to_string().as_bytes()).unwrap()
}

/// An audit with a role's rules from an exchange, and an additional privilege with these.
fn with_privilege(exchange: u32, name: &str, rules: Value) -> Permissions {
    let mut audit = recorded(exchange);
    let privilege =
        json!({ "id": "x", "type": "additional_privilege", "name": name, "isTemporary": false, "permissions": rules });
    audit["sources"].as_array_mut().unwrap().push(privilege);
    parse(&audit)
}

/// Describes, reads values, writes, manages identities, gives rights.
fn summary(permissions: &Permissions) -> [String; 5] {
    let of = |reach: Reach<'_>| reach.to_string();
    [
        of(permissions.describes_secrets()),
        of(permissions.reads_values()),
        of(permissions.writes()),
        of(permissions.manages_identities()),
        of(permissions.gives_rights()),
    ]
}

#[test]
fn evaluates_recorded_audits() {
    const ALL: &str = "everywhere";
    const NO: &str = "nowhere";
    const DEV_APP: &str = "where environment is dev and secretPath matches /app/**";
    for (exchange, who, expected) in [
        (905, "no-access, may read identities", [NO, NO, NO, NO, NO]),
        (906, "viewer", [ALL, ALL, NO, NO, NO]),
        (907, "member", [ALL, ALL, ALL, ALL, NO]),
        (908, "admin", [ALL, ALL, ALL, ALL, ALL]),
        (909, "no-access and describeSecret", [ALL, NO, NO, NO, NO]),
        (910, "viewer minus readValue", [ALL, NO, NO, NO, NO]),
        (
            911,
            "viewer minus readValue in prod",
            [ALL, "everywhere, except where environment is prod and secretPath matches /app/**", NO, NO, NO],
        ),
        (
            912,
            "writer with conditions",
            [
                NO,
                NO,
                "where environment is one of dev, staging and secretPath matches /app/**; or where environment is dev",
                NO,
                NO,
            ],
        ),
        (914, "describeSecret for an hour", [ALL, NO, NO, NO, NO]),
        (915, "viewer, and member for an hour", [ALL, ALL, ALL, ALL, NO]),
        (916, "organization administrator, no-access", [NO, NO, NO, NO, NO]),
        (918, "organization administrator, admin", [ALL, ALL, ALL, ALL, ALL]),
        (1150, "identity of the project", [NO, NO, NO, NO, NO]),
        (1187, "recommended reader", [ALL, NO, NO, NO, NO]),
        (1188, "recommended writer", [NO, NO, DEV_APP, NO, NO]),
        (1189, "recommended reveal", [DEV_APP, DEV_APP, NO, NO, NO]),
    ] {
        assert_eq!(summary(&parse(&recorded(exchange))), expected, "{exchange}: {who}");
    }
}

#[test]
fn a_privilege_changes_what_a_role_allows() {
    let writes = with_privilege(906, "hotfix", json!([["create,edit", "secrets"]]));
    assert_eq!(writes.writes().sources(), ["additional privilege hotfix"]);
    assert_eq!(writes.beyond_reading()["secrets"], ["create".to_owned(), "edit".to_owned()].into());

    let rules = json!([["readValue,read", "secrets", 0, 1], ["create,edit,delete", "identity", 0, 1]]);
    let tied = with_privilege(907, "tied-writer", rules);
    assert!(tied.reads_values().is_nowhere() && tied.manages_identities().is_nowhere());
    assert!(tied.writes().is_everywhere());
    // If only `readValue` is removed, a member still has the older `read`, which includes values.
    let half = with_privilege(907, "half", json!([["readValue", "secrets", 0, 1]]));
    assert!(half.reads_values().is_everywhere());
}

#[test]
fn an_inverted_rule_beats_a_grant_in_any_order() {
    let grant = json!(["readValue", "secrets"]);
    let denial = json!(["readValue", "secrets", 0, 1]);
    let here = json!(["readValue", "secrets", { "environment": { "$eq": "prod" } }, 1]);
    let of = |rules: Value| {
        let source = |rules: &Value| json!({ "type": "role", "name": "r", "isTemporary": false, "permissions": rules });
        let sources: Vec<_> = rules.as_array().unwrap().iter().map(|rule| source(&json!([rule]))).collect();
        parse(&json!({ "sources": sources })).reads_values().to_string()
    };
    assert_eq!(of(json!([grant, denial])), "nowhere");
    assert_eq!(of(json!([denial, grant])), "nowhere");
    assert_eq!(of(json!([here, grant])), "everywhere, except where environment is prod");
    assert_eq!(of(json!([here, denial, grant])), "nowhere");
    // The server drops a condition that it doesn't know. What is left holds everywhere.
    assert_eq!(of(json!([["readValue", "secrets", {}]])), "everywhere");
    assert_eq!(of(json!([grant, ["readValue", "secrets", {}, 1]])), "nowhere");
    // The rule removes some fields. The secret stays readable.
    assert_eq!(of(json!([grant, ["readValue", "secrets", 0, 1, "comment"]])), "everywhere");
    assert_eq!(of(json!([["manage", "all"]])), "everywhere");
    assert_eq!(of(json!([["manage", "all"], ["readValue", "all", 0, 1]])), "everywhere", "`read` is left");
}

#[test]
fn expiring_inverted_rules_take_no_right_away() {
    let mut audit = recorded(910);
    audit["sources"][1]["isTemporary"] = true.into();
    audit["sources"][1]["temporaryAccessEndTime"] = "2026-11-30T08:17:29.000Z".into();
    let permissions = parse(&audit);
    let reach = permissions.reads_values();
    assert!(reach.is_everywhere());
    assert_eq!(reach.suspended_by(), ["additional privilege viewer-minus, until 2026-11-30T08:17:29.000Z"]);
    // A temporary grant counts as a grant.
    let hour = parse(&recorded(914));
    assert_eq!(hour.describes_secrets().sources(), ["additional privilege hour, until 2026-11-30T08:17:29.000Z"]);
    assert!(hour.describes_secrets().suspended_by().is_empty());
}

#[test]
fn names_viewer_rights_beyond_reading() {
    let beyond = |exchange| parse(&recorded(exchange)).beyond_reading();
    let root = || ("dynamic-secrets".to_owned(), ["read-root-credential".to_owned()].into());
    assert_eq!(beyond(906), [root()].into());
    assert_eq!(beyond(910), [root()].into());
    for exchange in [905, 909, 914, 1187, 1189] {
        assert_eq!(beyond(exchange), [].into(), "{exchange}");
    }
    assert!(beyond(907).len() > 10 && beyond(908).len() > 30);
}

#[test]
fn conditions_decide_which_places_are_permitted() {
    let writer = parse(&recorded(1188));
    let folders = writer.may("delete", "secret-folders");
    for (environment, path, admitted) in [
        ("dev", "/app", Some(true)),
        ("dev", "/app/db", Some(true)),
        ("dev", "/", Some(false)),
        ("dev", "/apple", Some(false)),
        ("prod", "/app", Some(false)),
    ] {
        assert_eq!(folders.admits(environment, path), admitted, "{environment}:{path}");
    }
    assert_eq!(folders.example(Some("prod")), Some(("dev".to_owned(), "/app".to_owned())));
    let viewer = parse(&recorded(906));
    assert_eq!(viewer.describes_secrets().example(Some("prod")), Some(("prod".to_owned(), "/".to_owned())));
    assert_eq!(viewer.describes_secrets().example(None), None);
    assert_eq!(viewer.writes().example(Some("prod")), None);
    // The result depends on the secrets' names.
    let rules = json!([["readValue", "secrets", { "secretName": { "$eq": "A" } }]]);
    let named = with_privilege(916, "one", rules);
    assert_eq!(named.reads_values().admits("dev", "/"), None);
    assert_eq!(named.reads_values().to_string(), "where secretName is A");
}

#[test]
fn does_not_evaluate_partly_known_rules() {
    let of = |rules: Value| {
        let source = json!({ "type": "role", "name": "r", "isTemporary": false, "permissions": rules });
        Permissions::parse(json!({ "sources": [source] }).to_string().as_bytes()).map(|_| ())
    };
    for rule in [
        json!(["read"]),
        json!([1, "secrets"]),
        json!(["", "secrets"]),
        json!(["read,", "secrets"]),
        json!(["read", ["secrets"]]),
        json!(["read", "secrets", "environment"]),
        json!(["read", "secrets", 0, 2]),
        json!(["read", "secrets", 0, "1"]),
        json!(["read", "secrets", 0, 0, 0, 7]),
        json!(["read", "secrets", 0, 0, 0, "why", 0]),
        json!({ "action": "read", "subject": "secrets" }),
    ] {
        assert_eq!(of(json!([rule])), Err(Unreadable::Rule), "{rule}");
    }
    assert_eq!(of(json!([["read", "secrets", null, false, "", "why"]])), Ok(()));
    assert_eq!(of(json!(vec![json!(["read", "tags"]); 2_001])), Err(Unreadable::TooMany));
    let deep = format!(r#"{{"sources":[],"x":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    for body in ["", "{}", "[]", r#"{"sources":{}}"#, r#"{"sources":[{"type":"role","permissions":[]}]}"#, &deep] {
        assert_eq!(Permissions::parse(body.as_bytes()), Err(Unreadable::Malformed), "{body}");
    }
}

#[test]
fn escapes_untrusted_names() {
    let audit = json!({ "sources": [{
        "type": "novelty", "name": "a\nb\u{202e}c", "isTemporary": true, "temporaryAccessEndTime": "\u{1b}[31m",
        "permissions": [["readValue", "secrets", { "environment\n": { "$eq": "x\u{7}" }, "odd": { "$x": ["\u{200b}"] } }]],
    }] });
    let permissions = parse(&audit);
    let reach = permissions.reads_values();
    assert_eq!(permissions.sources()[0].kind(), SourceKind::Other);
    assert_eq!(reach.sources(), ["source a\\nb\\u{202e}c, until an unknown time"]);
    assert_eq!(reach.to_string(), "where environment\\n is x\\u{7} and odd $x [\"\\u{200b}\"]");
}

/// The result of the permission library itself for one place, with inverted rules last, as the
/// server sorts them.
fn reference(audit: &Value, action: &str, environment: &str, path: &str) -> bool {
    let matches = |rule: &Value| {
        let actions = rule[0].as_str().unwrap().split(',').any(|it| it == action);
        let conditions = rule.get(2).and_then(Value::as_object);
        let holds = conditions.is_none_or(|conditions| {
            conditions.iter().all(|(key, test)| {
                let text = if key == "environment" { environment } else { path };
                let (operator, operand) = test.as_object().unwrap().iter().next().unwrap();
                match operator.as_str() {
                    "$eq" => operand == text,
                    "$ne" => operand != text,
                    "$in" => operand.as_array().unwrap().iter().any(|it| it == text),
                    "$glob" => {
                        let below = operand.as_str().unwrap().strip_suffix("/**").unwrap();
                        text == below || text.starts_with(&format!("{below}/")) || below.is_empty()
                    }
                    other => panic!("{other}"),
                }
            })
        });
        actions && rule[1] == "secrets" && holds
    };
    let rules = || audit["sources"].as_array().unwrap().iter().flat_map(|it| it["permissions"].as_array().unwrap());
    let is_inverted = |rule: &Value| rule.get(3).is_some_and(|it| it == 1);
    rules().any(|rule| !is_inverted(rule) && matches(rule)) && !rules().any(|rule| is_inverted(rule) && matches(rule))
}

fn rule() -> impl Strategy<Value = Value> {
    let actions = prop::sample::subsequence(vec!["describeSecret", "readValue", "read", "create", "delete"], 1..4);
    let environment = prop_oneof![
        prop::sample::select(vec!["dev", "prod"]).prop_map(|name| json!({ "$eq": name })),
        prop::sample::select(vec!["dev", "prod"]).prop_map(|name| json!({ "$ne": name })),
        Just(json!({ "$in": ["dev", "staging"] })),
    ];
    let path = prop_oneof![
        prop::sample::select(vec!["/app/**", "/**", "/app/db/**"]).prop_map(|pattern| json!({ "$glob": pattern })),
        prop::sample::select(vec!["/", "/app"]).prop_map(|path| json!({ "$eq": path })),
    ];
    let conditions = (prop::option::of(environment), prop::option::of(path)).prop_map(|(environment, path)| {
        let tests = [("environment", environment), ("secretPath", path)].into_iter();
        let tests: serde_json::Map<_, _> = tests.filter_map(|(key, test)| Some((key.to_owned(), test?))).collect();
        if tests.is_empty() { json!(0) } else { Value::Object(tests) }
    });
    (actions, conditions, any::<bool>(), prop::sample::select(vec!["secrets", "tags"])).prop_map(
        |(actions, conditions, inverted, subject)| json!([actions.join(","), subject, conditions, u8::from(inverted)]),
    )
}

fn audit() -> impl Strategy<Value = Value> {
    prop::collection::vec(prop::collection::vec(rule(), 0..4), 0..4).prop_map(|sources| {
        let source = |rules| json!({ "type": "role", "name": "r", "isTemporary": false, "permissions": rules });
        json!({ "sources": sources.into_iter().map(source).collect::<Vec<_>>() })
    })
}

const PLACES: [(&str, &str); 8] = [
    ("dev", "/"),
    ("dev", "/app"),
    ("dev", "/app/db"),
    ("prod", "/"),
    ("prod", "/app"),
    ("staging", "/app/db"),
    ("staging", "/apple"),
    ("other", "/x"),
];

proptest! {
    #[test]
    fn agrees_with_the_permission_library(audit in audit()) {
        let permissions = parse(&audit);
        for action in ["describeSecret", "readValue", "read", "create", "delete"] {
            let reach = permissions.may(action, "secrets");
            for (environment, path) in PLACES {
                let is_allowed = reference(&audit, action, environment, path);
                prop_assert_eq!(reach.admits(environment, path), Some(is_allowed), "{} {} {}", action, environment, path);
                prop_assert!(!is_allowed || !reach.is_nowhere());
                prop_assert!(is_allowed || !reach.is_everywhere());
            }
            if let Some((environment, path)) = reach.example(Some("dev")) {
                prop_assert!(reference(&audit, action, &environment, &path));
            }
        }
    }

    #[test]
    fn an_inverted_rule_never_adds(audit in audit(), rule in rule()) {
        let before = parse(&audit);
        let mut more = audit.clone();
        let mut denial = rule;
        denial[3] = json!(1);
        more["sources"].as_array_mut().unwrap().push(
            json!({ "type": "additional_privilege", "name": "p", "isTemporary": false, "permissions": [denial] }),
        );
        let after = parse(&more);
        for (environment, path) in PLACES {
            let was = before.reads_values().admits(environment, path);
            let is = after.reads_values().admits(environment, path);
            prop_assert!(is == was || is == Some(false));
        }
    }

    #[test]
    fn nonsense_is_refused_or_shown_plainly(text in "\\PC{0,12}|[\\[\\]{}\",:01a-z$]{0,80}", actions in "\\PC{1,9}") {
        let _ = Permissions::parse(text.as_bytes());
        let audit = json!({ "sources": [{
            "type": text, "name": text, "isTemporary": false,
            "permissions": [[actions, "secrets", { text.clone(): { text.clone(): [text.clone(), 1] } }]],
        }] });
        if let Ok(permissions) = Permissions::parse(audit.to_string().as_bytes()) {
            for name in actions.split(',') {
                let reach = permissions.may(name, "secrets");
                let shown = format!("{reach} {:?}", reach.sources());
                prop_assert!(shown.chars().all(|c| !c.is_control()) && shown.len() < 2_000, "{shown}");
            }
        }
    }
}
