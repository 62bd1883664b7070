//! `infisical-skill`: the skill for people, scripts and tests. Exit status: 0 success, 1 a refusal or an error, 2 a mistake in the command line or
//! configuration.

mod arguments;
mod output;
mod run;
mod table;

use clap::Parser;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run::run(arguments::Arguments::parse()).await
}
