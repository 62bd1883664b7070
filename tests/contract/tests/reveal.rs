//! Tests of reveals: who turns them on, where they are allowed, which identity reads the value, and
//! when a person must approve.

use infisical_emulator::{ApiVersion, Emulator, Exchange, MinimalIdentities};
use infisical_skill::audit::log::{Act, Event, Identity, Record, records};
use infisical_skill::{
    AuditSettings, Budgets, BuildError, Change, ChangeRules, Credential, EnvironmentSlug, Error, Layer, Origin, Place,
    ProjectId, RevealApproval, RevealRules, RevealWith, Scope, SecretPath, SecretUpdate, Skill, SkillBuilder,
    SwitchPolicy, TimedSwitch, audit, tools,
};
use infisical_skill_contract::emulated::{API_VERSIONS, at, credential, emulator};
use infisical_skill_contract::stage::{Stage, create, literal, target, update};
use infisical_skill_contract::{REVEALS, reveals_on};
use secrecy::ExposeSecret;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

fn layer<T>(result: Result<T, Error>) -> Option<Layer> {
    result.err().and_then(|error| error.layer())
}

fn scope(emulator: &Emulator, environments: &[&str], paths: &[&str]) -> Scope {
    Scope {
        project: ProjectId::new(emulator.project_id()).unwrap(),
        environments: environments.iter().map(|slug| EnvironmentSlug::new(*slug).unwrap()).collect(),
        paths: paths.iter().map(|path| SecretPath::new(*path).unwrap()).collect(),
    }
}

fn rules(with: RevealWith, approval: RevealApproval) -> RevealRules {
    let mut rules = RevealRules::default();
    (rules.switch, rules.with, rules.approval) = (REVEALS, with, approval);
    rules
}

fn protecting(environment: &str) -> ChangeRules {
    let mut rules = ChangeRules::default();
    rules.protected = vec![EnvironmentSlug::new(environment).unwrap()];
    rules
}

fn trail(folder: &Path) -> Vec<Record> {
    records(&audit::open(folder)).unwrap().into_iter().map(Result::unwrap).collect()
}

/// The value of `/app/STRIPE_API_KEY` in an environment, or the refusal.
async fn reveal(skill: &Skill, environment: &str, request: Option<&str>) -> Result<String, Error> {
    let at = Place { environment: Some(environment.to_owned()), ..at("/app") };
    let revealed = match request {
        Some(request) => skill.reveal_approved(at, "STRIPE_API_KEY", request).await,
        None => skill.reveal_secret(at, "STRIPE_API_KEY").await,
    };
    revealed.map(|revealed| revealed.value.expose_secret().to_owned())
}

#[tokio::test]
async fn reveals_only_while_the_switch_is_on() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        let skill = stage.another_revealing(|builder| builder).unwrap();
        let before = stage.emulator.log().len();
        let off = reveal(&skill, "dev", None).await.unwrap_err();
        assert_eq!(off.layer(), Some(Layer::RevealGate));
        assert!(off.to_string().contains("infisical-skill reveal on --for 10m"), "{off}");
        stage.switch_on().unwrap();
        assert_eq!(
            layer(reveal(&skill, "dev", None).await),
            Some(Layer::RevealGate),
            "turning reveals on must not turn changes on"
        );
        assert_eq!(stage.emulator.log().len(), before, "nothing was asked for");
        reveals_on(stage.folder()).unwrap();
        assert!(reveal(&skill, "dev", None).await.is_ok(), "the same process should see the switch");
        TimedSwitch::for_reveals(stage.folder(), REVEALS).turn_off().unwrap();
        assert_eq!(layer(reveal(&skill, "dev", None).await), Some(Layer::RevealGate));
        // The switch is on for longer than the current configuration allows.
        reveals_on(stage.folder()).unwrap();
        let mut short = rules(RevealWith::Read, RevealApproval::Protected);
        short.switch = SwitchPolicy::Switchable { max: Duration::from_secs(30) };
        let stricter = stage.another_revealing(|builder| builder.reveal(short)).unwrap();
        assert_eq!(layer(reveal(&stricter, "dev", None).await), Some(Layer::RevealGate));
        let never = stage.another(|builder| builder).unwrap();
        let refused = reveal(&never, "dev", None).await.unwrap_err();
        assert!(refused.to_string().contains("the operator must change the configuration"), "{refused}");
    }
}

