//! `infisical-skill`: the skill for people, scripts and tests.
//!
//! Exit status: 0 success, 1 a refusal or an error, 2 a mistake in the command line or the
//! configuration.

mod arguments;
mod audit;
mod audit_arguments;
mod change;
mod change_arguments;
mod doctor;
mod init;
mod limits;
mod list;
mod manual;
mod mcp;
mod memory;
mod operator_arguments;
mod output;
mod plans;
mod provision;
mod reveal;
mod run;
mod state;
mod terminal;
mod value;
mod writes;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    memory::protect();
    let arguments = arguments::Arguments::parse();
    if let Err(error) = limits::check_open_files() {
        output::say(&format!("not enough files can be opened: {error}. {}", limits::remedy(&error)));
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::say(&format!("the runtime can't be started: {error}. {}", limits::remedy(&error)));
            return ExitCode::FAILURE;
        }
    };
    let status = runtime.block_on(async {
        limits::outlive_file_size_limit();
        run::run(arguments).await
    });
    // The system's resolver blocks a thread while a name server doesn't answer. The deadline has
    // passed, so don't wait for that thread.
    runtime.shutdown_background();
    status
}
