//! The component as it is shipped, in isolation: whatever is called, whatever the operator decided, whatever the server answers, nothing that changes
//! something is asked for but a redeemed plan's next request, nothing hidden is in what it says, and it ends with an answer or for want of what it was
//! given (fuel, memory). It never traps otherwise, and the process lives.
//!
//! - `harness`: the sandbox, which can be taken elsewhere (docs/fuzzing.md).
//! - `convert`: calls and facts as its records.

mod convert;
mod engine_config;
mod harness;

use crate::plan_service::{PLAN, PlanService};
use crate::script::{Call, Script};
use harness::bindings::exports::infisical::skill::types::Error;
use harness::bindings::infisical::skill::policy::Reveals;
use harness::{End, Harness};
use infisical_skill_policy::Grant;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

/// Holds the invariant above for one input.
pub fn target(bytes: &[u8]) {
    run(bytes);
}

/// Runs one input, and says how many changes left, and how many values the component made up.
fn run(bytes: &[u8]) -> (usize, usize) {
    let harness = Harness::shared();
    let script = Script::read(bytes);
    let plan_service = Arc::new(Mutex::new(PlanService::new(&script)));
    let facts = convert::policy(&script.policy);
    // Each call has a store and an instance of its own: between them the component keeps nothing.
    for call in script.calls {
        let grant = match call {
            Call::Reveal(..) => Grant::Reveal,
            Call::Preview(_) => Grant::Preview,
            Call::Apply(..) => Grant::Apply,
            _ => Grant::Reads,
        };
        let prepared = harness.call(grant, facts.clone(), Arc::clone(&plan_service));
        let check = Check(&plan_service);
        match call {
            Call::ListProjects => check
                .end(&prepared.run(async |skill, store| skill.infisical_skill_reads().call_list_projects(store).await)),
            Call::ListFolders(at, recursive) => check.end(&prepared.run(async |skill, store| {
                skill.infisical_skill_reads().call_list_folders(store, &convert::place(at), recursive).await
            })),
            Call::ListSecrets(at, filter) => check.end(&prepared.run(async |skill, store| {
                let (at, filter) = (convert::place(at), convert::secret_filter(filter));
                skill.infisical_skill_reads().call_list_secrets(store, &at, &filter).await
            })),
            Call::GetSecret(at, name, version) => check.end(&prepared.run(async |skill, store| {
                skill.infisical_skill_reads().call_get_secret(store, &convert::place(at), &name, version).await
            })),
            Call::ListAuditLogs(filter) => check.end(&prepared.run(async |skill, store| {
                skill.infisical_skill_reads().call_list_audit_logs(store, &convert::audit_log_filter(filter)).await
            })),
            Call::Reveal(at, name) => {
                let end = prepared.run(async |skill, store| {
                    skill.infisical_skill_reveal().call_reveal_secret(store, &convert::place(at), &name).await
                });
                if let End::Answer(Ok(revealed)) = &end {
                    assert!(facts.reveal == Reveals::On, "revealed past the gate");
                    check.said(&revealed.secret);
                } else {
                    check.end(&end);
                }
            }
            Call::Preview(changes) => check.end(&prepared.run(async |skill, store| {
                let changes: Vec<_> = changes.into_iter().map(convert::change).collect();
                skill.infisical_skill_changes().call_preview(store, &changes).await
            })),
            Call::Apply(plan, phrase) => {
                let phrase = phrase.or_else(|| plan_service.lock().unwrap().phrase());
                check.end(&prepared.run(async |skill, store| {
                    let plan = plan.as_deref().unwrap_or(PLAN);
                    skill.infisical_skill_changes().call_apply(store, plan, phrase.as_deref()).await
                }));
            }
        }
        plan_service.lock().unwrap().end_call();
    }
    let plan_service = plan_service.lock().unwrap();
    (plan_service.left(), plan_service.made_up())
}

/// Holds that nothing hidden is in an answer.
struct Check<'a>(&'a Mutex<PlanService>);

impl Check<'_> {
    fn end<T: Debug>(&self, end: &End<Result<T, Error>>) {
        if let End::Answer(answer) = end {
            self.said(answer);
        }
    }

    fn said(&self, said: &impl Debug) {
        self.0.lock().unwrap().assert_hidden(&format!("{said:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_get_as_far_as_their_changes_in_the_core_and_in_the_shipped_component() {
        macro_rules! left {
            ($($seed:literal),+) => {
                [$({
                    let seed = include_bytes!(concat!("../../../seeds/component/", $seed));
                    assert_eq!(run(seed), crate::guest::run(seed), $seed);
                    ($seed, run(seed))
                }),+]
            };
        }
        assert_eq!(
            left!(
                "reads",
                "create-and-apply",
                "update-and-apply",
                "delete-and-apply",
                "delete-older",
                "folders",
                "delete-folder",
                "approval",
                "no-answer-to-a-change",
                "administration",
                "generated",
                "invitation",
                "scoped",
                "odd-names",
                "by-a-person",
                "no-json",
                "slow-down",
                "many-dependents"
            ),
            [
                ("reads", (0, 0)),
                ("create-and-apply", (1, 0)),
                ("update-and-apply", (1, 0)),
                ("delete-and-apply", (1, 0)),
                ("delete-older", (2, 0)),
                ("folders", (2, 0)),
                ("delete-folder", (1, 0)),
                ("approval", (1, 0)),
                ("no-answer-to-a-change", (1, 0)),
                ("administration", (1, 0)),
                ("generated", (1, 1)),
                ("invitation", (1, 0)),
                ("scoped", (0, 0)),
                ("odd-names", (1, 0)),
                ("by-a-person", (1, 1)),
                ("no-json", (0, 0)),
                ("slow-down", (0, 0)),
                ("many-dependents", (1, 0)),
            ]
        );
    }
}
