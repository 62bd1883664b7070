use super::*;
use crate::names::{Environment, Project, SecretName, SecretPath};
use crate::operation::Place;
use crate::scope::Scope;
use proptest::prelude::*;
use serde_json::{Value, json};

fn place() -> Place {
    Place {
        project: Project::new("p").unwrap(),
        environment: Environment::new("dev").unwrap(),
        path: SecretPath::new("/").unwrap(),
    }
}

fn list_secrets() -> Operation {
    Operation::ListSecrets { place: place(), recursive: false, tags: Vec::new() }
}

fn get_secret() -> Operation {
    Operation::GetSecret { place: place(), name: SecretName::new("A").unwrap(), version: None }
}

fn reveal_secret() -> Operation {
    Operation::RevealSecret { place: place(), name: SecretName::new("DB_URL").unwrap() }
}

fn rewritten(operation: &Operation, body: &Value) -> Result<Value, AnswerRefusal> {
    rewrite(operation, &Scopes::everything(), body.to_string().as_bytes())
        .map(|bytes| serde_json::from_slice(&bytes).unwrap())
}

/// An older server sends a secret like this, whatever the request asks for.
fn old_secret() -> Value {
    json!({
        "id": "f778", "_id": "f778", "workspace": "p", "environment": "dev", "version": 3, "type": "shared", "secretKey": "DB_URL",
        "secretValue": "CANARY-value", "secretComment": "CANARY-comment", "secretReminderNote": "CANARY-note",
        "secretReminderRepeatDays": null, "skipMultilineEncoding": false, "metadata": {"k": "CANARY-metadata"},
        "createdAt": "2026-11-23T01:53:38.907Z", "updatedAt": "2026-11-23T01:53:39.115Z", "secretPath": "/",
        "tags": [{"id": "t", "slug": "infra", "color": "#00ff00", "name": "CANARY-tag-name"}]
    })
}

#[test]
fn hidden_secret_loses_value_comment_note_and_metadata() {
    let expected = json!({
        "id": "f778", "environment": "dev", "version": 3, "type": "shared", "secretKey": "DB_URL",
        "secretComment": "<hidden>", "secretReminderNote": "<hidden>", "secretMetadata": "<hidden>",
        "createdAt": "2026-11-23T01:53:38.907Z", "updatedAt": "2026-11-23T01:53:39.115Z", "secretPath": "/", "tags": [{"slug": "infra"}]
    });
    assert_eq!(rewritten(&get_secret(), &json!({ "secret": old_secret() })), Ok(json!({ "secret": expected })));
    assert_eq!(
        rewritten(&list_secrets(), &json!({ "secrets": [old_secret()], "imports": [{"secrets": [old_secret()]}] })),
        Ok(json!({ "secrets": [expected], "imports": [] }))
    );
}

#[test]
fn drops_a_value_of_a_secret_with_another_name() {
    let named = |name: &str| {
        let mut secret = old_secret();
        secret["secretKey"] = json!(name);
        rewritten(&reveal_secret(), &json!({ "secret": secret }))
    };
    assert_eq!(named("DB_URL").unwrap()["secret"]["secretValue"], "CANARY-value");
    for other in ["A", "db_url", "DB_URL ", "DB_UR\u{216c}", ""] {
        assert_eq!(named(other), Err(AnswerRefusal::OtherName), "{other}");
    }
}

