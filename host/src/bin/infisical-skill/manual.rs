//! Shell completions and manual pages, generated from the definition of the command line.

use crate::arguments::Arguments;
use crate::output::{print, say};
use clap::CommandFactory;
use infisical_skill::text::escape;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn completions(shell: clap_complete::Shell) -> ExitCode {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script))
}

pub(crate) fn man(out: Option<&Path>) -> ExitCode {
    let command = Arguments::command();
    let Some(out) = out else {
        let mut page = Vec::new();
        return match clap_mangen::Man::new(command).render(&mut page) {
            Ok(()) => print(&String::from_utf8_lossy(&page)),
            Err(error) => failed(&error.to_string()),
        };
    };
    let written = std::fs::create_dir_all(out).and_then(|()| clap_mangen::generate_to(command, out));
    match written {
        Ok(()) => print(&format!("The pages are in {}.\n", escape(&out.display().to_string()))),
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(error: &str) -> ExitCode {
    say(&format!("the manual can't be written: {error}"));
    ExitCode::FAILURE
}
