//! The doctor: checks within a minute whether a set-up is sound, and says how to fix what isn't.
//!
//! It changes nothing. It logs in with each identity, reads with the read identity, and lets each
//! identity ask about itself. If the operator allows it (`probe`), the read identity also tries to
//! delete a folder that doesn't exist and to read one value; the server should refuse both. The
//! audit trail records all of it.
//!
//! What can't be determined has its own verdict, [`Verdict::Unknown`]. It is never good, and a
//! set-up with an unknown check isn't called sound.
//!
//! - `here`: this machine: who could change the settings, state directory, audit trail, switch,
//!   component.
//! - `policy`: what the settings allow beyond the defaults. `codes`: a stable code for each check.
//!   `tokens`: whether each client that the configuration names has a token.
//! - `server`: the server: reachable, API version, clock, logins.
//! - `roles`: what the identities may do there. `revealing`: the reveal switch, and the identity
//!   that reads values. `asked`: what the server reports about the identities. `rights`: what their
//!   permissions mean. `probe`: requests that must be refused.

mod asked;
mod codes;
mod here;
mod policy;
mod probe;
mod revealing;
mod rights;
mod roles;
mod server;
mod tokens;

use crate::audit::{CallEnd, CallLog, Failed};
use crate::model::error::Error;
use crate::skill::Skill;
pub use tokens::TokenFiles;

use codes::code_of;
use infisical_skill_policy::text::escape_capped;
use serde::Serialize;
use std::path::Path;

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The check's code, for scripts. It is stable. docs/running.md lists the codes.
    pub code: &'static str,
    /// The check's name.
    pub name: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it, if anything.
    pub remedy: Option<String>,
}

/// The verdict of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, but the operator should know about it.
    Warning,
    /// Not as it should be.
    Bad,
    /// It can't be determined: the server doesn't report it, or not to these identities. This is
    /// neither good nor bad.
    Unknown,
    /// It couldn't be checked, because something else is bad.
    Skipped,
}

/// The operator's options for the doctor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DoctorOptions {
    /// Let the read identity try requests that must be refused.
    pub probe: bool,
    /// Treat an advisory set-up as bad.
    pub require_enforced: bool,
    /// Where the tokens of the clients with their own rights are.
    pub token_files: TokenFiles,
}

/// The result of all checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Soundness {
    /// Everything that matters was checked, and nothing is bad. There may be warnings.
    Sound,
    /// Nothing that was checked is bad, but something that matters can't be determined.
    Unknown,
    /// Something is bad.
    NotSound,
}

impl Verdict {
    /// The verdict's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

impl Check {
    fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self { code: code_of(name), name, verdict: Verdict::Good, found: found.into(), remedy: None }
    }

    fn warning(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code: code_of(name), name, verdict: Verdict::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn bad(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code: code_of(name), name, verdict: Verdict::Bad, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn unknown(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code: code_of(name), name, verdict: Verdict::Unknown, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn skipped(name: &'static str, found: impl Into<String>) -> Self {
        Self { code: code_of(name), name, verdict: Verdict::Skipped, found: found.into(), remedy: None }
    }

    fn loose(loose: policy::LooseSetting) -> Self {
        let policy::LooseSetting { code, found, remedy } = loose;
        Self { code, name: "policy", verdict: Verdict::Warning, found, remedy: Some(remedy.to_owned()) }
    }

    fn error(name: &'static str, error: &Error) -> Self {
        Self::bad(name, error.reason(), error.remedy())
    }
}

/// Runs all checks. `skill` is the skill that the configuration gives, or why there is none.
/// `state_folder` is the state directory, or why it can't be used.
pub async fn examine(
    skill: Result<&Skill, &str>,
    state_folder: Result<&Path, &str>,
    wanted: DoctorOptions,
) -> Vec<Check> {
    let probe = wanted.probe;
    let mut checks = Vec::new();
    match skill {
        Ok(skill) => checks.push(Check::good("configuration", format!("valid, for {}", skill.origin()))),
        Err(error) => {
            checks.push(Check::bad("configuration", error, "correct it; docs/configuration.md lists all settings"))
        }
    }
    checks.extend(here::check_machine(state_folder));
    let Ok(skill) = skill else {
        checks.push(Check::skipped("server", "there is no configuration to reach one with"));
        return checks;
    };
    checks.push(here::set_up(skill.enforcement(), wanted.require_enforced));
    checks.extend(here::conditions(skill.enforcement()));
    checks.push(here::switch(skill));
    checks.extend(here::policy(skill));
    checks.extend(here::sums(skill));
    checks.extend(tokens::check(skill.clients().http.keys().map(String::as_str), &wanted.token_files));
    checks.extend(revealing::switch(skill));
    let log = skill.log_of_doctor();
    let found = server::check(skill, &log, &mut checks).await;
    roles::check(skill, &log, &found, probe, &mut checks).await;
    let result: Result<(), Failed> = match checks.iter().find(|check| check.verdict == Verdict::Bad) {
        None => Ok(()),
        Some(bad) => Err(Error::Conflict(format!("{}: {}", bad.name, escape_capped(&bad.found, 200)).into()).into()),
    };
    if let Err(error) = log.end(CallEnd::of(&result)).await {
        checks.push(Check::error("audit trail", &error));
    }
    checks
}

/// Whether the server shows the read identity its own permissions in a project. It doesn't right
/// after they were granted.
pub(crate) async fn sees_own_rights(skill: &Skill, project: &str) -> bool {
    let log = skill.log_of_doctor();
    let sees = server::sees_own_rights(skill, &log, project).await;
    let result: Result<(), Failed> = sees.as_ref().map(|_| ()).map_err(|error| error.clone().into());
    let recorded = log.end(CallEnd::of(&result)).await;
    recorded.is_ok() && sees.is_ok_and(|sees| sees)
}

/// Combines the checks' verdicts.
#[must_use]
pub fn soundness(checks: &[Check]) -> Soundness {
    let has = |verdict| checks.iter().any(|check| check.verdict == verdict);
    if has(Verdict::Bad) {
        Soundness::NotSound
    } else if has(Verdict::Unknown) {
        Soundness::Unknown
    } else {
        Soundness::Sound
    }
}

/// Whether the set-up is known to be sound: nothing is bad, and everything that matters could be
/// determined.
#[must_use]
pub fn is_sound(checks: &[Check]) -> bool {
    soundness(checks) == Soundness::Sound
}

/// The log that the checks of one run share.
type Log = CallLog;
