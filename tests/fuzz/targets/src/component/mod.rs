//! The shipped component in isolation, under any calls, any policy and any server answers. The only
//! changes that it sends are a redeemed plan's next requests. Its results contain nothing hidden.
//! Each call ends with an answer or by running out of fuel or memory, and never with another trap.
//!
//! - `harness`: the sandbox, which other projects can reuse (docs/fuzzing.md).
//! - `convert`: converts calls and facts into WIT records.

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

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    run(bytes);
}

/// Runs one input. Returns the number of changes sent and the number of values that the component
/// generated.
fn run(bytes: &[u8]) -> (usize, usize) {
    let harness = Harness::shared();
    let script = Script::read(bytes);
    let plan_service = Arc::new(Mutex::new(PlanService::new(&script)));
    let facts = convert::policy(&script.policy);
    // Each call has its own store and instance, so the component keeps nothing between calls.
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
                    assert!(facts.reveal == Reveals::On, "revealed while reveals are off");
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
    (plan_service.left(), plan_service.generated())
}

/// Checks that a result contains nothing hidden.
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
    fn seeds_reach_their_changes_in_core_and_shipped_component() {
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
