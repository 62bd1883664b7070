//! Tests the audit trail of real calls in both API versions: what is recorded, when, and what
//! happens if recording fails.

use infisical_emulator::ApiVersion;
use infisical_skill::audit::log::{
    Act, CallOutcome, Disk, Event, Identity, Outcome, Record, ReportedBy, records, verify,
};
use infisical_skill::audit_reader::history::{self, Filter, Row};
use infisical_skill::{Change, Error, Layer, Place, SecretFilter, audit, tools};
use infisical_skill_contract::emulated::{API_VERSIONS, at};
use infisical_skill_contract::stage::{Stage, create, literal, target};
use infisical_skill_contract::{CANARY, Plain, Reply, Scripted};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

fn trail(folder: &Path) -> Vec<Record> {
    let files = audit::open(folder);
    assert_eq!(verify(&files, None).unwrap().problem, None);
    records(&files).unwrap().into_iter().map(Result::unwrap).collect()
}

fn rows(folder: &Path) -> Vec<Row> {
    history::rows(trail(folder), &Filter::default())
}

fn outcome(record: &Record) -> &Outcome {
    match &record.event {
        Event::Outcome(outcome) => outcome,
        other => panic!("{other:?}"),
    }
}

fn layer<T: std::fmt::Debug>(result: Result<T, Error>) -> Option<Layer> {
    result.unwrap_err().layer()
}

#[tokio::test]
async fn records_intent_and_outcome_with_every_request_of_a_read() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        let skill = stage.skill.for_caller("Test\u{1b} client", Some("1.2"));
        skill.get_secret(at("/app"), "STRIPE_API_KEY", None).await.unwrap();
        skill.get_secret(at("/app"), "NOPE", None).await.unwrap_err();
        let trail = trail(stage.folder());
        let kinds: Vec<bool> = trail.iter().map(|record| matches!(record.event, Event::Intent(_))).collect();
        assert_eq!(kinds, [true, false, true, false]);
        let first = outcome(&trail[1]);
        assert_eq!(first.asked.caller.client.as_deref(), Some("Test\\u{1b} client"));
        assert_eq!(first.asked.caller.version.as_deref(), Some("1.2"));
        assert_eq!(
            (first.asked.tool.as_str(), first.asked.grant.as_str(), first.outcome),
            ("get-secret", "reads", CallOutcome::Done)
        );
        assert_eq!(first.asked.targets[0].to_string(), "dev:/app/STRIPE_API_KEY");
        // The recorded requests are those that the server saw, in order.
        let sent: Vec<_> = trail
            .iter()
            .filter(|record| matches!(record.event, Event::Outcome(_)))
            .flat_map(|record| outcome(record).requests.clone())
            .collect();
        let seen = stage.emulator.log();
        assert_eq!(sent.len(), seen.len());
        for (sent, seen) in sent.iter().zip(&seen) {
            assert_eq!(
                (sent.method.as_str(), sent.path.as_str(), sent.status),
                (seen.method.as_str(), seen.path_and_query.as_str(), seen.status)
            );
            assert_eq!(sent.identity, Identity::Read);
        }
        assert_eq!(
            sent.iter().map(|sent| sent.route.as_str()).collect::<Vec<_>>(),
            ["login", "probe", "get secret", "get secret", "list imports"]
        );
        let missing = outcome(&trail[3]);
        assert_eq!((missing.outcome, missing.said.as_ref().unwrap().kind.as_str()), (CallOutcome::Failed, "not-found"));
        // A current server gives each error a request id.
        let refused = missing.requests.iter().find(|request| request.route == "get secret").unwrap();
        let req_id = refused.req_id.clone();
        assert_eq!(req_id.is_some(), api_version == ApiVersion::V4, "{req_id:?}");
    }
}

#[tokio::test]
async fn records_refusals_with_layer_and_reason() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        let skill = &stage.skill;
        skill.get_secret(at("/a//b"), "A", None).await.unwrap_err();
        skill.reveal_secret(at("/app"), "A").await.unwrap_err();
        skill.apply("no-such-plan", None).await.unwrap_err();
        skill.discard("no-such-plan").unwrap_err();
        tools::call(skill, "drop-everything", json!({})).await.unwrap_err();
        tools::call(skill, "get-secret", json!({ "nme": 1 })).await.unwrap_err();
        tools::call(skill, "skill-status", json!({})).await.unwrap();
        let rows = rows(stage.folder());
        let shown: Vec<_> =
            rows.iter().map(|row| (row.tool(), row.result.name(), row.layer().unwrap_or_default())).collect();
        assert_eq!(
            shown,
            [
                ("get-secret", "refused", "input"),
                ("reveal-secret", "refused", "reveal-gate"),
                ("apply-change", "refused", "kill-switch"),
                ("discard-change", "refused", "two-phase-confirm"),
                ("drop-everything", "refused", "input"),
                ("get-secret", "refused", "input"),
                ("skill-status", "done", ""),
            ]
        );
        assert!(rows.iter().take(6).all(|row| row.why().is_some_and(|why| why.len() > 10)));
        assert!(rows.iter().all(|row| row.requests().is_empty()));
        assert!(stage.emulator.log().is_empty());
    }
}

