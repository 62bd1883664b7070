//! Tests of Infisical's own audit log through the sandbox, in both API versions.

use infisical_emulator::{AuditLogSeed, Emulator, Seed};
use infisical_skill::{AuditLogFilter, EnvironmentSlug, ProjectId, Scope, SecretPath, tools};
use infisical_skill_contract::CANARY;
use infisical_skill_contract::emulated::{API_VERSIONS, asked, at, builder};
use serde_json::json;

async fn emulator(api_version: infisical_emulator::ApiVersion, licensed: bool) -> Emulator {
    Emulator::builder().api_version(api_version).seed(Seed::demo()).audit_logs(licensed).start().await.unwrap()
}

#[tokio::test]
async fn lists_entries_by_page_event_actor_and_time() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version, true).await;
        let skill = builder(&emulator).unwrap().build().unwrap();
        for _ in 0..3 {
            skill.list_secrets(at("/app"), infisical_skill::SecretFilter::default()).await.unwrap();
            skill.get_secret(at("/app"), "STRIPE_API_KEY", None).await.unwrap();
        }
        let page = |filter: AuditLogFilter| {
            let skill = skill.clone();
            async move { skill.list_audit_logs(filter).await.unwrap() }
        };
        let gets = AuditLogFilter { events: vec!["get-secret".into()], ..AuditLogFilter::default() };
        let all = page(gets.clone()).await;
        assert_eq!((all.logs.len(), all.next, all.note), (3, None, None), "{api_version:?}");
        let log = &all.logs[0];
        assert_eq!(
            (log.event.as_str(), log.name.as_deref(), log.path.as_deref()),
            ("get-secret", Some("STRIPE_API_KEY"), Some("/app"))
        );
        assert_eq!((log.environment.as_deref(), log.actor.name.as_deref()), (Some("dev"), Some("reader")));
        // Paging returns the same entries.
        let first = page(AuditLogFilter { limit: 2, ..gets.clone() }).await;
        assert_eq!((first.logs.len(), first.next), (2, Some(2)));
        let second = page(AuditLogFilter { limit: 2, offset: 2, ..gets.clone() }).await;
        assert_eq!((second.logs.len(), second.next), (1, None));
        assert_eq!([first.logs, second.logs].concat(), all.logs);
        for (actor, count) in [("reader", 3), ("writer", 0)] {
            let of = page(AuditLogFilter { actor: Some(actor.into()), ..gets.clone() }).await;
            assert_eq!(of.logs.len(), count, "{actor}");
        }
        let later = page(AuditLogFilter { since: Some("2199-01-01".into()), ..gets.clone() }).await;
        assert!(later.logs.is_empty() && later.note.unwrap().contains("free licence"));
    }
}

#[tokio::test]
async fn explains_missing_licence_and_permission() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version, false).await;
        let skill = builder(&emulator).unwrap().build().unwrap();
        let page = skill.list_audit_logs(AuditLogFilter::default()).await.unwrap();
        assert!(page.logs.is_empty() && page.note.unwrap().contains("free licence"));
        let outsider = infisical_skill_contract::emulated::credential(emulator.outsider());
        let skill = infisical_skill::Skill::builder(skill.origin().clone(), outsider)
            .defaults(infisical_skill::Place { project: Some(emulator.project_id()), ..Default::default() })
            .without_audit_trail()
            .build()
            .unwrap();
        let error = skill.list_audit_logs(AuditLogFilter::default()).await.unwrap_err();
        assert_eq!(error.kind(), "denied", "{error}");
        assert!(error.remedy().contains("project"), "{error}");
    }
}

#[tokio::test]
async fn drops_metadata_and_treats_names_as_untrusted_text() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version, true).await;
        let skill = builder(&emulator).unwrap().build().unwrap();
        emulator.put_audit_log(
            &AuditLogSeed::new("update-secret")
                .actor("EVIL\u{1b}[31m")
                .at("dev", "/app")
                .secret_key("NAME\nSPACE")
                .user_agent(CANARY)
                .metadata("secretValue", CANARY)
                .metadata("secretMetadata", json!([{ "key": "k", "value": CANARY }])),
        );
        let answer = tools::call(&skill, "list-audit-logs", json!({ "events": ["update-secret"] })).await.unwrap();
        let shown = answer.to_string();
        assert!(!shown.contains(CANARY) && !shown.contains('\u{1b}'), "{shown}");
        assert_eq!(answer["logs"][0]["name"], "NAME\nSPACE");
    }
}

#[tokio::test]
async fn shows_only_the_part_of_a_project_in_scope() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version, true).await;
        for (environment, path) in [("dev", "/app"), ("dev", "/billing"), ("prod", "/app")] {
            emulator.put_audit_log(&AuditLogSeed::new("get-secret").actor("x").at(environment, path).secret_key("K"));
        }
        emulator.put_audit_log(&AuditLogSeed::new("login-identity-universal-auth").actor("x"));
        let scope = Scope {
            project: ProjectId::new(emulator.project_id()).unwrap(),
            environments: vec![EnvironmentSlug::new("dev").unwrap()],
            paths: vec![SecretPath::new("/app").unwrap()],
        };
        let skill = builder(&emulator).unwrap().scopes(vec![scope]).build().unwrap();
        let page = skill.list_audit_logs(AuditLogFilter { limit: 4, ..AuditLogFilter::default() }).await.unwrap();
        let places: Vec<_> =
            page.logs.iter().map(|log| (log.environment.clone().unwrap(), log.path.clone().unwrap())).collect();
        assert_eq!(places, [("dev".to_owned(), "/app".to_owned())]);
        assert_eq!(page.next, Some(4), "omitted entries should keep their offset");
        // The host sends no request about another project.
        let before = asked(&emulator).len();
        let other = AuditLogFilter {
            project: Some(emulator.project_id_of("data-platform").unwrap()),
            ..AuditLogFilter::default()
        };
        assert_eq!(skill.list_audit_logs(other).await.unwrap_err().layer(), Some(infisical_skill::Layer::Scope));
        assert_eq!(asked(&emulator).len(), before);
    }
}

#[tokio::test]
async fn rejects_invalid_pages_and_times_before_sending() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version, true).await;
        let skill = builder(&emulator).unwrap().build().unwrap();
        for arguments in [
            json!({ "limit": 0 }),
            json!({ "limit": 201 }),
            json!({ "offset": 1_000_001 }),
            json!({ "since": "yesterday" }),
            json!({ "until": "2026-11-23T07:00:00+01:00" }),
            json!({ "events": ["a b"] }),
            json!({ "events": vec!["a"; 3], "project": "a/b" }),
            json!({ "actorId": "x" }),
        ] {
            let error = tools::call(&skill, "list-audit-logs", arguments.clone()).await.unwrap_err();
            assert_eq!(error.layer(), Some(infisical_skill::Layer::Input), "{arguments} {error}");
        }
        assert!(emulator.log().is_empty());
    }
}
