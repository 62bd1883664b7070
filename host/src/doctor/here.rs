//! What this machine has.

use super::Check;
use crate::audit;
use crate::sandbox::{ComponentRefusal, component};
use crate::skill::Skill;
use crate::state::SwitchState;
use infisical_skill_audit::verify;
use std::path::Path;

/// The state folder, the audit trail in it, and the component.
pub(super) fn look(state_folder: Option<&Path>) -> Vec<Check> {
    let mut checks = vec![match state_folder {
        Some(folder) => self::state_folder(folder),
        None => Check::bad(
            "state folder",
            "there is none: nothing can be recorded, so nothing is done",
            "set INFISICAL_SKILL_STATE_DIR, or `state_dir` in the configuration file",
        ),
    }];
    checks.extend(state_folder.map(trail));
    checks.push(component());
    checks
}

fn state_folder(folder: &Path) -> Check {
    const NAME: &str = "state folder";
    let shown = folder.display();
    let metadata = match std::fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => return Check::bad(NAME, format!("{shown} isn't a folder"), "set another one"),
        Err(error) => {
            let remedy = match error.kind() {
                std::io::ErrorKind::NotFound => "make it, for this user alone (chmod 700)",
                _ => crate::state::advice(&error),
            };
            return Check::bad(NAME, format!("{shown} can't be used: {error}"), remedy);
        }
    };
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        if mode & 0o022 != 0 {
            return Check::bad(
                NAME,
                format!("{shown} can be changed by other users"),
                crate::state::shared_folder(folder, &metadata),
            );
        }
        if mode & 0o055 != 0 {
            let found = format!("{shown} can be looked into by other users: they see what was asked, not values");
            return Check::warning(NAME, found, format!("run `chmod 700 {shown}`"));
        }
    }
    let _ = metadata;
    Check::good(NAME, format!("{shown}, for this user alone"))
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