#[tokio::test]
async fn switch_that_expires_during_the_answer_hides_the_value() {
    use infisical_skill_contract::{PROJECT, Plain, Reply, Scripted, builder, revealing, root, secret_json};
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_owned();
    let server = Scripted::start(false, Plain, move |request| {
        (request.method == "GET" && request.target.starts_with("/api/v4/secrets/A?")).then(|| {
            TimedSwitch::for_reveals(&state, REVEALS).turn_off().unwrap();
            Reply::json(200, &json!({ "secret": secret_json("A", 1) }))
        })
    })
    .await
    .unwrap();
    let skill = revealing(builder(&server.origin()).unwrap(), PROJECT).unwrap();
    let skill = skill.state_dir(folder.path().to_owned()).audit(AuditSettings::default()).build().unwrap();
    reveals_on(folder.path()).unwrap();
    let error = skill.reveal_secret(root(), "A").await.unwrap_err();
    assert_eq!(error.layer(), Some(Layer::RevealGate));
    assert!(!infisical_skill_contract::seen(&error).contains(infisical_skill_contract::CANARY));
}

#[tokio::test]
async fn values_may_be_revealed_only_where_the_operator_named_places() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    let build = |adjust: fn(SkillBuilder) -> SkillBuilder| {
        let emulator = &stage.emulator;
        adjust(Skill::builder(Origin::parse(&emulator.origin(), false).unwrap(), credential(emulator.reader())))
            .state_dir(stage.folder().to_owned())
            .build()
            .map(drop)
    };
    let nowhere = build(|builder| builder.reveal(rules(RevealWith::Read, RevealApproval::Protected)));
    assert!(matches!(&nowhere, Err(BuildError::NoRevealScopes)));
    assert!(nowhere.unwrap_err().to_string().contains("`reveal_scopes`"));
    assert!(build(|builder| builder).is_ok(), "a skill without reveals should need no place");
}

/// The first call files a request, a person approves it, and the second call shows the value once.
#[tokio::test]
async fn a_protected_value_needs_a_person_and_is_shown_once() {
    for api_version in API_VERSIONS {
        let stage = Stage::revealing(api_version, |builder| builder.changes(protecting("prod"))).await.unwrap();
        let skill = &stage.skill;
        let filed = reveal(skill, "prod", None).await.unwrap_err();
        assert_eq!(filed.layer(), Some(Layer::RevealGate));
        let before = stage.emulator.log().len();
        let asks_for_value = |it: &Exchange| it.path_and_query.contains("viewSecretValue=true");
        assert!(!stage.emulator.log().iter().any(asks_for_value), "no value was asked for");
        let [request] = skill.reveal_requests().unwrap().try_into().unwrap();
        let id = request.card.request.clone();
        assert!(filed.to_string().contains(&format!("infisical-skill reveal approve {id}")), "{filed}");
        assert_eq!(request.card.target(), "prod:/app/STRIPE_API_KEY");
        assert_eq!(request.card.names.slug.as_deref(), Some("agent-vault"));

        let early = reveal(skill, "prod", Some(&id)).await.unwrap_err();
        assert!(early.to_string().contains("No person has approved"), "{early}");
        // The operator decides in another process.
        let operator = stage.another_revealing(|builder| builder.changes(protecting("prod"))).unwrap();
        operator.approve_reveal(&operator.reveal_request(&id).unwrap()).unwrap();
        // The approval holds for that secret, and not for a namesake in another place.
        assert!(reveal(skill, "dev", Some(&id)).await.unwrap_err().to_string().contains("another secret"));
        let other = Place { environment: Some("prod".to_owned()), ..at("/app") };
        assert!(skill.reveal_approved(other, "JWT_SIGNING_KEY", &id).await.is_err());
        assert_eq!(stage.emulator.log().len(), before);

        let value = reveal(skill, "prod", Some(&id)).await.unwrap();
        assert_eq!(value, stage.emulator.secret("prod", "/app", "STRIPE_API_KEY").unwrap().value);
        let again = reveal(&operator, "prod", Some(&id)).await.unwrap_err();
        assert!(again.to_string().contains("used up"), "{again}");
        assert!(reveal(skill, "dev", None).await.is_ok(), "an unprotected value should need no person");

        let approved = trail(stage.folder()).into_iter().find_map(|record| match record.event {
            Event::Operator(operator) if operator.act == Act::Approve => Some(operator),
            _ => None,
        });
        let approved = approved.unwrap();
        assert!(approved.requests[0].contains("show the value of prod:/app/STRIPE_API_KEY"), "{approved:?}");
        let approver = approved.approver.unwrap();
        assert!(approver.user.is_some() && approver.how == "embedded" && approved.plan.is_some(), "{approver:?}");
    }
}

