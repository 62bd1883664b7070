//! The requests to a current server, and what the component makes of its answers.

use crate::testing::{PROJECT, Script, answer, fault, ok, operator, place, raw_secret, scope};
use crate::{ApiVersion, Error, Place, Reveals, SecretFilter, TransportError};
use serde_json::json;

const V4: ApiVersion = ApiVersion::V4;

fn project(id: &str, slug: &str) -> serde_json::Value {
    let environments = json!([{ "slug": "dev", "name": "Development" }, { "slug": "prod", "name": "Production" }]);
    json!({ "id": id, "slug": slug, "name": slug, "environments": environments })
}

fn listing(names: &[&str]) -> String {
    json!({ "secrets": names.iter().map(|name| raw_secret(name, "/")).collect::<Vec<_>>() }).to_string()
}

#[test]
fn omits_projects_and_environments_out_of_scope() {
    let operator = operator(V4).scoped(&[scope(PROJECT, &["dev"], &[])]);
    let body = json!({ "projects": [project(PROJECT, "a"), project("other", "b")] }).to_string();
    let mut script = Script::of([ok(&body)]);
    let projects = script.skill(&operator).list_projects().unwrap();
    assert_eq!(script.paths(), ["/api/v1/projects?type=secret-manager"]);
    assert_eq!(projects.len(), 1);
    assert_eq!(projects[0].id, PROJECT);
    assert_eq!(projects[0].environments.iter().map(|found| found.slug.as_str()).collect::<Vec<_>>(), ["dev"]);
}

#[test]
fn folders_are_listed_recursively_with_one_request() {
    let operator = operator(V4);
    let body = json!({ "folders": [
        { "id": "1", "name": "a", "relativePath": "/a" },
        { "id": "2", "name": "b", "relativePath": "/a/b" },
    ] });
    let mut script = Script::of([ok(&body.to_string())]);
    let found = script.skill(&operator).list_folders(&place(PROJECT, "dev", "/app"), true).unwrap();
    assert_eq!(found.folders.iter().map(|folder| folder.path.as_str()).collect::<Vec<_>>(), ["/app/a", "/app/a/b"]);
    assert_eq!(script.requests.len(), 1);
}

#[test]
fn slug_costs_one_request_and_the_answer_has_the_id() {
    let operator = operator(V4);
    let mut script = Script::of([ok(&project(PROJECT, "vault").to_string()), ok(&listing(&["A"]))]);
    let found = script.skill(&operator).list_secrets(&place("vault", "dev", "/"), &SecretFilter::default()).unwrap();
    assert_eq!(found.place.project, PROJECT);
    let paths = script.paths();
    assert_eq!(paths[0], "/api/v1/projects/slug/vault");
    assert!(paths[1].starts_with(&format!("/api/v4/secrets?projectId={PROJECT}&")));
}

#[test]
fn refuses_slug_whose_id_is_out_of_scope() {
    let operator = operator(V4).scoped(&[scope("other", &[], &[])]);
    let mut script = Script::of([ok(&project(PROJECT, "vault").to_string())]);
    let refused = script.skill(&operator).get_secret(&place("vault", "dev", "/"), "A", None);
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    assert_eq!(script.requests.len(), 1);
}

#[test]
fn absent_arguments_use_the_operators_defaults() {
    let operator = operator(V4).with(|policy| {
        policy.project = Some(PROJECT.to_owned());
        policy.environment = Some("dev".to_owned());
    });
    let mut script = Script::of([ok(&listing(&[]))]);
    let found = script.skill(&operator).list_secrets(&Place::default(), &SecretFilter::default()).unwrap();
    let place = found.place;
    assert_eq!((place.project.as_str(), place.environment.as_str(), place.path.as_str()), (PROJECT, "dev", "/"));
}

