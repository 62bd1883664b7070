//! Tests faults between a preview and its outcome: drift, races, lost connections, failing servers.
//! Nothing is sent twice.

use infisical_emulator::{ApiVersion, Fault, RequestMatch, SecretSeed};
use infisical_skill::{Change, Error, Layer, PlanOutcome, StepOutcome};
use infisical_skill_contract::emulated::API_VERSIONS;
use infisical_skill_contract::stage::{Stage, create, literal, target, update};
use std::time::Duration;

/// Matches changes of secrets, but no logins.
fn changes(api_version: ApiVersion) -> RequestMatch {
    RequestMatch::any().path_prefix(secrets(api_version))
}

fn secrets(api_version: ApiVersion) -> &'static str {
    if api_version == ApiVersion::V4 { "/api/v4/secrets" } else { "/api/v3/secrets/raw" }
}

fn drifted(result: Result<infisical_skill::Receipt, Error>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.layer(), Some(Layer::TwoPhaseConfirm), "{error:?}");
    error.reason()
}

#[tokio::test]
async fn what_changed_since_the_preview_is_named_and_nothing_is_sent() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let apply = async |change: Change, meanwhile: &dyn Fn()| {
            let preview = stage.skill.preview(vec![change]).await.unwrap();
            if preview.approval.is_some() {
                stage.skill.plan(&preview.plan).and_then(|card| stage.skill.approve_plan(&card)).unwrap();
            }
            meanwhile();
            drifted(stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await)
        };
        let put =
            |path: &str, name: &str| stage.emulator.put_secret("dev", path, &SecretSeed::new(name, "canary-drift"));
        let reason = apply(update("/app", "STRIPE_API_KEY", literal("x")), &|| put("/app", "STRIPE_API_KEY")).await;
        assert!(reason.contains("STRIPE_API_KEY") && reason.contains('2'), "{reason}");
        let reason = apply(create("/app", "NEW", literal("x")), &|| put("/app", "NEW")).await;
        assert!(reason.contains("NEW"), "{reason}");
        let gone = || assert!(stage.emulator.remove_secret("dev", "/app", "SERVICE_URL"));
        let reason = apply(Change::DeleteSecret(target("/app", "SERVICE_URL")), &gone).await;
        assert!(reason.contains("SERVICE_URL"), "{reason}");
        apply(Change::DeleteFolder(target("/", "app")), &|| put("/app/db", "LATE")).await;
        apply(Change::CreateFolder(target("/", "fresh")), &|| stage.emulator.put_folder("dev", "/fresh")).await;
        assert!(stage.changes_sent().is_empty(), "{api_version:?}");
    }
}

#[tokio::test]
async fn two_processes_that_redeem_one_plan_make_one_change() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let preview = stage.skill.preview(vec![create("/app", "ONCE", literal("x"))]).await.unwrap();
        let others: Vec<_> = (0..6).map(|_| stage.another(|builder| builder).unwrap()).collect();
        let mut attempts = tokio::task::JoinSet::new();
        for skill in others {
            let plan = preview.plan.clone();
            attempts.spawn(async move { skill.apply(&plan, None).await });
        }
        let results = attempts.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert!(
            results
                .iter()
                .flat_map(|result| result.as_ref().err())
                .all(|error| error.layer() == Some(Layer::TwoPhaseConfirm))
        );
        assert_eq!(stage.changes_sent().len(), 1);
    }
}

#[tokio::test]
async fn lost_connection_makes_outcome_unknown_and_reads_back() {
    for api_version in API_VERSIONS {
        for fault in [
            Fault::DropConnectionAfterHandling,
            Fault::TruncatedBody,
            Fault::DropConnectionBeforeAnswer,
            Fault::Status(500),
            Fault::HtmlAnswer(502),
        ] {
            let stage = Stage::new(api_version).await.unwrap();
            stage.switch_on().unwrap();
            let was_handled = matches!(fault, Fault::DropConnectionAfterHandling | Fault::TruncatedBody);
            stage.emulator.fail_next_matching(1, changes(api_version).method("DELETE"), fault.clone());
            let (_, receipt) = stage.change(Change::DeleteSecret(target("/app", "STRIPE_API_KEY"))).await.unwrap();
            assert_eq!(
                (receipt.outcome, &receipt.steps[0].outcome),
                (PlanOutcome::Unknown, &StepOutcome::Unknown),
                "{fault:?}"
            );
            let note = receipt.steps[0].note.clone().unwrap();
            assert_eq!(note.contains("shows the change was made"), was_handled, "{fault:?}: {note}");
            assert_eq!(stage.changes_sent().len(), 1, "{fault:?}: never sent twice");
        }
    }
}

