//! Tests each layer of the guard, and the order in which they refuse. Nothing is sent.

use infisical_emulator::ApiVersion;
use infisical_skill::{
    ApprovalPolicy, Budgets, Change, ChangeRules, Error, Layer, PlanOutcome, ProjectId, Scope, SecretCreation,
    SecretPath, SwitchPolicy,
};
use infisical_skill_contract::emulated::{API_VERSIONS, at, builder, credential};
use infisical_skill_contract::stage::{Stage, create, literal, target, update};
use std::time::Duration;

fn layer<T: std::fmt::Debug>(result: Result<T, Error>) -> Layer {
    let error = result.unwrap_err();
    assert!(!error.remedy().is_empty(), "{error:?}");
    error.layer().unwrap_or_else(|| panic!("{error:?}"))
}

fn rules(adjust: impl FnOnce(&mut ChangeRules)) -> ChangeRules {
    let mut rules = ChangeRules::default();
    adjust(&mut rules);
    rules
}

#[tokio::test]
async fn layers_refuse_in_order_and_keep_the_plan_until_redeemed() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        let preview = stage.skill.preview(vec![Change::DeleteSecret(target("/app", "STRIPE_API_KEY"))]).await.unwrap();
        let (plan, phrase) = (preview.plan.as_str(), preview.acknowledge.as_deref());
        let looked = stage.emulator.log().len();

        assert_eq!(layer(stage.skill.apply(plan, phrase).await), Layer::KillSwitch, "off");
        stage.switch_on().unwrap();
        let reader_only =
            infisical_skill::Skill::builder(stage.skill.origin().clone(), credential(stage.emulator.reader()))
                .state_dir(stage.folder().to_owned())
                .audit(infisical_skill::AuditSettings::default())
                .build()
                .unwrap();
        assert_eq!(layer(reader_only.apply(plan, phrase).await), Layer::Identity, "no write identity");
        assert_eq!(layer(stage.skill.apply("no-such-plan", phrase).await), Layer::TwoPhaseConfirm, "unknown");
        assert_eq!(layer(stage.skill.apply("../x", phrase).await), Layer::TwoPhaseConfirm, "malformed");
        assert_eq!(layer(stage.skill.apply(plan, None).await), Layer::BlastRadius, "no phrase");
        for wrong in [
            "yes",
            "",
            "delete secret dev:/app/STRIPE_API_KEY",
            &phrase.unwrap().replacen('d', "D", 1),
            &format!("{} ", phrase.unwrap()),
        ] {
            assert_eq!(layer(stage.skill.apply(plan, Some(wrong)).await), Layer::BlastRadius, "{wrong}");
        }
        let unapproved = stage.skill.apply(plan, phrase).await.unwrap_err();
        assert!(unapproved.remedy().contains("plans approve"), "{unapproved}");
        assert_eq!(unapproved.layer(), Some(Layer::BlastRadius), "no approval");
        assert_eq!(stage.emulator.log().len(), looked, "nothing may be sent");

        stage.skill.plan(plan).and_then(|card| stage.skill.approve_plan(&card)).unwrap();
        assert_eq!(stage.skill.apply(plan, phrase).await.unwrap().outcome, PlanOutcome::Applied);
        assert_eq!(layer(stage.skill.apply(plan, phrase).await), Layer::TwoPhaseConfirm, "used");
        assert_eq!(stage.changes_sent().len(), 1);
    }
}

#[tokio::test]
async fn switching_off_stops_the_very_next_change() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    stage.switch_on().unwrap();
    let first = stage.skill.preview(vec![create("/app", "A", literal("1"))]).await.unwrap();
    let second = stage.skill.preview(vec![create("/app", "B", literal("1"))]).await.unwrap();
    assert!(first.switch.is_none());
    stage.skill.apply(&first.plan, None).await.unwrap();
    stage.switch().turn_off().unwrap();
    assert_eq!(layer(stage.skill.apply(&second.plan, None).await), Layer::KillSwitch);
    stage.switch_on().unwrap();
    stage.skill.apply(&second.plan, None).await.unwrap();
}

#[tokio::test]
async fn never_in_the_configuration_is_not_lifted_by_the_switch() {
    let never = rules(|rules| rules.writes = SwitchPolicy::Never);
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    stage.switch_on().unwrap();
    let preview = stage.skill.preview(vec![create("/app", "A", literal("1"))]).await.unwrap();
    let strict = stage.another(|builder| builder.changes(never)).unwrap();
    assert_eq!(layer(strict.apply(&preview.plan, None).await), Layer::KillSwitch);
    assert_eq!(layer(strict.preview(vec![create("/app", "A", literal("1"))]).await), Layer::KillSwitch);
    assert!(stage.changes_sent().is_empty());
}

