//! Tests that a change matches the request only if every part that the host can know matches.

use infisical_skill_policy::change::{self, AskedChange, AskedPlace, AskedValue, ChangeRequest, KnownIds, Method};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{self, DraftRefusal, Folders};
use infisical_skill_policy::{ApiVersion, Project, TagId};

const ID: &str = "9cefc4fb-34fd-432a-806c-8efb3307c759";
const OTHER_ID: &str = "00000000-0000-4000-8000-000000000000";

fn project(text: &str) -> Option<Project> {
    Some(Project::new(text).unwrap())
}

fn at() -> AskedPlace {
    AskedPlace { project: project(ID), environment: Some("dev".to_owned()), path: "/app".to_owned() }
}

fn literal(text: &str) -> AskedValue {
    AskedValue::Literal(text.to_owned().into())
}

fn generated(length: u32, alphabet: Option<&str>) -> AskedValue {
    AskedValue::Generated { length, alphabet: alphabet.map(str::to_owned) }
}

/// The ids in the answers: two tags of the project, and one of another project.
fn named() -> KnownIds {
    let mut named = KnownIds::default();
    for (project_id, slug, id) in [(ID, "infra", "t1"), (ID, "more", "t2"), (OTHER_ID, "unheard-of", "t1")] {
        named.note_tag(&project(project_id).unwrap(), slug.to_owned(), TagId::new(id).unwrap());
    }
    // Later answers don't count.
    named.note_tag(&project(ID).unwrap(), "more".to_owned(), TagId::new("t1").unwrap());
    named
}

/// Whether a request with this body matches the request.
fn is(asked: &AskedChange, method: Method, path: &str, body: &str) -> bool {
    let change = change::parse(ApiVersion::V4, method, path, body).unwrap_or_else(|error| panic!("{error}: {body}"));
    asked.is(&change, &named(), Some("a-folder"))
}

#[test]
fn creation_must_match_the_request_in_every_part() {
    let asked = |name: &str, value: AskedValue, comment: Option<&str>, tags: &[&str]| AskedChange::CreateSecret {
        at: at(),
        name: name.to_owned(),
        value,
        comment: comment.map(|text| text.to_owned().into()),
        tags: tags.iter().map(|&slug| slug.to_owned()).collect(),
    };
    let body = format!(
        r#"{{"projectId":"{ID}","environment":"dev","secretPath":"/app","secretValue":"v\\u00e9","secretComment":"c","tagIds":["t1"],"type":"shared"}}"#
    )
    .replace("\\\\u00e9", "\u{e9}");
    let is = |asked: &AskedChange| is(asked, Method::Post, "/api/v4/secrets/A", &body);
    let right = asked("A", literal("v\u{e9}"), Some("c"), &["infra"]);
    assert!(is(&right));
    assert!(is(&asked("A", generated(2, Some("v\u{e9}")), Some("c"), &["infra"])), "two characters, made up");
    for wrong in [
        asked("B", literal("v\u{e9}"), Some("c"), &["infra"]),
        asked("A", literal("v"), Some("c"), &["infra"]),
        asked("A", literal("v\u{e9} "), Some("c"), &["infra"]),
        asked("A", generated(3, Some("v\u{e9}")), Some("c"), &["infra"]),
        asked("A", generated(2, None), Some("c"), &["infra"]),
        asked("A", generated(2, Some("v")), Some("c"), &["infra"]),
        asked("A", literal("v\u{e9}"), Some("c"), &["more"]),
        asked("A", literal("v\u{e9}"), Some("c"), &["unheard-of"]),
        asked("A", literal("v\u{e9}"), Some("d"), &["infra"]),
        asked("A", literal("v\u{e9}"), None, &["infra"]),
        asked("A", literal("v\u{e9}"), Some("c"), &[]),
        asked("A", literal("v\u{e9}"), Some("c"), &["infra", "more"]),
        AskedChange::DeleteSecret { at: at(), name: "A".to_owned() },
        AskedChange::CreateFolder { at: at(), name: "A".to_owned() },
    ] {
        assert!(!is(&wrong));
    }
}

