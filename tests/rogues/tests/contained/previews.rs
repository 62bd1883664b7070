//! Rogues that are asked to preview: what is filed is what was asked for, and what is shown of it is the host's own reading.

use crate::ground::{layer, trail};
use infisical_emulator::Generation::V4;
use infisical_skill::{Change, Error, Fate, Layer, Preview, SecretCreation};
use infisical_skill_contract::stage::{Stage, create, generated, literal, target};
use infisical_skill_rogues::Rogue;

async fn preview(rogue: &Rogue, changes: Vec<Change>) -> (Stage, Result<Preview, Error>) {
    let rogue = rogue.load().unwrap();
    let stage = Stage::with(V4, |builder| builder.component(rogue)).await.unwrap();
    let previewed = stage.skill.preview(changes).await;
    assert!(stage.changes_sent().is_empty());
    (stage, previewed)
}

/// So many plans were filed, and none can be applied.
fn nothing_is_pending(stage: &Stage, filed: usize) {
    let plans = stage.skill.plans().unwrap();
    assert_eq!(plans.len(), filed, "{plans:?}");
    assert!(plans.iter().all(|plan| plan.fate == Some(Fate::Discarded)), "{plans:?}");
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
    let (stage, previewed) = preview(&crate::FILES_TWICE, vec![delete("DATABASE_URL")]).await;
    let error = previewed.unwrap_err();
    assert!(error.reason().contains("files a plan where none may be filed"), "{error}");
    nothing_is_pending(&stage, 1);
}

#[tokio::test]
async fn a_plan_whose_preview_fails_can_not_be_applied() {
    let (stage, previewed) = preview(&crate::FILES_AND_FAILS, vec![delete("DATABASE_URL")]).await;
    let plan = match previewed {
        Err(Error::Invalid(plan)) => plan,
        other => panic!("{other:?}"),
    };
    nothing_is_pending(&stage, 1);
    stage.switch_on().unwrap();
    let honest = stage.another(|builder| builder).unwrap();
    let applied = honest.apply(&plan, Some("delete secret DATABASE_URL in dev")).await;
    assert!(applied.unwrap_err().reason().contains("discarded"));
}

#[tokio::test]
async fn a_component_that_files_badly_and_answers_well_is_told_on() {
    let (stage, previewed) = preview(&crate::FILES_BADLY_AND_ANSWERS_WELL, vec![delete("SENTRY_DSN")]).await;
    let error = previewed.unwrap_err();
    assert!(error.reason().contains("isn't what was asked for"), "{error}");
    assert!(trail(stage.folder()).contains("isn't what was asked for"));
    nothing_is_pending(&stage, 0);
}

#[tokio::test]
async fn a_component_that_gives_another_tag_files_nothing() {
    let asked = |tag: &str| match create("/", "NEW", literal("v")) {
        Change::CreateSecret(creation) => {
            vec![Change::CreateSecret(SecretCreation { tags: vec![tag.to_owned()], ..creation })]
        }
        other => panic!("{other:?}"),
    };
    let (stage, previewed) = preview(&crate::GIVES_ANOTHER_TAG, asked("payments")).await;
    assert!(previewed.unwrap_err().reason().contains("isn't what was asked for"));
    nothing_is_pending(&stage, 0);
    let (_, previewed) = preview(&crate::GIVES_ANOTHER_TAG, asked("infra")).await;
    assert!(previewed.is_ok(), "the one that it gives: {previewed:?}");
}

#[tokio::test]
async fn a_component_that_names_a_folder_by_the_id_of_its_namesake_elsewhere_files_nothing() {
    let delete_in = async |path: &str| {
        let rogue = crate::DELETES_THE_NAMESAKE.load().unwrap();
        let stage = Stage::with(V4, |builder| builder.component(rogue)).await.unwrap();
        stage.emulator.put_folder("dev", "/twin");
        stage.emulator.put_folder("dev", "/twin/twin");
        let previewed = stage.skill.preview(vec![Change::DeleteFolder(target(path, "twin"))]).await;
        (stage, previewed)
    };
    let (stage, previewed) = delete_in("/").await;
    let error = previewed.unwrap_err();
    assert!(error.reason().contains("didn't give for that place"), "{error}");
    nothing_is_pending(&stage, 0);
    let (_, previewed) = delete_in("/twin").await;
    assert!(previewed.is_ok(), "where that is the one that is meant: {previewed:?}");
}

#[tokio::test]
async fn a_component_that_makes_up_a_value_of_its_own_alphabet_files_nothing() {
    let (stage, previewed) = preview(&crate::MAKES_UP_A_BLANK, vec![create("/", "NEW", generated(24))]).await;
    assert!(previewed.unwrap_err().reason().contains("isn't what was asked for"));
    nothing_is_pending(&stage, 0);
    let blanks = literal(&" ".repeat(24));
    let (_, previewed) = preview(&crate::MAKES_UP_A_BLANK, vec![create("/", "NEW", blanks)]).await;
    assert!(previewed.is_ok(), "where that is what was asked for: {previewed:?}");
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
