//! The main job, end to end, on both generations: agent call, sandboxed component, HTTP, emulator. Values never come out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use infisical_emulator::{Credentials, Emulator, Exchange, Fault, Generation, RequestMatch, SecretSeed, Seed};
use infisical_skill::{
    Credential, Error, Layer, Limits, OrganizationId, Origin, Place, ProjectId, Scope, SecretFilter, SecretPath, Skill,
    SkillBuilder, tools,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;

const GENERATIONS: [Generation; 2] = [Generation::V3, Generation::V4];

async fn emulator(generation: Generation) -> Emulator {
    Emulator::builder().generation(generation).seed(Seed::demo()).start().await.unwrap()
}

fn credential(credentials: Credentials) -> Credential {
    Credential::UniversalAuth { client_id: credentials.client_id, client_secret: credentials.client_secret.into() }
}

fn builder(emulator: &Emulator) -> SkillBuilder {
    Skill::builder(Origin::parse(&emulator.origin(), false).unwrap(), credential(emulator.reader()))
        .write_identity(credential(emulator.writer()))
        .organization(OrganizationId::new(emulator.org_id()).unwrap())
        .defaults(Place { project: Some(emulator.project_id()), environment: Some("dev".to_owned()), path: None })
}

fn at(path: &str) -> Place {
    Place { path: Some(path.to_owned()), ..Place::default() }
}

fn recursive() -> SecretFilter {
    SecretFilter { recursive: true, ..SecretFilter::default() }
}

/// Requests of the component's, without the host's own login and probe.
fn asked(emulator: &Emulator) -> Vec<Exchange> {
    let own = |exchange: &Exchange| {
        exchange.path_and_query.starts_with("/api/v1/auth/") || exchange.path_and_query == "/api/v4/secrets"
    };
    emulator.log().into_iter().filter(|exchange| !own(exchange)).collect()
}

#[tokio::test]
async fn an_agent_sees_projects_folders_and_secrets_and_no_value() {
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let skill = builder(&emulator).build().unwrap();
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
        assert_eq!(folders, ["/app", "/billing", "/empty"], "{generation:?}");
        let mut all: Vec<_> =
            skill.list_folders(at("/"), true).await.unwrap().folders.into_iter().map(|folder| folder.path).collect();
        all.sort();
        assert_eq!(all, ["/app", "/app/db", "/billing", "/empty"], "{generation:?}");

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
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let skill = builder(&emulator).build().unwrap();
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
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let skill = builder(&emulator).build().unwrap();
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
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let skill = builder(&emulator).build().unwrap();
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
async fn what_does_not_exist_is_named_with_what_to_do() {
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let skill = builder(&emulator).build().unwrap();
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
            assert_eq!(error.kind(), "not-found", "{generation:?} {what}: {error}");
            assert!(!error.remedy().is_empty(), "{what}");
        }
        assert!(list(at("/empty")).await.unwrap().secrets.is_empty(), "an empty folder isn't a missing one");
        assert!(skill.list_folders(at("/empty"), false).await.unwrap().folders.is_empty());
    }
}

#[tokio::test]
async fn what_is_refused_by_the_guard_never_reaches_the_network() {
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let scope = Scope {
            project: ProjectId::new(emulator.project_id()).unwrap(),
            environments: Vec::new(),
            paths: vec![SecretPath::new("/app").unwrap()],
        };
        let skill = builder(&emulator).scopes(vec![scope]).build().unwrap();
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
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let scope = Scope {
            project: ProjectId::new(emulator.project_id()).unwrap(),
            environments: vec![infisical_skill::EnvironmentSlug::new("dev").unwrap()],
            paths: Vec::new(),
        };
        let skill = builder(&emulator).scopes(vec![scope]).build().unwrap();
        let projects = skill.list_projects().await.unwrap();
        assert_eq!(projects.len(), 1);
        assert_eq!(projects[0].environments.iter().map(|e| e.slug.as_str()).collect::<Vec<_>>(), ["dev"]);
        let other = Place { project: Some("data-platform".into()), ..Place::default() };
        let error = skill.list_secrets(other, SecretFilter::default()).await.unwrap_err();
        assert_eq!(error.layer(), Some(Layer::Scope), "{error}");
        assert!(!format!("{error}").contains(&emulator.project_id_of("data-platform").unwrap()));
    }
}

