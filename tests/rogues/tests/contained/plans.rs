//! Rogues that are called to apply a plan. Whatever they do, either the plan's requests leave, each
//! once and in order, or nothing leaves.

use crate::ground::{project_key, secrets};
use crate::scene::Scene;
use crate::tricks;
use infisical_emulator::{ApiVersion, SecretSeed};
use infisical_skill::{Change, ChangeRules, Error, Layer, Receipt, StepOutcome};
use infisical_skill_contract::emulated::API_VERSIONS;
use infisical_skill_contract::stage::{Stage, create, generated, target};
use infisical_skill_rogues::{Boundary, Containment, Rogue, Trial, cases};
use std::time::Duration;

cases![
    a_request_that_differs_from_the_plan_does_not_leave,
    planned_request_allows_no_extra_header_or_other_line,
    each_request_of_a_plan_leaves_once,
    nothing_leaves_after_the_last_request_of_a_plan,
    nothing_leaves_without_a_redeemed_plan,
    nothing_leaves_after_the_target_changed,
    a_plan_is_redeemed_once,
    redeems_only_the_requested_plan,
    accepts_only_the_phrase_that_the_caller_gave,
    nothing_leaves_once_changes_are_off_or_the_plan_is_too_old,
    receipt_lists_sent_requests_despite_the_component,
    unsent_requests_are_not_reported_as_applied,
];

fn outcomes(receipt: &Receipt) -> Vec<&str> {
    receipt
        .steps
        .iter()
        .map(|step| match step.outcome {
            StepOutcome::Applied => "applied",
            StepOutcome::NotSent => "not sent",
            StepOutcome::Unknown => "unknown",
            _ => "something else",
        })
        .collect()
}

/// Asserts that the receipt has these outcomes, and that these requests left.
fn came_to(trial: &Trial, how: Containment, scene: &Scene, receipt: &Receipt, expected: [&str; 2], left: &[&str]) {
    trial.holds(how, outcomes(receipt) == expected && scene.left() == left, (receipt, scene.left()));
}

async fn a_request_that_differs_from_the_plan_does_not_leave() {
    for api_version in API_VERSIONS {
        for rogue in [
            &crate::SENDS_ANOTHER_BODY,
            &crate::SENDS_ANOTHER_PATH,
            &crate::SENDS_ANOTHER_METHOD,
            &crate::SENDS_IN_ANOTHER_ORDER,
            &crate::ADDS_A_QUERY,
            &crate::SENDS_A_BODY_WITHOUT_END,
            &crate::SENDS_TRAILERS_WITH_A_CHANGE,
        ] {
            let scene = Scene::with(api_version).await;
            let trial = scene.trial(rogue);
            trial.is_refused(&scene.apply_with(rogue).await);
            assert_eq!(scene.left(), [""; 0], "{}: nor what is in order, after that", rogue.name());
            trial.is_refused_by(Layer::TwoPhaseConfirm, &scene.stage.skill.apply(&scene.preview.plan, None).await);
            assert!(scene.trail().contains("blocked at the sandbox boundary"), "{}", rogue.name());
        }
    }
}

async fn planned_request_allows_no_extra_header_or_other_line() {
    for api_version in API_VERSIONS {
        for (name, value) in tricks::HEADERS_OF_A_CHANGE {
            does_not_leave(api_version, &crate::SETS_HEADERS, name, value).await;
        }
        for (method, path) in tricks::LINES_OF_A_CHANGE {
            does_not_leave(api_version, &crate::ASKS_OFF_THE_ROUTES, method, path).await;
        }
    }
}

/// Asserts that the request that this rogue makes of a planned one doesn't leave.
async fn does_not_leave(api_version: ApiVersion, rogue: &Rogue, one: &str, other: &str) {
    let hexadecimal = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let value = format!("planned-value {} {}", hexadecimal(one), hexadecimal(other));
    let scene = Scene::telling(api_version, &value).await;
    let outcome = scene.apply_with(rogue).await;
    let is_refused = match &outcome {
        // The rogue was told so when it built its request.
        Err(Error::Invalid(said)) => said.contains("refused"),
        Err(error) => error.layer() == Some(Layer::Egress),
        Ok(_) => false,
    };
    let is_contained = is_refused && scene.stage.changes_sent().is_empty();
    scene.trial(rogue).holds(Containment::Gate, is_contained, (one, other, outcome, scene.stage.changes_sent()));
}