#[tokio::test]
async fn preview_needs_write_identity_and_state_directory() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    let change = || vec![create("/app", "A", literal("1"))];
    let reader_only =
        infisical_skill::Skill::builder(stage.skill.origin().clone(), credential(stage.emulator.reader()))
            .without_audit_trail()
            .build()
            .unwrap();
    assert_eq!(layer(reader_only.preview(change()).await), Layer::Identity);
    assert!(!reader_only.status().identities.write);
    let stateless = builder(&stage.emulator).unwrap().build().unwrap();
    assert_eq!(layer(stateless.preview(change()).await), Layer::TwoPhaseConfirm);
}

#[tokio::test]
async fn an_expired_plan_is_not_redeemed() {
    let short = rules(|rules| rules.plan_lifetime = Duration::from_millis(300));
    let stage = Stage::with(ApiVersion::V4, |builder| builder.changes(short)).await.unwrap();
    stage.switch_on().unwrap();
    let preview = stage.skill.preview(vec![create("/app", "A", literal("1"))]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    let error = stage.skill.apply(&preview.plan, None).await.unwrap_err();
    assert!(error.layer() == Some(Layer::TwoPhaseConfirm) && error.reason().contains("expired"), "{error}");
    assert!(stage.changes_sent().is_empty());
}

#[tokio::test]
async fn who_approves_what_follows_from_the_operators_policy() {
    for (policy, create_needs, delete_needs) in [
        (ApprovalPolicy::None, false, false),
        (ApprovalPolicy::Irreversible, false, true),
        (ApprovalPolicy::All, true, true),
    ] {
        let rules = rules(|rules| rules.approval = policy);
        let stage = Stage::with(ApiVersion::V4, |builder| builder.changes(rules)).await.unwrap();
        stage.switch_on().unwrap();
        for (change, needs) in [
            (create("/app", "A", literal("1")), create_needs),
            (Change::DeleteSecret(target("/app", "STRIPE_API_KEY")), delete_needs),
        ] {
            let preview = stage.skill.preview(vec![change]).await.unwrap();
            assert_eq!(preview.approval.is_some(), needs, "{policy:?}");
            let applied = stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await;
            assert_eq!(applied.is_err(), needs, "{policy:?}");
        }
    }
}

#[tokio::test]
async fn approval_is_for_one_plan_and_rejected_plans_are_gone() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    stage.switch_on().unwrap();
    let delete = |name: &str| vec![Change::DeleteSecret(target("/app", name))];
    let one = stage.skill.preview(delete("STRIPE_API_KEY")).await.unwrap();
    let other = stage.skill.preview(delete("SERVICE_URL")).await.unwrap();
    stage.skill.plan(&one.plan).and_then(|card| stage.skill.approve_plan(&card)).unwrap();
    assert_eq!(layer(stage.skill.apply(&other.plan, other.acknowledge.as_deref()).await), Layer::BlastRadius);
    stage.skill.reject_plan(&other.plan).unwrap();
    assert_eq!(
        layer(stage.skill.plan(&other.plan).and_then(|card| stage.skill.approve_plan(&card))),
        Layer::TwoPhaseConfirm
    );
    stage.skill.discard(&one.plan).unwrap();
    assert_eq!(layer(stage.skill.apply(&one.plan, one.acknowledge.as_deref()).await), Layer::TwoPhaseConfirm);
    assert_eq!(layer(stage.skill.discard(&one.plan)), Layer::TwoPhaseConfirm);
    assert!(stage.changes_sent().is_empty());
}

#[tokio::test]
async fn budgets_hold_over_processes() {
    let mut budgets = Budgets::default();
    budgets.pending_plans = 2;
    budgets.writes_per_hour = 1;
    budgets.reveals_per_hour = 1;
    let adjust = |builder: infisical_skill::SkillBuilder| builder.budgets(budgets.clone());
    let stage = Stage::revealing(ApiVersion::V4, adjust).await.unwrap();
    stage.switch_on().unwrap();
    let preview = |name: &str| vec![create("/app", name, literal("1"))];
    let first = stage.skill.preview(preview("A")).await.unwrap();
    let second = stage.another(adjust).unwrap().preview(preview("B")).await.unwrap();
    assert_eq!(layer(stage.skill.preview(preview("C")).await), Layer::Budget, "two are pending");
    stage.skill.apply(&first.plan, None).await.unwrap();
    assert_eq!(layer(stage.another(adjust).unwrap().apply(&second.plan, None).await), Layer::Budget, "one an hour");
    stage.skill.reveal_secret(at("/app"), "STRIPE_API_KEY").await.unwrap();
    let again = stage.another_revealing(adjust).unwrap();
    assert_eq!(layer(again.reveal_secret(at("/app"), "STRIPE_API_KEY").await), Layer::Budget);
}

