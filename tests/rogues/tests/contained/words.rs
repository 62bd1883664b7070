//! Rogues that talk: to the terminal, to the model, to the trail, to themselves.

use crate::ground::{Ground, trail};
use infisical_emulator::Generation::V4;
use infisical_emulator::SecretSeed;
use infisical_skill::{Change, Error, tools};
use infisical_skill_contract::emulated::GENERATIONS;
use infisical_skill_contract::stage::{Stage, create, literal};
use infisical_skill_contract::{PROJECT, root};
use serde_json::json;

#[tokio::test]
async fn what_a_component_says_is_escaped_and_capped() {
    let ground = Ground::of(&crate::SPEAKS_IN_ESCAPES).await;
    let long = "x".repeat(100_000);
    let error = ground.read(root(), &long).await.unwrap_err();
    // What a program gets is as it is; what is shown to a model or a person isn't.
    let arguments = json!({ "project": PROJECT, "environment": "dev", "path": "/", "name": "as a name" });
    let shown = tools::answer(&ground.skill, "get-secret", arguments).await.unwrap();
    for said in [error.to_string(), error.remedy(), shown.in_words().replace('\n', " ")] {
        assert!(!said.contains(|c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}')), "{said:?}");
        assert!(said.chars().count() < 2_000, "{} characters", said.chars().count());
    }
    ground.is_unharmed().await;
}

#[tokio::test]
async fn a_component_remembers_nothing_from_one_call_to_the_next() {
    let ground = Ground::of(&crate::REMEMBERS).await;
    for name in ["the first", "the second", "the third"] {
        assert_eq!(ground.read(root(), name).await.as_deref(), Ok(""), "what was asked before");
    }
}

/// The places in a request where a component could put a text of its own choice.
const PLACES: [&str; 11] =
    ["name", "path", "below", "environment", "project", "tag", "folder", "slug", "id", "tags", "references"];

#[tokio::test]
async fn a_value_that_a_component_asks_for_as_a_name_neither_leaves_nor_gets_into_the_audit_trail() {
    const VALUE: &str = "canary-given-to-it";
    let stage = async || {
        let rogue = crate::ASKS_FOR_THE_VALUE_AS_A_NAME.load().unwrap();
        Stage::with(V4, |builder| builder.component(rogue).reveal(true)).await.unwrap()
    };
    let is_contained = |stage: &Stage, error: Error, what: &str, value: &str| {
        let says = if what.ends_with("references") {
            "it counts references "
        } else {
            "isn't about what the call was made for"
        };
        assert!(error.reason().contains(says), "{what}: {error}");
        let sent = format!("{:?}", stage.emulator.log().iter().map(|it| &it.path_and_query).collect::<Vec<_>>());
        assert!(!sent.contains(value), "{what}: {sent}");
        let trail = trail(stage.folder());
        assert!(!trail.contains(value) && trail.contains("egress"), "{what}: {trail}");
    };
    for place in PLACES {
        let stage = stage().await;
        let value = format!("{place}={VALUE}");
        let previewed = stage.skill.preview(vec![create("/", "NEW", literal(&value))]).await;
        is_contained(&stage, previewed.unwrap_err(), place, VALUE);

        stage.switch_on().unwrap();
        let previewed = stage.skill.preview(vec![create("/", "NEW", literal(&format!("later {value}")))]).await;
        let receipt = stage.skill.apply(&previewed.unwrap().plan, None).await;
        let error = match receipt {
            Err(error) => error,
            Ok(receipt) => Error::Invalid(receipt.steps[0].note.clone().unwrap_or_default()),
        };
        is_contained(&stage, error, &format!("later, {place}"), VALUE);
    }
    let stage = stage().await;
    stage.emulator.put_secret("dev", "/app", &SecretSeed::new("SHOWN", "canary-revealed"));
    let revealed = stage.skill.reveal_secret(infisical_skill_contract::emulated::at("/app"), "SHOWN").await;
    is_contained(&stage, revealed.unwrap_err(), "reveal", "canary-revealed");
}

#[tokio::test]
async fn a_value_that_a_component_repeats_does_not_get_into_the_audit_trail() {
    for generation in GENERATIONS {
        let rogue = crate::REPEATS_THE_VALUE.load().unwrap();
        let stage = Stage::with(generation, |builder| builder.component(rogue)).await.unwrap();
        let change: Change = create("/", "NEW", literal("canary-to-be-written"));
        let refused = stage.skill.preview(vec![change]).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        let trail = trail(stage.folder());
        assert!(!trail.contains("canary-to-be-written"), "{trail}");
        assert!(trail.contains("create-secret"), "the attempt itself is on record");
    }
}