#[tokio::test]
async fn odd_names_can_be_read_as_they_are() {
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let skill = builder(&emulator).build().unwrap();
        let long = "N".repeat(300);
        for name in [
            "..",
            ".",
            "WITH/SLASH",
            "A%2B+C",
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
                .unwrap_or_else(|e| panic!("{generation:?} {name:?}: {e}"));
            assert_eq!((secret.name.as_str(), secret.path.as_str()), (name, "/app"));
        }
        let twin = skill.get_secret(at("/app"), "\u{e9}", None).await.unwrap_err();
        assert_eq!(twin.kind(), "not-found", "a name's twin in another normal form is another name");
    }
}

#[tokio::test]
async fn an_older_version_is_shown_where_the_server_keeps_it_and_never_mistaken() {
    let emulator = emulator(Generation::V4).await;
    let skill = builder(&emulator).build().unwrap();
    emulator.put_secret("dev", "/app", &SecretSeed::new("STRIPE_API_KEY", "canary-value-2"));
    assert_eq!(skill.get_secret(at("/app"), "STRIPE_API_KEY", None).await.unwrap().version, 2);
    assert_eq!(skill.get_secret(at("/app"), "STRIPE_API_KEY", Some(1)).await.unwrap().version, 1);
    assert_eq!(skill.get_secret(at("/app"), "STRIPE_API_KEY", Some(9)).await.unwrap_err().kind(), "not-found");

    let old = self::emulator(Generation::V3).await;
    let skill = builder(&old).build().unwrap();
    old.put_secret("dev", "/app", &SecretSeed::new("STRIPE_API_KEY", "canary-value-2"));
    let error = skill.get_secret(at("/app"), "STRIPE_API_KEY", Some(1)).await.unwrap_err();
    assert_eq!(error.kind(), "conflict", "an old server answers with the newest version instead: {error}");
}

#[tokio::test]
async fn a_revealed_value_is_the_stored_one_and_shows_only_where_it_is_asked_for() {
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let skill = builder(&emulator).reveal(true).build().unwrap();
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
async fn without_permission_the_error_says_whose_it_is() {
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let outsider =
            Skill::builder(Origin::parse(&emulator.origin(), false).unwrap(), credential(emulator.outsider()))
                .defaults(Place { project: Some(emulator.project_id()), environment: Some("dev".into()), path: None })
                .build()
                .unwrap();
        let error = outsider.list_secrets(at("/"), SecretFilter::default()).await.unwrap_err();
        assert_eq!(error.kind(), "denied", "{generation:?} {error}");
        assert!(error.remedy().contains("read identity"), "{error}");
    }
}

#[tokio::test]
async fn an_old_server_without_an_organization_id_lists_what_is_known_or_says_what_to_set() {
    let emulator = emulator(Generation::V3).await;
    let origin = || Origin::parse(&emulator.origin(), false).unwrap();
    let without = Skill::builder(origin(), credential(emulator.reader())).build().unwrap();
    let error = without.list_projects().await.unwrap_err();
    assert!(error.remedy().contains("INFISICAL_ORG_ID"), "{error}");
    let known = Place { project: Some(emulator.project_id()), ..Place::default() };
    let with_default = Skill::builder(origin(), credential(emulator.reader())).defaults(known).build().unwrap();
    assert_eq!(with_default.list_projects().await.unwrap()[0].slug, "agent-vault");
}

#[tokio::test]
async fn expiry_and_revocation_are_got_over_and_a_wrong_secret_is_not() {
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let skill = builder(&emulator).build().unwrap();
        let list = || skill.list_secrets(at("/"), SecretFilter::default());
        assert!(list().await.is_ok());
        emulator.revoke_tokens();
        assert!(list().await.is_ok());
        emulator.advance_clock(Duration::from_secs(100_000));
        assert!(list().await.is_ok());
        emulator.rotate_client_secret(&emulator.reader().identity_id);
        emulator.revoke_tokens();
        assert_eq!(list().await.unwrap_err().kind(), "unauthenticated");
    }
}

