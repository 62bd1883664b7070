//! Rogues that send text to the terminal, the model, the trail, or themselves.

use crate::ground::{Ground, trail};
use infisical_emulator::{ApiVersion, SecretSeed};
use infisical_skill::{ApprovalPolicy, Change, ChangeRules, Error, tools};
use infisical_skill_contract::emulated::{API_VERSIONS, at};
use infisical_skill_contract::stage::{Stage, create, literal, target, update};
use infisical_skill_contract::{PROJECT, root};
use infisical_skill_rogues::{Boundary, Containment, Trial, cases};
use serde_json::json;

cases![
    component_text_is_escaped_and_capped,
    a_component_remembers_nothing_from_one_call_to_the_next,
    value_used_as_a_name_is_neither_sent_nor_recorded,
    value_repeated_by_a_component_is_not_recorded,
    change_answers_contain_no_value,
];

async fn component_text_is_escaped_and_capped() {
    let ground = Ground::of(&crate::SPEAKS_IN_ESCAPES, Boundary::Words).await;
    let long = "x".repeat(100_000);
    let error = ground.read(root(), &long).await.unwrap_err();
    // A program gets the text unchanged. A model or a person gets it escaped.
    let arguments = json!({ "project": PROJECT, "environment": "dev", "path": "/", "name": "as a name" });
    let shown = tools::answer(&ground.skill, "get-secret", arguments).await.unwrap();
    for said in [error.to_string(), error.remedy(), shown.to_text().replace('\n', " ")] {
        assert!(!said.contains(|c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}')), "{said:?}");
        let length = said.chars().count();
        ground.trial.holds(Containment::Bounded, length < 2_000, length);
    }
    ground.is_unharmed().await;
}

async fn a_component_remembers_nothing_from_one_call_to_the_next() {
    let ground = Ground::of(&crate::REMEMBERS, Boundary::Words).await;
    for name in ["the first", "the second", "the third"] {
        let outcome = ground.read(root(), name).await;
        // The rogue returns what the previous call asked for.
        ground.trial.holds(Containment::Forgotten, outcome.as_deref() == Ok(""), outcome);
    }
}

/// The places in a request where a component could put a text of its own choice.
const PLACES: [&str; 11] =
    ["name", "path", "below", "environment", "project", "tag", "folder", "slug", "id", "tags", "imports"];

async fn value_used_as_a_name_is_neither_sent_nor_recorded() {
    for api_version in API_VERSIONS {
        let trial = crate::ASKS_FOR_THE_VALUE_AS_A_NAME.tries(Boundary::Values, api_version);
        for place in PLACES {
            is_kept_from(api_version, place, &trial).await;
        }
        let stage = with_the_one_that_asks(api_version).await;
        stage.emulator.put_secret("dev", "/app", &SecretSeed::new("SHOWN", "canary-revealed"));
        let revealed = stage.skill.reveal_secret(at("/app"), "SHOWN").await;
        is_contained(&trial, &stage, &revealed.unwrap_err(), "reveal", "canary-revealed");
    }
}

async fn with_the_one_that_asks(api_version: ApiVersion) -> Stage {
    let rogue = crate::ASKS_FOR_THE_VALUE_AS_A_NAME.load().unwrap();
    Stage::revealing(api_version, |builder| builder.component(rogue)).await.unwrap()
}

/// Asserts it for a preview, and then for an apply.
async fn is_kept_from(api_version: ApiVersion, place: &str, trial: &Trial) {
    const VALUE: &str = "canary-given-to-it";
    let stage = with_the_one_that_asks(api_version).await;
    let value = format!("{place}={VALUE}");
    let previewed = stage.skill.preview(vec![create("/", "NEW", literal(&value))]).await;
    is_contained(trial, &stage, &previewed.unwrap_err(), place, VALUE);

    stage.switch_on().unwrap();
    let previewed = stage.skill.preview(vec![create("/", "NEW", literal(&format!("later {value}")))]).await;
    let receipt = stage.skill.apply(&previewed.unwrap().plan, None).await;
    let error = match receipt {
        Err(error) => error,
        Ok(receipt) => Error::Invalid(receipt.steps[0].note.clone().unwrap_or_default().into()),
    };
    is_contained(trial, &stage, &error, &format!("later, {place}"), VALUE);
}

fn is_contained(trial: &Trial, stage: &Stage, error: &Error, what: &str, value: &str) {
    let says = if what.ends_with("imports") { "doesn't allow" } else { "isn't within the purpose of the call" };
    let sent = format!("{:?}", stage.emulator.log().iter().map(|it| &it.path_and_query).collect::<Vec<_>>());
    assert!(!sent.contains(value), "{what}: {sent}");
    let trail = trail(stage.folder());
    assert!(!trail.contains(value) && trail.contains("egress"), "{what}: {trail}");
    trial.holds(Containment::Gate, error.reason().contains(says), (what, error));
}

async fn value_repeated_by_a_component_is_not_recorded() {
    for api_version in API_VERSIONS {
        let trial = crate::REPEATS_THE_VALUE.tries(Boundary::Values, api_version);
        let rogue = crate::REPEATS_THE_VALUE.load().unwrap();
        let stage = Stage::with(api_version, |builder| builder.component(rogue)).await.unwrap();
        let change: Change = create("/", "NEW", literal("canary-to-be-written"));
        let refused = stage.skill.preview(vec![change]).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        let trail = trail(stage.folder());
        assert!(trail.contains("create-secret"), "the violation itself should be on record");
        trial.holds(Containment::Hidden, !trail.contains("canary-to-be-written"), trail);
    }
}

async fn change_answers_contain_no_value() {
    // Without approval, which would come after the phrase.
    let mut rules = ChangeRules::default();
    rules.approval = ApprovalPolicy::None;
    for api_version in API_VERSIONS {
        let trial = crate::REPEATS_THE_VALUE.tries(Boundary::Values, api_version);
        let stage = Stage::with(api_version, |builder| builder.changes(rules.clone())).await.unwrap();
        stage.switch_on().unwrap();
        // A server answers each of these with the value. Nobody else had the value of a deleted
        // secret.
        let changes = vec![
            Change::DeleteSecret(target("/", "DATABASE_URL")),
            update("/", "SENTRY_DSN", literal("canary-written")),
            create("/", "NEW", literal("canary-written")),
        ];
        let preview = stage.skill.preview(changes).await.unwrap();
        let rogue = crate::REPEATS_THE_VALUE.load().unwrap();
        let rogue = stage.another(|builder| builder.changes(rules.clone()).component(rogue)).unwrap();
        let receipt = rogue.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap();
        for (step, name) in receipt.steps.iter().zip(["DATABASE_URL", "SENTRY_DSN", "NEW"]) {
            let answered = step.note.as_deref().unwrap_or_default();
            assert!(answered.starts_with("200 ") && answered.contains("secret"), "{name}: {answered}");
            trial.holds(Containment::Hidden, !answered.contains("canary"), (name, answered));
        }
        assert_eq!((receipt.steps.len(), stage.changes_sent().len()), (3, 3), "{receipt:?}");
    }
}
