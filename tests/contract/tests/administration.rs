//! Tests of projects, environments and members in both API versions: planned like other changes,
//! and only where the operator allows it.

use infisical_emulator::{ApiVersion, Emulator, Fault, IdentitySeed, RequestMatch, Role, Seed};
use infisical_skill::{
    Change, ChangeRules, EnvironmentCreation, EnvironmentSlug, Error, Invitation, Layer, PlanOutcome, ProjectCreation,
    ProjectId, Scope, StepOutcome,
};
use infisical_skill_contract::emulated::{API_VERSIONS, credential};
use infisical_skill_contract::stage::{Stage, create, literal};
use std::time::Duration;

/// A stage whose write identity is an admin, and whose operator allows administration.
async fn stage(api_version: ApiVersion) -> Stage {
    let emulator = Emulator::builder().api_version(api_version).seed(Seed::demo()).start().await.unwrap();
    let write = credential(emulator.admin());
    let stage = Stage::on(emulator, |builder| builder.write_identity(write).changes(allowed())).unwrap();
    stage.switch_on().unwrap();
    stage
}

fn allowed() -> ChangeRules {
    let mut rules = ChangeRules::default();
    rules.administration = true;
    rules
}

fn project(slug: &str) -> Change {
    Change::CreateProject(ProjectCreation { name: "Second vault".to_owned(), slug: slug.to_owned() })
}

fn environment(slug: &str) -> Change {
    Change::CreateEnvironment(EnvironmentCreation { project: None, name: "Testing".to_owned(), slug: slug.to_owned() })
}

fn invite(emails: &[&str], roles: &[&str]) -> Change {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Change::InviteMembers(Invitation { project: None, emails: texts(emails), roles: texts(roles) })
}

fn layer(error: &Error) -> Option<Layer> {
    error.layer()
}

#[tokio::test]
async fn creates_project_environment_and_members() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let id = stage.emulator.project_id();

        let (preview, receipt) = stage.change(environment("testing")).await.unwrap();
        assert_eq!(preview.acknowledge, Some(format!("create environment testing in project {id}")));
        assert_eq!(preview.requests, [format!("create environment testing (\"Testing\") [project {id}]")]);
        assert!(preview.approval.is_some() && !preview.effects[0].reversible, "{preview:?}");
        assert_eq!(receipt.outcome, PlanOutcome::Applied, "{receipt:?}");
        assert!(receipt.steps[0].note.as_deref().is_some_and(|note| note.contains("shows it")), "{receipt:?}");
        assert!(stage.emulator.environments_in(&id).iter().any(|(slug, name)| slug == "testing" && name == "Testing"));
        let (_, receipt) = stage.change(in_environment("testing")).await.unwrap();
        assert_eq!(receipt.outcome, PlanOutcome::Applied, "the new project should be usable");

        let (preview, receipt) = stage.change(project("second-vault")).await.unwrap();
        assert_eq!(preview.acknowledge.as_deref(), Some("create project second-vault"));
        assert_eq!(preview.requests, ["create project \"Second vault\" with the slug second-vault"]);
        assert_eq!(receipt.outcome, PlanOutcome::Applied, "{receipt:?}");

        let (preview, receipt) = stage.change(invite(&["dana@example.com", "lee@example.com"], &[])).await.unwrap();
        let phrase = format!("invite dana@example.com, lee@example.com to project {id} as member");
        assert_eq!(preview.acknowledge, Some(phrase));
        assert_eq!(receipt.outcome, PlanOutcome::Applied, "{receipt:?}");
        let members = stage.emulator.members();
        for email in ["dana@example.com", "lee@example.com"] {
            let member = members.iter().find(|member| member.email == email).unwrap();
            assert_eq!(member.roles, ["member"]);
        }

        // The read identity sends the reads. The write identity sends the changes, one request
        // each.
        let sent: Vec<_> = stage.changes_sent().iter().map(|sent| sent.path_and_query.clone()).collect();
        assert_eq!(sent.len(), 4, "{sent:?}");
        for exchange in stage.emulator.log().iter().filter(|it| !it.path_and_query.starts_with("/api/v1/auth/")) {
            let expected = if exchange.method == "GET" { "reader" } else { "admin" };
            assert_eq!(exchange.identity.as_deref(), Some(expected), "{exchange:?}");
        }
    }
}

