//! Which requests of a plan may leave and when, and what is reported and recorded about them.

use super::*;
use crate::base::test_clock as clock;
use crate::model::error::Layer;
use infisical_skill_audit::{Event, Files, records};

#[tokio::test]
async fn call_files_only_one_plan() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let preview = stage.previewing(&["A"]);
        preview.file(vec![stage.create("A")], b"", None).await.unwrap();
        assert_eq!(preview.file(vec![stage.create("A")], b"", None).await, Err(GateError::Denied));
        assert_eq!(stage.shared.plan_service.plans().unwrap().len(), 1);
        let badly = stage.previewing(&["A"]);
        assert!(badly.file(vec![stage.create("B")], b"", None).await.is_err());
        assert!(badly.file(vec![stage.create("A")], b"", None).await.is_err(), "a draft that was refused was the one");
    }
}

#[tokio::test]
async fn plan_that_expires_midway_is_not_a_violation() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        stage.switch().turn_on(Duration::from_secs(3_600), None).unwrap();
        let gate = stage.redeemed().await;
        assert_eq!(stage.send(&gate, &stage.create("ONE")).await, Ok(200));
        clock::set(crate::base::time::now() + 15 * 60_000 + 1_000);
        assert_eq!(stage.send(&gate, &stage.create("TWO")).await, Err(GateError::Denied));
        assert_eq!(gate.cause().and_then(|cause| cause.layer()), Some(Layer::TwoPhaseConfirm), "{:?}", gate.cause());
        assert_eq!((gate.violation(), stage.changes().len()), (None, 1));
    }
}

#[tokio::test]
async fn records_each_change_with_its_position_in_the_plan() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let requests = vec![stage.create("ONE"), stage.create("TWO")];
        let plan = stage.previewing(&["ONE", "TWO"]).file(requests, b"", None).await.unwrap().0.plan;
        let gate = stage.recorded(&plan);
        gate.redeem(&plan, None).unwrap();
        for name in ["ONE", "TWO"] {
            assert_eq!(stage.send(&gate, &stage.create(name)).await, Ok(200));
        }
        let steps: Vec<_> = records(&Files::new(stage.folder.path().join("audit")))
            .unwrap()
            .into_iter()
            .filter_map(|record| match record.unwrap().event {
                Event::Intent(intent) => intent.change,
                _ => None,
            })
            .map(|change| (change.step, change.plan.plan, change.request.contains("TWO")))
            .collect();
        assert_eq!(steps, [(1, plan.clone(), false), (2, plan, true)]);
    }
}
