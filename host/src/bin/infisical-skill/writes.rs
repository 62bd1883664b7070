//! The kill switch. It needs no server and no identity: see `Config::kill_switch`.

use crate::operator_arguments::Writes;
use crate::output::{misused, print, print_json, say};
use crate::terminal;
use infisical_skill::config::Config;
use infisical_skill::text::escape;
use infisical_skill::{KillSwitch, words};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

pub(crate) fn run(config: Option<&Path>, command: Writes) -> ExitCode {
    if matches!(command, Writes::Off) {
        return off(config);
    }
    let switch = match Config::kill_switch(config, |name| std::env::var_os(name)) {
        Ok(switch) => switch,
        Err(error) => return misused(&error.to_string()),
    };
    match command {
        Writes::On { time, reason } => on(&switch, time, reason.as_deref()),
        Writes::Status { format } => status(&switch, format.json),
        Writes::Off => ExitCode::SUCCESS,
    }
}

/// A person turns them on, at a terminal: no flag and no standard input stands in for one.
fn on(switch: &KillSwitch, time: Duration, reason: Option<&str>) -> ExitCode {
    let stay = |error: String| {
        say(&format!("changes stay as they were: {error}"));
        ExitCode::FAILURE
    };
    if let Err(error) = switch.check_time(time) {
        return stay(error.to_string());
    }
    if !terminal::is_there() {
        return stay(
            "only a person turns them on, at a terminal. Run this where standard input, output and error are the terminal's"
                .to_owned(),
        );
    }
    let time_shown = humantime::format_duration(time);
    let folder = escape(&switch.folder().display().to_string());
    if !terminal::agrees(&format!("Turn changes on for {time_shown}, in the state directory {folder}?")) {
        return stay("the answer wasn't yes".to_owned());
    }
    match switch.turn_on(time, reason) {
        // Somebody may have turned them off meanwhile.
        Ok(state) => print(&format!("{}\n", words::switch(&state))),
        Err(error) => stay(error.to_string()),
    }
}

fn off(config: Option<&Path>) -> ExitCode {
    let off = match Config::turn_writes_off(config, |name| std::env::var_os(name)) {
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
        say(&format!("changes are off all the same, but that isn't recorded: {unrecorded}"));
    }
    if !off.missing.is_empty() {
        say(&format!("there is no state folder {}: nothing is on there", shown(&off.missing)));
    }
    if !off.folders.is_empty() {
        let printed = print(&format!("Changes are off, in the state folder {}.\n", shown(&off.folders)));
        if off.certain {
            return printed;
        }
    }
    say(
        "if a server uses another state folder, changes may still be on there: run this again with INFISICAL_SKILL_STATE_DIR set to it",
    );
    ExitCode::FAILURE
}

fn status(switch: &KillSwitch, json: bool) -> ExitCode {
    let state = switch.state();
    if json { print_json(&json!(state)) } else { print(&format!("{}\n", words::switch(&state))) }
}