#[tokio::test]
async fn silent_server_leaves_time_to_read_back() {
    let mut limits = infisical_skill::Limits::default();
    limits.deadline = Duration::from_secs(3);
    let stage = Stage::with(ApiVersion::V4, |builder| builder.limits(limits)).await.unwrap();
    stage.switch_on().unwrap();
    stage.emulator.fail_next_matching(1, changes(ApiVersion::V4).method("POST"), Fault::Delay(Duration::from_secs(10)));
    let (_, receipt) = stage.change(create("/app", "LATE", literal("x"))).await.unwrap();
    assert_eq!(receipt.outcome, PlanOutcome::Unknown);
    assert!(receipt.steps[0].note.as_deref().unwrap().contains("may still arrive"), "{receipt:?}");
    assert!(stage.changes_sent().len() <= 1);
}

#[tokio::test]
async fn server_refusal_is_definite_and_stops_the_rest() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let changes_of = |names: [&str; 3]| names.map(|name| create("/app", name, literal("x"))).to_vec();

        let preview = stage.skill.preview(changes_of(["A1", "A2", "A3"])).await.unwrap();
        stage.emulator.fail_next_matching(1, changes(api_version).method("POST"), Fault::Status(403));
        let error = stage.skill.apply(&preview.plan, None).await.unwrap_err();
        assert_eq!(error.kind(), "denied", "nothing was changed");
        assert!(error.remedy().contains("write identity"), "{error}");

        let preview = stage.skill.preview(changes_of(["B1", "B2", "B3"])).await.unwrap();
        let second = RequestMatch::any().method("POST").path_prefix(&format!("{}/B2", secrets(api_version)));
        stage.emulator.fail_next_matching(1, second, Fault::Status(400));
        let receipt = stage.skill.apply(&preview.plan, None).await.unwrap();
        let kinds: Vec<_> = receipt.steps.iter().map(|step| step.outcome.kind()).collect();
        assert_eq!((receipt.outcome, kinds), (PlanOutcome::Partial, vec!["applied", "failed", "not-sent"]));
        assert_eq!(
            stage.skill.plans().unwrap().iter().filter(|plan| plan.outcome == Some(PlanOutcome::Partial)).count(),
            1
        );
    }
}

#[tokio::test]
async fn older_servers_not_found_is_a_definite_refusal() {
    let stage = Stage::new(ApiVersion::V3).await.unwrap();
    stage.switch_on().unwrap();
    for (method, error, message, change) in [
        (
            "DELETE",
            "DeleteSecret",
            "Secret with name 'SERVICE_URL' not found",
            Change::DeleteSecret(target("/app", "SERVICE_URL")),
        ),
        (
            "POST",
            "CreateSecret",
            "Folder with path '/app' in environment with slug 'dev' not found",
            create("/app", "A", literal("x")),
        ),
        (
            "PATCH",
            "UpdateSecret",
            "Folder with path '/app' in environment with slug 'dev' not found",
            update("/app", "STRIPE_API_KEY", literal("x")),
        ),
    ] {
        let body = serde_json::json!({ "statusCode": 404, "message": message, "error": error }).to_string();
        let answer = Fault::Answer { status: 404, content_type: "application/json; charset=utf-8".to_owned(), body };
        stage.emulator.fail_next_matching(1, changes(ApiVersion::V3).method(method), answer);
        let refused = stage.change(change).await.map(|(_, receipt)| receipt).unwrap_err();
        assert_eq!(refused.kind(), "not-found", "{refused:?}");
    }
}

