//! Tests the main use end to end in both API versions: agent call, sandboxed component, HTTP,
//! emulator. No value is returned.

use infisical_emulator::{ApiVersion, SecretSeed};
use infisical_skill::{Place, SecretFilter, tools};
use infisical_skill_contract::emulated::{API_VERSIONS, asked, at, builder, emulator, recursive};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

#[tokio::test]
async fn an_agent_sees_projects_folders_and_secrets_and_no_value() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let skill = builder(&emulator).unwrap().build().unwrap();
        let mut seen = String::new();

        let projects = skill.list_projects().await.unwrap();
        let slugs: Vec<_> = projects.iter().map(|project| project.slug.as_str()).collect();
        assert_eq!(slugs, ["agent-vault", "data-platform"]);
        assert_eq!(
            projects[0].environments.iter().map(|e| e.slug.as_str()).collect::<Vec<_>>(),
            ["dev", "staging", "prod"]
        );

        let mut folders: Vec<_> =
            skill.list_folders(at("/"), false).await.unwrap().folders.into_iter().map(|folder| folder.path).collect();
        folders.sort();
        assert_eq!(folders, ["/app", "/billing", "/empty"], "{api_version:?}");
        let mut all: Vec<_> =
            skill.list_folders(at("/"), true).await.unwrap().folders.into_iter().map(|folder| folder.path).collect();
        all.sort();
        assert_eq!(all, ["/app", "/app/db", "/billing", "/empty"], "{api_version:?}");

        let listing = skill.list_secrets(at("/"), recursive()).await.unwrap();
        let mut names: Vec<_> =
            listing.secrets.iter().map(|secret| format!("{} {}", secret.path, secret.name)).collect();
        names.sort();
        assert_eq!(
            names,
            [
                "/ DATABASE_URL",
                "/ SENTRY_DSN",
                "/app SERVICE_URL",
                "/app STRIPE_API_KEY",
                "/app/db DB_PASSWORD",
                "/app/db DB_USER",
                "/billing INVOICE_SIGNING_KEY"
            ]
        );
        assert_eq!(listing.place.project, emulator.project_id());

        let secret = skill.get_secret(at("/"), "DATABASE_URL", None).await.unwrap();
        assert_eq!((secret.version, secret.tags.as_slice()), (1, &["infra".to_owned()][..]));
        assert!(secret.comment.is_some() && secret.metadata.is_none());
        let noted = skill.get_secret(at("/app"), "STRIPE_API_KEY", None).await.unwrap();
        assert!(noted.comment.is_none() && noted.metadata.is_some());

        for (tool, arguments) in [
            ("list-projects", json!({})),
            ("list-folders", json!({ "recursive": true })),
            ("list-secrets", json!({ "recursive": true })),
            ("get-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })),
        ] {
            seen.push_str(&tools::call(&skill, tool, arguments).await.unwrap().to_string());
        }
        seen.push_str(&format!("{projects:?}{listing:?}{secret:?}{noted:?}"));
        assert!(!seen.contains("canary"), "{seen}");
        assert!(seen.contains("\"value\":\"<hidden>\""));

        for exchange in asked(&emulator) {
            assert_eq!(
                (exchange.method.as_str(), exchange.identity.as_deref()),
                ("GET", Some("reader")),
                "{exchange:?}"
            );
            assert!(
                !exchange.path_and_query.contains("secrets")
                    || exchange.path_and_query.contains("viewSecretValue=false")
            );
        }
    }
}

#[tokio::test]
async fn one_listing_costs_one_request_once_the_host_is_warm() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let skill = builder(&emulator).unwrap().build().unwrap();
        skill.list_secrets(at("/"), SecretFilter::default()).await.unwrap();
        assert_eq!(emulator.log().len(), 3, "login, probe, list");
        emulator.clear_log();
        for _ in 0..5 {
            skill.list_secrets(at("/"), SecretFilter::default()).await.unwrap();
        }
        assert_eq!(emulator.log().len(), 5);
    }
}

#[tokio::test]
async fn a_listing_can_be_narrowed_by_name_and_tag() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let skill = builder(&emulator).unwrap().build().unwrap();
        let names = |filter: SecretFilter| {
            let skill = skill.clone();
            async move {
                let mut names: Vec<_> =
                    skill.list_secrets(at("/"), filter).await.unwrap().secrets.into_iter().map(|s| s.name).collect();
                names.sort();
                names
            }
        };
        assert_eq!(
            names(SecretFilter { name_contains: Some("db_".into()), ..recursive() }).await,
            ["DB_PASSWORD", "DB_USER"]
        );
        assert_eq!(
            names(SecretFilter { tags: vec!["rotated".into(), "payments".into()], ..recursive() }).await,
            ["DB_PASSWORD", "INVOICE_SIGNING_KEY", "STRIPE_API_KEY"]
        );
        assert!(names(SecretFilter { name_contains: Some("db_".into()), ..SecretFilter::default() }).await.is_empty());
    }
}

#[tokio::test]
async fn a_project_can_be_named_by_its_slug() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let skill = builder(&emulator).unwrap().build().unwrap();
        let by_slug = Place {
            project: Some("data-platform".into()),
            environment: Some("prod".into()),
            path: Some("/etl".into()),
        };
        let listing = skill.list_secrets(by_slug, SecretFilter::default()).await.unwrap();
        assert_eq!(Some(listing.place.project), emulator.project_id_of("data-platform"));
        assert_eq!(listing.secrets[0].name, "WAREHOUSE_PASSWORD");
    }
}

