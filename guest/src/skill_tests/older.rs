//! Behaviour that only older servers have.

use crate::testing::{Operator, PROJECT, Script, fault, ok, operator, place, raw_secret, scope};
use crate::{ApiVersion, Error, Layer, SecretFilter};
use serde_json::json;

const OTHER: &str = "00000000-0000-4000-8000-000000000000";

fn older() -> Operator {
    operator(ApiVersion::V3)
}

fn project(id: &str, slug: &str) -> serde_json::Value {
    json!({ "id": id, "slug": slug, "name": slug, "environments": [{ "slug": "dev", "name": "Development" }] })
}

fn folders(names: &[&str]) -> String {
    let folder = |name: &&str| json!({ "id": *name, "name": *name, "version": 1, "envId": "e", "parentId": "p" });
    json!({ "folders": names.iter().map(folder).collect::<Vec<_>>() }).to_string()
}

fn workspace(environments: &[&str]) -> String {
    let environments: Vec<_> = environments.iter().map(|slug| json!({ "slug": slug, "name": slug })).collect();
    json!({ "workspace": { "id": PROJECT, "slug": "p", "name": "p", "environments": environments } }).to_string()
}

#[test]
fn projects_are_listed_by_organization_where_it_is_known() {
    let operator = older().with(|policy| policy.organization = Some("org-1".to_owned()));
    let mut script = Script::of([ok(&json!({ "workspaces": [project(PROJECT, "a")] }).to_string())]);
    assert_eq!(script.skill(&operator).list_projects().unwrap().len(), 1);
    assert_eq!(script.paths(), ["/api/v2/organizations/org-1/workspaces"]);
}

#[test]
fn looks_up_named_projects_without_organization() {
    let scopes = [scope(PROJECT, &[], &["/a"]), scope(PROJECT, &[], &["/b"]), scope(OTHER, &[], &[])];
    let operator = older().scoped(&scopes);
    let wrap = |project: serde_json::Value| ok(&json!({ "workspace": project }).to_string());
    let mut script = Script::of([wrap(project(PROJECT, "a")), wrap(project(OTHER, "b"))]);
    assert_eq!(script.skill(&operator).list_projects().unwrap().len(), 2);
    assert_eq!(script.paths(), [format!("/api/v1/workspace/{PROJECT}"), format!("/api/v1/workspace/{OTHER}")]);

    let operator = older().with(|policy| policy.project = Some("a-slug".to_owned()));
    let mut script = Script::of([ok(&project(PROJECT, "a-slug").to_string())]);
    assert_eq!(script.skill(&operator).list_projects().unwrap().len(), 1);
    assert_eq!(script.paths(), ["/api/v2/workspace/a-slug"]);
}

#[test]
fn omits_unreadable_projects_unless_all_are() {
    let operator = older().scoped(&[scope(OTHER, &[], &[]), scope(PROJECT, &[], &[])]);
    let gone = fault(500, "Failed to find project by id", "Something went wrong");
    let found = ok(&json!({ "workspace": project(PROJECT, "a") }).to_string());
    let mut script = Script::of([gone.clone(), found]);
    assert_eq!(script.skill(&operator).list_projects().unwrap().len(), 1);
    let mut script = Script::of([gone.clone(), gone]);
    assert!(matches!(script.skill(&operator).list_projects(), Err(Error::NotFound(_))));
}

#[test]
fn refusal_without_organization_or_project_names_setting() {
    let many: Vec<_> = (0..21).map(|number| scope(&format!("p{number}"), &[], &[])).collect();
    for operator in [older(), older().scoped(&many)] {
        let mut script = Script::default();
        let result = script.skill(&operator).list_projects();
        assert!(
            matches!(&result, Err(Error::Refused(refusal))
                if refusal.layer == Layer::Input && refusal.remedy.contains("INFISICAL_ORG_ID")),
            "{result:?}"
        );
        assert!(script.requests.is_empty());
    }
}

