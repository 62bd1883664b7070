//! The route table (docs/routes.md), request by request.

use infisical_skill_policy::Grant;
use infisical_skill_policy::route::RouteRefusal;
use infisical_skill_policy::{ApiVersion, Environment, Operation, Place, Project, SecretName, SecretPath, Tag, route};
use proptest::prelude::*;

const V4_PLACE: &str = "projectId=p1&environment=dev&secretPath=%2Fapp%2Fdb";

fn read(api_version: ApiVersion, request: &str) -> Result<Operation, RouteRefusal> {
    route::read(api_version, "GET", request)
}

#[test]
fn each_request_parses_only_in_its_api_version() {
    use ApiVersion::{V3, V4};
    let rest = "viewSecretValue=false&expandSecretReferences=false";
    for (api_version, request, name) in [
        (V4, "/api/v1/projects?type=secret-manager".to_owned(), "list projects"),
        (V4, "/api/v1/projects/p1".to_owned(), "project by id"),
        (V4, "/api/v1/projects/slug/agent-vault".to_owned(), "project by slug"),
        (V4, "/api/v1/projects/p1/tags".to_owned(), "list tags"),
        (V4, "/api/v2/folders?projectId=p1&environment=dev&path=%2F&recursive=true".to_owned(), "list folders"),
        (V4, format!("/api/v4/secrets?{V4_PLACE}&{rest}&recursive=false&includeImports=false"), "list secrets"),
        (
            V4,
            format!("/api/v4/secrets?{V4_PLACE}&{rest}&recursive=true&includeImports=false&tagSlugs=a%2Cb"),
            "list secrets",
        ),
        (V4, format!("/api/v4/secrets/DB_URL?{V4_PLACE}&{rest}&includeImports=false"), "get secret"),
        (V4, format!("/api/v4/secrets/DB_URL?{V4_PLACE}&{rest}&includeImports=false&version=7"), "get secret"),
        (
            V4,
            format!(
                "/api/v4/secrets/A%20B?{V4_PLACE}&viewSecretValue=true&expandSecretReferences=false&includeImports=false"
            ),
            "reveal secret",
        ),
        (V3, "/api/v2/organizations/o1/workspaces".to_owned(), "list projects"),
        (V3, "/api/v1/workspace/p1".to_owned(), "project by id"),
        (V3, "/api/v2/workspace/agent-vault".to_owned(), "project by slug"),
        (V3, "/api/v1/workspace/p1/tags".to_owned(), "list tags"),
        (V3, "/api/v1/folders?workspaceId=p1&environment=dev&path=%2F".to_owned(), "list folders"),
        (
            V3,
            format!(
                "/api/v3/secrets/raw?workspaceId=p1&environment=dev&secretPath=%2F&{rest}&recursive=true&include_imports=false"
            ),
            "list secrets",
        ),
        (
            V3,
            format!(
                "/api/v3/secrets/raw/DB_URL?workspaceId=p1&environment=dev&secretPath=%2F&{rest}&include_imports=false"
            ),
            "get secret",
        ),
    ] {
        let operation = read(api_version, &request).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(operation.name(), name, "{request}");
        assert_eq!(operation.path_and_query(api_version), request);
        let other = if api_version == V3 { V4 } else { V3 };
        assert!(read(other, &request).is_err(), "{request}");
        for method in ["POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "CONNECT", "TRACE", "get", ""] {
            assert_eq!(route::read(api_version, method, &request), Err(RouteRefusal::Method), "{method} {request}");
        }
    }
}