/// The first call files a request, and a person approves it.
async fn approved(skill: &Skill) -> String {
    reveal(skill, "dev", None).await.unwrap_err();
    let [request] = skill.reveal_requests().unwrap().try_into().unwrap();
    skill.approve_reveal(&request.card).unwrap();
    request.card.request
}

async fn all_need_a_person(api_version: ApiVersion) -> Stage {
    Stage::revealing(api_version, |builder| builder.reveal(rules(RevealWith::Read, RevealApproval::All))).await.unwrap()
}

/// Between the approval and the call, somebody gives the name to another secret, or writes a new
/// value.
#[tokio::test]
async fn approval_does_not_cover_what_changed_since() {
    let rename = |from: &str, to: &str| {
        let (name, new_name) = (from.to_owned(), Some(to.to_owned()));
        // An older server renames only together with a new value.
        let value = Some(literal("another canary-value"));
        Change::UpdateSecret(SecretUpdate { at: at("/app"), name, new_name, value, ..SecretUpdate::default() })
    };
    for api_version in API_VERSIONS {
        for (changes, reason) in [
            (vec![update("/app", "STRIPE_API_KEY", literal("another canary-value"))], "The secret changed after"),
            (
                vec![rename("STRIPE_API_KEY", "OLD"), rename("SERVICE_URL", "STRIPE_API_KEY")],
                "Another secret has this name",
            ),
        ] {
            let stage = all_need_a_person(api_version).await;
            let request = approved(&stage.skill).await;
            stage.switch_on().unwrap();
            for change in changes {
                let preview = stage.skill.preview(vec![change]).await.unwrap();
                if preview.approval.is_some() {
                    stage.skill.approve_plan(&stage.skill.plan(&preview.plan).unwrap()).unwrap();
                }
                let receipt = stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap();
                assert_eq!(receipt.outcome, infisical_skill::PlanOutcome::Applied, "{receipt:?}");
            }
            let refused = reveal(&stage.skill, "dev", Some(&request)).await.unwrap_err();
            assert_eq!(refused.layer(), Some(Layer::RevealGate), "{refused}");
            let text = refused.to_string();
            assert!(text.contains(reason) && !text.contains("canary"), "{text}");
            let again = reveal(&stage.skill, "dev", Some(&request)).await.unwrap_err();
            assert!(again.to_string().contains("used up"), "{again}");
        }
    }
}

/// A value goes to whoever asks for it, so a request can't be used by somebody else, also where no
/// session tells requesters apart.
#[tokio::test]
async fn a_request_belongs_to_its_requester() {
    let stage = all_need_a_person(ApiVersion::V4).await;
    let command = stage.skill.for_command();
    let request = approved(&command).await;
    let refused = reveal(&stage.skill, "dev", Some(&request)).await.unwrap_err();
    assert!(refused.to_string().contains("filed by another requester"), "{refused}");
    assert!(reveal(&command, "dev", Some(&request)).await.is_ok());
    // A program tells its own callers apart.
    let [one, other] = ["one", "other"].map(|client| stage.skill.for_caller(client, None));
    let request = approved(&one).await;
    let refused = reveal(&other, "dev", Some(&request)).await.unwrap_err();
    assert!(refused.to_string().contains("filed by another requester"), "{refused}");
    assert!(reveal(&one, "dev", Some(&request)).await.is_ok());
}

