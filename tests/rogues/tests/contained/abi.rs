//! Rogues that break the rules of the canonical ABI, and those that trap.

use crate::ground::Ground;
use infisical_skill_contract::root;
use infisical_skill_rogues::{Boundary, Rogue, cases};

cases![
    stops_component_that_passes_foreign_handles_or_pointers,
    stops_component_that_passes_invalid_utf8,
    stops_component_with_malformed_answer,
    stops_component_that_allocates_out_of_bounds,
    panic_or_trap_ends_the_call_without_component_text,
];

/// The rogue's text, if any, contains a canary. `read` searches for it.
async fn is_broken_off(rogue: &Rogue) {
    let ground = Ground::of(rogue, Boundary::Abi).await;
    ground.trial.is_broken_off(&ground.read(root(), "a name").await);
    assert!(ground.server.requests().is_empty());
    ground.is_unharmed().await;
}

async fn stops_component_that_passes_foreign_handles_or_pointers() {
    is_broken_off(&crate::HANDS_OVER_WILD_POINTERS).await;
    // On the way it makes a forbidden request, which is the reason that the host gives.
    let ground = Ground::of(&crate::WANTS_ITS_ANSWER_ELSEWHERE, Boundary::Abi).await;
    ground.trial.is_refused(&ground.read(root(), "").await);
    ground.is_unharmed().await;
    is_broken_off(&crate::USES_HANDLES_IT_WAS_NOT_GIVEN).await;
}

async fn stops_component_that_passes_invalid_utf8() {
    is_broken_off(&crate::HANDS_OVER_BROKEN_TEXT).await;
}

async fn stops_component_with_malformed_answer() {
    is_broken_off(&crate::ANSWERS_FROM_OUTSIDE_OF_ITS_MEMORY).await;
    is_broken_off(&crate::ANSWERS_WITH_NO_SUCH_CASE).await;
}

async fn stops_component_that_allocates_out_of_bounds() {
    is_broken_off(&crate::ALLOCATES_OUTSIDE_OF_ITS_MEMORY).await;
}

async fn panic_or_trap_ends_the_call_without_component_text() {
    is_broken_off(&crate::PANICS).await;
    is_broken_off(&crate::TRAPS).await;
}