#[tokio::test]
async fn trouble_on_the_way_is_told_apart_and_gone_with_the_next_call() {
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        let mut limits = Limits::default();
        limits.deadline = Duration::from_secs(1);
        let skill = builder(&emulator).limits(limits).build().unwrap();
        skill.list_projects().await.unwrap();
        for (fault, kind) in [
            (Fault::Status(500), "server-failed"),
            (Fault::Status(429), "rate-limited"),
            (Fault::HtmlAnswer(200), "unexpected-answer"),
            (Fault::HtmlAnswer(502), "server-failed"),
            (Fault::TruncatedBody, "unreachable"),
            (Fault::DropConnectionBeforeAnswer, "unreachable"),
            (Fault::Delay(Duration::from_secs(5)), "timed-out"),
            (Fault::Redirect(302, "/login".to_owned()), "unexpected-answer"),
        ] {
            let shown = format!("{fault:?}");
            emulator.fail_next_matching(1, RequestMatch::any().method("GET"), fault);
            let error = skill.list_secrets(at("/"), SecretFilter::default()).await.expect_err(&shown);
            assert_eq!(error.kind(), kind, "{generation:?} {shown}: {error}");
            assert!(skill.list_secrets(at("/"), SecretFilter::default()).await.is_ok(), "after {shown}");
        }
    }
}

#[tokio::test]
async fn an_upgraded_or_downgraded_server_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let old = emulator(Generation::V3).await;
    let skill = builder(&old).state_dir(folder.path().to_owned()).build().unwrap();
    skill.list_projects().await.unwrap();
    assert_eq!(skill.generation(), Some(infisical_skill::Generation::V3));
    // Another process, later: no probe.
    old.clear_log();
    builder(&old).state_dir(folder.path().to_owned()).build().unwrap().list_projects().await.unwrap();
    assert!(old.log().iter().all(|exchange| exchange.path_and_query != "/api/v4/secrets"));
    // What was kept is wrong: one call fails, the next asks anew.
    std::fs::write(folder.path().join("generation"), format!("v4 {}\n", old.origin())).unwrap();
    let stale = builder(&old).state_dir(folder.path().to_owned()).build().unwrap();
    assert_eq!(stale.list_projects().await.unwrap_err().kind(), "unexpected-answer");
    assert!(stale.list_projects().await.is_ok());
}

#[tokio::test]
async fn ten_thousand_secrets_fit_into_the_default_limits() {
    for generation in GENERATIONS {
        let emulator = emulator(generation).await;
        for i in 0..10_000 {
            emulator.put_secret(
                "prod",
                "/bulk",
                &SecretSeed::new(&format!("SECRET_NUMBER_{i:05}"), "canary-value-bulk").comment("why"),
            );
        }
        let skill = builder(&emulator).build().unwrap();
        let bulk = Place { environment: Some("prod".into()), ..at("/bulk") };
        let listing = skill.list_secrets(bulk, SecretFilter::default()).await.unwrap();
        assert_eq!(listing.secrets.len(), 10_000);
        assert_eq!(listing.secrets.iter().filter(|secret| secret.comment.is_some()).count(), 10_000);
    }
}

#[tokio::test]
async fn a_component_that_needs_more_memory_than_it_may_have_leaves_the_host_unharmed() {
    let emulator = emulator(Generation::V4).await;
    for i in 0..10_000 {
        emulator.put_secret("prod", "/bulk", &SecretSeed::new(&format!("SECRET_NUMBER_{i:05}"), "v"));
    }
    let mut limits = Limits::default();
    limits.memory = 4 << 20;
    let skill = builder(&emulator).limits(limits).build().unwrap();
    let bulk = Place { environment: Some("prod".into()), ..at("/bulk") };
    let error = skill.list_secrets(bulk, SecretFilter::default()).await.unwrap_err();
    assert!(matches!(error, Error::Sandbox(_)), "{error}");
    assert_eq!(skill.list_secrets(at("/"), SecretFilter::default()).await.map(|listing| listing.secrets.len()), Ok(2));
}

#[tokio::test]
async fn the_json_of_the_tools_is_what_it_was() {
    let emulator = emulator(Generation::V4).await;
    let skill = builder(&emulator).build().unwrap();
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
    assert_eq!(keys, ["environment", "path", "project", "secrets"]);
}