/// With each field in which servers name a project, and with each kind of secret.
#[test]
fn drops_secret_of_another_project_or_personal_secret() {
    let with = |field: &str, value: Value| {
        let mut secret = old_secret();
        secret[field] = value;
        secret
    };
    let of_another = [with("workspace", json!("q")), with("projectId", json!("q")), with("workspace", json!("P"))];
    let personal = [with("type", json!("personal")), with("type", json!("Personal")), with("type", json!(""))];
    for (secrets, refusal) in [(of_another, AnswerRefusal::OtherProject), (personal, AnswerRefusal::Personal)] {
        for secret in secrets {
            for operation in [get_secret(), reveal_secret()] {
                assert_eq!(rewritten(&operation, &json!({ "secret": secret })), Err(refusal), "{secret}");
            }
            // One such secret among others refuses the whole answer.
            let answer = json!({ "secrets": [old_secret(), secret, old_secret()] });
            assert_eq!(rewritten(&list_secrets(), &answer), Err(refusal), "{secret}");
        }
    }
    let elsewhere = json!({ "secrets": [with("environment", json!("prod"))] });
    assert_eq!(rewritten(&list_secrets(), &elsewhere), Err(AnswerRefusal::Elsewhere));
    for said in [with("workspace", json!(null)), with("projectId", json!("p")), with("type", json!("shared"))] {
        assert!(rewritten(&get_secret(), &json!({ "secret": said })).is_ok(), "{said}");
    }
}

#[test]
fn drops_project_that_was_not_requested() {
    let project = json!({ "id": "q", "slug": "other", "name": "Other", "environments": [] });
    let by_id = |id: &str| Operation::ProjectById { project: Project::new(id).unwrap() };
    let by_slug = |slug: &str| Operation::ProjectBySlug { slug: Project::new(slug).unwrap() };
    let wrapped = json!({ "project": project });
    assert_eq!(rewritten(&by_id("p"), &wrapped), Err(AnswerRefusal::OtherProject));
    assert_eq!(rewritten(&by_slug("vault"), &project), Err(AnswerRefusal::OtherProject));
    assert!(rewritten(&by_id("q"), &wrapped).is_ok() && rewritten(&by_slug("other"), &project).is_ok());
}

#[test]
fn empty_fields_are_not_reported_as_present() {
    let mut secret = old_secret();
    for (field, empty) in [
        ("secretComment", json!("")),
        ("secretReminderNote", json!(null)),
        ("metadata", json!(null)),
        ("secretMetadata", json!([])),
    ] {
        secret[field] = empty;
    }
    let out = rewritten(&get_secret(), &json!({ "secret": secret })).unwrap();
    for field in ["secretComment", "secretReminderNote", "metadata", "secretMetadata"] {
        assert_eq!(out["secret"].get(field), None, "{field}");
    }
}

#[test]
fn reports_presence_of_comment_without_its_content() {
    for (there, is_said) in [
        (json!(true), true),
        (json!(5), true),
        (json!(-5), true),
        (json!(1.5), true),
        (json!({ "k": 1 }), true),
        (json!([1]), true),
        (json!("x\ty"), true),
        (json!(false), false),
        (json!({}), false),
    ] {
        let mut secret = old_secret();
        secret["secretComment"] = there.clone();
        let out = rewritten(&get_secret(), &json!({ "secret": secret })).unwrap();
        assert_eq!(out["secret"].get("secretComment"), is_said.then(|| json!("<hidden>")).as_ref(), "{there}");
    }
}

#[test]
fn reads_a_project_as_it_was_rewritten() {
    let project =
        json!({ "id": "p", "slug": "vault", "name": "Vault", "environments": [{ "slug": "dev", "name": "Dev" }] });
    let found = ListedProject { id: "p".to_owned(), environments: vec!["dev".to_owned()] };
    let by_id = Operation::ProjectById { project: Project::new("p").unwrap() };
    let by_slug = Operation::ProjectBySlug { slug: Project::new("vault").unwrap() };
    for (operation, body) in [
        (&by_id, json!({ "project": project })),
        (&by_id, json!({ "workspace": project })),
        (&by_slug, project.clone()),
    ] {
        let written = rewrite(operation, &Scopes::everything(), body.to_string().as_bytes()).unwrap();
        assert_eq!(listed_project(&written).as_ref(), Some(&found), "{body}");
    }
    for other in [json!({}), json!({ "project": [] }), json!({ "folders": [] })] {
        assert_eq!(listed_project(other.to_string().as_bytes()), None, "{other}");
    }
}

