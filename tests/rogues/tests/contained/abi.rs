//! Rogues that break the canonical ABI's rules, and those that break off.

use crate::ground::{Ground, layer};
use infisical_skill::Layer;
use infisical_skill_contract::{CANARY, root, seen};
use infisical_skill_rogues::Rogue;

async fn is_broken_off(rogue: &Rogue) {
    let ground = Ground::of(rogue).await;
    let error = ground.read(root(), "a name").await.expect_err(rogue.name());
    assert_eq!(error.kind(), "sandbox", "{}: {error}", rogue.name());
    assert!(!seen(&error).contains(CANARY), "no word of the component's");
    assert!(ground.server.requests().is_empty());
    ground.is_unharmed().await;
}

#[tokio::test]
async fn a_component_that_hands_over_what_is_not_its_own_is_broken_off() {
    is_broken_off(&crate::HANDS_OVER_WILD_POINTERS).await;
    // It asks for what it may not on the way, which is what the host says then.
    let ground = Ground::of(&crate::WANTS_ITS_ANSWER_ELSEWHERE).await;
    assert_eq!(layer(ground.read(root(), "").await), Layer::Egress);
    ground.is_unharmed().await;
    is_broken_off(&crate::USES_HANDLES_IT_WAS_NOT_GIVEN).await;
}

#[tokio::test]
async fn a_component_that_hands_over_broken_text_is_broken_off() {
    is_broken_off(&crate::HANDS_OVER_BROKEN_TEXT).await;
}

#[tokio::test]
async fn a_component_that_answers_with_what_is_no_answer_is_broken_off() {
    is_broken_off(&crate::ANSWERS_FROM_OUTSIDE_OF_ITS_MEMORY).await;
    is_broken_off(&crate::ANSWERS_WITH_NO_SUCH_CASE).await;
}

#[tokio::test]
async fn a_component_that_allocates_where_it_has_nothing_is_broken_off() {
    is_broken_off(&crate::ALLOCATES_OUTSIDE_OF_ITS_MEMORY).await;
}

#[tokio::test]
async fn a_component_that_panics_or_traps_is_broken_off_without_a_word_of_its_own() {
    is_broken_off(&crate::PANICS).await;
    is_broken_off(&crate::TRAPS).await;
}
