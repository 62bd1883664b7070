//! Rogues that are called to preview: the filed plan matches the request, and the description comes
//! from the host.

use crate::ground::trail;
use infisical_emulator::{ApiVersion, Emulator, ProjectSeed, SecretSeed, Seed};
use infisical_skill::{Change, Error, PlanOutcome, Preview, SecretCreation, tools};
use infisical_skill_contract::emulated::API_VERSIONS;
use infisical_skill_contract::stage::{Stage, create, generated, literal, target};
use infisical_skill_rogues::{Boundary, Containment, Rogue, Trial, cases};
use serde_json::json;

cases![
    component_that_plans_another_change_files_nothing,
    component_that_plans_one_extra_change_files_nothing,
    component_that_understates_its_plan_files_nothing,
    a_component_that_files_twice_files_once_and_its_call_fails,
    plan_whose_preview_failed_cannot_be_applied,
    reports_component_that_hides_a_rejected_draft,
    a_component_that_gives_another_tag_files_nothing,
    component_that_uses_a_namesakes_folder_id_files_nothing,
    component_with_its_own_generator_alphabet_files_nothing,
    component_cannot_show_a_plan_that_it_did_not_file,
    decisive_parts_of_a_preview_come_from_the_host,
    component_text_comes_below_the_hosts_description,
];

/// The outcome of a preview with one API version.
struct Previewed {
    stage: Stage,
    trial: Trial,
    outcome: Result<Preview, Error>,
}

/// Runs a preview with the rogue, as a trial.
async fn tried(api_version: ApiVersion, rogue: &Rogue, changes: Vec<Change>) -> Previewed {
    let trial = rogue.tries(Boundary::Preview, api_version);
    let (stage, outcome) = previewed(api_version, rogue, changes).await;
    Previewed { stage, trial, outcome }
}

/// Runs the rogue that lies, with an import of the root of `dev` in `prod:/app`.
async fn tried_where_it_is_imported(api_version: ApiVersion, changes: Vec<Change>) -> Previewed {
    let trial = crate::LIES_IN_ITS_PREVIEW.tries(Boundary::Preview, api_version);
    let rogue = crate::LIES_IN_ITS_PREVIEW.load().unwrap();
    let project = ProjectSeed::new("Agent Vault", "agent-vault")
        .secret("dev", "/", SecretSeed::new("DATABASE_URL", "v"))
        .import("prod", "/app", "dev", "/");
    let emulator = Emulator::builder().api_version(api_version).seed(Seed::default().project(project)).start().await;
    let stage = Stage::on(emulator.unwrap(), |builder| builder.component(rogue)).unwrap();
    let outcome = stage.skill.preview(changes).await;
    assert!(stage.changes_sent().is_empty());
    Previewed { stage, trial, outcome }
}

/// Runs a preview with the rogue where it does what was requested: no trial.
async fn previewed(api_version: ApiVersion, rogue: &Rogue, changes: Vec<Change>) -> (Stage, Result<Preview, Error>) {
    let rogue = rogue.load().unwrap();
    let stage = Stage::with(api_version, |builder| builder.component(rogue)).await.unwrap();
    let outcome = stage.skill.preview(changes).await;
    assert!(stage.changes_sent().is_empty());
    (stage, outcome)
}

impl Previewed {
    /// Asserts that the call failed, with this text in the reason.
    fn is_told_on(&self, why: &str) {
        let is_so = self.outcome.as_ref().is_err_and(|error| error.reason().contains(why));
        self.trial.holds(Containment::Gate, is_so, &self.outcome);
    }
}

/// Asserts that this many plans were filed, and that none can be applied.
fn nothing_is_pending(stage: &Stage, filed: usize) {
    let plans = stage.skill.plans().unwrap();
    assert_eq!(plans.len(), filed, "{plans:?}");
    assert!(plans.iter().all(|plan| plan.outcome == Some(PlanOutcome::Discarded)), "{plans:?}");
}

fn delete(name: &str) -> Change {
    Change::DeleteSecret(target("/", name))
}

async fn component_that_plans_another_change_files_nothing() {
    for api_version in API_VERSIONS {
        for asked in [
            create("/", "NEW", literal("v")),
            delete("SENTRY_DSN"),
            Change::DeleteSecret(target("/app", "DATABASE_URL")),
            Change::DeleteFolder(target("/", "DATABASE_URL")),
        ] {
            let tried = tried(api_version, &crate::PLANS_SOMETHING_ELSE, vec![asked]).await;
            tried.trial.is_refused(&tried.outcome);
            assert!(tried.stage.skill.plans().unwrap().is_empty());
        }
        let (_, outcome) = previewed(api_version, &crate::PLANS_SOMETHING_ELSE, vec![delete("DATABASE_URL")]).await;
        assert!(outcome.is_ok(), "the rogue's plan should be refused only if it differs from the request: {outcome:?}");
    }
}