#[tokio::test]
async fn records_plan_digest_and_identity_before_sending() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let changes = vec![create("/app", "ONE", literal(CANARY)), create("/app", "TWO", literal(CANARY))];
        let preview = stage.skill.preview(changes).await.unwrap();
        stage.skill.apply(&preview.plan, None).await.unwrap();
        let trail = trail(stage.folder());
        let applied = outcome(trail.last().unwrap());
        assert_eq!((applied.outcome, applied.steps.len()), (CallOutcome::Applied, 2));
        let previewed = trail
            .iter()
            .find(|record| matches!(&record.event, Event::Outcome(it) if it.asked.tool == "change-many"))
            .unwrap();
        let plan = outcome(previewed).plan.clone().unwrap();
        assert_eq!(applied.plan.as_ref(), Some(&plan));
        assert_eq!((plan.plan.as_str(), plan.digest.as_ref().unwrap().len()), (preview.plan.as_str(), 64));
        let targets: Vec<String> = outcome(previewed).asked.targets.iter().map(ToString::to_string).collect();
        assert_eq!(targets, ["create-secret dev:/app/ONE", "create-secret dev:/app/TWO"]);
        // An intent for each change, with the host's description.
        let intents: Vec<_> = trail
            .iter()
            .filter_map(|record| match &record.event {
                Event::Intent(intent) => intent.change.clone(),
                _ => None,
            })
            .collect();
        assert_eq!(intents.iter().map(|change| change.step).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(intents.iter().map(|change| change.request.clone()).collect::<Vec<_>>(), preview.requests);
        assert!(intents.iter().all(|change| change.plan == plan));
        // According to the trail, the write identity sent those two and its login, and the read
        // identity all others.
        let of = |identity| {
            applied
                .requests
                .iter()
                .filter(move |request| request.identity == identity)
                .map(|request| request.route.as_str())
        };
        assert_eq!(of(Identity::Write).collect::<Vec<_>>(), ["login", "create secret", "create secret"]);
        assert!(
            of(Identity::Read)
                .all(|route| matches!(route, "login" | "probe" | "list secrets" | "get secret" | "list folders"))
        );
    }
}

#[tokio::test]
async fn sends_nothing_if_the_trail_is_unwritable() {
    let breaks: [fn(&Path); 3] = [
        // A file in place of the trail.
        |folder| std::fs::write(folder.join("audit"), "").unwrap(),
        // A trail that an earlier failure closed.
        |folder| {
            std::fs::create_dir(folder.join("audit")).unwrap();
            std::fs::write(folder.join("audit/poisoned"), "a sync failed").unwrap();
        },
        // A trail that was replaced.
        |folder| {
            std::fs::create_dir(folder.join("audit")).unwrap();
            let path = folder.join("audit/00000000000000000001.jsonl");
            std::fs::write(&path, "{\"seq\":1}\n{}\n").unwrap();
            std::os::unix::fs::symlink(&path, folder.join("audit/00000000000000000003.jsonl")).unwrap();
        },
    ];
    for api_version in API_VERSIONS {
        for break_it in breaks {
            let stage = Stage::revealing(api_version, |builder| builder).await.unwrap();
            // Turning the switch on started a trail.
            std::fs::remove_dir_all(stage.folder().join("audit")).unwrap();
            break_it(stage.folder());
            let skill = &stage.skill;
            assert_eq!(layer(skill.list_projects().await), Some(Layer::AuditTrail));
            assert_eq!(layer(skill.get_secret(at("/app"), "STRIPE_API_KEY", None).await), Some(Layer::AuditTrail));
            assert_eq!(layer(skill.reveal_secret(at("/app"), "STRIPE_API_KEY").await), Some(Layer::AuditTrail));
            assert_eq!(
                layer(skill.preview(vec![Change::DeleteSecret(target("/app", "STRIPE_API_KEY"))]).await),
                Some(Layer::AuditTrail)
            );
            // Refusals can't be recorded either, so the call fails in this layer.
            assert_eq!(layer(skill.get_secret(at("//"), "A", None).await), Some(Layer::AuditTrail));
            assert!(stage.switch_on().is_err(), "turning changes on should be refused too");
            assert!(stage.emulator.log().is_empty());
        }
    }
}

