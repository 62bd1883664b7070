//! Counting references: in an older server's answers alone, for what is to go alone, and nothing of a value comes of it but a number.

use super::*;
use infisical_emulator::{Fault, Generation as Speaks, RequestMatch, SecretSeed};
use infisical_skill_policy::{Environment, Project, SecretPath};

fn stage(generation: Speaks) -> Stage {
    let emulator = Emulator::builder().seed(Seed::demo()).generation(generation).start_now().unwrap();
    for name in ["ONE", "TWO"] {
        emulator.put_secret("dev", "/app", &SecretSeed::new(name, "x${dev.app.STRIPE_API_KEY}"));
    }
    Stage::before(emulator)
}

fn target(stage: &Stage, name: &str) -> answers::ReferenceTarget {
    answers::ReferenceTarget {
        project: Project::new(stage.emulator.project_id()).unwrap(),
        environment: Environment::new("dev").unwrap(),
        path: SecretPath::new("/app").unwrap(),
        name: Some(name.to_owned()),
    }
}

fn deleting(stage: &Stage) -> Gate {
    let asked = AskedChange::DeleteSecret { at: stage.at(), name: "STRIPE_API_KEY".to_owned() };
    stage.sent_to(Grant::Preview, Errand::Preview(vec![asked]))
}

/// Listings that the server was asked for.
fn listings(stage: &Stage) -> usize {
    stage.emulator.log().iter().filter(|it| it.path_and_query.contains("secretPath=")).count()
}

#[tokio::test]
async fn references_are_counted_where_the_server_sends_values_anyway() {
    let (old, current) = (stage(Speaks::V3), stage(Speaks::V4));
    let before = deleting(&old).count_references(&target(&old, "STRIPE_API_KEY")).await.unwrap().unwrap();
    old.emulator.put_secret("dev", "/app", &SecretSeed::new("THREE", "x${dev.app.STRIPE_API_KEY}"));
    let after = deleting(&old).count_references(&target(&old, "STRIPE_API_KEY")).await;
    assert_eq!((before >= 2, after), (true, Ok(Some(before + 1))), "{before}");
    assert_eq!(deleting(&current).count_references(&target(&current, "STRIPE_API_KEY")).await, Ok(None));
    assert_eq!((listings(&old), listings(&current)), (2, 0), "a current one isn't asked");
}

#[tokio::test]
async fn references_to_something_else_or_in_another_kind_of_call_are_not_counted() {
    let stage = stage(Speaks::V3);
    let preview = deleting(&stage);
    assert_eq!(preview.count_references(&target(&stage, "ONE")).await, Err(GateError::Denied));
    assert!(preview.attempt().is_some());
    assert_eq!(
        preview.count_references(&target(&stage, "STRIPE_API_KEY")).await,
        Err(GateError::Denied),
        "after that, nothing is"
    );
    for grant in [Grant::Nothing, Grant::Reads, Grant::Reveal, Grant::Apply] {
        let gate = stage.gate(grant);
        assert_eq!(gate.count_references(&target(&stage, "STRIPE_API_KEY")).await, Err(GateError::Denied), "{grant:?}");
    }
    assert_eq!(listings(&stage), 0);
}

#[tokio::test]
async fn what_could_not_be_counted_is_no_number() {
    for fault in [Fault::Status(500), Fault::Status(403)] {
        let stage = stage(Speaks::V3);
        let listing = RequestMatch::any().path_prefix("/api/v3/secrets");
        stage.emulator.fail_next_matching(1, listing, fault);
        assert_eq!(deleting(&stage).count_references(&target(&stage, "STRIPE_API_KEY")).await, Ok(None));
    }
}