#[test]
fn filters_names_by_part_ignoring_case() {
    let operator = operator(V4);
    for (part, names) in [
        ("db", vec!["DB_URL", "my_db"]),
        ("DB_", vec!["DB_URL"]),
        ("ÄPFEL", vec!["äpfel"]),
        // At the end of a word, this letter has another small form.
        ("ΣΊΣ", vec!["ΣΊΣΥΦΟΣ"]),
        ("φοσ", vec!["ΣΊΣΥΦΟΣ"]),
        ("", vec!["DB_URL", "my_db", "äpfel", "ΣΊΣΥΦΟΣ"]),
        ("nothing", vec![]),
    ] {
        let mut script = Script::of([ok(&listing(&["DB_URL", "my_db", "äpfel", "ΣΊΣΥΦΟΣ"]))]);
        let filter = SecretFilter { name_contains: Some(part.to_owned()), ..SecretFilter::default() };
        let found = script.skill(&operator).list_secrets(&place(PROJECT, "dev", "/"), &filter).unwrap();
        assert_eq!(found.secrets.iter().map(|secret| secret.name.as_str()).collect::<Vec<_>>(), names, "{part}");
    }
}

#[test]
fn one_secret_is_read_with_one_request() {
    let operator = operator(V4);
    let mut script = Script::of([ok(&json!({ "secret": raw_secret("DB_URL", "/") }).to_string())]);
    let secret = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "DB_URL", None).unwrap();
    assert_eq!((secret.name.as_str(), secret.version), ("DB_URL", 3));
    assert_eq!(script.requests.len(), 1);
}

#[test]
fn finds_url_unsafe_name_by_exact_bytes_in_listing() {
    let operator = operator(V4);
    let names = ["a/b", "a/b ", "A/B", "..", "e\u{301}/", "é/"];
    for name in ["a/b", "a/b ", "..", "é/"] {
        let mut script = Script::of([ok(&listing(&names))]);
        let secret = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), name, None).unwrap();
        assert_eq!(secret.name, name);
        assert!(script.paths()[0].starts_with("/api/v4/secrets?"));
    }
    let mut script = Script::of([ok(&listing(&names)), ok(r#"{"secretImports":[]}"#)]);
    let absent = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "x/y", None);
    assert!(matches!(absent, Err(Error::NotFound(missing)) if missing.kind == "secret" && missing.name == "x/y"));
}

#[test]
fn two_secrets_of_one_unsafe_name_are_a_conflict() {
    let operator = operator(V4);
    let mut script = Script::of([ok(&listing(&["a/b", "a/b"]))]);
    let found = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "a/b", None);
    assert!(matches!(found, Err(Error::Conflict(_))), "{found:?}");
}

#[test]
fn a_secret_is_revealed_if_the_operator_allows_it() {
    let operator = operator(V4).with(|policy| policy.reveal = Reveals::On);
    let mut script = Script::of([ok(&json!({ "secret": raw_secret("K", "/") }).to_string())]);
    let found = script.skill(&operator).reveal_secret(&place(PROJECT, "dev", "/"), "K").unwrap();
    assert_eq!(found.value, "CANARY-VALUE");
    assert!(!format!("{found:?}").contains("CANARY"), "the value shows in Debug");
    assert!(script.paths()[0].contains("viewSecretValue=true"));
}

#[test]
fn a_value_that_the_role_hides_is_denied() {
    let operator = operator(V4).with(|policy| policy.reveal = Reveals::On);
    let mut hidden = raw_secret("K", "/");
    hidden["secretValue"] = json!("<hidden-by-infisical>");
    for answer in [
        ok(&json!({ "secret": hidden }).to_string()),
        fault(403, "ForbiddenError", "You do not have permission to view secret value on secret with name 'K'"),
    ] {
        let mut script = Script::of([answer]);
        let found = script.skill(&operator).reveal_secret(&place(PROJECT, "dev", "/"), "K");
        assert!(matches!(&found, Err(Error::Denied(text)) if text.contains("read values")), "{found:?}");
    }
}

#[test]
fn an_answer_that_isnt_json_is_unexpected_whatever_its_body() {
    let operator = operator(V4);
    for content_type in [None, Some("text/html"), Some("text/plain; application/json")] {
        let mut html = ok(&listing(&["A"]));
        html.content_type = content_type.map(str::to_owned);
        let mut script = Script::of([html]);
        let found = script.skill(&operator).list_secrets(&place(PROJECT, "dev", "/"), &SecretFilter::default());
        assert!(matches!(found, Err(Error::UnexpectedAnswer(_))), "{found:?}");
    }
}

#[test]
fn a_redirect_isnt_followed_and_nothing_is_tried_twice() {
    let operator = operator(V4);
    for status in [301, 302, 307, 308, 401, 403, 429, 500, 503] {
        let mut script = Script::of([answer(status, "{}")]);
        assert!(script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "K", None).is_err());
        assert_eq!(script.requests.len(), 1, "{status}");
    }
}

