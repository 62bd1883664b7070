//! Rogues that are asked to apply a plan: whatever they do, what leaves is the plan, each request once and in order, or nothing.

use crate::ground::{layer, trail};
use infisical_emulator::Exchange;
use infisical_emulator::Generation::V4;
use infisical_skill::{Change, ChangeRules, Error, Fate, Layer, Outcome, Preview, Receipt, Skill, SkillBuilder};
use infisical_skill_contract::stage::{Stage, create, generated, literal, target};
use infisical_skill_rogues::Rogue;
use std::time::Duration;

/// A server where two secrets are planned to be created, by the shipped component.
struct Scene {
    stage: Stage,
    preview: Preview,
}

impl Scene {
    async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(adjust: impl FnOnce(SkillBuilder) -> SkillBuilder) -> Self {
        let stage = Stage::with(V4, adjust).await.unwrap();
        stage.switch_on().unwrap();
        let changes = vec![
            create("/app", "PLANNED_ONE", literal("planned-value")),
            create("/app", "PLANNED_TWO", literal("planned-value")),
        ];
        let preview = stage.skill.preview(changes).await.unwrap();
        Self { stage, preview }
    }

    fn skill_with(&self, rogue: &Rogue) -> Skill {
        self.stage.another(|builder| builder.component(rogue.load().unwrap())).unwrap()
    }

    async fn apply_with(&self, rogue: &Rogue) -> Result<Receipt, Error> {
        self.skill_with(rogue).apply(&self.preview.plan, self.preview.acknowledge.as_deref()).await
    }

    /// That something was tried is in the receipt and in the trail.
    fn is_told(&self, receipt: &Receipt) {
        let notes: Vec<_> = receipt.steps.iter().filter_map(|step| step.note.as_deref()).collect();
        assert!(notes.iter().any(|note| note.contains("stopped at the sandbox's wall")), "{receipt:?}");
        assert!(self.trail().contains("stopped at the sandbox's wall"));
    }

    fn trail(&self) -> String {
        trail(self.stage.folder())
    }

    /// The names of the secrets that requests left for.
    fn left(&self) -> Vec<String> {
        let name = |exchange: Exchange| {
            assert_eq!(exchange.method, "POST");
            assert!(exchange.body.unwrap().to_string().contains("planned-value"));
            exchange.path_and_query.rsplit('/').next().unwrap_or_default().to_owned()
        };
        self.stage.changes_sent().into_iter().map(name).collect()
    }
}

fn outcomes(receipt: &Receipt) -> Vec<&str> {
    receipt
        .steps
        .iter()
        .map(|step| match step.outcome {
            Outcome::Applied => "applied",
            Outcome::NotSent => "not sent",
            Outcome::Unknown => "unknown",
            _ => "something else",
        })
        .collect()
}

#[tokio::test]
async fn a_request_that_differs_from_the_plan_does_not_leave() {
    for rogue in [
        &crate::SENDS_ANOTHER_BODY,
        &crate::SENDS_ANOTHER_PATH,
        &crate::SENDS_ANOTHER_METHOD,
        &crate::SENDS_IN_ANOTHER_ORDER,
        &crate::ADDS_A_QUERY,
        &crate::SENDS_A_BODY_WITHOUT_END,
        &crate::SENDS_TRAILERS_WITH_A_CHANGE,
    ] {
        let scene = Scene::new().await;
        assert_eq!(layer(scene.apply_with(rogue).await), Layer::Egress, "{}", rogue.name());
        assert_eq!(scene.left(), [""; 0], "{}: nor what is in order, after that", rogue.name());
        assert_eq!(layer(scene.stage.skill.apply(&scene.preview.plan, None).await), Layer::TwoPhaseConfirm, "used up");
        assert!(scene.trail().contains("stopped at the sandbox's wall"), "{}", rogue.name());
    }
}

#[tokio::test]
async fn each_request_of_a_plan_leaves_once() {
    let scene = Scene::new().await;
    let receipt = scene.apply_with(&crate::SENDS_TWICE).await.unwrap();
    assert_eq!(scene.left(), ["PLANNED_ONE"], "the second time ends it");
    assert_eq!(outcomes(&receipt), ["applied", "not sent"]);
    scene.is_told(&receipt);
}

#[tokio::test]
async fn nothing_leaves_after_the_last_request_of_a_plan() {
    let scene = Scene::new().await;
    let receipt = scene.apply_with(&crate::SENDS_ONE_MORE).await.unwrap();
    assert_eq!(scene.left(), ["PLANNED_ONE", "PLANNED_TWO"]);
    assert_eq!(outcomes(&receipt), ["applied", "applied"]);
    scene.is_told(&receipt);
}

#[tokio::test]
async fn nothing_leaves_without_a_redeemed_plan() {
    let scene = Scene::new().await;
    let project = scene.stage.emulator.project_id();
    let request = format!(
        r#"/api/v4/secrets/PLANNED_ONE {{"projectId":"{project}","environment":"dev","secretPath":"/app","secretValue":"planned-value","type":"shared"}}"#
    );
    let rogue = scene.skill_with(&crate::SENDS_WITHOUT_REDEEMING);
    assert_eq!(layer(rogue.apply(&scene.preview.plan, Some(&request)).await), Layer::Egress);
    assert_eq!(scene.left(), [""; 0]);
    assert_eq!(scene.stage.logins_of(&scene.stage.emulator.writer().client_id), 0);
}

