//! Checks on this machine.

use super::policy;
use super::policy::Effective;
use super::{Check, Verdict};
use crate::audit;
use crate::model::enforcement::Enforcement;
use crate::model::switch_state::SwitchState;
use crate::render;
use crate::sandbox::{ComponentRefusal, component};
use crate::skill::Skill;
use infisical_skill_audit::verify;
use infisical_skill_owners::{Want, check};
use infisical_skill_policy::plan::ApprovalPolicy;
use infisical_skill_policy::{Scheme, Scope};
use std::path::Path;

/// Checks the state directory, the audit trail in it, and the component.
pub(super) fn check_machine(state_folder: Result<&Path, &str>) -> Vec<Check> {
    let mut checks = vec![match state_folder {
        Ok(folder) => self::state_folder(folder),
        Err(refusal) => Check::bad(
            "state directory",
            format!("nothing can be recorded, so nothing is done: {refusal}"),
            "solve that, or set another directory: with `state_dir` in the configuration file, or with INFISICAL_SKILL_STATE_DIR if there is no file",
        ),
    }];
    checks.extend(state_folder.ok().map(trail));
    checks.push(component());
    checks
}

fn state_folder(folder: &Path) -> Check {
    const NAME: &str = "state directory";
    let shown = folder.display();
    if let Err(refusal) = check(folder, Want::Folder) {
        let remedy = if refusal.is_missing() {
            "create it for this user alone (chmod 700)".to_owned()
        } else if refusal.is_of_another_kind() {
            "set another directory".to_owned()
        } else {
            "give it to the user that runs this (`chown`), with mode 0700, or set another directory".to_owned()
        };
        return Check::bad(NAME, format!("{shown} can't be used: {refusal}"), remedy);
    }
    #[cfg(unix)]
    if std::fs::metadata(folder).is_ok_and(|it| std::os::unix::fs::PermissionsExt::mode(&it.permissions()) & 0o055 != 0)
    {
        let found = format!("other users can read {shown}: they see calls, but no values");
        return Check::warning(NAME, found, format!("run `chmod 700 {shown}`"));
    }
    Check::good(NAME, format!("{shown}, for this user alone"))
}

/// Grades whether the agent's user could change the protection layers. An advisory set-up is a
/// valid choice, and bad only if the operator requires enforcement.
pub(super) fn set_up(enforcement: &Enforcement, require_enforced: bool) -> Check {
    const NAME: &str = "set-up";
    let found = render::enforcement(enforcement);
    let remedy = "for production, run the skill as its own user, with a configuration that belongs to root and sets `run_as`: docs/running.md has the steps";
    match (enforcement.is_enforced(), require_enforced) {
        (true, _) => Check::good(NAME, found),
        (false, true) => Check::bad(NAME, found, remedy),
        (false, false) => Check::warning(NAME, found, remedy),
    }
}

/// Reports conditions that hold only because of something outside this machine's files.
pub(super) fn conditions(enforcement: &Enforcement) -> impl Iterator<Item = Check> {
    let remedy = "make sure that nobody else has access; docs/running.md explains the condition";
    enforcement.conditions.iter().map(move |condition| Check::warning("owners", condition.as_str(), remedy))
}

fn is_wide(scope: &Scope) -> bool {
    scope.environments.is_empty() || scope.paths.is_empty()
}

/// Reports each setting that allows more than its default, as a warning.
pub(super) fn policy(skill: &Skill) -> Vec<Check> {
    let (shared, origin) = (skill.shared(), skill.origin());
    let plan_service = &shared.plan_service;
    let loose = policy::grade(&Effective {
        plain_http: origin.scheme() == Scheme::Http && !origin.is_loopback(),
        has_scopes: shared.scopes.as_slice().is_some(),
        could_reveal: skill.could_reveal(),
        has_wide_reveal_scope: shared.reveal_scopes.as_slice().is_none_or(|scopes| scopes.iter().any(is_wide)),
        could_change: skill.could_change(),
        rules: plan_service.rules(),
        reveal: shared.reveals.rules(),
        budgets: plan_service.budgets(),
        approves_in_client: skill.clients().with_forms(),
    });
    if loose.is_empty() {
        let found = "no setting lets an agent do more than the defaults";
        let (code, name) = (policy::DEFAULTS, "policy");
        return vec![Check { code, name, verdict: Verdict::Good, found: found.to_owned(), remedy: None }];
    }
    loose.into_iter().map(Check::loose).collect()
}

/// Reports the threshold from which earlier changes make a plan need a person, where it has an
/// effect.
pub(super) fn sums(skill: &Skill) -> Option<Check> {
    let rules = skill.shared().plan_service.rules();
    let has_effect = skill.could_change() && rules.approval != ApprovalPolicy::All;
    has_effect.then(|| Check::good("sums", render::sums(&(&rules.sums).into())))
}

/// Verifies the audit trail. Whether it can be written shows when the doctor's own call is
/// recorded.
fn trail(folder: &Path) -> Check {
    const NAME: &str = "audit trail";
    let found = match verify(&audit::open(folder), None) {
        Ok(found) => found,
        Err(error) => {
            return Check::bad(NAME, format!("it can't be read: {error}"), crate::state::advice(&error));
        }
    };
    if let Some(problem) = found.problem {
        if found.is_sound() {
            return Check::warning(NAME, problem.to_string(), "do nothing: the next record repairs it");
        }
        let remedy = "keep the folder `audit` as evidence: move it away, and a new trail begins";
        return Check::bad(NAME, problem.to_string(), remedy);
    }
    if let Some(reason) = found.poisoned {
        return Check::bad(
            NAME,
            format!("it is closed: {reason}"),
            "run `infisical-skill audit verify`, which opens it again, or says which records are missing",
        );
    }
    Check::good(NAME, format!("{} records, each follows from the one before; head {}", found.records, found.head))
}

/// Reports the digest and imports of the component that this build embeds.
fn component() -> Check {
    const NAME: &str = "component";
    match component::imports() {
        Ok(imports) => Check::good(NAME, format!("sha256 {}; it imports {}", component::SHA256, imports.join(", "))),
        Err(refusal @ ComponentRefusal::Engine(_)) => {
            Check::bad(NAME, refusal.to_string(), "raise that limit for this process, or for the client that starts it")
        }
        Err(refusal) => Check::bad(NAME, refusal.to_string(), "rebuild or reinstall the program"),
    }
}

/// Reports the kill switch's state. It should be off most of the time.
pub(super) fn switch(skill: &Skill) -> Check {
    const NAME: &str = "kill switch";
    match skill.switch() {
        SwitchState::Never => Check::good(NAME, "changes are off for good, by the configuration"),
        SwitchState::Off { because } => Check::good(NAME, because),
        SwitchState::On { until, .. } => Check::warning(
            NAME,
            format!("changes are on until {until}"),
            "run `infisical-skill writes off` when they aren't needed any more",
        ),
    }
}
