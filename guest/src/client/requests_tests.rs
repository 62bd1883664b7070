use super::*;
use crate::guard::grammar::SecretName;

const P: &str = "7d4ddb3e-83b2-413a-ba53-99a3c4e6b79b";

fn word(text: &str) -> Word {
    Word::parse(text).unwrap()
}

fn at(path: &str) -> Located {
    Located { project: word(P), environment: word("dev"), path: FolderPath::parse(path).unwrap() }
}

fn name(text: &str) -> PathName {
    match SecretName::parse(text) {
        Ok(SecretName::Addressable(name)) => name,
        other => panic!("{other:?}"),
    }
}

fn assert_is(request: Request, path_with_query: &str) {
    let expected = Request { method: Method::Get, path_with_query: path_with_query.to_owned(), body: None };
    assert_eq!(request, expected);
}

#[test]
fn projects_are_asked_for_as_the_table_has_it() {
    assert_is(list_projects(), "/api/v1/projects?type=secret-manager");
    assert_is(list_projects_of(&word("org-1")), "/api/v2/organizations/org-1/workspaces");
    assert_is(project_by_id(V4, &word(P)), &format!("/api/v1/projects/{P}"));
    assert_is(project_by_id(V3, &word(P)), &format!("/api/v1/workspace/{P}"));
    assert_is(project_by_slug(V4, &word("agent-vault")), "/api/v1/projects/slug/agent-vault");
    assert_is(project_by_slug(V3, &word("agent-vault")), "/api/v2/workspace/agent-vault");
}

#[test]
fn audit_logs_are_asked_for_as_the_table_has_it() {
    let mut wanted = Wanted {
        project: crate::guard::grammar::ProjectRef::Id(word(P)),
        events: vec![],
        since: "2026-11-23T00:00:00.000Z",
        until: None,
        offset: 0,
        limit: 50,
    };
    let start = "startDate=2026-11-23T00%3A00%3A00.000Z";
    let route = format!("/api/v1/organization/audit-logs?projectId={P}");
    assert_is(list_audit_logs(&word(P), &wanted), &format!("{route}&{start}&offset=0&limit=50"));
    wanted.events = vec![word("get-secret"), word("get-secrets")];
    wanted.until = Some("2026-11-24T00:00:00.000Z");
    assert_is(
        list_audit_logs(&word(P), &wanted),
        &format!(
            "{route}&eventType=get-secret%2Cget-secrets&{start}&endDate=2026-11-24T00%3A00%3A00.000Z&offset=0&limit=50"
        ),
    );
}

#[test]
fn folders_are_asked_for_as_the_table_has_it() {
    assert_is(
        list_folders(V4, &at("/a b"), true),
        &format!("/api/v2/folders?projectId={P}&environment=dev&path=%2Fa%20b&recursive=true"),
    );
    assert_is(
        list_folders(V4, &at("/"), false),
        &format!("/api/v2/folders?projectId={P}&environment=dev&path=%2F&recursive=false"),
    );
    assert_is(
        list_folders(V3, &at("/app/db"), true),
        &format!("/api/v1/folders?workspaceId={P}&environment=dev&path=%2Fapp%2Fdb"),
    );
}

#[test]
fn secret_listings_match_the_table_and_hide_values() {
    assert_is(
        list_secrets(V4, &at("/app"), false, &[]),
        &format!(
            "/api/v4/secrets?projectId={P}&environment=dev&secretPath=%2Fapp&viewSecretValue=false\
             &expandSecretReferences=false&recursive=false&includeImports=false"
        ),
    );
    assert_is(
        list_secrets(V3, &at("/"), true, &[word("infra"), word("db_1")]),
        &format!(
            "/api/v3/secrets/raw?workspaceId={P}&environment=dev&secretPath=%2F&viewSecretValue=false\
             &expandSecretReferences=false&recursive=true&include_imports=false&tagSlugs=infra%2Cdb_1"
        ),
    );
}

#[test]
fn one_secret_is_asked_for_as_the_table_has_it() {
    let rest = "environment=dev&secretPath=%2F&viewSecretValue=false&expandSecretReferences=false";
    assert_is(
        get_secret(V4, &at("/"), &name("DB_URL"), View::Hidden(None)),
        &format!("/api/v4/secrets/DB_URL?projectId={P}&{rest}&includeImports=false"),
    );
    assert_is(
        get_secret(V3, &at("/"), &name("a:b ?#é"), View::Hidden(NonZeroU32::new(u32::MAX))),
        &format!(
            "/api/v3/secrets/raw/a%3Ab%20%3F%23%C3%A9?workspaceId={P}&{rest}&include_imports=false&version=4294967295"
        ),
    );
}

#[test]
fn a_value_is_asked_for_only_by_a_reveal() {
    let plain = "environment=dev&secretPath=%2F&viewSecretValue=true&expandSecretReferences=false";
    assert_is(
        get_secret(V4, &at("/"), &name("K"), View::Plain),
        &format!("/api/v4/secrets/K?projectId={P}&{plain}&includeImports=false"),
    );
    assert_is(
        get_secret(V3, &at("/"), &name("K"), View::Plain),
        &format!("/api/v3/secrets/raw/K?workspaceId={P}&{plain}&include_imports=false"),
    );
}

#[test]
fn tags_are_asked_for_as_the_table_has_it() {
    assert_is(list_tags(V4, &word(P)), &format!("/api/v1/projects/{P}/tags"));
    assert_is(list_tags(V3, &word(P)), &format!("/api/v1/workspace/{P}/tags"));
}
