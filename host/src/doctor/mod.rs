//! The doctor: whether a set-up is sound, in a minute, with what to do where it isn't.
//!
//! It only looks. What it sends are logins of all identities, reads on the read identity, and what
//! each identity asks about itself. With the operator's word (`probe`) the read identity also tries
//! to delete a folder that can't exist, and to get one value; both should be refused. All of it is
//! in the audit trail.
//!
//! What can't be told is a verdict of its own, [`Verdict::Unknown`]: it is never good, and a set-up with one isn't called sound.
//!
//! - `here`: what this machine has: who could change the settings, state folder, audit trail,
//!   switch, component.
//! - `policy`: what the settings allow beyond the defaults. `codes`: a stable code for each check.
//! - `server`: what the server says: reachable, generation, clock, logins.
//! - `roles`: what the identities may do there. `revealing`: the switch of plain values, and the
//!   identity that reads them. `asked`: what the server says of them. `rights`: what their
//!   permissions mean. `probe`: what is tried.

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
use crate::error::Error;
use crate::skill::Skill;
pub use tokens::TokenFiles;

use codes::code_of;
use infisical_skill_policy::text::escape_capped;
use serde::Serialize;
use std::path::Path;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// What was looked at, for scripts: it stays as it is. docs/running.md lists the codes.
    pub code: &'static str,
    /// What was looked at.
    pub name: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, in words.
    pub found: String,
    /// What to do about it, where there is something to do.
    pub remedy: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and somebody should know.
    Warning,
    /// Not as it should be.
    Bad,
    /// It can't be told: the server doesn't say, or not to these identities. Not good, and not bad.
    Unknown,
    /// It couldn't be looked at, because of something else that is bad.
    Skipped,
}

/// What the operator wants of the doctor beyond looking at the skill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// To let the read identity try what should be refused.
    pub probe: bool,
    /// To call a set-up bad that is only advisory.
    pub require_enforced: bool,
    /// Where to look for the tokens of the clients that have rights of their own.
    pub token_files: TokenFiles,
}

/// What all checks come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Soundness {
    /// Everything that matters was seen, and nothing of it is bad. There may be warnings.
    Sound,
    /// Nothing that was seen is bad, and something that matters can't be told.
    Unknown,
    /// Something is bad.
    NotSound,
}

impl Verdict {
    /// Its name.
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

    fn loose(loose: policy::Loose) -> Self {
        let policy::Loose { code, found, remedy } = loose;
        Self { code, name: "policy", verdict: Verdict::Warning, found, remedy: Some(remedy.to_owned()) }
    }

    fn error(name: &'static str, error: &Error) -> Self {
        Self::bad(name, error.reason(), error.remedy())
    }
}

/// Looks at everything. `skill` is what the configuration gives, or why it gives none;
/// `state_folder` is where its state is, or why that can't be used.
pub async fn examine(skill: Result<&Skill, &str>, state_folder: Result<&Path, &str>, wanted: Wanted) -> Vec<Check> {
    let probe = wanted.probe;
    let mut checks = Vec::new();
    match skill {
        Ok(skill) => checks.push(Check::good("configuration", format!("it can be used, for {}", skill.origin()))),
        Err(error) => {
            checks.push(Check::bad("configuration", error, "correct it; docs/configuration.md has all settings"))
        }
    }
    checks.extend(here::look(state_folder));
    let Ok(skill) = skill else {
        checks.push(Check::skipped("server", "there is no configuration to reach one with"));
        return checks;
    };
    checks.push(here::set_up(skill.enforcement(), wanted.require_enforced));
    checks.extend(here::conditions(skill.enforcement()));
    checks.push(here::switch(skill));
    checks.extend(here::policy(skill));
    checks.extend(here::sums(skill));
    checks.extend(tokens::look(skill.clients().http.keys().map(String::as_str), &wanted.token_files));
    checks.extend(revealing::switch(skill));
    let log = skill.log_of_doctor();
    let found = server::look(skill, &log, &mut checks).await;
    roles::look(skill, &log, &found, probe, &mut checks).await;
    let result: Result<(), Failed> = match checks.iter().find(|check| check.verdict == Verdict::Bad) {
        None => Ok(()),
        Some(bad) => Err(Error::Conflict(format!("{}: {}", bad.name, escape_capped(&bad.found, 200)).into()).into()),
    };
    if let Err(error) = log.end(CallEnd::of(&result)).await {
        checks.push(Check::error("audit trail", &error));
    }
    checks
}

/// Whether the read identity is shown its own rights in a project: right after they were given it isn't.
pub(crate) async fn sees_own_rights(skill: &Skill, project: &str) -> bool {
    let log = skill.log_of_doctor();
    let sees = server::sees_own_rights(skill, &log, project).await;
    let result: Result<(), Failed> = sees.as_ref().map(|_| ()).map_err(|error| error.clone().into());
    let recorded = log.end(CallEnd::of(&result)).await;
    recorded.is_ok() && sees.is_ok_and(|sees| sees)
}

/// What the checks come to.
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

/// Whether the set-up is known to be sound: nothing is bad, and nothing that matters can't be told.
#[must_use]
pub fn is_sound(checks: &[Check]) -> bool {
    soundness(checks) == Soundness::Sound
}

/// What the checks of one run share.
type Log = CallLog;