#[test]
fn update_must_match_the_request_exactly() {
    let asked = |value: Option<AskedValue>, new_name: Option<&str>, comment: Option<&str>, tags: Option<&[&str]>| {
        AskedChange::UpdateSecret {
            at: at(),
            name: "A".to_owned(),
            new_name: new_name.map(str::to_owned),
            value,
            comment: comment.map(|text| text.to_owned().into()),
            tags: tags.map(|slugs| slugs.iter().map(|&slug| slug.to_owned()).collect()),
        }
    };
    let body = |fields: &str| {
        format!(r#"{{"projectId":"{ID}","environment":"dev","secretPath":"/app",{fields},"type":"shared"}}"#)
    };
    let is = |asked: &AskedChange, fields: &str| is(asked, Method::Patch, "/api/v4/secrets/A", &body(fields));
    let all = [
        (asked(Some(literal("v")), None, None, None), r#""secretValue":"v""#),
        (asked(None, Some("B"), None, None), r#""newSecretName":"B""#),
        (asked(None, None, Some(""), None), r#""secretComment":"""#),
        (asked(None, None, None, Some(&[])), r#""tagIds":[]"#),
    ];
    for (one, (asked, _)) in all.iter().enumerate() {
        for (other, (_, fields)) in all.iter().enumerate() {
            assert_eq!(is(asked, fields), one == other, "{fields}");
        }
    }
    assert!(!is(&asked(Some(literal("v")), None, None, None), r#""secretValue":"w""#), "another value");
    assert!(!is(&asked(None, Some("C"), None, None), r#""newSecretName":"B""#), "another name");
}

#[test]
fn place_must_match_the_request() {
    let body = format!(r#"{{"projectId":"{ID}","environment":"dev","secretPath":"/app","type":"shared"}}"#);
    let delete = |at: AskedPlace, name: &str| {
        let asked = AskedChange::DeleteSecret { at, name: name.to_owned() };
        is(&asked, Method::Delete, "/api/v4/secrets/A", &body)
    };
    assert!(delete(at(), "A"));
    assert!(!delete(at(), "a"));
    assert!(!delete(AskedPlace { project: project(OTHER_ID), ..at() }, "A"));
    assert!(!delete(AskedPlace { project: None, ..at() }, "A"), "no project was asked for");
    assert!(!delete(AskedPlace { environment: Some("prod".to_owned()), ..at() }, "A"));
    assert!(!delete(AskedPlace { environment: None, ..at() }, "A"), "no environment was asked for");
    assert!(!delete(AskedPlace { path: "/".to_owned(), ..at() }, "A"));
}

#[test]
fn deletion_by_exact_name_must_match_the_request() {
    let body = format!(
        r#"{{"projectId":"{ID}","environment":"dev","secretPath":"/app","secrets":[{{"secretKey":"a/b","type":"shared"}}]}}"#
    );
    let delete = |at: AskedPlace, name: &str| {
        let asked = AskedChange::DeleteSecret { at, name: name.to_owned() };
        is(&asked, Method::Delete, "/api/v4/secrets/batch", &body)
    };
    assert!(delete(at(), "a/b"));
    assert!(!delete(at(), "a/B"));
    assert!(!delete(at(), "a"));
    assert!(!delete(AskedPlace { path: "/".to_owned(), ..at() }, "a/b"));
    assert!(!delete(AskedPlace { project: project(OTHER_ID), ..at() }, "a/b"));
}

#[test]
fn slug_resolves_by_first_answer_and_id_to_itself() {
    let (slug, id, other) = (project("vault").unwrap(), project(ID).unwrap(), project(OTHER_ID).unwrap());
    let mut projects = KnownIds::default();
    assert!(
        projects.is_project(Some(&id), &id)
            && !projects.is_project(Some(&id), &other)
            && !projects.is_project(None, &id)
    );
    assert!(!projects.is_project(Some(&slug), &id), "nobody said so");
    projects.note_project(&slug, id.clone());
    projects.note_project(&slug, other.clone());
    assert!(projects.is_project(Some(&slug), &id) && !projects.is_project(Some(&slug), &other));
    projects.note_project(&other, id.clone());
    assert!(!projects.is_project(Some(&other), &id), "an id is no slug, whatever an answer says");
}

#[test]
fn folder_ids_must_come_from_answers() {
    let body = |name: &str| format!(r#"{{"projectId":"{ID}","environment":"dev","name":"{name}","path":"/app"}}"#);
    let rename = |from: &str, to: &str| {
        let asked = AskedChange::RenameFolder { at: at(), name: from.to_owned(), new_name: to.to_owned() };
        is(&asked, Method::Patch, "/api/v2/folders/f1", &body("new"))
    };
    assert!(rename("a-folder", "new") && !rename("another", "new") && !rename("a-folder", "old"));
    let gone = format!(r#"{{"projectId":"{ID}","environment":"dev","path":"/app","forceDelete":true}}"#);
    let delete = |name: &str| {
        let asked = AskedChange::DeleteFolder { at: at(), name: name.to_owned() };
        is(&asked, Method::Delete, "/api/v2/folders/f1", &gone)
    };
    assert!(delete("a-folder") && !delete("another"));
    let create = |name: &str| {
        let asked = AskedChange::CreateFolder { at: at(), name: name.to_owned() };
        is(&asked, Method::Post, "/api/v2/folders", &body("new"))
    };
    assert!(create("new") && !create("old"));
}

#[test]
fn administrative_targets_must_match_the_request() {
    let create = |name: &str, slug: &str| {
        let asked = AskedChange::CreateProject { name: name.to_owned(), slug: slug.to_owned() };
        is(
            &asked,
            Method::Post,
            "/api/v1/projects",
            r#"{"projectName":"A Vault","slug":"a-vault","type":"secret-manager"}"#,
        )
    };
    assert!(create("A Vault", "a-vault") && !create("B Vault", "a-vault") && !create("A Vault", "b-vault"));
    let environment = |id: &str, name: &str, slug: &str| {
        let asked =
            AskedChange::CreateEnvironment { project: project(id), name: name.to_owned(), slug: slug.to_owned() };
        let path = format!("/api/v1/projects/{ID}/environments");
        is(&asked, Method::Post, &path, r#"{"slug":"qa","name":"Quality"}"#)
    };
    assert!(environment(ID, "Quality", "qa"));
    assert!(!environment(OTHER_ID, "Quality", "qa") && !environment(ID, "Q", "qa") && !environment(ID, "Quality", "q"));
    let invite = |id: &str, emails: &[&str], roles: &[&str]| {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let asked = AskedChange::InviteMembers { project: project(id), emails: owned(emails), roles: owned(roles) };
        let path = format!("/api/v1/projects/{ID}/memberships");
        is(&asked, Method::Post, &path, r#"{"emails":["a@example.com","b@example.com"],"roleSlugs":["member"]}"#)
    };
    let both = ["a@example.com", "b@example.com"];
    assert!(invite(ID, &both, &["member"]) && invite(ID, &both, &[]));
    assert!(!invite(OTHER_ID, &both, &[]) && !invite(ID, &both[..1], &[]) && !invite(ID, &both, &["admin"]));
    assert!(!invite(ID, &["a@example.com", "mallory@example.com"], &[]));
}

#[test]
fn draft_must_match_the_requested_changes_in_order() {
    let request = |name: &str| ChangeRequest {
        method: Method::Post,
        path: format!("/api/v4/secrets/{name}"),
        body: format!(
            r#"{{"projectId":"{ID}","environment":"dev","secretPath":"/app","secretValue":"v","type":"shared"}}"#
        )
        .into(),
    };
    let asked = |name: &str| AskedChange::CreateSecret {
        at: at(),
        name: name.to_owned(),
        value: literal("v"),
        comment: None,
        tags: Vec::new(),
    };
    let (folders, projects) = (Folders::default(), KnownIds::default());
    for (drafted, wanted, is_meant) in [
        (&["A"][..], &["A"][..], true),
        (&["A", "B"], &["A", "B"], true),
        (&["A", "B"], &["B", "A"], false),
        (&["A", "B"], &["A"], false),
        (&["A"], &["A", "B"], false),
        (&["A"], &[], false),
        (&["A"], &["B"], false),
    ] {
        let requests = drafted.iter().map(|name| request(name)).collect();
        let checked = plan::check(ApiVersion::V4, &Exposure::unlimited(), &folders, (9, 9), requests, None).unwrap();
        let wanted: Vec<_> = wanted.iter().map(|name| asked(name)).collect();
        let matched = checked.clone().verify_matches_request(ApiVersion::V4, (&folders, &projects), &wanted);
        match matched {
            Ok(matched) => assert!(is_meant && matched.into_checked() == checked, "{drafted:?}"),
            Err(refusal) => assert!(!is_meant && refusal == DraftRefusal::NotAsked, "{drafted:?}"),
        }
    }
}
