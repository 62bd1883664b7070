//! Runs the tour, also on a fresh machine: this crate's build script first installs what is
//! missing. Then cargo builds and runs the example `guided_tour` of the crate `infisical-skill`.
//!
//! ```text
//! cargo run --example tour
//! ```

use std::env;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--package", "infisical-skill", "--example", "guided_tour"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo doesn't run: {error}. Run `cargo run --package infisical-skill --example guided_tour`.");
            ExitCode::FAILURE
        }
    }
}