#[tokio::test]
async fn client_without_room_asks_the_server_for_nothing() {
    let rules = || {
        let mut budgets = Budgets::default();
        budgets.pending_plans = 2;
        budgets
    };
    let stage = Stage::revealing(ApiVersion::V4, |builder| {
        builder.budgets(rules()).reveal(self::rules(RevealWith::Read, RevealApproval::All))
    });
    let stage = stage.await.unwrap();
    for _ in 0..2 {
        reveal(&stage.skill, "dev", None).await.unwrap_err();
    }
    let before = stage.emulator.log().len();
    assert_eq!(layer(reveal(&stage.skill, "dev", None).await), Some(Layer::Budget));
    assert_eq!(stage.emulator.log().len(), before);
    assert_eq!(stage.skill.reveal_requests().unwrap().len(), 2);
}

/// The caller gives up while the server is asked. Whatever the moment, no request stays that
/// somebody could approve and nobody knows.
#[tokio::test]
async fn request_that_nobody_learned_of_is_withdrawn() {
    let stage = all_need_a_person(ApiVersion::V4).await;
    reveal(&stage.skill, "dev", None).await.unwrap_err();
    let known = stage.skill.reveal_requests().unwrap().len();
    for polls in 0..200 {
        let mut call = Box::pin(reveal(&stage.skill, "dev", None));
        for _ in 0..polls {
            if tokio::time::timeout(Duration::from_micros(200), &mut call).await.is_ok() {
                return;
            }
        }
        drop(call);
        assert_eq!(stage.skill.reveal_requests().unwrap().len(), known, "dropped after {polls} polls");
    }
}

/// Nobody is asked about a secret that doesn't exist, and the reason is the one of a read.
#[tokio::test]
async fn no_request_is_filed_for_a_missing_secret() {
    for api_version in API_VERSIONS {
        let stage = all_need_a_person(api_version).await;
        let missing = stage.skill.reveal_secret(at("/app"), "NO_SUCH_KEY").await.unwrap_err();
        let read = stage.skill.get_secret(at("/app"), "NO_SUCH_KEY", None).await.unwrap_err();
        assert_eq!((missing.kind(), missing.remedy()), (read.kind(), read.remedy()));
        assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
        assert!(stage.skill.reveal_requests().unwrap().is_empty());
    }
}

#[tokio::test]
async fn no_request_is_filed_without_a_record() {
    let stage = Stage::revealing(ApiVersion::V4, |builder| builder.changes(protecting("prod"))).await.unwrap();
    std::fs::write(stage.folder().join("audit/poisoned"), "a sync failed").unwrap();
    assert_eq!(layer(reveal(&stage.skill, "prod", None).await), Some(Layer::AuditTrail));
    assert!(stage.skill.reveal_requests().unwrap().is_empty());
}

#[tokio::test]
async fn a_request_can_be_rejected_and_expires() {
    let mut changes = protecting("prod");
    changes.plan_lifetime = Duration::from_secs(1);
    let stage = Stage::revealing(ApiVersion::V4, |builder| builder.changes(changes)).await.unwrap();
    let skill = &stage.skill;
    let file = async || {
        reveal(skill, "prod", None).await.unwrap_err();
        skill.reveal_requests().unwrap()[0].card.clone()
    };
    let rejected = file().await;
    skill.reject_reveal(&rejected.request).unwrap();
    assert!(reveal(skill, "prod", Some(&rejected.request)).await.unwrap_err().to_string().contains("rejected"));
    assert!(skill.approve_reveal(&rejected).is_err());
    let expired = file().await;
    skill.approve_reveal(&expired).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let late = reveal(skill, "prod", Some(&expired.request)).await.unwrap_err();
    assert!(late.to_string().contains("expired"), "{late}");
    assert_eq!(layer(reveal(skill, "prod", Some("no-such-request")).await), Some(Layer::RevealGate));
    assert!(skill.reveal_requests().unwrap().is_empty());
}

