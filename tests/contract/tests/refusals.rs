//! Tests of missing, forbidden and invalid targets in both API versions: a typed error says what to
//! do.

use infisical_emulator::ApiVersion;
use infisical_skill::{Change, Layer, Origin, Place, ProjectId, Scope, SecretFilter, SecretPath, Skill, Target, tools};
use infisical_skill_contract::emulated::{API_VERSIONS, at, builder, credential, emulator, recursive};
use serde_json::json;

#[tokio::test]
async fn names_missing_things_with_a_remedy() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let skill = builder(&emulator).unwrap().build().unwrap();
        let list = |place: Place| {
            let skill = skill.clone();
            async move { skill.list_secrets(place, SecretFilter::default()).await }
        };
        let unknown_id = Place { project: Some("00000000-0000-4000-8000-000000000000".into()), ..at("/") };
        let unknown_slug = Place { project: Some("no-such-project".into()), ..at("/") };
        let unknown_environment = Place { environment: Some("nope".into()), ..at("/") };
        for (what, result) in [
            ("a folder", list(at("/no/such")).await.map(|_| ())),
            ("an environment", list(unknown_environment).await.map(|_| ())),
            ("a project id", list(unknown_id).await.map(|_| ())),
            ("a project slug", list(unknown_slug).await.map(|_| ())),
            ("a secret", skill.get_secret(at("/"), "NO_SUCH", None).await.map(|_| ())),
            ("a secret in no folder", skill.get_secret(at("/no/such"), "NO_SUCH", None).await.map(|_| ())),
            ("folders of no folder", skill.list_folders(at("/no/such"), false).await.map(|_| ())),
            ("folders of no folder, with all below", skill.list_folders(at("/no/such"), true).await.map(|_| ())),
        ] {
            let error = result.expect_err(what);
            assert_eq!(error.kind(), "not-found", "{api_version:?} {what}: {error}");
            assert!(!error.remedy().is_empty(), "{what}");
        }
        assert!(list(at("/empty")).await.unwrap().secrets.is_empty(), "an empty folder isn't a missing one");
        assert!(skill.list_folders(at("/empty"), false).await.unwrap().folders.is_empty());
    }
}

#[tokio::test]
async fn guard_refusals_never_reach_the_network() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let scope = Scope {
            project: ProjectId::new(emulator.project_id()).unwrap(),
            environments: Vec::new(),
            paths: vec![SecretPath::new("/app").unwrap()],
        };
        let skill = builder(&emulator).unwrap().scopes(vec![scope]).build().unwrap();
        let long = "x".repeat(4_096);
        for (tool, arguments, layer) in [
            ("list-secrets", json!({ "path": "/app/" }), Layer::Input),
            ("list-secrets", json!({ "path": "app" }), Layer::Input),
            ("list-secrets", json!({ "path": "/app/../x" }), Layer::Input),
            ("list-secrets", json!({ "path": "/app", "environment": "a/b" }), Layer::Input),
            ("list-secrets", json!({ "path": "/app", "environment": "" }), Layer::Input),
            ("list-secrets", json!({ "path": "/app", "project": "a?b" }), Layer::Input),
            ("list-secrets", json!({ "path": "/app", "tags": ["a,b"] }), Layer::Input),
            ("list-secrets", json!({ "path": "/app", "recursiv": true }), Layer::Input),
            ("list-folders", json!({ "path": "/app\n" }), Layer::Input),
            ("get-secret", json!({ "path": "/app", "name": "" }), Layer::Input),
            ("get-secret", json!({ "path": "/app", "name": long }), Layer::Input),
            ("no-such-tool", json!({}), Layer::Input),
            ("list-secrets", json!({ "path": "/" }), Layer::Scope),
            ("list-secrets", json!({ "path": "/apple", "recursive": true }), Layer::Scope),
            ("get-secret", json!({ "path": "/billing", "name": "INVOICE_SIGNING_KEY" }), Layer::Scope),
            (
                "list-folders",
                json!({ "path": "/app", "project": "00000000-0000-4000-8000-000000000000" }),
                Layer::Scope,
            ),
            ("reveal-secret", json!({ "path": "/app", "name": "STRIPE_API_KEY" }), Layer::RevealGate),
        ] {
            let error = tools::call(&skill, tool, arguments.clone()).await.expect_err(&format!("{tool} {arguments}"));
            assert_eq!(error.layer(), Some(layer), "{tool} {arguments}: {error}");
        }
        assert!(emulator.log().is_empty(), "{:?}", emulator.log());
        assert!(skill.list_secrets(at("/app"), recursive()).await.is_ok());
    }
}