async fn each_request_of_a_plan_leaves_once() {
    for api_version in API_VERSIONS {
        let scene = Scene::with(api_version).await;
        let trial = scene.trial(&crate::SENDS_TWICE);
        let receipt = scene.apply_with(&crate::SENDS_TWICE).await.unwrap();
        // The second request ends the call.
        came_to(&trial, Containment::Gate, &scene, &receipt, ["applied", "not sent"], &["PLANNED_ONE"]);
        scene.is_told(&receipt);
    }
}

async fn nothing_leaves_after_the_last_request_of_a_plan() {
    for api_version in API_VERSIONS {
        let scene = Scene::with(api_version).await;
        let trial = scene.trial(&crate::SENDS_ONE_MORE);
        let receipt = scene.apply_with(&crate::SENDS_ONE_MORE).await.unwrap();
        let left = ["PLANNED_ONE", "PLANNED_TWO"];
        came_to(&trial, Containment::Gate, &scene, &receipt, ["applied", "applied"], &left);
        scene.is_told(&receipt);
    }
}

async fn nothing_leaves_without_a_redeemed_plan() {
    for api_version in API_VERSIONS {
        let scene = Scene::with(api_version).await;
        let (key, project) = (project_key(api_version), scene.stage.emulator.project_id());
        let request = format!(
            r#"{}/PLANNED_ONE {{"{key}":"{project}","environment":"dev","secretPath":"/app","secretValue":"planned-value","type":"shared"}}"#,
            secrets(api_version)
        );
        let rogue = scene.skill_with(&crate::SENDS_WITHOUT_REDEEMING);
        let trial = scene.trial(&crate::SENDS_WITHOUT_REDEEMING);
        trial.is_refused(&rogue.apply(&scene.preview.plan, Some(&request)).await);
        assert_eq!(scene.left(), [""; 0]);
        assert_eq!(scene.stage.logins_of(&scene.stage.emulator.writer().client_id), 0);
    }
}

/// Somebody else created one of the secrets in the meantime. The shipped component would report
/// that.
async fn nothing_leaves_after_the_target_changed() {
    for api_version in API_VERSIONS {
        for rogue in [&crate::SENDS_WITHOUT_LOOKING, &crate::LOOKS_AND_SENDS_ANYWAY] {
            let scene = Scene::with(api_version).await;
            let other = SecretSeed::new("PLANNED_TWO", "of-somebody-else");
            scene.stage.emulator.put_secret("dev", "/app", &other);
            let outcome = scene.apply_with(rogue).await;
            scene.trial(rogue).is_refused_by(Layer::TwoPhaseConfirm, &outcome);
            assert!(outcome.unwrap_err().reason().contains("change 2 of the plan"), "{}", rogue.name());
            assert_eq!(scene.left(), [""; 0], "{}", rogue.name());
            // The plan is used up, for the shipped component too.
            let again = scene.stage.skill.apply(&scene.preview.plan, None).await;
            assert_eq!(again.unwrap_err().layer(), Some(Layer::TwoPhaseConfirm), "{}", rogue.name());
            // If nothing changed, the same component sends the plan's requests.
            let scene = Scene::with(api_version).await;
            let _ = scene.apply_with(rogue).await;
            assert_eq!(scene.left(), ["PLANNED_ONE", "PLANNED_TWO"], "{}", rogue.name());
        }
    }
}

async fn a_plan_is_redeemed_once() {
    for api_version in API_VERSIONS {
        let scene = Scene::with(api_version).await;
        let trial = scene.trial(&crate::REDEEMS_TWICE);
        trial.is_refused(&scene.apply_with(&crate::REDEEMS_TWICE).await);
        assert_eq!(scene.left(), [""; 0]);
        // The shipped component can't redeem it either.
        trial.is_refused_by(Layer::TwoPhaseConfirm, &scene.stage.skill.apply(&scene.preview.plan, None).await);
    }
}

async fn redeems_only_the_requested_plan() {
    for api_version in API_VERSIONS {
        let scene = Scene::with(api_version).await;
        let trial = scene.trial(&crate::REDEEMS_ANOTHER_PLAN);
        let other = scene.stage.skill.preview(vec![create("/app", "OTHER", generated(20))]).await.unwrap();
        let rogue = scene.skill_with(&crate::REDEEMS_ANOTHER_PLAN);
        trial.is_refused(&rogue.apply(&scene.preview.plan, Some(&other.plan)).await);
        assert!(scene.stage.changes_sent().is_empty());
        assert!(scene.stage.skill.apply(&other.plan, None).await.is_ok(), "it is still there");
    }
}