#[test]
fn an_answer_that_is_cut_short_is_never_a_success() {
    let operator = operator(V4);
    let body = listing(&["A", "B"]);
    for cut in 0..body.len() {
        let mut script = Script::of([ok(&body[..cut])]);
        let found = script.skill(&operator).list_secrets(&place(PROJECT, "dev", "/"), &SecretFilter::default());
        assert!(matches!(found, Err(Error::UnexpectedAnswer(_))), "{cut}");
    }
    let mut script = Script::default();
    script.answers.push_back(Err(TransportError::CutShort));
    let found = script.skill(&operator).list_secrets(&place(PROJECT, "dev", "/"), &SecretFilter::default());
    assert!(matches!(found, Err(Error::Unreachable(_))));
}

#[test]
fn unknown_route_is_unexpected_answer_that_says_so() {
    let operator = operator(V4);
    let mut script = Script::of([fault(404, "Not Found", "Route GET:/api/v1/projects not found")]);
    let found = script.skill(&operator).list_projects();
    assert!(matches!(&found, Err(Error::UnexpectedAnswer(text)) if text.contains("route")), "{found:?}");
}

#[test]
fn missing_secret_error_names_the_folders_imports() {
    let imports = r#"{"secretImports":[{"importPath":"/shared","importEnv":{"slug":"staging"}}]}"#;
    let none = || fault(404, "NotFound", "Secret with name");
    for api_version in [ApiVersion::V3, V4] {
        let route =
            if api_version == V4 { "/api/v2/secret-imports?projectId" } else { "/api/v1/secret-imports?workspaceId" };
        let ask = |operator: &crate::testing::Operator, answers: [crate::Answer; 2], reveal: bool| {
            let mut script = Script::of(answers);
            let at = place(PROJECT, "dev", "/app");
            let mut skill = script.skill(operator);
            let error = if reveal {
                skill.reveal_secret(&at, "A").unwrap_err()
            } else {
                skill.get_secret(&at, "A", None).unwrap_err()
            };
            let asked = script.paths().get(1).map(|path| (*path).to_owned());
            (error, asked)
        };
        for reveal in [false, true] {
            let operator = operator(api_version).with(|policy| policy.reveal = Reveals::On);
            let (error, asked) = ask(&operator, [none(), ok(imports)], reveal);
            let Error::NotFound(missing) = error else { panic!("{error:?}") };
            assert_eq!((missing.kind.as_str(), missing.name.as_str()), ("secret", "A"));
            assert!(missing.remedy.contains("imports path \"/shared\" of \"staging\""), "{}", missing.remedy);
            let asked = asked.unwrap();
            assert_eq!(asked, format!("{route}={PROJECT}&environment=dev&path=%2Fapp"));
            // If the imports can't be read, the error doesn't mention them.
            for answer in [ok(r#"{"secretImports":[]}"#), fault(403, "PermissionDenied", ""), ok("{}")] {
                let (error, _) = ask(&operator, [none(), answer], reveal);
                assert!(
                    matches!(&error, Error::NotFound(missing) if missing.remedy.starts_with("List the secrets")),
                    "{error:?}"
                );
            }
        }
    }
}

#[test]
fn imports_are_not_asked_for_where_something_else_is_missing() {
    let operator = operator(V4);
    let asks_for_imports =
        |script: &Script| script.requests.iter().any(|it| it.path_with_query.contains("secret-imports"));
    for missing in [fault(404, "NotFound", "Folder with path"), fault(403, "PermissionDenied", "")] {
        // For a missing folder, the component reads the project to learn its environments.
        let mut script = Script::of([missing, fault(403, "PermissionDenied", "")]);
        script.skill(&operator).get_secret(&place(PROJECT, "dev", "/app"), "A", None).unwrap_err();
        assert!(!asks_for_imports(&script), "{:?}", script.requests);
    }
    let mut script =
        Script::of([fault(404, "NotFound", "Secret with name"), fault(404, "NotFound", "Secret with name")]);
    script.skill(&operator).get_secret(&place(PROJECT, "dev", "/app"), "A", Some(7)).unwrap_err();
    assert!(!asks_for_imports(&script), "of an old version nothing is imported: {:?}", script.requests);
}
