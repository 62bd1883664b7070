//! Whether the set-up is sound.

use crate::output::{print, print_json};
use crate::run::set_up;
use infisical_skill::config::Config;
use infisical_skill::doctor::{Check, examine, is_sound};
use infisical_skill::text::escape;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(crate) async fn run(config: Option<&Path>, probe: bool, json: bool) -> ExitCode {
    let folder = Config::state_folder(config, |name| std::env::var_os(name)).ok();
    let skill = set_up(config);
    let checks = examine(skill.as_ref().map_err(String::as_str), folder.as_deref(), probe).await;
    let sound = is_sound(&checks);
    let printed =
        if json { print_json(&json!({ "sound": sound, "checks": checks })) } else { print(&in_words(&checks, sound)) };
    if sound { printed } else { ExitCode::FAILURE }
}

/// A line for each check, and one in the end.
fn in_words(checks: &[Check], sound: bool) -> String {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let found = escape(&check.found);
        let remedy = check.remedy.as_ref().map(|remedy| format!(" → {}", escape(remedy))).unwrap_or_default();
        text.push_str(&format!("{:8} {:width$}  {found}{remedy}\n", check.verdict.name(), check.name));
    }
    text.push_str(if sound { "The set-up is sound.\n" } else { "The set-up isn't sound: see what is bad above.\n" });
    text
}
