//! Rogues that never end.

use crate::ground::{DEADLINE, Ground, good_read};
use infisical_emulator::ApiVersion::V4;
use infisical_skill::Error;
use infisical_skill_contract::root;
use infisical_skill_rogues::{Boundary, Containment, Rogue, cases};
use std::time::Instant;

cases![
    a_component_that_spins_is_stopped_at_the_deadline,
    component_that_spins_at_start_is_stopped_at_the_deadline,
    spinning_after_the_answer_is_stopped_at_the_deadline,
    a_component_that_waits_forever_is_stopped_at_the_deadline,
    component_with_an_open_answer_gets_no_second_one,
    many_components_that_spin_leave_the_others_running,
];

async fn is_stopped_at_the_deadline(rogue: &Rogue, name: &str) -> Ground {
    let ground = Ground::of(rogue, Boundary::Time).await;
    let began = Instant::now();
    let outcome = ground.read(root(), name).await;
    let took = began.elapsed();
    let is_in_time = took >= DEADLINE - DEADLINE / 10 && took < DEADLINE * 3 / 2;
    ground.trial.holds(Containment::Deadline, is_in_time && outcome == Err(Error::TimedOut), (outcome, took));
    ground.is_unharmed().await;
    ground
}

async fn a_component_that_spins_is_stopped_at_the_deadline() {
    is_stopped_at_the_deadline(&crate::SPINS, "").await;
}

async fn component_that_spins_at_start_is_stopped_at_the_deadline() {
    is_stopped_at_the_deadline(&crate::SPINS_AT_ITS_START, "").await;
    is_stopped_at_the_deadline(&crate::SPINS_WHILE_IT_IS_HANDED_ARGUMENTS, "a name").await;
}

async fn spinning_after_the_answer_is_stopped_at_the_deadline() {
    is_stopped_at_the_deadline(&crate::SPINS_AFTER_ITS_ANSWER, "").await;
}

async fn a_component_that_waits_forever_is_stopped_at_the_deadline() {
    is_stopped_at_the_deadline(&crate::POLLS_FOREVER, &good_read(V4).replace("/A?", "/SLOW?")).await;
}

async fn component_with_an_open_answer_gets_no_second_one() {
    let ground = is_stopped_at_the_deadline(&crate::KEEPS_ANSWERS_OPEN, &good_read(V4)).await;
    let asked = good_read(V4);
    let arrived = ground.arrived().iter().filter(|request| request.target == asked).count();
    ground.trial.holds(Containment::Bounded, arrived == 1, arrived);
}

async fn many_components_that_spin_leave_the_others_running() {
    let ground = Ground::of(&crate::SPINS, Boundary::Time).await;
    let spinning: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let skill = ground.skill.clone();
                async move { skill.get_secret(root(), "", None).await }
            })
        })
        .collect();
    let began = Instant::now();
    ground.is_unharmed().await;
    assert!(began.elapsed() < DEADLINE, "an honest call took {:?}", began.elapsed());
    for call in spinning {
        let outcome = call.await.unwrap();
        ground.trial.holds(Containment::Deadline, outcome == Err(Error::TimedOut), outcome);
    }
}
