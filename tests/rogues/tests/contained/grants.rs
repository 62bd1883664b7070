//! Rogues that exceed the purpose of the call: they change something in a read, reveal in a list,
//! or use plans in the wrong call.

use crate::ground::{imports, project_key, secrets};
use infisical_emulator::ApiVersion;
use infisical_skill::{AuditLogFilter, Change, Error, Place, SecretFilter, Skill};
use infisical_skill_contract::emulated::{API_VERSIONS, at};
use infisical_skill_contract::stage::{Stage, create, generated, target};
use infisical_skill_rogues::{Boundary, Containment, Rogue, Trial, cases};

cases![
    read_call_changes_nothing_and_logs_in_no_writer,
    a_call_that_reads_never_gets_a_value,
    reveal_is_limited_to_the_requested_secret_once,
    no_value_is_shared_with_whoever_has_the_link,
    plans_are_filed_only_in_preview_and_redeemed_in_apply,
];

async fn stage(api_version: ApiVersion, rogue: &Rogue) -> (Stage, Trial) {
    let trial = rogue.tries(Boundary::Grant, api_version);
    let rogue = rogue.load().unwrap();
    let stage = Stage::revealing(api_version, |builder| builder.component(rogue)).await.unwrap();
    stage.switch_on().unwrap();
    (stage, trial)
}

/// A skill with the shipped component, and with the same server and state directory.
fn honest(stage: &Stage) -> Skill {
    stage.another_revealing(|builder| builder).unwrap()
}

async fn get(stage: &Stage, at: Place, name: &str) -> Result<String, Error> {
    stage.skill.get_secret(at, name, None).await.map(|secret| secret.name)
}

async fn read_call_changes_nothing_and_logs_in_no_writer() {
    for api_version in API_VERSIONS {
        let (stage, trial) = stage(api_version, &crate::CHANGES_SOMETHING_IN_A_READ).await;
        for method in ["POST", "PATCH", "DELETE"] {
            trial.is_refused(&get(&stage, at("/"), method).await);
            let filter = SecretFilter { name_contains: Some(method.to_owned()), ..SecretFilter::default() };
            trial.is_refused(&stage.skill.list_secrets(at("/"), filter).await);
        }
        trial.is_refused(&stage.skill.list_projects().await);
        trial.is_refused(&stage.skill.list_folders(at("/"), false).await);
        trial.is_refused(&stage.skill.list_audit_logs(AuditLogFilter::default()).await);
        trial.is_refused(&stage.skill.reveal_secret(at("/"), "DATABASE_URL").await.map(drop));
        trial.is_refused(&stage.skill.preview(vec![create("/", "NEW", generated(20))]).await);
        assert!(stage.changes_sent().is_empty());
        assert_eq!(stage.logins_of(&stage.emulator.writer().client_id), 0);
    }
}

async fn a_call_that_reads_never_gets_a_value() {
    for api_version in API_VERSIONS {
        let (stage, trial) = stage(api_version, &crate::ASKS_FOR_MORE_THAN_IT_WAS_ASKED).await;
        let (secrets, key, project) = (secrets(api_version), project_key(api_version), stage.emulator.project_id());
        let place = format!("{key}={project}&environment=dev&secretPath=%2F");
        let imports = imports(api_version);
        let rest = |view: bool| format!("{place}&viewSecretValue={view}&expandSecretReferences=false");
        let one = |view: bool| format!("{secrets}/DATABASE_URL?{}&{imports}=false", rest(view));
        let all = |view: bool| format!("{secrets}?{}&recursive=true&{imports}=false", rest(view));
        for path in [one(true), all(true)] {
            trial.is_refused(&get(&stage, at("/"), &path).await);
        }
        // An old server sends the values anyway.
        for path in [one(false), all(false)] {
            let answer = get(&stage, at("/"), &path).await.unwrap();
            let is_hidden = answer.starts_with("200") && answer.contains("DATABASE_URL") && !answer.contains("canary");
            trial.holds(Containment::Hidden, is_hidden, answer);
        }
    }
}

async fn reveal_is_limited_to_the_requested_secret_once() {
    for api_version in API_VERSIONS {
        let (stage, trial) = stage(api_version, &crate::ASKS_FOR_MORE_THAN_IT_WAS_ASKED).await;
        let reveal = async |name: &str| stage.skill.reveal_secret(at("/"), name).await.map(drop);
        // Another secret, and the requested one twice.
        trial.is_refused(&reveal("other").await);
        trial.is_refused(&reveal("DATABASE_URL*2").await);
        assert_eq!(reveal("DATABASE_URL").await, Ok(()), "the reveal of the requested secret should work");
        let rogue = crate::ASKS_FOR_MORE_THAN_IT_WAS_ASKED.load().unwrap();
        let hidden = stage.another(|builder| builder.component(rogue)).unwrap();
        let refused = hidden.reveal_secret(at("/"), "DATABASE_URL").await.map(drop);
        // The operator allows no reveals.
        trial.holds(Containment::Policy, refused.is_err(), refused);
    }
}

/// Infisical lets every machine identity share a text by a link: the link may contain neither a
/// revealed value nor a planned one.
async fn no_value_is_shared_with_whoever_has_the_link() {
    for api_version in API_VERSIONS {
        let (stage, trial) = stage(api_version, &crate::SHARES_THE_VALUE).await;
        trial.is_refused(&stage.skill.reveal_secret(at("/"), "DATABASE_URL").await.map(drop));
        trial.is_refused(&get(&stage, at("/"), "anything").await);
        let pending = honest(&stage).preview(vec![create("/", "NEW", generated(20))]).await.unwrap();
        trial.is_refused(&stage.skill.apply(&pending.plan, None).await);
        trial.holds(Containment::Gate, stage.changes_sent().is_empty(), stage.changes_sent());
    }
}

async fn plans_are_filed_only_in_preview_and_redeemed_in_apply() {
    for api_version in API_VERSIONS {
        let (stage, trial) = stage(api_version, &crate::USES_PLANS_OUT_OF_TURN).await;
        let pending = honest(&stage).preview(vec![create("/", "NEW", generated(20))]).await.unwrap();
        for what in ["file", "redeem"] {
            trial.is_refused(&get(&stage, at(&pending.plan), what).await);
        }
        // One plan is redeemed in a preview, and one is filed in an apply.
        trial.is_refused(&stage.skill.preview(vec![Change::CreateFolder(target(&pending.plan, "x"))]).await);
        trial.is_refused(&stage.skill.apply(&pending.plan, None).await);
        assert!(stage.changes_sent().is_empty());
        assert!(honest(&stage).apply(&pending.plan, None).await.is_ok(), "the plan is still there");
    }
}
