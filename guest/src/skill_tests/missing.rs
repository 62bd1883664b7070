//! How missing things are reported: environments, versions, and earlier secrets of a name.

use crate::testing::{PROJECT, Script, fault, ok, operator, place, raw_secret};
use crate::{ApiVersion, Error, SecretFilter};
use serde_json::{Value, json};

const V4: ApiVersion = ApiVersion::V4;

fn secret(id: &str, version: u32) -> crate::Answer {
    let Value::Object(mut secret) = raw_secret("K", "/") else { panic!() };
    secret.insert("id".to_owned(), id.into());
    secret.insert("version".to_owned(), version.into());
    ok(&json!({ "secret": secret }).to_string())
}

fn no_secret() -> crate::Answer {
    fault(404, "NotFound", "Secret with name 'K' not found")
}

fn project(environments: &[&str]) -> crate::Answer {
    let environments: Vec<_> = environments.iter().map(|slug| json!({ "slug": slug, "name": slug })).collect();
    ok(&json!({ "project": { "id": PROJECT, "slug": "p", "name": "p", "environments": environments } }).to_string())
}

#[test]
fn returns_version_of_the_current_secret() {
    let operator = operator(V4);
    let mut script = Script::of([secret("a", 2), secret("a", 7)]);
    let found = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "K", Some(2)).unwrap();
    assert_eq!(found.version, 2);
    assert!(script.paths()[0].ends_with("&version=2") && !script.paths()[1].contains("version="));
}

/// After a secret was deleted and created again, two secrets share the name. The server finds
/// versions only by name and number.
#[test]
fn refuses_version_of_an_earlier_secret_of_same_name() {
    for (newest, words) in [(secret("b", 3), "was deleted"), (no_secret(), "It was renamed or deleted since")] {
        let operator = operator(V4);
        let mut script = Script::of([secret("a", 1), newest]);
        let found = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "K", Some(1));
        assert!(matches!(&found, Err(Error::Conflict(text)) if text.contains(words)), "{found:?}");
    }
}

#[test]
fn another_version_than_the_one_asked_for_is_a_conflict() {
    let operator = operator(V4);
    let mut script = Script::of([secret("a", 3)]);
    let found = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "K", Some(2));
    assert!(matches!(found, Err(Error::Conflict(_))), "{found:?}");
}

#[test]
fn distinguishes_missing_version_from_missing_secret() {
    let operator = operator(V4);
    let mut script = Script::of([no_secret(), secret("a", 3)]);
    let found = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "K", Some(99));
    let Err(Error::NotFound(missing)) = found else { panic!("{found:?}") };
    assert_eq!((missing.kind.as_str(), missing.name.as_str()), ("version", "99 of K"));
    assert!(missing.remedy.contains("newest version is 3"), "{}", missing.remedy);

    let mut script = Script::of([no_secret(), no_secret()]);
    let found = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "K", Some(99));
    assert!(matches!(found, Err(Error::NotFound(missing)) if missing.kind == "secret" && missing.name == "K"));
}

#[test]
fn an_unknown_environment_is_named_with_those_that_are_there() {
    let listed = fault(404, "SecretPathNotFound", "Folder with path '/' in environment 'nope' was not found. Please");
    let got = fault(404, "GetSecretByName", "Folder with path '/' in environment with slug 'nope' not found");
    let folders = fault(404, "NotFound", "Environment with slug 'nope' not found");
    let at = place(PROJECT, "nope", "/");
    let operator = operator(V4);
    let slugs = project(&["dev", "prod"]);
    let errors = [
        Script::of([listed, slugs.clone()]).skill(&operator).list_secrets(&at, &SecretFilter::default()).unwrap_err(),
        Script::of([got, slugs.clone()]).skill(&operator).get_secret(&at, "K", None).unwrap_err(),
        Script::of([folders, slugs]).skill(&operator).list_folders(&at, true).unwrap_err(),
    ];
    for error in errors {
        let Error::NotFound(missing) = error else { panic!("{error:?}") };
        assert_eq!((missing.kind.as_str(), missing.name.as_str()), ("environment", "nope"));
        assert!(missing.remedy.contains(r#""dev", "prod""#), "{}", missing.remedy);
    }
}

#[test]
fn reports_missing_folder_in_known_environment_as_folder() {
    let operator = operator(V4);
    for (environments, kind) in [(&["dev"][..], "folder"), (&["prod"], "environment")] {
        let listed = fault(404, "SecretPathNotFound", "Folder with path '/nope' in environment 'dev' was not found.");
        let mut script = Script::of([listed, project(environments)]);
        let found = script.skill(&operator).list_secrets(&place(PROJECT, "dev", "/nope"), &SecretFilter::default());
        assert!(matches!(&found, Err(Error::NotFound(missing)) if missing.kind == kind), "{found:?}");
    }
}

/// If the identity may not see the project, the server's error stays unchanged.
#[test]
fn keeps_error_if_environments_cant_be_read() {
    let operator = operator(V4);
    let listed = fault(404, "SecretPathNotFound", "Folder with path '/' in environment 'dev' was not found.");
    let mut script = Script::of([listed, fault(403, "PermissionDenied", "You are not allowed")]);
    let found = script.skill(&operator).list_secrets(&place(PROJECT, "dev", "/"), &SecretFilter::default());
    assert!(matches!(&found, Err(Error::NotFound(missing)) if missing.kind == "environment"), "{found:?}");
}