async fn component_that_plans_one_extra_change_files_nothing() {
    for api_version in API_VERSIONS {
        let tried = tried(api_version, &crate::PLANS_ONE_MORE, vec![delete("DATABASE_URL")]).await;
        tried.trial.is_refused(&tried.outcome);
        assert!(tried.stage.skill.plans().unwrap().is_empty());
    }
}

async fn component_that_understates_its_plan_files_nothing() {
    for api_version in API_VERSIONS {
        let tried = tried(api_version, &crate::PLAYS_DOWN_WHAT_IT_PLANS, vec![delete("DATABASE_URL")]).await;
        tried.trial.is_refused(&tried.outcome);
        assert!(tried.stage.skill.plans().unwrap().is_empty());
    }
}

async fn a_component_that_files_twice_files_once_and_its_call_fails() {
    for api_version in API_VERSIONS {
        let tried = tried(api_version, &crate::FILES_TWICE, vec![delete("DATABASE_URL")]).await;
        tried.is_told_on("files a plan in a call that may not file one");
        nothing_is_pending(&tried.stage, 1);
    }
}

async fn plan_whose_preview_failed_cannot_be_applied() {
    for api_version in API_VERSIONS {
        let tried = tried(api_version, &crate::FILES_AND_FAILS, vec![delete("DATABASE_URL")]).await;
        let plan = match &tried.outcome {
            Err(Error::Invalid(plan)) => plan.clone(),
            other => panic!("{other:?}"),
        };
        nothing_is_pending(&tried.stage, 1);
        tried.stage.switch_on().unwrap();
        let honest = tried.stage.another(|builder| builder).unwrap();
        let applied = honest.apply(&plan, Some(&tried.stage.phrase("delete secret dev:/DATABASE_URL"))).await;
        let is_discarded = applied.as_ref().is_err_and(|error| error.reason().contains("discarded"));
        tried.trial.holds(Containment::Policy, is_discarded, applied);
    }
}

async fn reports_component_that_hides_a_rejected_draft() {
    for api_version in API_VERSIONS {
        let tried = tried(api_version, &crate::FILES_BADLY_AND_ANSWERS_WELL, vec![delete("SENTRY_DSN")]).await;
        tried.is_told_on("isn't what was asked for");
        assert!(trail(tried.stage.folder()).contains("isn't what was asked for"));
        nothing_is_pending(&tried.stage, 0);
    }
}

async fn a_component_that_gives_another_tag_files_nothing() {
    let asked = |tag: &str| match create("/", "NEW", literal("v")) {
        Change::CreateSecret(creation) => {
            vec![Change::CreateSecret(SecretCreation { tags: vec![tag.to_owned()], ..creation })]
        }
        other => panic!("{other:?}"),
    };
    for api_version in API_VERSIONS {
        let tried = tried(api_version, &crate::GIVES_ANOTHER_TAG, asked("payments")).await;
        tried.is_told_on("isn't what was asked for");
        nothing_is_pending(&tried.stage, 0);
        let (_, outcome) = previewed(api_version, &crate::GIVES_ANOTHER_TAG, asked("infra")).await;
        assert!(outcome.is_ok(), "the one that it gives: {outcome:?}");
    }
}

async fn component_that_uses_a_namesakes_folder_id_files_nothing() {
    for api_version in API_VERSIONS {
        let trial = crate::DELETES_THE_NAMESAKE.tries(Boundary::Preview, api_version);
        let delete_in = async |path: &str| {
            let rogue = crate::DELETES_THE_NAMESAKE.load().unwrap();
            let stage = Stage::with(api_version, |builder| builder.component(rogue)).await.unwrap();
            stage.emulator.put_folder("dev", "/twin");
            stage.emulator.put_folder("dev", "/twin/twin");
            let previewed = stage.skill.preview(vec![Change::DeleteFolder(target(path, "twin"))]).await;
            (stage, previewed)
        };
        let (stage, outcome) = delete_in("/").await;
        let is_so = outcome.as_ref().is_err_and(|error| error.reason().contains("didn't give for that place"));
        trial.holds(Containment::Gate, is_so, outcome);
        nothing_is_pending(&stage, 0);
        let (_, previewed) = delete_in("/twin").await;
        assert!(previewed.is_ok(), "where that is the one that is meant: {previewed:?}");
    }
}

