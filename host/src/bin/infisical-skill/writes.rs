//! The two switches: the kill switch of changes and the reveal switch. They need no server and no
//! identity: see `Config::kill_switch`.

use crate::operator_arguments::Writes;
use crate::output::{misused, print, print_json, say};
use crate::terminal;
use infisical_skill::config::Config;
use infisical_skill::text::escape;
use infisical_skill::{SwitchKind, SwitchState, TimedSwitch, render};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

pub(crate) fn run(config: Option<&Path>, command: Writes) -> ExitCode {
    let kind = SwitchKind::Writes;
    match command {
        Writes::On { time, reason } => on(config, kind, time, reason.as_deref()),
        Writes::Off => off(config, kind),
        Writes::Status { format } => status(config, kind, format.json),
    }
}

fn find(config: Option<&Path>, kind: SwitchKind) -> Result<TimedSwitch, ExitCode> {
    let variable = |name: &str| std::env::var_os(name);
    let switch = match kind {
        SwitchKind::Writes => Config::kill_switch(config, variable),
        SwitchKind::Reveals => Config::reveal_switch(config, variable),
    };
    switch.map_err(|error| misused(&error.to_string()))
}

/// The sentence that describes a switch's state.
fn stands(kind: SwitchKind, state: &SwitchState) -> String {
    match kind {
        SwitchKind::Writes => format!("{}\n", render::switch(state)),
        SwitchKind::Reveals => format!("{}\n", render::reveal_switch(state)),
    }
}

/// Turns a switch on. Requires an interactive terminal; no flag and no piped input bypasses it.
pub(crate) fn on(config: Option<&Path>, kind: SwitchKind, time: Duration, reason: Option<&str>) -> ExitCode {
    let switch = match find(config, kind) {
        Ok(switch) => switch,
        Err(status) => return status,
    };
    let (stays, question) = match kind {
        SwitchKind::Writes => ("changes stay as they were", "Turn changes on"),
        SwitchKind::Reveals => ("values stay as they were", "Let values be revealed"),
    };
    let stay = |error: String| {
        say(&format!("{stays}: {error}"));
        ExitCode::FAILURE
    };
    if let Err(error) = switch.check_time(time) {
        return stay(error.to_string());
    }
    if !terminal::is_there() {
        return stay(
            "only a person can turn this on, at a terminal. Run this where standard input, output and error are a terminal"
                .to_owned(),
        );
    }
    let time_shown = humantime::format_duration(time);
    let folder = escape(&switch.folder().display().to_string());
    if !terminal::agrees(&format!("{question} for {time_shown}, in the state directory {folder}?")) {
        return stay("the answer wasn't yes".to_owned());
    }
    match switch.turn_on(time, reason) {
        // Print the resulting state: somebody may have turned the switch off in the meantime.
        Ok(state) => print(&stands(kind, &state)),
        Err(error) => stay(error.to_string()),
    }
}

pub(crate) fn off(config: Option<&Path>, kind: SwitchKind) -> ExitCode {
    let variable = |name: &str| std::env::var_os(name);
    let (found, what, is_on) = match kind {
        SwitchKind::Writes => (Config::turn_writes_off(config, variable), "changes are off", "changes may still be on"),
        SwitchKind::Reveals => {
            (Config::turn_reveals_off(config, variable), "values are hidden", "values may still be revealed")
        }
    };
    let off = match found {
        Ok(off) => off,
        Err(error) => return misused(&error.to_string()),
    };
    let shown = |folders: &[PathBuf]| {
        let shown: Vec<String> = folders.iter().map(|folder| escape(&folder.display().to_string())).collect();
        shown.join(", ")
    };
    if let Some(ignored) = &off.ignored {
        say(&format!("ignored: {ignored}"));
    }
    if let Some(unrecorded) = &off.unrecorded {
        say(&format!("{what}, but that isn't recorded in the audit trail: {unrecorded}"));
    }
    if !off.missing.is_empty() {
        say(&format!("there is no state directory {}: nothing is on there", shown(&off.missing)));
    }
    if !off.folders.is_empty() {
        let printed = print(&format!("{}, in the state directory {}.\n", sentence(what), shown(&off.folders)));
        if off.certain {
            return printed;
        }
    }
    say(&format!(
        "if a server uses another state directory, {is_on} there: run this again with INFISICAL_SKILL_STATE_DIR set to it"
    ));
    ExitCode::FAILURE
}

/// Capitalizes the first letter.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

pub(crate) fn status(config: Option<&Path>, kind: SwitchKind, json: bool) -> ExitCode {
    let state = match find(config, kind) {
        Ok(switch) => switch.state(),
        Err(status) => return status,
    };
    if json { print_json(&json!(state)) } else { print(&stands(kind, &state)) }
}
