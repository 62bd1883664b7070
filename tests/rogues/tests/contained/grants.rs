//! Rogues that do something else than they were called for: change in a read, reveal in a list, use the warden out of turn.

use crate::ground::layer;
use infisical_emulator::Generation::V4;
use infisical_skill::{Change, Error, Layer, Place, SecretFilter, Skill};
use infisical_skill_contract::emulated::at;
use infisical_skill_contract::stage::{Stage, create, generated, target};
use infisical_skill_rogues::Rogue;

async fn stage(rogue: &Rogue) -> Stage {
    let rogue = rogue.load().unwrap();
    let stage = Stage::with(V4, |builder| builder.component(rogue).reveal(true)).await.unwrap();
    stage.switch_on().unwrap();
    stage
}

/// The same server and folder, with the shipped component.
fn honest(stage: &Stage) -> Skill {
    stage.another(|builder| builder.reveal(true)).unwrap()
}

async fn get(stage: &Stage, at: Place, name: &str) -> Result<String, Error> {
    stage.skill.get_secret(at, name, None).await.map(|secret| secret.name)
}

#[tokio::test]
async fn a_call_that_reads_changes_nothing_and_the_write_identity_is_not_even_logged_in() {
    let stage = stage(&crate::CHANGES_SOMETHING_IN_A_READ).await;
    for method in ["POST", "PATCH", "DELETE"] {
        assert_eq!(layer(get(&stage, at("/"), method).await), Layer::Egress, "{method}");
        let filter = SecretFilter { name_contains: Some(method.to_owned()), ..SecretFilter::default() };
        assert_eq!(layer(stage.skill.list_secrets(at("/"), filter).await), Layer::Egress, "{method}");
    }
    assert_eq!(layer(stage.skill.reveal_secret(at("/"), "DATABASE_URL").await.map(drop)), Layer::Egress);
    assert_eq!(layer(stage.skill.preview(vec![create("/", "NEW", generated(20))]).await), Layer::Egress);
    assert!(stage.changes_sent().is_empty());
    assert_eq!(stage.logins_of(&stage.emulator.writer().client_id), 0);
}

#[tokio::test]
async fn a_call_that_reads_never_gets_a_value() {
    let stage = stage(&crate::ASKS_FOR_MORE_THAN_IT_WAS_ASKED).await;
    let project = stage.emulator.project_id();
    let place = format!("projectId={project}&environment=dev&secretPath=%2F");
    let rest = "expandSecretReferences=false&include_imports=false";
    for path in [
        format!("/api/v4/secrets/DATABASE_URL?{place}&viewSecretValue=true&{rest}"),
        format!(
            "/api/v4/secrets?{place}&viewSecretValue=true&expandSecretReferences=false&recursive=true&include_imports=false"
        ),
    ] {
        assert_eq!(layer(get(&stage, at("/"), &path).await), Layer::Egress, "{path}");
    }
    for path in [
        format!("/api/v4/secrets/DATABASE_URL?{place}&viewSecretValue=false&{rest}"),
        format!(
            "/api/v4/secrets?{place}&viewSecretValue=false&expandSecretReferences=false&recursive=true&include_imports=false"
        ),
    ] {
        let answer = get(&stage, at("/"), &path).await.unwrap();
        assert!(answer.starts_with("200") && !answer.contains("canary"), "{answer}");
    }
}

#[tokio::test]
async fn a_reveal_is_of_the_secret_that_was_asked_for_and_once() {
    let stage = stage(&crate::ASKS_FOR_MORE_THAN_IT_WAS_ASKED).await;
    let reveal = async |name: &str| stage.skill.reveal_secret(at("/"), name).await.map(drop);
    assert_eq!(layer(reveal("other").await), Layer::Egress, "another secret");
    assert_eq!(layer(reveal("DATABASE_URL*2").await), Layer::Egress, "named by what no secret is named");
    assert_eq!(reveal("DATABASE_URL").await, Ok(()), "the one that was asked for");
    let hidden = stage.another(|builder| builder.component(crate::ASKS_FOR_MORE_THAN_IT_WAS_ASKED.load().unwrap()));
    let refused = hidden.unwrap().reveal_secret(at("/"), "DATABASE_URL").await.map(drop);
    assert!(refused.is_err(), "where the operator allows no reveals");
}

#[tokio::test]
async fn plans_are_filed_in_previews_and_redeemed_in_applies_and_nowhere_else() {
    let stage = stage(&crate::USES_THE_WARDEN_OUT_OF_TURN).await;
    let pending = honest(&stage).preview(vec![create("/", "NEW", generated(20))]).await.unwrap();
    for what in ["file", "count", "redeem"] {
        assert_eq!(layer(get(&stage, at(&pending.plan), what).await), Layer::Egress, "{what}");
    }
    let in_a_preview = stage.skill.preview(vec![Change::CreateFolder(target(&pending.plan, "x"))]).await;
    assert_eq!(layer(in_a_preview), Layer::Egress, "redeemed in a preview");
    assert_eq!(layer(stage.skill.apply(&pending.plan, None).await), Layer::Egress, "filed in an apply");
    assert!(stage.changes_sent().is_empty());
    assert!(honest(&stage).apply(&pending.plan, None).await.is_ok(), "the plan is still there");
}
