//! The `state` commands, for the operator. They need no server and no identity.

use crate::operator_arguments::StateCommand;
use crate::output::{misused, print, say};
use crate::terminal;
use infisical_skill::accept_clock;
use infisical_skill::config::Config;
use infisical_skill::text::escape;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(config: Option<&Path>, command: StateCommand) -> ExitCode {
    let StateCommand::AcceptClock { reason } = command;
    let switch = match Config::kill_switch(config, |name| std::env::var_os(name)) {
        Ok(switch) => switch,
        Err(error) => return misused(&error.to_string()),
    };
    let stay = |error: &str| {
        say(&format!("the clock isn't accepted: {error}"));
        ExitCode::FAILURE
    };
    if reason.trim().is_empty() {
        return stay("`--reason` says why, for the record");
    }
    // Requires an interactive terminal; no flag and no piped input bypasses it.
    if !terminal::is_there() {
        return stay(
            "only a person accepts it, at a terminal. Run this where standard input, output and error are the terminal's",
        );
    }
    let folder = escape(&switch.folder().display().to_string());
    let question = format!(
        "Accept the clock, turn changes and reveals off, and end all pending plans and reveal requests in the state directory {folder}?"
    );
    if !terminal::agrees(&question) {
        return stay("the answer wasn't yes");
    }
    match accept_clock(switch.folder(), "infisical-skill", &reason) {
        Ok(time) => print(&format!(
            "The accepted time is {time}. Changes and reveals are off, and no plan or reveal request is pending.\n"
        )),
        Err(error) => stay(&error.to_string()),
    }
}
