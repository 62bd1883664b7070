//! The `doctor` command.

use crate::output::{print, print_json};
use crate::run::{build, close, load};
use infisical_skill::config::Config;
use infisical_skill::doctor::{Check, DoctorOptions, Soundness, TokenFiles, Verdict, examine, soundness};
use infisical_skill::text::escape;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The exit status if nothing is bad, but something that matters can't be determined.
const UNKNOWN: u8 = 3;

pub(crate) async fn run(config: Option<&Path>, mut wanted: DoctorOptions, json: bool) -> ExitCode {
    let folder = Config::state_folder(config, |name| std::env::var_os(name)).map_err(|error| error.to_string());
    let config = load(config);
    if let (TokenFiles::Unknown, Some(beside)) = (&wanted.token_files, config.as_ref().ok().and_then(folder_of)) {
        wanted.token_files = TokenFiles::In(beside);
    }
    let skill = config.and_then(build);
    let checks =
        examine(skill.as_ref().map_err(String::as_str), folder.as_deref().map_err(String::as_str), wanted).await;
    let outcome = soundness(&checks);
    let printed = if json {
        let enforcement = skill.as_ref().ok().map(|skill| skill.enforcement().level);
        let sound = outcome == Soundness::Sound;
        print_json(&json!({ "sound": sound, "outcome": outcome, "enforcement": enforcement, "checks": checks }))
    } else {
        print(&to_text(&checks, outcome))
    };
    if let Ok(skill) = &skill {
        close(skill).await;
    }
    match outcome {
        Soundness::Sound => printed,
        Soundness::Unknown => ExitCode::from(UNKNOWN),
        Soundness::NotSound => ExitCode::FAILURE,
    }
}

/// The usual folder of the clients' token files: the configuration file's.
fn folder_of(config: &Config) -> Option<PathBuf> {
    let folder = config.file()?.parent()?;
    Some(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() })
}

/// One line for each check, and a summary line.
fn to_text(checks: &[Check], outcome: Soundness) -> String {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let found = escape(&check.found);
        let remedy = check.remedy.as_ref().map(|remedy| format!(" → {}", escape(remedy))).unwrap_or_default();
        text.push_str(&format!("{:8} {:width$}  {found}{remedy}\n", check.verdict.name(), check.name));
    }
    let warnings = checks.iter().filter(|check| check.verdict == Verdict::Warning).count();
    text.push_str(match (outcome, warnings) {
        (Soundness::Sound, 0) => "The set-up is sound.\n",
        (Soundness::Sound, _) => "The set-up is sound, with warnings: see above.\n",
        (Soundness::Unknown, _) => {
            "Nothing is bad, but whether the set-up is sound can't be determined: see the unknown checks above.\n"
        }
        (Soundness::NotSound, _) => "The set-up isn't sound: see the bad checks above.\n",
    });
    text
}