#[tokio::test]
async fn closed_trail_stops_the_next_change() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let changes = || vec![create("/app", "ONE", literal("1")), create("/app", "TWO", literal("2"))];
        let preview = stage.skill.preview(changes()).await.unwrap();
        audit::open(stage.folder()).poison("test").unwrap();
        assert_eq!(layer(stage.skill.apply(&preview.plan, None).await), Some(Layer::AuditTrail));
        assert!(stage.changes_sent().is_empty());
    }
    // A server that closes the trail when the first change arrives, which is the latest possible
    // moment.
    let folder = tempfile::tempdir().unwrap();
    let audit_folder = folder.path().to_owned();
    let server = Scripted::start(false, Plain, move |request| {
        let secret = |name: &str| json!({ "secret": { "id": "s", "secretKey": name, "environment": "dev", "secretPath": "/", "version": 1, "type": "shared" } });
        match (request.method.as_str(), request.target.split('?').next().unwrap_or_default()) {
            ("POST", "/api/v4/secrets/ONE") => {
                audit::open(&audit_folder).poison("test").unwrap();
                Some(Reply::json(200, &secret("ONE")))
            }
            ("POST", "/api/v4/secrets/TWO") => Some(Reply::json(200, &secret("TWO"))),
            ("GET", "/api/v4/secrets") if request.target.contains('?') => Some(Reply::json(200, &json!({ "secrets": [], "imports": [] }))),
            ("GET", target) if target.starts_with("/api/v4/secrets/") => Some(Reply::json(404, &json!({ "statusCode": 404, "error": "NotFound", "message": "Secret with name" }))),
            _ => None,
        }
    })
    .await
    .unwrap();
    let writer = infisical_skill::Credential::UniversalAuth { client_id: "w".into(), client_secret: "w".into() };
    let skill = infisical_skill_contract::builder(&server.origin())
        .unwrap()
        .write_identity(writer)
        .state_dir(folder.path().to_owned())
        .audit(infisical_skill::AuditSettings::default())
        .defaults(infisical_skill_contract::root())
        .build()
        .unwrap();
    let rules = infisical_skill::ChangeRules::default();
    infisical_skill::TimedSwitch::new(folder.path(), rules.writes).turn_on(Duration::from_secs(60), None).unwrap();
    let preview =
        skill.preview(vec![create("/", "ONE", literal("1")), create("/", "TWO", literal("2"))]).await.unwrap();
    let receipt = skill.apply(&preview.plan, None).await.unwrap();
    let sent: Vec<_> = server
        .requests()
        .into_iter()
        .filter(|request| request.method == "POST" && request.target.contains("secrets"))
        .collect();
    assert_eq!(sent.len(), 1, "the second change may not be sent");
    assert_eq!(receipt.steps[0].outcome.kind(), "applied");
    assert_ne!(receipt.steps[1].outcome.kind(), "applied");
    assert!(receipt.steps[1].note.as_deref().is_some_and(|note| note.contains("audit trail")), "{receipt:?}");
}

#[tokio::test]
async fn reveals_value_only_after_its_record_is_on_disk() {
    for api_version in API_VERSIONS {
        let stage = Stage::revealing(api_version, |builder| builder).await.unwrap();
        stage.skill.reveal_secret(at("/app"), "STRIPE_API_KEY").await.unwrap();
        let trail = trail(stage.folder());
        assert!(matches!(&trail[0].event, Event::Operator(operator) if operator.act == Act::RevealsOn));
        assert!(matches!(&trail[1].event, Event::Intent(intent) if intent.asked.grant == "reveal"));
        assert_eq!(outcome(&trail[2]).outcome, CallOutcome::Done);
        assert_eq!(trail[2].durable, 2, "the intent was on the disk before the outcome was written");
    }
    // The trail closes while the server answers: the host doesn't return the value.
    let folder = tempfile::tempdir().unwrap();
    let audit_folder = folder.path().to_owned();
    let server = Scripted::start(false, Plain, move |request| {
        (request.method == "GET" && request.target.starts_with("/api/v4/secrets/A?")).then(|| {
            audit::open(&audit_folder).poison("test").unwrap();
            Reply::json(200, &json!({ "secret": infisical_skill_contract::secret_json("A", 1) }))
        })
    })
    .await
    .unwrap();
    infisical_skill_contract::reveals_on(folder.path()).unwrap();
    let builder = infisical_skill_contract::builder(&server.origin()).unwrap();
    let skill = infisical_skill_contract::revealing(builder, infisical_skill_contract::PROJECT)
        .unwrap()
        .state_dir(folder.path().to_owned())
        .audit(infisical_skill::AuditSettings::default())
        .build()
        .unwrap();
    let error = skill.reveal_secret(infisical_skill_contract::root(), "A").await.unwrap_err();
    assert_eq!(error.layer(), Some(Layer::AuditTrail));
    assert!(!infisical_skill_contract::seen(&error).contains(CANARY));
}

