//! Rogues that break the canonical ABI's rules, and those that break off.

use crate::ground::Ground;
use infisical_skill_contract::root;
use infisical_skill_rogues::{Boundary, Rogue, cases};

cases![
    a_component_that_hands_over_what_is_not_its_own_is_broken_off,
    a_component_that_hands_over_broken_text_is_broken_off,
    a_component_that_answers_with_what_is_no_answer_is_broken_off,
    a_component_that_allocates_where_it_has_nothing_is_broken_off,
    a_component_that_panics_or_traps_is_broken_off_without_a_word_of_its_own,
];

/// Its words, if any, have a canary in them: reading looks for that.
async fn is_broken_off(rogue: &Rogue) {
    let ground = Ground::of(rogue, Boundary::Abi).await;
    ground.trial.is_broken_off(&ground.read(root(), "a name").await);
    assert!(ground.server.requests().is_empty());
    ground.is_unharmed().await;
}

async fn a_component_that_hands_over_what_is_not_its_own_is_broken_off() {
    is_broken_off(&crate::HANDS_OVER_WILD_POINTERS).await;
    // It asks for what it may not on the way, which is what the host says then.
    let ground = Ground::of(&crate::WANTS_ITS_ANSWER_ELSEWHERE, Boundary::Abi).await;
    ground.trial.is_refused(&ground.read(root(), "").await);
    ground.is_unharmed().await;
    is_broken_off(&crate::USES_HANDLES_IT_WAS_NOT_GIVEN).await;
}

async fn a_component_that_hands_over_broken_text_is_broken_off() {
    is_broken_off(&crate::HANDS_OVER_BROKEN_TEXT).await;
}

async fn a_component_that_answers_with_what_is_no_answer_is_broken_off() {
    is_broken_off(&crate::ANSWERS_FROM_OUTSIDE_OF_ITS_MEMORY).await;
    is_broken_off(&crate::ANSWERS_WITH_NO_SUCH_CASE).await;
}

async fn a_component_that_allocates_where_it_has_nothing_is_broken_off() {
    is_broken_off(&crate::ALLOCATES_OUTSIDE_OF_ITS_MEMORY).await;
}

async fn a_component_that_panics_or_traps_is_broken_off_without_a_word_of_its_own() {
    is_broken_off(&crate::PANICS).await;
    is_broken_off(&crate::TRAPS).await;
}