#[tokio::test]
async fn odd_names_can_be_read_as_they_are() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let skill = builder(&emulator).unwrap().build().unwrap();
        let long = "N".repeat(300);
        for name in [
            "..",
            ".",
            "WITH/SLASH",
            "A%2B+C",
            "a%2Fb",
            "WITH BLANK",
            "WITH:COLON",
            "KEY🔐",
            "a.b-c",
            "?x=1&y",
            "#",
            "__proto__",
            " ends ",
            "tab\there",
            "e\u{301}",
            &long,
        ] {
            emulator.put_secret("dev", "/app", &SecretSeed::new(name, "canary-value-odd"));
            let secret = skill
                .get_secret(at("/app"), name, None)
                .await
                .unwrap_or_else(|e| panic!("{api_version:?} {name:?}: {e}"));
            assert_eq!((secret.name.as_str(), secret.path.as_str()), (name, "/app"));
        }
        let twin = skill.get_secret(at("/app"), "\u{e9}", None).await.unwrap_err();
        assert_eq!(twin.kind(), "not-found", "a name in another Unicode normal form should be a different name");
        emulator.put_secret("dev", "/app", &SecretSeed::new("\u{e9}", "canary-value-odd"));
        emulator.put_secret("dev", "/app", &SecretSeed::new("\u{e9}", "canary-value-odder"));
        for (name, version) in [("\u{e9}", 2), ("e\u{301}", 1)] {
            let secret = skill.get_secret(at("/app"), name, None).await.unwrap();
            assert_eq!((secret.name.as_str(), secret.version), (name, version), "{api_version:?}: both are there");
        }
    }
}

#[tokio::test]
async fn shows_older_version_only_where_the_server_keeps_it() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    let skill = builder(&emulator).unwrap().build().unwrap();
    emulator.put_secret("dev", "/app", &SecretSeed::new("STRIPE_API_KEY", "canary-value-2"));
    assert_eq!(skill.get_secret(at("/app"), "STRIPE_API_KEY", None).await.unwrap().version, 2);
    assert_eq!(skill.get_secret(at("/app"), "STRIPE_API_KEY", Some(1)).await.unwrap().version, 1);
    assert_eq!(skill.get_secret(at("/app"), "STRIPE_API_KEY", Some(9)).await.unwrap_err().kind(), "not-found");

    let old = infisical_skill_contract::emulated::emulator(ApiVersion::V3).await.unwrap();
    let skill = builder(&old).unwrap().build().unwrap();
    old.put_secret("dev", "/app", &SecretSeed::new("STRIPE_API_KEY", "canary-value-2"));
    let error = skill.get_secret(at("/app"), "STRIPE_API_KEY", Some(1)).await.unwrap_err();
    assert_eq!(error.kind(), "conflict", "an old server answers with the newest version instead: {error}");
}

#[tokio::test]
async fn reveals_the_stored_value_only_where_requested() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let with_trail = infisical_skill_contract::with_state(builder(&emulator).unwrap(), folder.path());
        infisical_skill_contract::reveals_on(folder.path()).unwrap();
        let skill = infisical_skill_contract::revealing(with_trail, &emulator.project_id()).unwrap().build().unwrap();
        let revealed = skill.reveal_secret(at("/app"), "SERVICE_URL").await.unwrap();
        assert_eq!(
            revealed.value.expose_secret(),
            emulator.secret("dev", "/app", "SERVICE_URL").unwrap().value,
            "references stay as they are"
        );
        assert!(!format!("{revealed:?}").contains("canary"));
        let shown =
            tools::call(&skill, "reveal-secret", json!({ "path": "/app", "name": "STRIPE_API_KEY" })).await.unwrap();
        assert_eq!(shown["value"], "sk_test_canary-value-dev-stripe");
        assert!(!shown.to_string().contains("canary-metadata"));
        let listed = tools::call(&skill, "list-secrets", json!({ "path": "/app" })).await.unwrap();
        assert!(!listed.to_string().contains("canary"), "a listing stays hidden");
        let reveals =
            asked(&emulator).iter().filter(|exchange| exchange.path_and_query.contains("viewSecretValue=true")).count();
        assert_eq!(reveals, 2);
    }
}

#[tokio::test]
async fn tool_json_matches_the_snapshot() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    let skill = builder(&emulator).unwrap().build().unwrap();
    let answer = tools::call(&skill, "get-secret", json!({ "name": "DATABASE_URL" })).await.unwrap();
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "comment",
            "createdAt",
            "environment",
            "id",
            "metadata",
            "name",
            "path",
            "tags",
            "updatedAt",
            "updatedBy",
            "value",
            "version"
        ]
    );
    assert_eq!(
        (&answer["comment"], &answer["metadata"], &answer["value"]),
        (&json!("<hidden>"), &Value::Null, &json!("<hidden>"))
    );
    let answer = tools::call(&skill, "list-secrets", json!({})).await.unwrap();
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["environment", "path", "project", "secrets", "total"]);
    let keys: Vec<&String> = answer["secrets"][0].as_object().unwrap().keys().collect();
    let expected = ["comment", "createdAt", "environment", "name", "path", "tags", "updatedAt", "value", "version"];
    assert_eq!(keys, expected, "compact: without its id, and without what is null");
}
