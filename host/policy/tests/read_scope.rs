//! Tests what a call may read while it holds values.

use crate::common::{place, project};
use infisical_skill_policy::change::{AskedChange, AskedPlace, KnownIds, ParsedChange};
use infisical_skill_policy::plan::{Folders, ReadScope, permits};
use infisical_skill_policy::{ApiVersion, FolderId, Operation, Place, SecretName, change, route};

fn asked_at(id: &str, path: &str) -> AskedPlace {
    AskedPlace { project: Some(project(id)), environment: Some("dev".to_owned()), path: path.to_owned() }
}

fn list(place: &Place, recursive: bool) -> [Operation; 2] {
    [
        Operation::ListSecrets { place: place.clone(), recursive, tags: Vec::new() },
        Operation::ListFolders { place: place.clone(), recursive },
    ]
}

/// Whether both listings of a place are permitted. Otherwise neither is.
fn is_open(read_scopes: &[ReadScope], place: &Place, named: &KnownIds, folders: &Folders) -> bool {
    let open = |recursive| list(place, recursive).map(|it| permits(read_scopes, &it, named, folders));
    let found = [open(false), open(true)].concat();
    assert!(found.iter().all(|it| *it == found[0]), "{place:?}");
    found[0]
}

#[test]
fn change_in_a_folder_permits_reads_of_that_folder_only() {
    let read_scopes =
        ReadScope::of_asked(&AskedChange::DeleteSecret { at: asked_at("p1", "/app"), name: "A".to_owned() });
    let (named, folders) = (KnownIds::default(), Folders::default());
    for (where_to, is_it) in [
        (place("p1", "dev", "/app"), true),
        (place("p1", "dev", "/"), false),
        (place("p1", "dev", "/app/db"), false),
        (place("p1", "dev", "/apps"), false),
        (place("p1", "prod", "/app"), false),
        (place("p2", "dev", "/app"), false),
    ] {
        assert_eq!(is_open(&read_scopes, &where_to, &named, &folders), is_it, "{where_to:?}");
    }
    for (operation, is_it) in [
        (Operation::ListTags { project: project("p1") }, true),
        (Operation::ListTags { project: project("p2") }, false),
        (Operation::ProjectById { project: project("p1") }, true),
        (Operation::ProjectById { project: project("p2") }, false),
        (Operation::ProjectBySlug { slug: project("p1") }, true),
        (Operation::ProjectBySlug { slug: project("other") }, false),
        (Operation::ListProjects { organization: None }, false),
        (
            Operation::GetSecret {
                place: place("p1", "dev", "/app"),
                name: SecretName::new("A").unwrap(),
                version: None,
            },
            false,
        ),
        (Operation::RevealSecret { place: place("p1", "dev", "/app"), name: SecretName::new("A").unwrap() }, false),
    ] {
        assert_eq!(permits(&read_scopes, &operation, &named, &folders), is_it, "{operation:?}");
    }
    let by_tag = "/api/v4/secrets?projectId=p1&environment=dev&secretPath=%2Fapp&viewSecretValue=false&\
                  expandSecretReferences=false&recursive=false&includeImports=false&tagSlugs=anything";
    let by_tag = route::read(ApiVersion::V4, "GET", by_tag).unwrap();
    assert!(!permits(&read_scopes, &by_tag, &named, &folders), "a tag is a text");
}

#[test]
fn slug_permits_the_project_that_the_server_named() {
    let read_scopes =
        ReadScope::of_asked(&AskedChange::DeleteSecret { at: asked_at("my-slug", "/"), name: "A".to_owned() });
    let (mut named, folders) = (KnownIds::default(), Folders::default());
    let id = "9cefc4fb-34fd-432a-806c-8efb3307c759";
    let there = place(id, "dev", "/");
    assert!(permits(&read_scopes, &Operation::ProjectBySlug { slug: project("my-slug") }, &named, &folders));
    assert!(!is_open(&read_scopes, &there, &named, &folders));
    named.note_project(&project("my-slug"), project(id));
    assert!(is_open(&read_scopes, &there, &named, &folders));
}