#[test]
fn keeps_only_known_fields_of_projects_folders_and_tags() {
    let project = json!({ "id": "p", "slug": "vault", "name": "Vault", "environments": [{ "slug": "dev", "name": "Dev", "id": "x" }], "x": 1 });
    let clean =
        json!({ "id": "p", "slug": "vault", "name": "Vault", "environments": [{ "slug": "dev", "name": "Dev" }] });
    let by_id = Operation::ProjectById { project: Project::new("p").unwrap() };
    for key in ["project", "workspace"] {
        assert_eq!(rewritten(&by_id, &json!({ key: project, "x": 1 })), Ok(json!({ "project": clean })), "{key}");
    }
    let elsewhere =
        Scopes::only(vec![Scope { project: Project::new("q").unwrap(), environments: vec![], paths: vec![] }]);
    let body = json!({ "project": project }).to_string();
    assert_eq!(rewrite(&by_id, &elsewhere, body.as_bytes()), Err(AnswerRefusal::OutOfScope));

    let tags = Operation::ListTags { project: Project::new("p").unwrap() };
    for key in ["tags", "workspaceTags"] {
        let answer = json!({ key: [{ "id": "t", "slug": "infra", "name": "x" }], "x": 1 });
        assert_eq!(rewritten(&tags, &answer), Ok(json!({ "tags": [{ "id": "t", "slug": "infra" }] })), "{key}");
    }

    let second = json!({ "id": "g", "name": "d\"b", "relativePath": "/x/d\"b" });
    let answer = json!({ "folders": [{ "id": "f", "name": "app", "x": 1 }, second] });
    let folders = rewritten(&Operation::ListFolders { place: place(), recursive: false }, &answer).unwrap();
    assert_eq!(folders, json!({ "folders": [{ "id": "f", "name": "app" }, second] }));
    let listed = |id: &str, name: &str, relative_path: Option<&str>| ListedFolder {
        id: id.to_owned(),
        name: name.to_owned(),
        relative_path: relative_path.map(str::to_owned),
    };
    let expected = [listed("f", "app", None), listed("g", "d\"b", Some("/x/d\"b"))];
    assert_eq!(listed_folders(folders.to_string().as_bytes()), expected);
    assert!(listed_folders(b"{}").is_empty() && listed_folders(b"").is_empty());
}

#[test]
fn keeps_value_only_for_a_reveal_and_unchanged() {
    let mut secret = old_secret();
    for value in ["", "  x\n", "a\"b\\c\u{0}🔐", "<hidden-by-infisical>"] {
        secret["secretValue"] = json!(value);
        let out = rewritten(&reveal_secret(), &json!({ "secret": secret })).unwrap();
        assert_eq!(out["secret"]["secretValue"], json!(value));
        assert_eq!(out["secret"]["secretComment"], json!("<hidden>"));
    }
    secret.as_object_mut().unwrap().remove("secretValue");
    let out = rewritten(&reveal_secret(), &json!({ "secret": secret })).unwrap();
    assert_eq!(out["secret"].get("secretValue"), None, "absent isn't empty");
}

#[test]
fn drops_answer_of_unexpected_shape() {
    let mut version = old_secret();
    version["version"] = json!(-1);
    let mut huge = old_secret();
    huge["version"] = json!(1e40);
    let mut name = old_secret();
    name["secretKey"] = json!(["A"]);
    let mut missing = old_secret();
    missing.as_object_mut().unwrap().remove("secretKey");
    for body in [
        json!({}),
        json!([]),
        json!(null),
        json!("secret"),
        json!({ "secret": null }),
        json!({ "secret": [old_secret()] }),
        json!({ "approval": {"id": "a"} }),
        json!({ "secret": version }),
        json!({ "secret": huge }),
        json!({ "secret": name }),
        json!({ "secret": missing }),
    ] {
        assert_eq!(rewritten(&get_secret(), &body), Err(AnswerRefusal::Malformed), "{body}");
    }
    for body in [
        "",
        "\u{feff}{\"secrets\":[]}",
        "{\"secrets\":[]",
        "{\"secrets\":[]}x",
        "{\"secrets\":[],\"secrets\":[]}",
        "{\"secrets\":[{\"id\":\"\\ud800\"}]}",
        "<html></html>",
    ] {
        assert_eq!(
            rewrite(&list_secrets(), &Scopes::everything(), body.as_bytes()).err(),
            Some(AnswerRefusal::Malformed),
            "{body}"
        );
    }
    let deep = format!("{{\"secrets\":[],\"x\":{}", "[".repeat(100_000));
    assert_eq!(rewrite(&list_secrets(), &Scopes::everything(), deep.as_bytes()).err(), Some(AnswerRefusal::TooDeep));
}