#[tokio::test]
async fn reveals_values_only_where_the_operator_allows() {
    let stage = Stage::revealing(ApiVersion::V4, |builder| builder).await.unwrap();
    let project = ProjectId::new(stage.emulator.project_id()).unwrap();
    let scope = Scope { project, environments: Vec::new(), paths: vec![SecretPath::new("/app/db").unwrap()] };
    let skill = stage.another_revealing(|builder| builder.reveal_scopes(vec![scope])).unwrap();
    assert!(skill.reveal_secret(at("/app/db"), "DB_USER").await.is_ok());
    assert_eq!(layer(skill.reveal_secret(at("/app"), "STRIPE_API_KEY").await), Layer::RevealGate);
    assert!(skill.get_secret(at("/app"), "STRIPE_API_KEY", None).await.is_ok());
}

#[tokio::test]
async fn a_change_out_of_scope_is_refused_offline() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    stage.switch_on().unwrap();
    let project = ProjectId::new(stage.emulator.project_id()).unwrap();
    let scope = Scope { project, environments: Vec::new(), paths: vec![SecretPath::new("/app").unwrap()] };
    let skill = stage.another(|builder| builder.scopes(vec![scope])).unwrap();
    stage.emulator.clear_log();
    for change in
        [create("/", "A", literal("1")), create("/apple", "A", literal("1")), Change::DeleteFolder(target("/", "app"))]
    {
        assert_eq!(layer(skill.preview(vec![change]).await), Layer::Scope);
    }
    assert!(stage.emulator.log().is_empty());
    let elsewhere = stage.skill.preview(vec![create("/billing", "A", literal("1"))]).await.unwrap();
    assert_eq!(layer(skill.apply(&elsewhere.plan, None).await), Layer::Scope, "the current scopes should count");
    assert!(skill.preview(vec![create("/app/db", "A", literal("1"))]).await.is_ok());
}

#[tokio::test]
async fn what_must_never_be_written_is_refused_offline() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let long = "x".repeat(101);
        let commented = |comment: &str| {
            let Change::CreateSecret(plain) = create("/app", "A", literal("v")) else { panic!("not a creation") };
            Change::CreateSecret(SecretCreation { comment: Some(comment.into()), ..plain })
        };
        let cases = [
            create("/app", "A", literal("<hidden-by-infisical>")),
            create("/app", "A", literal("<hidden>")),
            update("/app", "STRIPE_API_KEY", literal("sk_<hidden>")),
            create("/app", "A", literal("<masked>")),
            update("/app", "STRIPE_API_KEY", literal("<masked>")),
            update("/app", "STRIPE_API_KEY", literal("sk_<masked>")),
            commented("<masked>"),
            create("/app", "A", literal("••••••")),
            create("/app", "", literal("x")),
            create("/app", " A", literal("x")),
            create("/app", "A ", literal("x")),
            create("/app", "..", literal("x")),
            create("/app", "a/b", literal("x")),
            create("/app", "1A", literal("x")),
            create("/app", "A\n", literal("x")),
            create("/app", "\u{410}", literal("x")),
            create("/app", "batch", literal("x")),
            create("/app", &long, literal("x")),
            create("/app", "A", literal(&"x".repeat(600_000))),
            create("/app", "A", infisical_skill::NewValue::Generated { length: 4, alphabet: None }),
            create("/app", "A", infisical_skill::NewValue::Generated { length: 32, alphabet: Some("aa".into()) }),
            Change::CreateFolder(target("/app", "a b")),
            Change::CreateFolder(target("/app", "..")),
            Change::UpdateSecret(infisical_skill::SecretUpdate {
                at: at("/app"),
                name: "STRIPE_API_KEY".into(),
                ..Default::default()
            }),
        ];
        for change in cases {
            let shown = format!("{change:?}");
            assert_eq!(layer(stage.skill.preview(vec![change]).await), Layer::Input, "{shown}");
        }
        assert!(stage.emulator.log().is_empty(), "{api_version:?}");
        assert_eq!(layer(stage.skill.preview(Vec::new()).await), Layer::Input);
        let twice = vec![create("/app", "A", literal("1")), create("/app", "A", literal("2"))];
        assert_eq!(layer(stage.skill.preview(twice).await), Layer::Input);
    }
}