#[test]
fn folder_deletion_permits_reads_of_named_subfolders() {
    let app = place("p1", "dev", "/app");
    let asked = ReadScope::of_asked(&AskedChange::DeleteFolder { at: asked_at("p1", "/app"), name: "db".to_owned() });
    let planned =
        ReadScope::of_planned(&ParsedChange::DeleteFolder { place: app.clone(), id: FolderId::new("f-1").unwrap() });
    let (named, mut folders) = (KnownIds::default(), Folders::default());
    let inside = place("p1", "dev", "/app/db");
    assert!(is_open(&asked, &inside, &named, &folders), "its name was asked for");
    assert!(!is_open(&planned, &inside, &named, &folders), "nobody said what it is called");
    folders.note(&app, None, "f-1", "db");
    folders.note(&app, None, "f-2", "db2");
    folders.note(&inside, None, "f-3", "deep");
    folders.note(&place("p1", "dev", "/app/db/deep"), Some("/er/est"), "f-4", "est");
    // A folder of the same name elsewhere doesn't count for this place.
    folders.note(&place("p1", "prod", "/app/db"), None, "f-5", "canary");
    folders.note(&place("p2", "dev", "/app/db"), None, "f-6", "canary");
    for read_scopes in [&asked, &planned] {
        for (where_to, is_it) in [
            ("/app", true),
            ("/app/db", true),
            ("/app/db/deep", true),
            ("/app/db/deep/er/est", true),
            ("/app/db/deep/er", false),
            ("/app/db/canary", false),
            ("/app/db/deep/canary", false),
            ("/app/db2", false),
            ("/app/dbx", false),
            ("/", false),
        ] {
            let there = place("p1", "dev", where_to);
            assert_eq!(is_open(read_scopes, &there, &named, &folders), is_it, "{where_to}");
            let elsewhere = place("p1", "prod", where_to);
            assert!(!is_open(read_scopes, &elsewhere, &named, &folders), "{where_to}");
        }
    }
}

#[test]
fn recreated_folder_can_be_read_to_detect_it() {
    let app = place("p1", "dev", "/app");
    let planned =
        ReadScope::of_planned(&ParsedChange::DeleteFolder { place: app.clone(), id: FolderId::new("f-1").unwrap() });
    let (named, mut folders) = (KnownIds::default(), Folders::default());
    folders.note(&app, None, "f-2", "db");
    for (where_to, is_it) in [("/app/db", true), ("/app/other", false), ("/app/db/canary", false), ("/", false)] {
        assert_eq!(is_open(&planned, &place("p1", "dev", where_to), &named, &folders), is_it, "{where_to}");
    }
}

#[test]
fn project_change_permits_reads_of_that_project() {
    let (named, folders) = (KnownIds::default(), Folders::default());
    let planned = |path: &str, body: &str| {
        ReadScope::of_planned(&change::parse(ApiVersion::V4, change::Method::Post, path, body).unwrap())
    };
    let into = || Some(project("p1"));
    let environment = AskedChange::CreateEnvironment { project: into(), name: "Q".to_owned(), slug: "qa".to_owned() };
    let members = AskedChange::InviteMembers { project: into(), emails: vec!["a@b.c".to_owned()], roles: Vec::new() };
    for read_scopes in [
        ReadScope::of_asked(&environment),
        ReadScope::of_asked(&members),
        planned("/api/v1/projects/p1/environments", r#"{"slug":"qa","name":"Quality"}"#),
        planned("/api/v1/projects/p1/memberships", r#"{"emails":["a@b.c"],"roleSlugs":["member"]}"#),
    ] {
        assert!(permits(&read_scopes, &Operation::ProjectById { project: project("p1") }, &named, &folders));
        assert!(!permits(&read_scopes, &Operation::ProjectById { project: project("p2") }, &named, &folders));
        assert!(!is_open(&read_scopes, &place("p1", "dev", "/"), &named, &folders));
    }
    let created = [
        ReadScope::of_asked(&AskedChange::CreateProject { name: "Pay".to_owned(), slug: "pay-eu".to_owned() }),
        planned("/api/v1/projects", r#"{"projectName":"Pay","slug":"pay-eu","type":"secret-manager"}"#),
    ];
    for read_scopes in created {
        assert!(permits(&read_scopes, &Operation::ProjectBySlug { slug: project("pay-eu") }, &named, &folders));
        assert!(!permits(&read_scopes, &Operation::ProjectBySlug { slug: project("canary") }, &named, &folders));
    }
    assert!(!permits(&[], &Operation::ProjectBySlug { slug: project("pay-eu") }, &named, &folders));
}