async fn accepts_only_the_phrase_that_the_caller_gave() {
    for api_version in API_VERSIONS {
        // Without approval, which would come after the phrase.
        let mut rules = ChangeRules::default();
        rules.approval = infisical_skill::ApprovalPolicy::None;
        let stage = Stage::with(api_version, |builder| builder.changes(rules.clone())).await.unwrap();
        stage.switch_on().unwrap();
        let preview = stage.skill.preview(vec![Change::DeleteSecret(target("/", "DATABASE_URL"))]).await.unwrap();
        let phrase = preview.acknowledge.as_deref().unwrap();
        let trial = crate::ACKNOWLEDGES_BY_ITSELF.tries(Boundary::Plan, api_version);
        let rogue = crate::ACKNOWLEDGES_BY_ITSELF.load().unwrap();
        let rogue = stage.another(|builder| builder.changes(rules.clone()).component(rogue)).unwrap();
        assert_eq!(phrase, stage.phrase("delete secret dev:/DATABASE_URL"), "the rogue knows it");
        trial.is_refused(&rogue.apply(&preview.plan, None).await);
        assert!(stage.changes_sent().is_empty());
        assert!(
            rogue.apply(&preview.plan, Some(phrase)).await.is_ok(),
            "the phrase that the caller gave should be accepted"
        );
    }
}

async fn nothing_leaves_once_changes_are_off_or_the_plan_is_too_old() {
    for api_version in API_VERSIONS {
        let scene = Scene::with(api_version).await;
        let trial = scene.trial(&crate::DAWDLES_BEFORE_IT_SENDS);
        let rogue = scene.skill_with(&crate::DAWDLES_BEFORE_IT_SENDS);
        let (plan, switch) = (scene.preview.plan.clone(), scene.stage.switch());
        let applying = tokio::spawn(async move { rogue.apply(&plan, None).await });
        // Now the rogue delays with the redeemed plan, for much longer than this sleep.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(scene.stage.skill.plan(&scene.preview.plan).is_ok(), "nothing has left yet");
        switch.turn_off().unwrap();
        trial.is_refused_by(Layer::KillSwitch, &applying.await.unwrap());
        assert_eq!(scene.left(), [""; 0], "the switch");

        let mut rules = ChangeRules::default();
        rules.plan_lifetime = Duration::from_millis(1_500);
        let scene = Scene::adjusted(api_version, "planned-value", |builder| builder.changes(rules)).await;
        let previewed = tokio::time::Instant::now();
        let rogue = scene.skill_with(&crate::DAWDLES_BEFORE_IT_SENDS);
        // The plan is redeemed just in time, and has expired when the rogue ends its delay.
        tokio::time::sleep_until(previewed + Duration::from_millis(1_250)).await;
        let applied = rogue.apply(&scene.preview.plan, None).await;
        trial.is_refused_by(Layer::TwoPhaseConfirm, &applied);
        assert!(applied.as_ref().is_err_and(|error| error.reason().contains("expired")), "{applied:?}");
        assert_eq!(scene.left(), [""; 0], "the plan's age");
        let status = scene.stage.skill.plans().unwrap();
        assert!(status[0].outcome.is_some(), "it was redeemed in time: {status:?}");
    }
}

async fn receipt_lists_sent_requests_despite_the_component() {
    for api_version in API_VERSIONS {
        let scene = Scene::with(api_version).await;
        let trial = scene.trial(&crate::BREAKS_OFF_AFTER_SENDING);
        let receipt = scene.apply_with(&crate::BREAKS_OFF_AFTER_SENDING).await.unwrap();
        came_to(&trial, Containment::Overruled, &scene, &receipt, ["applied", "not sent"], &["PLANNED_ONE"]);

        let scene = Scene::with(api_version).await;
        let trial = scene.trial(&crate::DENIES_WHAT_IT_DID);
        let receipt = scene.apply_with(&crate::DENIES_WHAT_IT_DID).await.unwrap();
        let left = ["PLANNED_ONE", "PLANNED_TWO"];
        came_to(&trial, Containment::Overruled, &scene, &receipt, ["applied", "applied"], &left);
    }
}

async fn unsent_requests_are_not_reported_as_applied() {
    for api_version in API_VERSIONS {
        let scene = Scene::with(api_version).await;
        let trial = scene.trial(&crate::CLAIMS_WHAT_IT_DID_NOT);
        trial.is_broken_off(&scene.apply_with(&crate::CLAIMS_WHAT_IT_DID_NOT).await);
        assert!(scene.left().is_empty(), "{:?}", scene.left());

        let scene = Scene::with(api_version).await;
        let trial = scene.trial(&crate::APPLIES_WITHOUT_REDEEMING);
        trial.is_broken_off(&scene.apply_with(&crate::APPLIES_WITHOUT_REDEEMING).await);
        assert!(scene.stage.skill.apply(&scene.preview.plan, None).await.is_ok(), "the plan is still there");
    }
}
