//! Tests failures of real servers and of proxies: the error names the cause, the HTTP status and
//! the next step.

use infisical_emulator::{ApiVersion, Fault, RequestMatch};
use infisical_skill::{
    Change, EnvironmentSlug, Error, Place, PlanOutcome, ProjectId, Scope, SecretFilter, Skill, StepOutcome,
};
use infisical_skill_contract::emulated::{API_VERSIONS, at};
use infisical_skill_contract::stage::{Stage, create, literal, target};
use infisical_skill_contract::{
    PROJECT, Plain, Reply, Scripted, builder, count_secrets, root, secret_json, with_state,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const REQ_ID: &str = "req-Ab12Cd34Ef56Gh";

fn said_no(status: u16, error: &str, message: &str) -> Reply {
    let body = json!({ "reqId": REQ_ID, "statusCode": status, "error": error, "message": message });
    Reply::json(status, &body)
}

/// A skill and a server that answers every request about secrets or folders with this.
async fn on(is_old: bool, reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Scripted, Skill, TempDir) {
    let server = Scripted::start(is_old, Plain, move |request| {
        let is_asked = request.target.contains("secretPath=") || request.target.contains("/folders?");
        is_asked.then(&reply)
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let skill = with_state(builder(&server.origin()).unwrap(), folder.path());
    infisical_skill_contract::reveals_on(folder.path()).unwrap();
    let skill = infisical_skill_contract::revealing(skill, infisical_skill_contract::PROJECT).unwrap();
    (server, skill.build().unwrap(), folder)
}

fn is_told(error: &Error, kind: &str, parts: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{text}");
    for part in parts {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!error.remedy().is_empty(), "{text}");
}

#[tokio::test]
async fn an_error_has_the_status_the_request_and_the_next_step() {
    for is_old in [false, true] {
        for (status, error, message, kind, said) in [
            (400, "BadRequest", "Missing environment", "invalid", "environment and path"),
            (
                403,
                "PermissionDenied",
                "You are not allowed to describeSecret on secrets",
                "denied",
                "`describeSecret` on `secrets`",
            ),
            (
                403,
                "ProjectMembershipNotFound",
                "You are not a member of this project with ID x",
                "denied",
                "add it to the project",
            ),
            (
                403,
                "ForbiddenError",
                "You are not allowed to access this resource from the current IP address",
                "denied",
                "trusted IPs",
            ),
            (404, "NotFound", "Secret with name 'A' not found", "not-found", "No such secret: A"),
            (500, "InternalServerError", "Something went wrong", "server-failed", "the server's own log"),
        ] {
            let (_server, skill, _folder) = on(is_old, move || said_no(status, error, message)).await;
            let found = skill.get_secret(root(), "A", None).await.unwrap_err();
            is_told(&found, kind, &[&format!("HTTP {status}"), REQ_ID, said]);
            let body = found.to_json();
            assert_eq!((&body["error"]["httpStatus"], &body["error"]["requestId"]), (&json!(status), &json!(REQ_ID)));
        }
    }
}

/// If the answer doesn't come from Infisical, the error blames no identity and no role.
#[tokio::test]
async fn names_a_proxy_as_the_source_of_its_answer() {
    for is_old in [false, true] {
        for status in [400, 401, 403, 404, 405, 407, 451] {
            let html = move || Reply::answer(status, "text/html", "<html>canary: request blocked</html>");
            let (_server, skill, _folder) = on(is_old, html).await;
            let error = count_secrets(&skill).await.unwrap_err();
            is_told(&error, "unexpected-answer", &[&format!("HTTP {status}"), "in front of"]);
            assert!(!error.to_string().contains("canary") && !error.to_string().contains("role"), "{error}");
        }
        let (_server, skill, _folder) = on(is_old, || Reply::answer(413, "text/html", "<html>")).await;
        let error = count_secrets(&skill).await.unwrap_err();
        is_told(&error, "invalid", &["HTTP 413", "raise its limit"]);
    }
}

#[tokio::test]
async fn compressed_answers_are_blamed_on_what_compresses_them() {
    let gzip = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x08x";
    let (_server, skill, _folder) = on(false, move || Reply::Bytes(gzip.as_bytes().to_vec())).await;
    let error = count_secrets(&skill).await.unwrap_err();
    is_told(&error, "unexpected-answer", &["compresses", "turn compression off for /api"]);
    assert!(!error.to_string().contains("login page"), "{error}");
}

fn moved(mut secret: Value, environment: &str, path: &str) -> Value {
    secret["environment"] = environment.into();
    secret["secretPath"] = path.into();
    secret
}

/// For a server that answers with an imported secret although the request excludes imports.
#[tokio::test]
async fn imported_secret_never_passes_for_a_local_one() {
    for is_old in [false, true] {
        let imported = || Reply::json(200, &json!({ "secret": moved(secret_json("A", 1), "prod", "/shared") }));
        let (server, skill, _folder) = on(is_old, imported).await;
        let hidden = skill.get_secret(root(), "A", None).await.unwrap_err();
        let plain = skill.reveal_secret(root(), "A").await.map(drop).unwrap_err();
        for error in [hidden, plain] {
            is_told(&error, "unexpected-answer", &["/shared in prod", "imported from there"]);
        }
        // The error doesn't name a place out of scope.
        let dev = Scope {
            project: ProjectId::new(PROJECT).unwrap(),
            environments: vec![EnvironmentSlug::new("dev").unwrap()],
            paths: Vec::new(),
        };
        let scoped = builder(&server.origin()).unwrap().scopes(vec![dev]).build().unwrap();
        let error = scoped.get_secret(root(), "A", None).await.unwrap_err();
        is_told(&error, "unexpected-answer", &["which isn't in scope"]);
        assert!(!error.to_string().contains("prod") && !error.to_string().contains("/shared"), "{error}");
    }
}

/// Servers send comments and metadata in plain text, even to identities that may not read values.
#[tokio::test]
async fn hides_comments_and_metadata_where_values_are_hidden() {
    for is_old in [false, true] {
        let mut secret = moved(secret_json("A", 1), "dev", "/");
        for (key, value) in [
            ("secretValue", json!("<hidden-by-infisical>")),
            ("secretValueHidden", json!(true)),
            ("secretComment", json!("canary-comment")),
            ("secretReminderNote", json!("canary-note")),
            ("secretMetadata", json!([{ "key": "canary-key", "value": "canary-value", "isEncrypted": true }])),
        ] {
            secret[key] = value;
        }
        let both = secret.clone();
        let (_server, skill, _folder) =
            on(is_old, move || Reply::json(200, &json!({ "secret": both.clone(), "secrets": [both.clone()] }))).await;
        let got = skill.get_secret(root(), "A", None).await.unwrap();
        let listed = skill.list_secrets(root(), SecretFilter::default()).await.unwrap();
        assert!(
            got.comment.is_some() && got.metadata.is_some(),
            "the answer should say that comment and metadata exist"
        );
        let shown = format!("{got:?} {listed:?} {} {}", json!(got), json!(listed));
        assert!(!shown.contains("canary"), "{shown}");
    }
}

fn reads(api_version: ApiVersion) -> RequestMatch {
    let secrets = if api_version == ApiVersion::V4 { "/api/v4/secrets" } else { "/api/v3/secrets/raw" };
    RequestMatch::any().method("GET").path_prefix(secrets)
}

fn changes(api_version: ApiVersion) -> RequestMatch {
    let secrets = if api_version == ApiVersion::V4 { "/api/v4/secrets/" } else { "/api/v3/secrets/raw/" };
    RequestMatch::any().method("POST").path_prefix(secrets)
}

/// A rate limit, an outage or a lost connection before the change uses up neither the plan nor the
/// approval.
#[tokio::test]
async fn failed_read_before_apply_keeps_plan_and_approval() {
    for api_version in API_VERSIONS {
        for fault in [Fault::Status(429), Fault::Status(500), Fault::HtmlAnswer(502), Fault::DropConnectionBeforeAnswer]
        {
            let stage = Stage::new(api_version).await.unwrap();
            stage.switch_on().unwrap();
            let deletion = Change::DeleteSecret(target("/app", "STRIPE_API_KEY"));
            let preview = stage.skill.preview(vec![deletion]).await.unwrap();
            stage.skill.plan(&preview.plan).and_then(|card| stage.skill.approve_plan(&card)).unwrap();
            stage.emulator.fail_next_matching(4, reads(api_version), fault.clone());
            let apply = || stage.skill.apply(&preview.plan, preview.acknowledge.as_deref());
            let error = apply().await.unwrap_err();
            assert!(error.reason().contains("Nothing was sent"), "{fault:?}: {error}");
            assert!(
                error.remedy().contains("can be applied again") && error.remedy().contains(&preview.expires),
                "{error}"
            );
            assert!(stage.changes_sent().is_empty());
            let status = stage.skill.plans().unwrap().into_iter().find(|plan| plan.card.plan == preview.plan).unwrap();
            assert!(status.outcome.is_none() && status.approved, "{status:?}");
            stage.emulator.clear_faults();
            let receipt = apply().await.unwrap();
            assert_eq!(receipt.outcome, PlanOutcome::Applied);
            assert_eq!(stage.changes_sent().len(), 1, "once");
            assert!(apply().await.unwrap_err().reason().contains("redeemed already"));
        }
    }
}

/// After a failure within a plan, the receipt says which changes were made, and that the plan is
/// used up.
#[tokio::test]
async fn rate_limit_within_a_plan_reports_what_was_applied() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let three = ["ONE", "TWO", "THREE"].map(|name| create("/app", name, literal("x")));
        let preview = stage.skill.preview(three.to_vec()).await.unwrap();
        let second = if api_version == ApiVersion::V4 { "/api/v4/secrets/TWO" } else { "/api/v3/secrets/raw/TWO" };
        stage.emulator.fail_next_matching(
            1,
            RequestMatch::any().method("POST").path_prefix(second),
            Fault::Status(429),
        );
        let receipt = stage.skill.apply(&preview.plan, None).await.unwrap();
        let kinds: Vec<_> = receipt.steps.iter().map(|step| step.outcome.kind()).collect();
        assert_eq!((receipt.outcome, kinds), (PlanOutcome::Partial, vec!["applied", "failed", "not-sent"]));
        let StepOutcome::Failed(error) = &receipt.steps[1].outcome else { panic!() };
        assert_eq!(error.kind(), "rate-limited");
        assert!(error.remedy().contains("used up") && !error.remedy().contains("Try again"), "{error}");
    }
}

/// Only a status that a server never sends after processing a request proves that the change wasn't
/// made.
#[tokio::test]
async fn proxy_answer_to_a_change_leaves_its_outcome_unknown() {
    for api_version in API_VERSIONS {
        for (status, is_ruled_out) in
            [(400, false), (403, false), (404, false), (429, false), (502, false), (413, true)]
        {
            let stage = Stage::new(api_version).await.unwrap();
            stage.switch_on().unwrap();
            let preview = stage.skill.preview(vec![create("/app", "NEW", literal("x"))]).await.unwrap();
            stage.emulator.fail_next_matching(1, changes(api_version), Fault::HtmlAnswer(status));
            match stage.skill.apply(&preview.plan, None).await {
                Err(error) if is_ruled_out => is_told(&error, "invalid", &["HTTP 413", "nothing was done"]),
                Ok(receipt) if !is_ruled_out => {
                    assert_eq!(receipt.outcome, PlanOutcome::Unknown, "{status}");
                    let note = receipt.steps[0].note.clone().unwrap();
                    assert!(note.contains(&format!("HTTP {status}")) && note.contains("not Infisical's"), "{note}");
                }
                other => panic!("{status}: {other:?}"),
            }
            assert_eq!(stage.changes_sent().len(), 1, "{status}: never sent twice");
        }
    }
}

#[tokio::test]
async fn an_unknown_environment_is_named_with_those_that_are_there() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        let nowhere = || Place { environment: Some("nope".to_owned()), ..at("/") };
        let listed = stage.skill.list_secrets(nowhere(), SecretFilter::default()).await.unwrap_err();
        let folders = stage.skill.list_folders(nowhere(), false).await.unwrap_err();
        let got = stage.skill.get_secret(nowhere(), "A", None).await.unwrap_err();
        let mut creation = create("/", "NEW", literal("x"));
        if let Change::CreateSecret(creation) = &mut creation {
            creation.at = nowhere();
        }
        let previewed = stage.skill.preview(vec![creation]).await.map(drop).unwrap_err();
        for error in [listed, folders, got, previewed] {
            is_told(&error, "not-found", &["No such environment: nope", "\"dev\"", "\"prod\""]);
        }
    }
}