#[test]
fn projects_and_environments_out_of_scope_are_left_out() {
    let project = |id: &str| {
        json!({ "id": id, "_id": id, "slug": id, "name": id, "orgId": "CANARY",
                "environments": [{"name": "Development", "slug": "dev", "id": "1"}, {"name": "Production", "slug": "prod", "id": "2"}] })
    };
    let scopes = Scopes::only(vec![Scope {
        project: Project::new("p").unwrap(),
        environments: vec![Environment::new("dev").unwrap()],
        paths: Vec::new(),
    }]);
    let seen = json!({ "id": "p", "slug": "p", "name": "p", "environments": [{"slug": "dev", "name": "Development"}] });
    let list = |key: &str, organization| {
        let body = json!({ key: [project("p"), project("q")] }).to_string();
        let out = rewrite(&Operation::ListProjects { organization }, &scopes, body.as_bytes()).unwrap();
        serde_json::from_slice::<Value>(&out).unwrap()
    };
    assert_eq!(list("projects", None), json!({ "projects": [seen] }));
    assert_eq!(list("workspaces", None), json!({ "projects": [seen] }));

    let by_slug = |id: &str| {
        let operation = Operation::ProjectBySlug { slug: Project::new(id).unwrap() };
        rewrite(&operation, &scopes, project(id).to_string().as_bytes()).map(|_| ())
    };
    assert_eq!(by_slug("p"), Ok(()));
    assert_eq!(by_slug("q"), Err(AnswerRefusal::OutOfScope));
}

/// JSON of any shape with a canary in every string and in every key that isn't one of our fields.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~]{0,6}".prop_map(|s| json!(format!("CANARY{s}"))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z]{1,4}", inner), 0..4).prop_map(|entries| Value::Object(
                entries.into_iter().map(|(k, v)| (format!("CANARY{k}"), v)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn drops_planted_value_in_any_field_and_shape(
        extras in prop::collection::vec(("[a-zA-Z]{1,12}", any_json()), 0..6),
        value in any_json(), comment in any_json(), metadata in any_json(),
    ) {
        let mut secret = old_secret();
        let object = secret.as_object_mut().unwrap();
        for (field, extra) in extras {
            if !object.contains_key(&field) && !matches!(field.as_str(), "actor" | "secretMetadata" | "secretValueHidden") {
                object.insert(field, extra);
            }
        }
        object.insert("secretValue".into(), value.clone());
        object.insert("secretComment".into(), comment.clone());
        object.insert("secretMetadata".into(), metadata);
        let hidden = rewrite(&get_secret(), &Scopes::everything(), json!({ "secret": secret, "x": value }).to_string().as_bytes()).unwrap();
        prop_assert!(!String::from_utf8_lossy(&hidden).contains("CANARY"));
        let list = rewrite(&list_secrets(), &Scopes::everything(), json!({ "secrets": [secret], "imports": [comment] }).to_string().as_bytes()).unwrap();
        prop_assert!(!String::from_utf8_lossy(&list).contains("CANARY"));
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        for operation in [list_secrets(), get_secret(), reveal_secret(), Operation::ListProjects { organization: None }] {
            let _ = rewrite(&operation, &Scopes::everything(), &body);
        }
        let _ = failure(404, Some("application/json"), &body);
    }
}