#[tokio::test]
async fn never_records_text_of_a_component_that_had_a_value() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.skill.preview(vec![create("/app", "not a name", literal(CANARY))]).await.unwrap_err();
        let target = target("/app", "not / a name");
        stage.skill.preview(vec![Change::CreateFolder(target)]).await.unwrap_err();
        let trail = trail(stage.folder());
        let said: Vec<_> = trail.iter().map(|record| outcome(record).said.clone().unwrap()).collect();
        assert!(said.iter().all(|said| said.by == ReportedBy::Component && said.layer.as_deref() == Some("input")));
        assert_eq!(said[0].reason, "An argument isn't valid.");
        assert!(said[1].reason.contains("not / a name"), "without a value in the call: {}", said[1].reason);
    }
}

#[tokio::test]
async fn records_callers_that_do_not_wait() {
    let folder = tempfile::tempdir().unwrap();
    let silent = |request: &infisical_skill_contract::Recorded| {
        request.target.starts_with("/api/v4/secrets?").then_some(Reply::Silence)
    };
    let server = Scripted::start(false, Plain, silent).await.unwrap();
    let skill = infisical_skill_contract::builder(&server.origin())
        .unwrap()
        .state_dir(folder.path().to_owned())
        .audit(infisical_skill::AuditSettings::default())
        .build()
        .unwrap();
    let call = skill.list_secrets(infisical_skill_contract::root(), SecretFilter::default());
    assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
    let rows = rows(folder.path());
    assert_eq!(rows.len(), 1);
    let Event::Outcome(ended) = &rows[0].record.event else { panic!("{rows:?}") };
    assert_eq!((ended.outcome, ended.said.as_ref().unwrap().kind.as_str()), (CallOutcome::Failed, "cancelled"));
    let failures: Vec<_> = ended.requests.iter().map(|request| request.failure.as_deref()).collect();
    assert_eq!(failures, [None, None, Some("abandoned")], "a request that nobody waited for should be recorded too");
    assert!(ended.requests[2].path.starts_with("/api/v4/secrets?"));
}

#[tokio::test]
async fn skills_with_one_state_directory_share_one_chain() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    let others: Vec<_> = (0..4).map(|_| stage.another(|builder| builder).unwrap()).collect();
    let mut calls = tokio::task::JoinSet::new();
    for skill in others.iter().chain([&stage.skill]) {
        for _ in 0..10 {
            let skill = skill.clone();
            calls.spawn(async move { skill.get_secret(at("/app"), "STRIPE_API_KEY", None).await.map(drop) });
        }
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap().unwrap();
    }
    let trail = trail(stage.folder());
    assert_eq!(trail.len(), 100);
    let mut sessions: Vec<_> = trail
        .iter()
        .filter(|record| matches!(record.event, Event::Outcome(_)))
        .map(|record| outcome(record).asked.caller.session.clone())
        .collect();
    sessions.sort();
    sessions.dedup();
    assert_eq!(sessions.len(), 5);
}

#[tokio::test]
async fn records_any_name_on_one_short_line() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    let name = "\u{1b}[31m\n\"\\\u{202e}".repeat(200_000);
    stage.skill.get_secret(at("/app"), &name, None).await.unwrap_err();
    tools::call(&stage.skill, &name, json!({})).await.unwrap_err();
    stage.skill.apply(&name, Some(&name)).await.unwrap_err();
    let place = Place { project: Some(name.clone()), environment: Some(name.clone()), path: Some(name) };
    stage.skill.list_secrets(place, SecretFilter::default()).await.unwrap_err();
    let many =
        (0..50).map(|_| create(&"\u{10ffff}".repeat(1_000), &"\u{10ffff}".repeat(1_000), literal("v"))).collect();
    assert_ne!(layer(stage.skill.preview(many).await), Some(Layer::AuditTrail), "it can be recorded");
    let text = std::fs::read_to_string(stage.folder().join("audit/00000000000000000001.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 5);
    assert!(text.lines().all(|line| line.len() < 100_000 && line.bytes().all(|byte| (0x20..0x7f).contains(&byte))));
    assert_eq!(trail(stage.folder()).len(), 5);
}