fn in_environment(environment: &str) -> Change {
    let Change::CreateSecret(mut creation) = create("/", "FIRST", literal("canary")) else { panic!() };
    creation.at.environment = Some(environment.to_owned());
    Change::CreateSecret(creation)
}

#[tokio::test]
async fn gives_roles_only_on_current_servers() {
    let current = stage(ApiVersion::V4).await;
    let (preview, receipt) = current.change(invite(&["dana@example.com"], &["viewer"])).await.unwrap();
    assert!(preview.requests[0].ends_with("as viewer") && receipt.outcome == PlanOutcome::Applied, "{receipt:?}");
    assert_eq!(current.emulator.members().iter().find(|it| it.email == "dana@example.com").unwrap().roles, ["viewer"]);
    let older = stage(ApiVersion::V3).await;
    let refused = older.change(invite(&["dana@example.com"], &["viewer"])).await.unwrap_err();
    assert_eq!(layer(&refused), Some(Layer::Input), "{refused}");
    assert!(older.changes_sent().is_empty() && older.change(invite(&["dana@example.com"], &["member"])).await.is_ok());
}

#[tokio::test]
async fn administration_is_off_by_default_and_sends_nothing() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        for change in [project("second-vault"), environment("testing"), invite(&["dana@example.com"], &[])] {
            let refused = stage.skill.preview(vec![change]).await.unwrap_err();
            assert_eq!(layer(&refused), Some(Layer::Scope), "{refused}");
            assert!(refused.to_string().contains("administration = true"), "{refused}");
        }
        assert!(stage.emulator.log().is_empty(), "no request may be sent, not even a read");
    }
}

#[tokio::test]
async fn refuses_plan_filed_before_administration_was_turned_off() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let preview = stage.skill.preview(vec![environment("testing")]).await.unwrap();
        let card = stage.skill.plan(&preview.plan).unwrap();
        stage.skill.approve_plan(&card).unwrap();
        let write = credential(stage.emulator.admin());
        let strict = stage.another(|builder| builder.write_identity(write)).unwrap();
        let refused = strict.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap_err();
        assert_eq!(layer(&refused), Some(Layer::Scope), "{refused}");
        assert!(stage.changes_sent().is_empty());
        assert!(stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.is_ok(), "it is still there");
    }
}

#[tokio::test]
async fn administration_needs_a_scope_of_the_whole_project() {
    for api_version in API_VERSIONS {
        for (environments, is_allowed) in [(vec![], true), (vec!["dev"], false)] {
            let stage = stage(api_version).await;
            let scope = Scope {
                project: ProjectId::new(stage.emulator.project_id()).unwrap(),
                environments: environments.into_iter().map(|slug| EnvironmentSlug::new(slug).unwrap()).collect(),
                paths: Vec::new(),
            };
            let (write, scopes) = (credential(stage.emulator.admin()), vec![scope]);
            let skill =
                stage.another(|builder| builder.write_identity(write).changes(allowed()).scopes(scopes)).unwrap();
            let previewed = skill.preview(vec![environment("testing")]).await;
            assert_eq!(previewed.is_ok(), is_allowed, "{previewed:?}");
            let refused = skill.preview(vec![project("second-vault")]).await.unwrap_err();
            assert_eq!(layer(&refused), Some(Layer::Scope), "a new project is in no scope: {refused}");
        }
    }
}

#[tokio::test]
async fn reports_taken_slug_at_preview_and_at_apply() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let taken = stage.skill.preview(vec![environment("dev")]).await.unwrap_err();
        assert_eq!(taken.kind(), "conflict", "{taken}");
        let preview = stage.skill.preview(vec![environment("testing")]).await.unwrap();
        stage.skill.approve_plan(&stage.skill.plan(&preview.plan).unwrap()).unwrap();
        stage.change(environment("testing")).await.unwrap();
        let drifted = stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap_err();
        assert_eq!(layer(&drifted), Some(Layer::TwoPhaseConfirm), "{drifted}");
        assert_eq!(stage.changes_sent().len(), 1);
    }
}