#[tokio::test]
async fn distinguishes_missing_version_from_missing_secret() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    let error = stage.skill.get_secret(at("/app"), "STRIPE_API_KEY", Some(99)).await.unwrap_err();
    is_told(&error, "not-found", &["No such version: 99 of STRIPE_API_KEY", "newest version is"]);
    let error = stage.skill.get_secret(at("/app"), "NO_SUCH", Some(1)).await.unwrap_err();
    is_told(&error, "not-found", &["No such secret: NO_SUCH"]);
}

/// A name that was deleted and recreated belongs to two secrets.
#[tokio::test]
async fn never_returns_a_version_of_a_deleted_namesake() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    stage.switch_on().unwrap();
    for value in ["one", "two"] {
        let seed = infisical_emulator::SecretSeed::new("LIVES", value);
        stage.emulator.put_secret("dev", "/app", &seed);
    }
    assert_eq!(stage.skill.get_secret(at("/app"), "LIVES", Some(1)).await.unwrap().version, 1);
    stage.change(Change::DeleteSecret(target("/app", "LIVES"))).await.unwrap();
    stage.change(create("/app", "LIVES", literal("anew"))).await.unwrap();
    let error = stage.skill.get_secret(at("/app"), "LIVES", Some(2)).await.unwrap_err();
    assert!(matches!(error.kind(), "conflict" | "not-found"), "{error}");
    assert!(
        error.to_string().contains("earlier secret of this name") || error.to_string().contains("version"),
        "{error}"
    );
}
