//! What this machine has.

use super::policy::{self, Effective};
use super::{Check, Verdict};
use crate::audit;
use crate::enforcement::Enforcement;
use crate::render;
use crate::sandbox::{ComponentRefusal, component};
use crate::skill::Skill;
use crate::state::SwitchState;
use infisical_skill_audit::verify;
use infisical_skill_owners::{Want, check};
use infisical_skill_policy::plan::ApprovalPolicy;
use infisical_skill_policy::{Scheme, Scope};
use std::path::Path;

/// The state folder, the audit trail in it, and the component.
pub(super) fn look(state_folder: Result<&Path, &str>) -> Vec<Check> {
    let mut checks = vec![match state_folder {
        Ok(folder) => self::state_folder(folder),
        Err(refusal) => Check::bad(
            "state folder",
            format!("nothing can be recorded, so nothing is done: {refusal}"),
            "do what is said there, or set another one: `state_dir` in the configuration file, or without one INFISICAL_SKILL_STATE_DIR",
        ),
    }];
    checks.extend(state_folder.ok().map(trail));
    checks.push(component());
    checks
}

fn state_folder(folder: &Path) -> Check {
    const NAME: &str = "state folder";
    let shown = folder.display();
    if let Err(refusal) = check(folder, Want::Folder) {
        let remedy = if refusal.is_missing() {
            "make it, for this user alone (chmod 700)".to_owned()
        } else if refusal.is_of_another_kind() {
            "set another one".to_owned()
        } else {
            "give it to the user that runs this (`chown`), with mode 0700, or set another one".to_owned()
        };
        return Check::bad(NAME, format!("{shown} can't be used: {refusal}"), remedy);
    }
    #[cfg(unix)]
    if std::fs::metadata(folder).is_ok_and(|it| std::os::unix::fs::PermissionsExt::mode(&it.permissions()) & 0o055 != 0)
    {
        let found = format!("{shown} can be looked into by other users: they see what was asked, not values");
        return Check::warning(NAME, found, format!("run `chmod 700 {shown}`"));
    }
    Check::good(NAME, format!("{shown}, for this user alone"))
}

/// Whether the agent's user could turn the layers. Advisory is a choice that somebody may make; who
/// asks for more is told that it isn't.
pub(super) fn set_up(enforcement: &Enforcement, require_enforced: bool) -> Check {
    const NAME: &str = "set-up";
    let found = render::enforcement(enforcement);
    let remedy = "for production, run the skill as a user of its own under a configuration of root's, with `run_as`: docs/running.md has the steps";
    match (enforcement.is_enforced(), require_enforced) {
        (true, _) => Check::good(NAME, found),
        (false, true) => Check::bad(NAME, found, remedy),
        (false, false) => Check::warning(NAME, found, remedy),
    }
}

/// What is only as safe as something outside of this machine's files.
pub(super) fn conditions(enforcement: &Enforcement) -> impl Iterator<Item = Check> {
    let remedy = "nothing, if nobody else has it: docs/running.md says what it means";
    enforcement.conditions.iter().map(move |condition| Check::warning("owners", condition.as_str(), remedy))
}

fn is_wide(scope: &Scope) -> bool {
    scope.environments.is_empty() || scope.paths.is_empty()
}

/// What the settings allow beyond the defaults: a warning for each.
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

/// From when on a plan needs a person because of earlier changes, where that has an effect.
pub(super) fn sums(skill: &Skill) -> Option<Check> {
    let rules = skill.shared().plan_service.rules();
    let has_effect = skill.could_change() && rules.approval != ApprovalPolicy::All;
    has_effect.then(|| Check::good("sums", render::sums(&(&rules.sums).into())))
}

/// That it can be written shows when the doctor itself is recorded.
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
            return Check::warning(NAME, problem.to_string(), "nothing: the next record takes care of it");
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

/// Digest and imports of the component that this build carries.
fn component() -> Check {
    const NAME: &str = "component";
    match component::imports() {
        Ok(imports) => Check::good(NAME, format!("sha256 {}; it imports {}", component::SHA256, imports.join(", "))),
        Err(refusal @ ComponentRefusal::Engine(_)) => {
            Check::bad(NAME, refusal.to_string(), "raise that limit for this process, or for the client that starts it")
        }
        Err(refusal) => Check::bad(NAME, refusal.to_string(), "build or install the program anew"),
    }
}

/// How the kill switch stands. Off is how it should be, most of the time.
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
