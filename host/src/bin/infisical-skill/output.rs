//! What the command prints: results to standard output, messages to standard error.

use crate::terminal;
use infisical_skill::Error;
use infisical_skill::render::wrapped;
use infisical_skill::text::{escape, escape_json};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// The exit status for a mistake in the command line or the configuration.
pub(crate) const USAGE: u8 = 2;

/// Prints a result. A reader that closed the pipe isn't an error.
pub(crate) fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("the output can't be written: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints what a person decides about. On a terminal, long lines are wrapped rather than cut, so
/// that the person sees all of it.
pub(crate) fn print_whole(text: &str) -> ExitCode {
    match terminal::width() {
        Some(width) => print(&wrapped(text, width)),
        None => print(text),
    }
}

/// Prints JSON on one line, without characters that a terminal would interpret.
pub(crate) fn print_json(value: &serde_json::Value) -> ExitCode {
    print(&format!("{}\n", escape_json(&value.to_string())))
}

/// Prints a value unchanged if standard output is piped, and escaped if it is a terminal.
pub(crate) fn print_value(value: &str) -> ExitCode {
    if io::stdout().is_terminal() { print(&format!("{}\n", escape(value))) } else { print(value) }
}

/// Prints a message to the person.
pub(crate) fn say(text: &str) {
    // Nothing can be done if standard error can't be written.
    let _ = writeln!(io::stderr().lock(), "infisical-skill: {text}");
}

/// Reports a failed call as text, and also as JSON if the caller asked for JSON.
pub(crate) fn fail(error: &Error, json: bool) -> ExitCode {
    if json {
        print_json(&error.to_json());
    }
    say(&error.to_string());
    ExitCode::FAILURE
}

/// Reports a mistake in the command line or the configuration.
pub(crate) fn misused(reason: &str) -> ExitCode {
    say(reason);
    ExitCode::from(USAGE)
}