#[tokio::test]
async fn rejected_token_fails_the_change_without_resending() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        stage.change(create("/app", "FIRST", literal("x"))).await.unwrap();
        stage.emulator.revoke_tokens();
        let preview = stage.skill.preview(vec![create("/app", "SECOND", literal("x"))]).await.unwrap();
        let error = stage.skill.apply(&preview.plan, None).await.unwrap_err();
        assert_eq!(error.kind(), "unauthenticated", "{error:?}");
        assert_eq!(stage.changes_sent().len(), 2);
        stage.change(create("/app", "THIRD", literal("x"))).await.expect("the next plan logs in anew");
    }
}

#[tokio::test]
async fn failed_writer_login_never_falls_back_to_the_reader() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    stage.switch_on().unwrap();
    let preview = stage.skill.preview(vec![create("/app", "A", literal("x"))]).await.unwrap();
    let login = RequestMatch::any().path_prefix("/api/v1/auth/universal-auth/login");
    stage.emulator.fail_next_matching(1, login, Fault::Status(401));
    let error = stage.skill.apply(&preview.plan, None).await.unwrap_err();
    assert_eq!(error.kind(), "unauthenticated", "{error:?}");
    assert!(stage.changes_sent().is_empty());
}

#[tokio::test]
async fn a_plan_can_not_be_opened_with_another_write_identity() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    stage.switch_on().unwrap();
    let preview = stage.skill.preview(vec![create("/app", "A", literal("canary-pending"))]).await.unwrap();
    let admin = infisical_skill_contract::emulated::credential(stage.emulator.admin());
    let other = stage.another(|builder| builder.write_identity(admin)).unwrap();
    let error = other.apply(&preview.plan, None).await.unwrap_err();
    assert_eq!(error.layer(), Some(Layer::TwoPhaseConfirm), "{error:?}");
    let entries = std::fs::read_dir(stage.folder().join("plans")).unwrap().map(|entry| entry.unwrap().path());
    for path in entries.filter(|path| path.is_file()) {
        let bytes = std::fs::read(path).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"), "sealed");
    }
    stage.skill.apply(&preview.plan, None).await.unwrap();
}

#[tokio::test]
async fn expiry_during_apply_is_no_violation() {
    for api_version in API_VERSIONS {
        let mut rules = infisical_skill::ChangeRules::default();
        rules.plan_lifetime = Duration::from_secs(1);
        let stage = Stage::with(api_version, |builder| builder.changes(rules)).await.unwrap();
        stage.switch_on().unwrap();
        let creations = ["ONE", "TWO"].map(|name| create("/app", name, literal("v"))).to_vec();
        let preview = stage.skill.preview(creations).await.unwrap();
        let write = changes(api_version).method("POST");
        stage.emulator.fail_next_matching(1, write, Fault::Delay(Duration::from_millis(1_500)));
        let receipt = stage.skill.apply(&preview.plan, None).await.unwrap();
        assert_eq!(receipt.outcome, PlanOutcome::Partial, "{receipt:?}");
        assert_eq!(receipt.steps[0].outcome, StepOutcome::Applied);
        let why = match &receipt.steps[1].outcome {
            StepOutcome::Failed(error) => error.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(why.layer(), Some(Layer::TwoPhaseConfirm), "{why:?}");
        assert!(why.reason().contains("expired"), "{why}");
        assert_eq!(stage.changes_sent().len(), 1);
        let trail: String = std::fs::read_dir(stage.folder().join("audit"))
            .unwrap()
            .filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok())
            .collect();
        assert!(!trail.contains("egress"), "an honest component may not cause a violation: {trail}");
    }
}

#[tokio::test]
async fn recreated_folder_is_drift_and_no_violation() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let delete = || Change::DeleteFolder(target("/", "app"));
        let preview = stage.skill.preview(vec![delete()]).await.unwrap();
        stage.skill.plan(&preview.plan).and_then(|card| stage.skill.approve_plan(&card)).unwrap();
        stage.change(delete()).await.unwrap();
        stage.emulator.put_folder("dev", "/app");
        let reason = drifted(stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await);
        assert!(reason.contains("another one now"), "{reason}");
        assert_eq!(stage.changes_sent().len(), 1, "the other one's");
    }
}
