//! Tests each limit: the last accepted value, and the first refused one.

use crate::common;
use infisical_skill_policy::change::value::SecretValue;
use infisical_skill_policy::change::{self, ChangeRefusal, Method, ParsedChange};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{self, DraftRefusal, Folders};
use infisical_skill_policy::route::{self, RouteRefusal};
use infisical_skill_policy::{ApiVersion, Moment, NameRefusal, NewSecretName, Place, Project, Scopes, SecretPath};

fn place() -> Place {
    common::place("p1", "dev", "/")
}

fn create(name: &str, value: String) -> ParsedChange {
    let (name, value) = (NewSecretName::new(name).unwrap(), SecretValue::new(value).unwrap());
    ParsedChange::CreateSecret { place: place(), name, value, comment: None, tags: None }
}

#[test]
fn a_path_has_1024_bytes_at_most() {
    let of = |length: usize| SecretPath::new(format!("/{}", "x".repeat(length - 1))).map(|path| path.as_str().len());
    assert_eq!(of(1_024), Ok(1_024));
    assert_eq!(of(1_025), Err(NameRefusal::TooLong));
}

#[test]
fn rejects_incomplete_timestamps_with_the_reason() {
    let moment = "2026-11-23T07:00:00.000Z";
    assert!(Moment::new(moment).is_ok());
    assert_eq!(Moment::new(format!("{moment}Z")).err(), Some(NameRefusal::TooLong));
    for other in ["", "2026-11-23", "2026-11-23T07:00:00Z", "2026-11-23T07:00:00.00OZ", "2026-11-23 07:00:00.000Z"] {
        assert_eq!(Moment::new(other).err(), Some(NameRefusal::Character), "{other}");
    }
}

#[test]
fn each_group_of_an_id_has_its_own_length() {
    let is_id = |text: &str| Project::new(text).unwrap().looks_like_id();
    assert!(is_id("9cefc4fb-34fd-432a-806c-8efb3307c759"));
    for slug in [
        "9cefc4f-34fd-432a-806c-8efb3307c759",
        "9cefc4fb-34f-432a-806c-8efb3307c759",
        "9cefc4fb-34fd-432-806c-8efb3307c759",
        "9cefc4fb-34fd-432a-806-8efb3307c759",
        "9cefc4fb-34fd-432a-806c-8efb3307c75",
        "9cefc4fx-34fd-432a-806c-8efb3307c759",
        "63cefb15c8d3175601cfa98",
        "63cefb15c8d3175601cfa98x",
    ] {
        assert!(!is_id(slug), "{slug}");
    }
}

#[test]
fn rejects_overlong_request_without_parsing() {
    let request = |length: usize| format!("/api/{}", "x".repeat(length - 5));
    for (length, refusal) in [(8_192, RouteRefusal::UnknownRoute), (8_193, RouteRefusal::TooLong)] {
        assert_eq!(route::read(ApiVersion::V4, "GET", &request(length)), Err(refusal), "{length}");
    }
    for (length, refusal) in [(8_192, ChangeRefusal::UnknownRoute), (8_193, ChangeRefusal::TooLong)] {
        assert_eq!(
            change::parse(ApiVersion::V4, Method::Post, &request(length), "{}").err(),
            Some(refusal),
            "{length}"
        );
    }
}

#[test]
fn the_longest_request_of_the_table_fits() {
    // A path that takes three bytes for each of its bytes, and the maximum number of tags.
    let (path, tags) = (format!("/{}", "é".repeat(511)), vec!["x".repeat(64); 20].join("%2C"));
    let path = path.replace('/', "%2F").replace('é', "%C3%A9");
    let request = format!(
        "/api/v4/secrets?projectId=p1&environment=dev&secretPath={path}&viewSecretValue=false&expandSecretReferences=false&recursive=true&includeImports=false&tagSlugs={tags}"
    );
    assert!(route::read(ApiVersion::V4, "GET", &request).is_ok());
}

#[test]
fn rejects_anything_after_a_request_as_extra_parameter() {
    for request in ["/api/v1/projects/p1?", "/api/v1/projects/p1?x=1", "/api/v1/projects?type=secret-manager&x=1"] {
        assert_eq!(route::read(ApiVersion::V4, "GET", request), Err(RouteRefusal::ExtraParameter), "{request}");
    }
}

#[test]
fn folder_rename_names_the_folder_by_id_only() {
    let body = r#"{"projectId":"p1","environment":"dev","name":"n","path":"/"}"#;
    for method in [Method::Patch, Method::Delete] {
        let refused = change::parse(ApiVersion::V4, method, "/api/v2/folders", body);
        assert_eq!(refused, Err(ChangeRefusal::UnknownRoute), "{method:?}");
    }
}

#[test]
fn plan_is_limited_to_the_configured_number_of_changes() {
    let check = |count: usize| {
        let requests = (0..count).map(|n| create(&format!("S{n}"), "v".to_owned()).request(ApiVersion::V4)).collect();
        let (everything, folders) = (Scopes::everything(), Folders::default());
        plan::check(ApiVersion::V4, &Exposure::within(&everything), &folders, (3, 9), requests, None)
            .map(|checked| checked.requests.len())
    };
    assert_eq!(check(0), Err(DraftRefusal::Count));
    assert_eq!(check(1), Ok(1));
    assert_eq!(check(3), Ok(3));
    assert_eq!(check(4), Err(DraftRefusal::Count));
}

#[test]
fn writes_body_into_one_allocation() {
    // A buffer that grows leaves the value in its old memory, which nobody zeroes.
    for value in ["\u{1}".repeat(100_000), "x".repeat(100_000), "v".to_owned()] {
        let most = value.len() * 6 + 16 * 1024;
        let body = create("A", value).request(ApiVersion::V4).body;
        assert!(body.capacity() <= most, "{} for {}", body.capacity(), body.len());
    }
}