#[test]
fn audit_log_request_has_one_form_in_both_api_versions() {
    let start = "startDate=2026-11-23T00%3A00%3A00.000Z";
    let route = "/api/v1/organization/audit-logs";
    for api_version in [ApiVersion::V3, ApiVersion::V4] {
        for request in [
            format!("{route}?projectId=p1&{start}&offset=0&limit=50"),
            format!("{route}?projectId=p1&eventType=get-secret%2Cget-secrets&{start}&offset=1000000&limit=200"),
            format!("{route}?projectId=p1&{start}&endDate=2026-11-24T00%3A00%3A00.000Z&offset=0&limit=1"),
        ] {
            let operation = read(api_version, &request).unwrap_or_else(|e| panic!("{request}: {e}"));
            assert_eq!(operation.name(), "list audit logs");
            assert_eq!(operation.path_and_query(api_version), request);
            assert!(Grant::Reads.allows(&operation));
            for grant in [Grant::Nothing, Grant::Reveal, Grant::Preview, Grant::Apply] {
                assert!(!grant.allows(&operation), "{grant:?}");
            }
        }
        for request in [
            route.to_owned(),
            // A list of the whole organization.
            format!("{route}?{start}&offset=0&limit=50"),
            format!("{route}?projectId=p1&offset=0&limit=50"),
            format!("{route}?projectId=p1&{start}&offset=0"),
            format!("{route}?projectId=p1&{start}&offset=0&limit=0"),
            format!("{route}?projectId=p1&{start}&offset=0&limit=201"),
            format!("{route}?projectId=p1&{start}&offset=1000001&limit=50"),
            format!("{route}?projectId=p1&{start}&offset=00&limit=50"),
            format!("{route}?projectId=p1&{start}&offset=+0&limit=50"),
            format!("{route}?projectId=p1&startDate=2026-11-23&offset=0&limit=50"),
            format!("{route}?projectId=p1&startDate=2026-11-23T00:00:00.000Z&offset=0&limit=50"),
            format!("{route}?projectId=p1&eventType=&{start}&offset=0&limit=50"),
            format!("{route}?projectId=p1&{start}&eventType=get-secret&offset=0&limit=50"),
            format!("{route}?projectId=p1&{start}&offset=0&limit=50&actor=x"),
        ] {
            assert!(read(api_version, &request).is_err(), "{request}");
        }
    }
}

#[test]
fn rejects_every_other_path_of_the_origin() {
    for request in [
        "",
        "/",
        "/api",
        "/api/",
        "//api/v1/projects?type=secret-manager",
        "/api//v1/projects?type=secret-manager",
        "/api/v1/auth/universal-auth/login",
        "/api/v1/auth/token/renew",
        "/api/status",
        "/api/docs",
        "/api/v1/projects/../auth/token/renew",
        "/api/v1/projects/%2e%2e",
        "/api/v1/projects/%2E%2E",
        "/api/v1/projects/..",
        "/api/v1/projects/%252e",
        "/api/v1/projects/p1;x",
        "/api/v1/projects/p1\\x",
        "/api/v1/projects/p1/",
        "/api/v1/projects/",
        "/api/v1/projects/p1?",
        "/api/v1/projects/p1?x=1",
        "/api/v1/projects/p1#x",
        "/api/v1/projects/slug/a/b",
        "/API/v1/projects/p1",
        "/api/V1/projects/p1",
        "api/v1/projects/p1",
        "http://evil/api/v1/projects/p1",
        "/api/v1/projects",
        "/api/v1/projects?",
        "/api/v1/projects?type=kms",
        "/api/v1/projects?type=secret-manager&includeRoles=true",
        "/api/v1/projects?type=secret-manager&",
        "/api/v1/projects?type=secret-manager&type=secret-manager",
        "/api/v4/secrets/id/p1",
        "/api/v4/secrets/id/00000000-0000-4000-8000-000000000000",
        "/api/v1/shared-secrets",
        "/api/v1/secret-snapshot/00000000-0000-4000-8000-000000000000",
        "/api/v1/projects/p1/secret-snapshots?environment=dev&path=%2F",
        "/api/v2/secret-imports/secrets?projectId=p1&environment=dev&path=%2F",
        "/api/v1/organization/audit-logs",
        "/api/v1/projects/\u{202e}",
    ] {
        assert!(read(ApiVersion::V4, request).is_err(), "{request}");
    }
}