#[tokio::test]
async fn projects_out_of_scope_are_not_listed_and_cannot_be_named() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let scope = Scope {
            project: ProjectId::new(emulator.project_id()).unwrap(),
            environments: vec![infisical_skill::EnvironmentSlug::new("dev").unwrap()],
            paths: Vec::new(),
        };
        let skill = builder(&emulator).unwrap().scopes(vec![scope]).build().unwrap();
        let projects = skill.list_projects().await.unwrap();
        assert_eq!(projects.len(), 1);
        assert_eq!(projects[0].environments.iter().map(|e| e.slug.as_str()).collect::<Vec<_>>(), ["dev"]);
        let other = Place { project: Some("data-platform".into()), ..Place::default() };
        let error = skill.list_secrets(other, SecretFilter::default()).await.unwrap_err();
        assert_eq!(error.layer(), Some(Layer::Scope), "{error}");
        assert!(!format!("{error}").contains(&emulator.project_id_of("data-platform").unwrap()));
    }
}

/// Guessing slugs doesn't reveal which projects exist.
#[tokio::test]
async fn hidden_project_is_refused_like_a_missing_one() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let project = ProjectId::new(emulator.project_id()).unwrap();
        let scope = Scope { project, environments: Vec::new(), paths: Vec::new() };
        let skill = builder(&emulator).unwrap().scopes(vec![scope]).build().unwrap();
        let place =
            |project: &str| Place { project: Some(project.into()), environment: Some("dev".into()), path: None };
        let mut said = Vec::new();
        for slug in ["data-platform", "no-such-project"] {
            let listing = skill.list_secrets(place(slug), SecretFilter::default()).await.unwrap_err();
            let one = skill.get_secret(place(slug), "A", None).await.unwrap_err();
            let folders = skill.list_folders(place(slug), false).await.unwrap_err();
            let deleted = Change::DeleteSecret(Target { at: place(slug), name: "A".to_owned() });
            let previewed = skill.preview(vec![deleted]).await.unwrap_err();
            said.push([listing, one, folders, previewed].map(|error| {
                assert_eq!(error.layer(), Some(Layer::Scope), "{slug} {error:?}");
                assert!(error.http().is_none(), "{slug} {error:?}");
                format!("{error:?}").replace(slug, "SLUG")
            }));
        }
        assert_eq!(said[0], said[1], "{api_version:?}");
        // A request with the project's id is refused before the server is contacted.
        let asked = emulator.log().len();
        for id in [emulator.project_id_of("data-platform").unwrap(), "00000000-0000-4000-8000-000000000000".into()] {
            let error = skill.list_secrets(place(&id), SecretFilter::default()).await.unwrap_err();
            assert_eq!(error.layer(), Some(Layer::Scope), "{error:?}");
        }
        assert!(emulator.log().len() <= asked + 1);
    }
}

#[tokio::test]
async fn permission_error_names_the_identity() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let outsider =
            Skill::builder(Origin::parse(&emulator.origin(), false).unwrap(), credential(emulator.outsider()))
                .defaults(Place { project: Some(emulator.project_id()), environment: Some("dev".into()), path: None })
                .without_audit_trail()
                .build()
                .unwrap();
        let error = outsider.list_secrets(at("/"), SecretFilter::default()).await.unwrap_err();
        assert_eq!(error.kind(), "denied", "{api_version:?} {error}");
        assert!(error.remedy().contains("read identity"), "{error}");
    }
}

#[tokio::test]
async fn old_server_without_organization_says_what_to_set() {
    let emulator = emulator(ApiVersion::V3).await.unwrap();
    let origin = || Origin::parse(&emulator.origin(), false).unwrap();
    let without = Skill::builder(origin(), credential(emulator.reader())).without_audit_trail().build().unwrap();
    let error = without.list_projects().await.unwrap_err();
    assert!(error.remedy().contains("INFISICAL_ORG_ID"), "{error}");
    let known = Place { project: Some(emulator.project_id()), ..Place::default() };
    let with_default =
        Skill::builder(origin(), credential(emulator.reader())).defaults(known).without_audit_trail().build().unwrap();
    assert_eq!(with_default.list_projects().await.unwrap()[0].slug, "agent-vault");
}