#[test]
fn folders_are_walked_breadth_first() {
    let operator = older();
    let mut script =
        Script::of([ok(&folders(&["a", "b"])), ok(&folders(&["c"])), ok(&folders(&[])), ok(&folders(&[]))]);
    let found = script.skill(&operator).list_folders(&place(PROJECT, "dev", "/"), true).unwrap();
    let paths: Vec<&str> = found.folders.iter().map(|folder| folder.path.as_str()).collect();
    assert_eq!(paths, ["/a", "/a/c", "/b"]);
    let asked: Vec<&str> = script.paths().iter().filter_map(|path| path.split("&path=").nth(1)).collect();
    assert_eq!(asked, ["%2F", "%2Fa", "%2Fb", "%2Fa%2Fc"]);
}

#[test]
fn lists_folder_with_unwritable_path_but_not_its_content() {
    let operator = older();
    let mut script = Script::of([ok(&folders(&["..", "x/../y", "a/b", ".", "", "ok"])), ok(&folders(&[]))]);
    let found = script.skill(&operator).list_folders(&place(PROJECT, "dev", "/"), true).unwrap();
    assert_eq!(found.folders.len(), 6);
    assert_eq!(script.requests.len(), 2);
}

#[test]
fn a_recursive_list_ends_after_a_thousand_requests_and_says_so() {
    let operator = older();
    let mut script = Script { then: Some(ok(&folders(&["a", "b"]))), ..Script::default() };
    let result = script.skill(&operator).list_folders(&place(PROJECT, "dev", "/"), true);
    assert!(
        matches!(&result, Err(Error::Conflict(text)) if text.contains("delete the folders in it first")),
        "{result:?}"
    );
    assert_eq!(script.requests.len(), 1_000);
}

#[test]
fn secret_listing_tells_empty_from_missing_folder() {
    let operator = older();
    for recursive in [false, true] {
        for (secrets, is_there) in [(r#"{"secrets":[]}"#, true), (r#"{"secrets":[],"imports":[]}"#, false)] {
            let mut script = Script::of([ok(&folders(&[])), ok(secrets), ok(&workspace(&["dev"]))]);
            let found = script.skill(&operator).list_folders(&place(PROJECT, "dev", "/app"), recursive);
            assert_eq!(found.is_ok(), is_there, "{found:?}");
            assert!(is_there || matches!(found, Err(Error::NotFound(missing)) if missing.kind == "folder"));
            assert_eq!(script.requests.len(), if is_there { 2 } else { 3 });
        }
    }
    let mut script = Script::of([ok(&folders(&[]))]);
    assert!(script.skill(&operator).list_folders(&place(PROJECT, "dev", "/"), false).is_ok(), "the root always exists");
}

#[test]
fn empty_secret_list_with_imports_means_missing_folder() {
    let at = place(PROJECT, "dev", "/");
    let list = |api_version, body: &str| {
        let operator = operator(api_version);
        let mut script = Script::of([ok(body), ok(&workspace(&["staging", "prod"]))]);
        script.skill(&operator).list_secrets(&at, &SecretFilter::default())
    };
    let missing = r#"{"secrets":[],"imports":[]}"#;
    let Err(Error::NotFound(found)) = list(ApiVersion::V3, missing) else { panic!() };
    assert_eq!((found.kind.as_str(), found.name.as_str()), ("environment", "dev"));
    assert!(found.remedy.contains(r#""staging", "prod""#), "{found:?}");
    assert!(list(ApiVersion::V3, r#"{"secrets":[]}"#).is_ok());
    let full = json!({ "secrets": [raw_secret("K", "/")], "imports": [] }).to_string();
    assert!(list(ApiVersion::V3, &full).is_ok());
    assert!(list(ApiVersion::V4, missing).is_ok(), "a current server reports a missing folder itself");
}

#[test]
fn older_version_is_conflict_because_server_ignores_it() {
    let operator = older();
    let mut script = Script::of([ok(&json!({ "secret": raw_secret("K", "/") }).to_string())]);
    let found = script.skill(&operator).get_secret(&place(PROJECT, "dev", "/"), "K", Some(1));
    assert!(matches!(&found, Err(Error::Conflict(text)) if text.contains("history")), "{found:?}");
}