#[test]
fn expects_values_only_in_reveals_and_older_servers() {
    let secret =
        |view: bool| format!("/A?{V4_PLACE}&viewSecretValue={view}&expandSecretReferences=false&includeImports=false");
    let list =
        format!("?{V4_PLACE}&viewSecretValue=false&expandSecretReferences=false&recursive=false&includeImports=false");
    for (request, current, older) in [
        (format!("/api/v4/secrets{}", secret(true)), true, true),
        (format!("/api/v4/secrets{}", secret(false)), false, true),
        (format!("/api/v4/secrets{list}"), false, true),
        ("/api/v1/projects?type=secret-manager".to_owned(), false, false),
        ("/api/v1/projects/p1".to_owned(), false, false),
        ("/api/v1/projects/slug/p1".to_owned(), false, false),
        ("/api/v1/projects/p1/tags".to_owned(), false, false),
    ] {
        let operation = read(ApiVersion::V4, &request).unwrap();
        let answers = [ApiVersion::V4, ApiVersion::V3].map(|it| operation.is_answered_with_values(it));
        assert_eq!(answers, [current, older], "{request}");
    }
}

#[test]
fn listing_cannot_request_values_references_or_imports() {
    const V3_PLACE: &str = "workspaceId=p1&environment=dev&secretPath=%2Fapp%2Fdb";
    for (api_version, secrets, place, key, other_key) in [
        (ApiVersion::V4, "/api/v4/secrets", V4_PLACE, "includeImports", "include_imports"),
        (ApiVersion::V3, "/api/v3/secrets/raw", V3_PLACE, "include_imports", "includeImports"),
    ] {
        let read = |request: &str| read(api_version, request);
        let list = |view, expand, imports| {
            format!(
                "{secrets}?{place}&viewSecretValue={view}&expandSecretReferences={expand}&recursive=false&{key}={imports}"
            )
        };
        assert!(read(&list("false", "false", "false")).is_ok(), "{api_version:?}");
        for (view, expand, imports) in [
            ("true", "false", "false"),
            ("false", "true", "false"),
            ("false", "false", "true"),
            ("", "", ""),
            ("false", "1", "false"),
            ("false", "True", "false"),
        ] {
            assert!(read(&list(view, expand, imports)).is_err(), "{api_version:?} {view} {expand} {imports}");
        }
        let one = |rest: &str| format!("{secrets}/A?{place}&{rest}");
        for view in [true, false] {
            let honest = format!("viewSecretValue={view}&expandSecretReferences=false&{key}=false");
            assert!(read(&one(&honest)).is_ok(), "{api_version:?} {view}");
            for other in [
                honest.replace("References=false", "References=true"),
                honest.replace("References=false", "References="),
                honest.replace("&expandSecretReferences=false", ""),
                honest.replace(&format!("{key}=false"), &format!("{key}=true")),
                // The server ignores the other API version's name for it, so the answer would
                // contain imports.
                honest.replace(key, other_key),
                format!("{honest}&{other_key}=false"),
                format!("{honest}&expandSecretReferences=true"),
                format!("expandSecretReferences=true&{honest}"),
                format!("{honest}&viewSecretValue=true"),
                format!("viewSecretValue=false&{honest}"),
            ] {
                assert!(read(&one(&other)).is_err(), "{api_version:?} {other}");
            }
        }
        for request in [
            format!("{secrets}?{place}&expandSecretReferences=false&recursive=false&{key}=false"),
            one(&format!("viewSecretValue=true&expandSecretReferences=false&{key}=false&version=1")),
        ] {
            assert!(read(&request).is_err(), "{request}");
        }
    }
}