/// A slug can move to another project between the approval and the call, so a person approves the
/// id.
#[tokio::test]
async fn a_person_approves_a_secret_that_no_slug_names() {
    let stage =
        Stage::revealing(ApiVersion::V4, |builder| builder.reveal(rules(RevealWith::Read, RevealApproval::All)));
    let stage = stage.await.unwrap();
    let by_slug = Place { project: Some("agent-vault".to_owned()), ..at("/app") };
    let refused = stage.skill.reveal_secret(by_slug, "STRIPE_API_KEY").await.unwrap_err();
    assert!(refused.to_string().contains("Name the project by its id"), "{refused}");
    assert!(stage.skill.reveal_requests().unwrap().is_empty());
    // A call that is refused anyway asks no person.
    let narrow = vec![scope(&stage.emulator, &["dev"], &["/app/db"])];
    let narrow = stage.another_revealing(|builder| {
        builder.reveal(rules(RevealWith::Read, RevealApproval::All)).reveal_scopes(narrow)
    });
    assert_eq!(layer(reveal(&narrow.unwrap(), "dev", None).await), Some(Layer::RevealGate));
    assert!(stage.skill.reveal_requests().unwrap().is_empty());
    assert_eq!(
        layer(reveal(&stage.skill, "dev", None).await),
        Some(Layer::RevealGate),
        "every place should need a person if that is set"
    );
    assert_eq!(stage.skill.reveal_requests().unwrap().len(), 1);
}

fn minimal(emulator: &Emulator) -> MinimalIdentities {
    emulator.add_minimal_identities("dev", "/app/**")
}

fn builder_of(emulator: &Emulator, folder: &Path, read: Credential) -> SkillBuilder {
    let defaults = Place { project: Some(emulator.project_id()), environment: Some("dev".to_owned()), path: None };
    Skill::builder(Origin::parse(&emulator.origin(), false).unwrap(), read)
        .defaults(defaults)
        .state_dir(folder.to_owned())
        .reveal_scopes(vec![scope(emulator, &["dev"], &["/app"])])
}

/// The reader sees names, the reveal identity reads values below `/app` of `dev`, and the writer
/// can't read. Nothing else is needed.
#[tokio::test]
async fn works_with_three_least_privilege_identities() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    let (folder, MinimalIdentities { reader, writer, reveal: revealer }) =
        (tempfile::tempdir().unwrap(), minimal(&emulator));
    let skill = builder_of(&emulator, folder.path(), credential(reader))
        .reveal_identity(credential(revealer))
        .write_identity(credential(writer))
        .reveal(rules(RevealWith::Reveal, RevealApproval::Protected))
        .build()
        .unwrap();
    TimedSwitch::new(folder.path(), ChangeRules::default().writes).turn_on(Duration::from_secs(60), None).unwrap();
    reveals_on(folder.path()).unwrap();

    for (tool, arguments) in [
        ("list-projects", json!({})),
        ("list-folders", json!({ "path": "/", "recursive": true })),
        ("list-secrets", json!({ "path": "/", "recursive": true })),
        ("get-secret", json!({ "path": "/app", "name": "STRIPE_API_KEY" })),
    ] {
        let answer = tools::call(&skill, tool, arguments).await;
        assert!(!answer.unwrap().to_string().contains("canary-value"), "{tool}");
    }
    assert_eq!(reveal(&skill, "dev", None).await.unwrap(), "sk_test_canary-value-dev-stripe");

    for change in [
        create("/app", "NEW", literal("one")),
        update("/app", "NEW", literal("two")),
        Change::DeleteSecret(target("/app", "NEW")),
        Change::CreateFolder(target("/app", "below")),
        Change::DeleteFolder(target("/app", "below")),
    ] {
        let shown = format!("{change:?}");
        let preview = skill.preview(vec![change]).await.unwrap();
        if preview.approval.is_some() {
            skill.approve_plan(&skill.plan(&preview.plan).unwrap()).unwrap();
        }
        let receipt = skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap();
        assert_eq!(receipt.outcome, infisical_skill::PlanOutcome::Applied, "{shown}: {receipt:?}");
    }
    // The trail shows which identity sent which request: the reveal identity requested only the
    // value.
    let mut on_reveal = Vec::new();
    for record in trail(folder.path()) {
        let Event::Outcome(outcome) = record.event else { continue };
        for request in &outcome.requests {
            if request.identity == Identity::Reveal {
                on_reveal.push((outcome.asked.tool.clone(), request.route.clone()));
            }
        }
    }
    let named = |tool: &str, route: &str| (tool.to_owned(), route.to_owned());
    assert_eq!(on_reveal, [named("reveal-secret", "login"), named("reveal-secret", "reveal secret")]);
}