async fn component_with_its_own_generator_alphabet_files_nothing() {
    for api_version in API_VERSIONS {
        let asked = vec![create("/", "NEW", generated(24))];
        let tried = tried(api_version, &crate::MAKES_UP_A_BLANK, asked).await;
        tried.is_told_on("isn't what was asked for");
        nothing_is_pending(&tried.stage, 0);
        let blanks = vec![create("/", "NEW", literal(&" ".repeat(24)))];
        let (_, outcome) = previewed(api_version, &crate::MAKES_UP_A_BLANK, blanks).await;
        assert!(outcome.is_ok(), "where that is what was asked for: {outcome:?}");
    }
}

async fn component_cannot_show_a_plan_that_it_did_not_file() {
    for api_version in API_VERSIONS {
        let tried = tried(api_version, &crate::PREVIEWS_WITHOUT_A_PLAN, vec![delete("DATABASE_URL")]).await;
        tried.trial.is_broken_off(&tried.outcome);
    }
}

async fn decisive_parts_of_a_preview_come_from_the_host() {
    for api_version in API_VERSIONS {
        let tried = tried_where_it_is_imported(api_version, vec![delete("DATABASE_URL")]).await;
        let shown = tried.outcome.as_ref().unwrap();
        let filed = tried.stage.skill.plan(&shown.plan).unwrap();
        assert_eq!((&shown.plan, shown.expires.as_str()), (&filed.plan, filed.expires_at().as_str()));
        assert!(shown.requests.len() == 1 && shown.requests[0].contains("delete secret"), "{:?}", shown.requests);
        assert!(shown.requests[0].contains("DATABASE_URL"), "{:?}", shown.requests);
        assert_eq!(shown.acknowledge, Some(tried.stage.phrase("delete secret dev:/DATABASE_URL")));
        assert!(shown.approval.as_ref().is_some_and(|approval| approval.contains("plans approve")));
        // The host found the dependents, names and counts, and the approver sees them.
        assert_eq!(shown.dependents, filed.dependents);
        assert_eq!((&shown.names, &shown.blast_radius), (&filed.names, &filed.blast_radius));
        let radius = &shown.blast_radius;
        assert_eq!((radius.secrets, radius.folders), (1, 0), "the component says that nothing is touched");
        let [found] = shown.dependents.as_slice() else { panic!("{:?}", shown.dependents) };
        let importing = found.imports.as_ref().unwrap();
        assert_eq!((importing.count, importing.places.as_slice()), (Some(1), ["prod:/app".to_owned()].as_slice()));
        // The component's text is shown too, and can't control a terminal.
        let [effect] = shown.effects.as_slice() else { panic!("{:?}", shown.effects) };
        let text = [effect.summary.as_str(), effect.notices[0].as_str()].concat();
        assert!(text.contains("looks at a secret"), "{text}");
        let is_plain = !text.contains(|c: char| c.is_control() || c == '\u{202e}');
        tried.trial.holds(Containment::Overruled, is_plain, text);
    }
}

async fn component_text_comes_below_the_hosts_description() {
    for api_version in API_VERSIONS {
        let trial = crate::LIES_IN_ITS_PREVIEW.tries(Boundary::Preview, api_version);
        let rogue = crate::LIES_IN_ITS_PREVIEW.load().unwrap();
        let stage = Stage::with(api_version, |builder| builder.component(rogue)).await.unwrap();
        let arguments = json!({ "path": "/", "name": "DATABASE_URL" });
        let shown = tools::answer(&stage.skill, "delete-secret", arguments).await.unwrap().to_text();
        // The order: the requests and their conditions in the host's text, then the component's
        // text, then the host's again.
        let line = |text: &str| shown.lines().position(|line| line.contains(text));
        let lines = [
            line("DATABASE_URL"),
            line("Touched"),
            line("What that does, in the component's words:"),
            line("looks at a secret"),
            line("Expires"),
            line("delete secret dev:/DATABASE_URL in project"),
            line("plans approve"),
        ];
        assert!(lines.iter().all(Option::is_some), "{shown}");
        let is_below = lines[..5].is_sorted();
        trial.holds(Containment::Overruled, is_below && !shown.contains("another-plan"), &shown);
    }
}