#[test]
fn a_request_has_one_spelling() {
    let request = format!(
        "/api/v4/secrets/A~B?{V4_PLACE}&viewSecretValue=false&expandSecretReferences=false&includeImports=false&version=7"
    );
    assert!(read(ApiVersion::V4, &request).is_ok());
    for (from, to) in [
        ("%2Fapp", "%2fapp"),
        ("%2Fapp", "/app"),
        ("A~B", "A%7EB"),
        ("=dev", "=d%65v"),
        ("version=7", "version=07"),
        ("version=7", "version=+7"),
        ("version=7", "version=0"),
        ("version=7", "version=4294967296"),
        ("version=7", "version="),
        ("=dev", "=dev%20"),
        ("=dev", "=dev+"),
        ("environment", "Environment"),
        ("projectId=p1&environment=dev", "environment=dev&projectId=p1"),
        ("&version", "&&version"),
        ("secretPath", "secret%50ath"),
        ("?", "??"),
        ("%2Fdb", "%2F..%2Fdb"),
        ("%2Fdb", "%2Fdb%2F"),
        ("%2Fdb", "%00"),
        ("A~B", "A%2FB"),
        ("A~B", "A%5CB"),
        ("A~B", "A%25B"),
        ("A~B", "A%0D%0AB"),
        ("A~B", ".."),
        ("A~B", "%2E"),
        ("A~B", ""),
        ("A~B", "%20A"),
    ] {
        let other = request.replacen(from, to, 1);
        assert_ne!(other, request);
        assert!(read(ApiVersion::V4, &other).is_err(), "{other}");
    }
    assert!(read(ApiVersion::V4, &format!("{request}{}", "x".repeat(route::MAX_PATH_AND_QUERY))).is_err());
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

fn operation(v4: bool) -> impl Strategy<Value = Operation> {
    let name = || "[^/\\\\%\\p{Cc}]{1,20}".prop_filter_map("a name", |name| SecretName::new(name).ok());
    let slug = || "[A-Za-z0-9_-]{1,64}".prop_map(|slug| Project::new(slug).unwrap());
    let tags = prop::collection::vec("[a-z0-9_-]{1,64}".prop_map(|tag| Tag::new(tag).unwrap()), 0..=20);
    prop_oneof![
        slug().prop_map(|project| Operation::ProjectById { project }),
        slug().prop_map(|slug| Operation::ProjectBySlug { slug }),
        (place(), any::<bool>())
            .prop_map(move |(place, recursive)| Operation::ListFolders { place, recursive: recursive && v4 }),
        (place(), any::<bool>(), tags).prop_map(|(place, recursive, tags)| Operation::ListSecrets {
            place,
            recursive,
            tags
        }),
        (place(), name(), prop::option::of(1..=u32::MAX)).prop_map(|(place, name, version)| Operation::GetSecret {
            place,
            name,
            version
        }),
        (place(), name()).prop_map(|(place, name)| Operation::RevealSecret { place, name }),
    ]
}

proptest! {
    #[test]
    fn parsing_reverses_writing(v4 in operation(true), v3 in operation(false)) {
        for (api_version, operation) in [(ApiVersion::V4, v4), (ApiVersion::V3, v3)] {
            let request = operation.path_and_query(api_version);
            prop_assert!(request.len() <= route::MAX_PATH_AND_QUERY);
            prop_assert_eq!(read(api_version, &request), Ok(operation));
        }
    }

    #[test]
    fn parsed_request_has_canonical_spelling(v4 in operation(true), at in any::<prop::sample::Index>(), byte in 32_u8..127) {
        let mut request = v4.path_and_query(ApiVersion::V4).into_bytes();
        let at = at.index(request.len());
        request[at] = byte;
        let request = String::from_utf8(request).unwrap();
        if let Ok(operation) = read(ApiVersion::V4, &request) {
            prop_assert_eq!(operation.path_and_query(ApiVersion::V4), request);
        }
    }

    #[test]
    fn no_text_makes_it_panic(request in any::<String>()) {
        let _ = read(ApiVersion::V4, &request);
        let _ = read(ApiVersion::V3, &format!("/api/{request}"));
    }
}

#[test]
fn a_project_with_the_slug_tags_is_not_the_tags_of_a_project() {
    let project = |text: &str| Project::new(text).unwrap();
    let by_slug = Operation::ProjectBySlug { slug: project("tags") };
    assert_eq!(read(ApiVersion::V4, "/api/v1/projects/slug/tags"), Ok(by_slug.clone()));
    assert_eq!(by_slug.path_and_query(ApiVersion::V4), "/api/v1/projects/slug/tags");
    assert_eq!(read(ApiVersion::V4, "/api/v1/projects/p1/tags"), Ok(Operation::ListTags { project: project("p1") }));
}