#[tokio::test]
async fn a_plan_is_redeemed_once() {
    let scene = Scene::new().await;
    assert_eq!(layer(scene.apply_with(&crate::REDEEMS_TWICE).await), Layer::Egress);
    assert_eq!(scene.left(), [""; 0]);
    let again = scene.stage.skill.apply(&scene.preview.plan, None).await;
    assert_eq!(layer(again), Layer::TwoPhaseConfirm, "and not by anybody else either");
}

#[tokio::test]
async fn no_plan_is_redeemed_but_the_one_that_was_asked_for() {
    let scene = Scene::new().await;
    let other = scene.stage.skill.preview(vec![create("/app", "OTHER", generated(20))]).await.unwrap();
    let rogue = scene.skill_with(&crate::REDEEMS_ANOTHER_PLAN);
    assert_eq!(layer(rogue.apply(&scene.preview.plan, Some(&other.plan)).await), Layer::Egress);
    assert!(scene.stage.changes_sent().is_empty());
    assert!(scene.stage.skill.apply(&other.plan, None).await.is_ok(), "it is still there");
}

#[tokio::test]
async fn no_phrase_counts_but_the_one_that_the_caller_gave() {
    // Without the person, who would be asked after the phrase.
    let mut rules = ChangeRules::default();
    rules.approval = infisical_skill::ApprovalPolicy::None;
    let stage = Stage::with(V4, |builder| builder.changes(rules.clone())).await.unwrap();
    stage.switch_on().unwrap();
    let preview = stage.skill.preview(vec![Change::DeleteSecret(target("/", "DATABASE_URL"))]).await.unwrap();
    let phrase = preview.acknowledge.as_deref().unwrap();
    let rogue = crate::ACKNOWLEDGES_BY_ITSELF.load().unwrap();
    let rogue = stage.another(|builder| builder.changes(rules.clone()).component(rogue)).unwrap();
    assert_eq!(phrase, "delete secret DATABASE_URL in dev", "the rogue knows it");
    assert_eq!(layer(rogue.apply(&preview.plan, None).await), Layer::Egress);
    assert!(stage.changes_sent().is_empty());
    assert!(rogue.apply(&preview.plan, Some(phrase)).await.is_ok(), "with the phrase that somebody gave");
}

#[tokio::test]
async fn nothing_leaves_once_changes_are_off_or_the_plan_is_too_old() {
    let scene = Scene::new().await;
    let rogue = scene.skill_with(&crate::DAWDLES_BEFORE_IT_SENDS);
    let (plan, switch) = (scene.preview.plan.clone(), scene.stage.switch());
    let applying = tokio::spawn(async move { rogue.apply(&plan, None).await });
    // As soon as it is redeemed.
    while scene.stage.skill.plan(&scene.preview.plan).is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    switch.turn_off().unwrap();
    let applied = applying.await.unwrap();
    assert_eq!(layer(applied), Layer::KillSwitch);
    assert_eq!(scene.left(), [""; 0], "the switch");

    let mut rules = ChangeRules::default();
    rules.plan_lifetime = Duration::from_millis(1_500);
    let scene = Scene::with(|builder| builder.changes(rules)).await;
    let previewed = tokio::time::Instant::now();
    let rogue = scene.skill_with(&crate::DAWDLES_BEFORE_IT_SENDS);
    // Redeemed just in time, and too old once the rogue is done dawdling.
    tokio::time::sleep_until(previewed + Duration::from_millis(1_250)).await;
    let applied = rogue.apply(&scene.preview.plan, None).await;
    let error = applied.unwrap_err();
    assert_eq!((error.layer(), error.reason().contains("expired")), (Some(Layer::TwoPhaseConfirm), true), "{error}");
    assert_eq!(scene.left(), [""; 0], "the plan's age");
    let status = scene.stage.skill.plans().unwrap();
    assert!(status[0].fate.is_some(), "it was redeemed in time: {status:?}");
}

#[tokio::test]
async fn what_left_is_in_the_receipt_whatever_the_component_says() {
    let scene = Scene::new().await;
    let receipt = scene.apply_with(&crate::BREAKS_OFF_AFTER_SENDING).await.unwrap();
    assert_eq!(outcomes(&receipt), ["applied", "not sent"], "{receipt:?}");
    assert_eq!(scene.left(), ["PLANNED_ONE"]);

    let scene = Scene::new().await;
    let receipt = scene.apply_with(&crate::DENIES_WHAT_IT_DID).await.unwrap();
    assert_eq!(outcomes(&receipt), ["applied", "applied"], "{receipt:?}");
    assert_eq!(scene.left(), ["PLANNED_ONE", "PLANNED_TWO"]);
}

#[tokio::test]
async fn what_did_not_leave_is_not_reported_as_applied() {
    let scene = Scene::new().await;
    let receipt = scene.apply_with(&crate::CLAIMS_WHAT_IT_DID_NOT).await.unwrap();
    assert_eq!(outcomes(&receipt), ["not sent", "not sent"], "{receipt:?}");
    assert_ne!(receipt.outcome, Fate::Applied);

    let scene = Scene::new().await;
    let refused = scene.apply_with(&crate::APPLIES_WITHOUT_REDEEMING).await.unwrap_err();
    assert_eq!(refused.kind(), "sandbox", "{refused:?}");
    assert!(scene.stage.skill.apply(&scene.preview.plan, None).await.is_ok(), "the plan is still there");
}