#[tokio::test]
async fn references_and_blanks_need_their_own_acknowledgement() {
    for api_version in API_VERSIONS {
        // On an older server, nobody can read old versions, so an overwritten value is lost.
        let overwritten = match api_version {
            ApiVersion::V3 => "overwrite secret dev:/app/STRIPE_API_KEY; ",
            ApiVersion::V4 => "",
        };
        for (change, phrase) in [
            (create("/app", "A", literal("x${prod.db.PASS}")), "write references into dev:/app/A".to_owned()),
            (
                update("/app", "STRIPE_API_KEY", literal("${@other.prod.KEY}")),
                format!("{overwritten}write references into dev:/app/STRIPE_API_KEY"),
            ),
            (update("/app", "STRIPE_API_KEY", literal(" \n")), "blank secret dev:/app/STRIPE_API_KEY".to_owned()),
        ] {
            let stage = Stage::new(api_version).await.unwrap();
            stage.switch_on().unwrap();
            let phrase = stage.phrase(&phrase);
            let case = format!("{api_version:?} {change:?}");
            let preview = stage.skill.preview(vec![change]).await.unwrap();
            assert_eq!(preview.acknowledge.as_deref(), Some(phrase.as_str()), "{case}");
            assert!(preview.approval.is_some(), "{case}");
            // Even an approved plan isn't applied without its own phrase.
            stage.skill.plan(&preview.plan).and_then(|card| stage.skill.approve_plan(&card)).unwrap();
            let looked = stage.emulator.log().len();
            let others =
                ["yes", "overwrite secret dev:/app/STRIPE_API_KEY", "write references", &phrase.to_uppercase()];
            for other in [None].into_iter().chain(others.into_iter().map(Some)) {
                let refused = stage.skill.apply(&preview.plan, other).await;
                assert_eq!(layer(refused), Layer::BlastRadius, "{case} {other:?}");
            }
            assert_eq!(stage.emulator.log().len(), looked, "{case}: nothing left");
            let applied = stage.skill.apply(&preview.plan, Some(&phrase)).await.unwrap();
            assert_eq!((applied.outcome, stage.changes_sent().len()), (PlanOutcome::Applied, 1), "{case}");
        }
    }
}

#[tokio::test]
async fn guessed_plan_ids_find_nothing_and_send_nothing() {
    const DIGITS: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    stage.switch_on().unwrap();
    let preview = stage.skill.preview(vec![create("/app", "A", literal("1"))]).await.unwrap();
    let looked = stage.emulator.log().len();
    // All ids that differ from the plan's in one character.
    let plan = preview.plan.as_bytes();
    let mut guesses = Vec::new();
    for at in (0..plan.len()).filter(|at| plan[*at] != b'-') {
        for digit in DIGITS.iter().filter(|digit| **digit != plan[at]) {
            let mut guess = plan.to_vec();
            guess[at] = *digit;
            guesses.push(String::from_utf8(guess).unwrap());
        }
    }
    assert!(guesses.len() > 400, "{}", preview.plan);
    guesses.extend(["", "-", "*", "?", ".", "..", "%00"].map(str::to_owned));
    guesses.extend([preview.plan.to_uppercase(), preview.plan.replace('-', ""), format!("{} ", preview.plan)]);
    for guess in guesses {
        assert_eq!(layer(stage.skill.apply(&guess, None).await), Layer::TwoPhaseConfirm, "{guess}");
    }
    assert_eq!(stage.emulator.log().len(), looked);
    assert_eq!(stage.skill.apply(&preview.plan, None).await.unwrap().outcome, PlanOutcome::Applied);
}

#[tokio::test]
async fn preview_reports_existing_and_missing_targets() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        let kind = |error: Result<infisical_skill::Preview, Error>| error.unwrap_err().kind();
        let preview = |change: Change| stage.skill.preview(vec![change]);
        assert_eq!(kind(preview(create("/app", "STRIPE_API_KEY", literal("x"))).await), "conflict");
        assert_eq!(kind(preview(update("/app", "NOPE", literal("x"))).await), "not-found");
        assert_eq!(kind(preview(Change::DeleteSecret(target("/app", "NOPE"))).await), "not-found");
        assert_eq!(kind(preview(Change::DeleteFolder(target("/", "nope"))).await), "not-found");
        assert_eq!(kind(preview(Change::CreateFolder(target("/", "app"))).await), "conflict");
        assert_eq!(kind(preview(create("/no/such", "A", literal("x"))).await), "not-found");
    }
}
