//! Rogues that are asked to preview: what is filed is what was asked for, and what is shown of it is the host's own reading.

use crate::ground::layer;
use infisical_emulator::Generation::V4;
use infisical_skill::{Change, Error, Layer, Preview};
use infisical_skill_contract::stage::{Stage, create, literal, target};
use infisical_skill_rogues::Rogue;

async fn preview(rogue: &Rogue, changes: Vec<Change>) -> (Stage, Result<Preview, Error>) {
    let rogue = rogue.load().unwrap();
    let stage = Stage::with(V4, |builder| builder.component(rogue)).await.unwrap();
    let previewed = stage.skill.preview(changes).await;
    assert!(stage.changes_sent().is_empty());
    (stage, previewed)
}

fn delete(name: &str) -> Change {
    Change::DeleteSecret(target("/", name))
}

#[tokio::test]
async fn a_component_that_plans_something_else_than_it_was_asked_files_nothing() {
    for asked in [
        create("/", "NEW", literal("v")),
        delete("SENTRY_DSN"),
        Change::DeleteSecret(target("/app", "DATABASE_URL")),
        Change::DeleteFolder(target("/", "DATABASE_URL")),
    ] {
        let (stage, previewed) = preview(&crate::PLANS_SOMETHING_ELSE, vec![asked]).await;
        assert_eq!(layer(previewed), Layer::Egress);
        assert!(stage.skill.plans().unwrap().is_empty());
    }
    let (_, previewed) = preview(&crate::PLANS_SOMETHING_ELSE, vec![delete("DATABASE_URL")]).await;
    assert!(previewed.is_ok(), "what it was asked for is something else: {previewed:?}");
}

#[tokio::test]
async fn a_component_that_plans_one_change_more_than_it_was_asked_files_nothing() {
    let (stage, previewed) = preview(&crate::PLANS_ONE_MORE, vec![delete("DATABASE_URL")]).await;
    assert_eq!(layer(previewed), Layer::Egress);
    assert!(stage.skill.plans().unwrap().is_empty());
}

#[tokio::test]
async fn a_component_that_plays_down_what_it_plans_files_nothing() {
    let (stage, previewed) = preview(&crate::PLAYS_DOWN_WHAT_IT_PLANS, vec![delete("DATABASE_URL")]).await;
    assert_eq!(layer(previewed), Layer::Egress);
    assert!(stage.skill.plans().unwrap().is_empty());
}

#[tokio::test]
async fn a_component_that_files_twice_files_once_and_its_call_fails() {
    let asked = vec![delete("DATABASE_URL")];
    let (stage, previewed) = preview(&crate::FILES_TWICE, [asked, vec![delete("SENTRY_DSN")]].concat()).await;
    assert_eq!(layer(previewed), Layer::Egress);
    assert!(stage.skill.plans().unwrap().is_empty(), "neither is what was asked for");
}

#[tokio::test]
async fn a_component_that_shows_a_plan_that_it_did_not_file_shows_none() {
    let (_, previewed) = preview(&crate::PREVIEWS_WITHOUT_A_PLAN, vec![delete("DATABASE_URL")]).await;
    assert_eq!(previewed.unwrap_err().kind(), "sandbox");
}

#[tokio::test]
async fn what_decides_in_a_preview_is_the_hosts_own_word() {
    let (stage, previewed) = preview(&crate::LIES_IN_ITS_PREVIEW, vec![delete("DATABASE_URL")]).await;
    let shown = previewed.unwrap();
    let filed = stage.skill.plan(&shown.plan).unwrap();
    assert_eq!((&shown.plan, shown.expires.as_str()), (&filed.plan, filed.expires_at().as_str()));
    assert!(shown.requests.len() == 1 && shown.requests[0].contains("delete secret"), "{:?}", shown.requests);
    assert!(shown.requests[0].contains("DATABASE_URL"), "{:?}", shown.requests);
    assert_eq!(shown.acknowledge.as_deref(), Some("delete secret DATABASE_URL in dev"));
    assert!(shown.approval.is_some_and(|approval| approval.contains("plans approve")));
    // Its words stand beside that, and steer no terminal.
    let [effect] = shown.effects.as_slice() else { panic!("{:?}", shown.effects) };
    let words = [effect.summary.as_str(), effect.notices[0].as_str()].concat();
    assert!(words.contains("looks at a secret"), "{words}");
    assert!(!words.contains(|c: char| c.is_control() || c == '\u{202e}'), "{words:?}");
}