#[tokio::test]
async fn read_identity_never_replaces_the_reveal_identity() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    reveals_on(folder.path()).unwrap();
    // A read identity that may read every value.
    let strong = credential(emulator.reader());
    let none = builder_of(&emulator, folder.path(), strong.clone())
        .reveal(rules(RevealWith::Reveal, RevealApproval::Protected))
        .build()
        .unwrap();
    emulator.clear_log();
    let refused = reveal(&none, "dev", None).await.unwrap_err();
    assert_eq!(refused.layer(), Some(Layer::Identity));
    assert!(
        refused.to_string().contains("`[reveal]`") && refused.to_string().contains("`reveal_with = \"read\"`"),
        "{refused}"
    );
    assert!(emulator.log().is_empty());
    // A reveal identity that may read nothing here. The read identity isn't used instead.
    let MinimalIdentities { reader, reveal: revealer, .. } = minimal(&emulator);
    assert!(emulator.take_privilege(&revealer.identity_id, "skill-reveal"));
    let weak = builder_of(&emulator, folder.path(), strong)
        .reveal_identity(credential(revealer))
        .reveal(rules(RevealWith::Reveal, RevealApproval::Protected))
        .build()
        .unwrap();
    let denied = reveal(&weak, "dev", None).await.unwrap_err();
    assert!(matches!(denied, Error::Denied(_)));
    // The error tells the operator which identity to repair.
    assert!(denied.to_string().contains("dentity that reveals values"), "{denied}");
    assert!(!denied.to_string().contains("read identity"), "{denied}");
    // The read identity reveals only if the operator says so.
    let said = builder_of(&emulator, folder.path(), credential(emulator.reader()))
        .reveal(rules(RevealWith::Read, RevealApproval::Protected))
        .build()
        .unwrap();
    assert!(reveal(&said, "dev", None).await.is_ok());
    // A read identity without the right can't reveal, even if the operator says so.
    let blind = builder_of(&emulator, folder.path(), credential(reader))
        .reveal(rules(RevealWith::Read, RevealApproval::Protected))
        .build()
        .unwrap();
    let denied = reveal(&blind, "dev", None).await.unwrap_err();
    assert!(matches!(denied, Error::Denied(_)) && denied.to_string().contains("`readValue`"), "{denied}");
}

#[tokio::test]
async fn the_reveal_identitys_token_is_revoked_at_the_end() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    let (folder, MinimalIdentities { reader, reveal: revealer, .. }) =
        (tempfile::tempdir().unwrap(), minimal(&emulator));
    let skill = builder_of(&emulator, folder.path(), credential(reader))
        .reveal_identity(credential(revealer))
        .reveal(rules(RevealWith::Reveal, RevealApproval::Protected))
        .build()
        .unwrap();
    reveals_on(folder.path()).unwrap();
    reveal(&skill, "dev", None).await.unwrap();
    skill.close().await.unwrap();
    let revoked = emulator.log().iter().filter(|it| it.path_and_query == "/api/v1/auth/token/revoke").count();
    assert_eq!(revoked, 2, "the reader's and the reveal identity's");
}