/// The host compares what the component looks up anyway.
#[tokio::test]
async fn apply_has_no_lookup_beside_those_of_the_component() {
    for api_version in API_VERSIONS {
        for change in [environment("testing"), project("second-vault"), invite(&["dana@example.com"], &[])] {
            let stage = stage(api_version).await;
            let lookups = || {
                let log = stage.emulator.log().into_iter();
                let paths = log.filter(|it| it.method == "GET").map(|it| it.path_and_query);
                paths.filter(|path| path.contains("/projects/") || path.contains("/workspace/")).count()
            };
            let preview = stage.skill.preview(vec![change]).await.unwrap();
            stage.emulator.clear_log();
            stage.skill.approve_plan(&stage.skill.plan(&preview.plan).unwrap()).unwrap();
            stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap();
            // One read before the change. After an environment, another one reads it back.
            let expected = if preview.requests[0].starts_with("create environment") { 2 } else { 1 };
            assert_eq!(lookups(), expected, "{:?}", stage.emulator.log());
        }
    }
}

#[tokio::test]
async fn needs_a_separate_plan_a_phrase_and_a_person() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        for changes in [
            vec![environment("one"), environment("two")],
            vec![environment("one"), create("/", "A", literal("v"))],
            vec![create("/", "A", literal("v")), project("second-vault")],
        ] {
            let refused = stage.skill.preview(changes).await.unwrap_err();
            assert_eq!(layer(&refused), Some(Layer::Input), "{refused}");
        }
        let preview = stage.skill.preview(vec![environment("testing")]).await.unwrap();
        for phrase in [None, Some("create environment testing"), Some("yes")] {
            let refused = stage.skill.apply(&preview.plan, phrase).await.unwrap_err();
            assert_eq!(layer(&refused), Some(Layer::BlastRadius), "{refused}");
        }
        let refused = stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap_err();
        assert!(refused.to_string().contains("plans approve"), "{refused}");
        assert!(stage.changes_sent().is_empty());
    }
}

#[tokio::test]
async fn server_refuses_weak_identity_and_lost_answer_is_unknown() {
    for api_version in API_VERSIONS {
        // A member may create environments, so this needs a weaker role.
        let stage_of_viewer = stage(api_version).await;
        let viewer = IdentitySeed::new("second-viewer").role(Role::Viewer);
        let write = credential(stage_of_viewer.emulator.add_identity(&viewer));
        let skill = stage_of_viewer.another(|builder| builder.write_identity(write).changes(allowed())).unwrap();
        let preview = skill.preview(vec![environment("testing")]).await.unwrap();
        skill.approve_plan(&skill.plan(&preview.plan).unwrap()).unwrap();
        let denied = skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap_err();
        assert_eq!(denied.kind(), "denied", "{denied}");

        let stage = stage(api_version).await;
        let post = RequestMatch::any().method("POST").path_prefix("/api/v");
        let preview = stage.skill.preview(vec![environment("testing")]).await.unwrap();
        stage.skill.approve_plan(&stage.skill.plan(&preview.plan).unwrap()).unwrap();
        // The login comes first.
        stage.emulator.fail_next_matching(1, post.clone(), Fault::Delay(Duration::from_millis(1)));
        stage.emulator.fail_next_matching(1, post, Fault::DropConnectionAfterHandling);
        let receipt = stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap();
        assert_eq!(
            (receipt.outcome, &receipt.steps[0].outcome),
            (PlanOutcome::Unknown, &StepOutcome::Unknown),
            "{receipt:?}"
        );
        assert!(receipt.steps[0].note.as_deref().is_some_and(|note| note.contains("shows it")), "{receipt:?}");
        assert_eq!(stage.changes_sent().len(), 1, "it isn't sent again");
    }
}

#[tokio::test]
async fn rejects_misleading_names_before_sending() {
    let stage = stage(ApiVersion::V4).await;
    let titled =
        |name: &str| Change::CreateProject(ProjectCreation { name: name.to_owned(), slug: "second-vault".to_owned() });
    for change in [
        titled("A\u{202e}B"),
        titled("A\nB"),
        titled(""),
        project("Second"),
        project("../v1"),
        environment("a/b"),
        environment("a?b=c"),
        invite(&["dana@example.com\r\n"], &[]),
        invite(&["Dana <dana@example.com>"], &[]),
        invite(&[], &[]),
        invite(&["dana@example.com"], &["admin\",\"x"]),
    ] {
        let refused = stage.skill.preview(vec![change]).await.unwrap_err();
        assert_eq!(layer(&refused), Some(Layer::Input), "{refused}");
    }
    assert!(stage.emulator.log().is_empty());
}
