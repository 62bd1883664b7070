//! Rogues that don't come to an end.

use crate::ground::{DEADLINE, Ground, good_read};
use infisical_skill::Error;
use infisical_skill_contract::root;
use infisical_skill_rogues::Rogue;
use std::time::Instant;

async fn is_stopped_at_the_deadline(rogue: &Rogue, name: &str) -> Ground {
    let ground = Ground::of(rogue).await;
    let began = Instant::now();
    assert_eq!(ground.read(root(), name).await, Err(Error::TimedOut), "{}", rogue.name());
    let took = began.elapsed();
    assert!(took >= DEADLINE - DEADLINE / 10 && took < DEADLINE * 3 / 2, "{} took {took:?}", rogue.name());
    ground.is_unharmed().await;
    ground
}

#[tokio::test]
async fn a_component_that_spins_is_stopped_at_the_deadline() {
    is_stopped_at_the_deadline(&crate::SPINS, "").await;
}

#[tokio::test]
async fn a_component_that_spins_before_anything_is_asked_of_it_is_stopped_at_the_deadline() {
    is_stopped_at_the_deadline(&crate::SPINS_AT_ITS_START, "").await;
    is_stopped_at_the_deadline(&crate::SPINS_WHILE_IT_IS_HANDED_ARGUMENTS, "a name").await;
}

#[tokio::test]
async fn a_component_that_spins_after_its_answer_is_stopped_at_the_deadline() {
    is_stopped_at_the_deadline(&crate::SPINS_AFTER_ITS_ANSWER, "").await;
}

#[tokio::test]
async fn a_component_that_waits_forever_is_stopped_at_the_deadline() {
    is_stopped_at_the_deadline(&crate::POLLS_FOREVER, &good_read().replace("/A?", "/SLOW?")).await;
}

#[tokio::test]
async fn a_component_that_keeps_its_answers_open_gets_no_second_one() {
    let ground = is_stopped_at_the_deadline(&crate::KEEPS_ANSWERS_OPEN, &good_read()).await;
    let asked = good_read();
    assert_eq!(ground.arrived().iter().filter(|request| request.target == asked).count(), 1);
}

#[tokio::test]
async fn many_components_that_spin_leave_the_others_running() {
    let ground = Ground::of(&crate::SPINS).await;
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
        assert_eq!(call.await.unwrap().unwrap_err(), Error::TimedOut);
    }
}