#[test]
fn accepts_only_valid_project_ids() {
    let answer = |id: &str| json!({ "id": id, "slug": "vault", "name": "Vault", "environments": [] }).to_string();
    let id = "9cefc4fb-34fd-432a-806c-8efb3307c759";
    assert_eq!(project_id(answer(id).as_bytes()).unwrap().as_str(), id);
    for none in [answer(""), answer("a/b"), "{}".to_owned(), String::new()] {
        assert_eq!(project_id(none.as_bytes()), None);
    }
}

#[test]
fn keeps_tag_order_and_skips_tags_without_id() {
    let tags = [("t1", "infra"), ("", "none"), ("a/b", "odd"), ("t2", "more")];
    let tags = tags.map(|(id, slug)| json!({ "id": id, "slug": slug }));
    let taken = tag_ids(json!({ "tags": tags }).to_string().as_bytes());
    let taken: Vec<_> = taken.iter().map(|(slug, id)| (slug.as_str(), id.as_str())).collect();
    assert_eq!(taken, [("infra", "t1"), ("more", "t2")]);
    assert!(tag_ids(b"{}").is_empty());
}

#[test]
fn tags_are_listed_with_their_names_where_a_server_has_some() {
    let tags = json!([{ "id": "t1", "slug": "infra", "name": "Infra" }, { "id": "t2", "slug": "db", "color": "#fff" },
        { "id": "a/b", "slug": "odd", "name": "x" }, { "id": "t3", "slug": "n", "name": 7 }]);
    let tag = |id: &str, slug: &str, name: Option<&str>| ListedTag {
        id: crate::TagId::new(id).unwrap(),
        slug: slug.to_owned(),
        name: name.map(str::to_owned),
    };
    for key in ["tags", "workspaceTags"] {
        let listed = listed_tags(json!({ key: tags }).to_string().as_bytes());
        assert_eq!(listed, [tag("t1", "infra", Some("Infra")), tag("t2", "db", None), tag("t3", "n", None)]);
    }
    for none in ["{}", "", "[[]]", r#"{"tags":[["t1","infra","x"]]}"#] {
        assert!(listed_tags(none.as_bytes()).is_empty(), "{none}");
    }
}

#[test]
fn list_in_place_of_an_object_lets_nothing_in() {
    let listing = Operation::ListProjects { organization: None };
    let by_slug = Operation::ProjectBySlug { slug: Project::new("s").unwrap() };
    let by_id = Operation::ProjectById { project: Project::new("p").unwrap() };
    let tags = Operation::ListTags { project: Project::new("p").unwrap() };
    let environment = json!({"slug": "dev", "name": "Development"});
    let project = json!({"id": "p", "slug": "s", "name": "n", "environments": [environment]});
    for (operation, good) in [
        (&listing, json!({"projects": [project]})),
        (&by_slug, project.clone()),
        (&by_id, json!({"project": project})),
        (&tags, json!({"tags": [{"id": "t", "slug": "infra"}]})),
    ] {
        assert!(rewritten(operation, &good).is_ok(), "{good}");
    }
    let canary = json!(["CANARY", "b", "c", []]);
    let in_environment = json!({"id": "p", "slug": "s", "name": "n", "environments": [["CANARY", "e"]]});
    for (operation, bad) in [
        (&listing, json!({"projects": [canary]})),
        (&listing, json!([[canary]])),
        (&listing, json!({"projects": [in_environment]})),
        (&by_slug, canary.clone()),
        (&by_slug, in_environment.clone()),
        (&by_id, json!({"project": canary})),
        (&by_id, json!([canary])),
        (&by_id, json!({"project": in_environment})),
        (&tags, json!({"tags": [["CANARY", "b"]]})),
        (&tags, json!([[["CANARY", "b"]]])),
    ] {
        assert_eq!(rewritten(operation, &bad), Err(AnswerRefusal::Malformed), "{bad}");
    }
}
