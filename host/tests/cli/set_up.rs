//! A complete configuration of an operator, with the credentials in files, and other users who run
//! the command with it.

use crate::command;
use crate::stage::{Stage, copy_program};
use infisical_emulator::ApiVersion;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

pub(crate) const NOBODY: u32 = 65_534;

/// The skill's user. `/etc/passwd` doesn't have this number, and needn't have it.
pub(crate) const SKILL: u32 = 54_321;

/// Whether a test with several users can't run here. If so, prints that to the terminal.
pub(crate) fn skips_without_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let _ = writeln!(std::io::stderr(), "skipped, because only root can run as other users: {test}");
    }
    !is_root
}

pub(crate) fn mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn give(path: impl AsRef<Path>, user: u32) {
    chown(path, Some(user), Some(user)).unwrap();
}

/// A configuration that decides everything itself: server, identities, state directory. The secrets
/// go to `folder`, such as `etc/`.
pub(crate) fn configuration(stage: &Stage, folder: &str, more: &str) -> String {
    let (reader, writer) = (stage.emulator.reader(), stage.emulator.writer());
    let [read_secret, write_secret] = [("read", &reader), ("write", &writer)]
        .map(|(kind, identity)| stage.private(&format!("{folder}{kind}-secret"), &identity.client_secret));
    format!(
        "url = \"{}\"\nstate_dir = \"{}\"\nproject = \"{}\"\nenvironment = \"dev\"\n{more}\n\
         [read]\nclient_id = \"{}\"\nclient_secret_file = \"{read_secret}\"\n\
         [write]\nclient_id = \"{}\"\nclient_secret_file = \"{write_secret}\"\n",
        stage.origin,
        stage.path("state"),
        stage.emulator.project_id(),
        reader.client_id,
        writer.client_id,
    )
}

/// A complete configuration in a separate folder. Root owns everything, and nobody else has access.
pub(crate) struct SetUp {
    pub(crate) stage: Stage,
    pub(crate) config: String,
}

impl SetUp {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    pub(crate) fn with(more: &str) -> Self {
        let stage = Stage::new(ApiVersion::V4);
        mode(stage.folder.path(), 0o755);
        fs::create_dir(stage.path("etc")).unwrap();
        fs::create_dir(stage.path("state")).unwrap();
        mode(stage.path("etc"), 0o755);
        mode(stage.path("state"), 0o700);
        let text = configuration(&stage, "etc/", more);
        for secret in ["etc/read-secret", "etc/write-secret"] {
            mode(stage.path(secret), 0o640);
        }
        let config = stage.file("etc/config.toml", text);
        mode(&config, 0o644);
        copy_program(stage.folder.path());
        Self { stage, config }
    }

    /// Gives the state to another user, and lets that user read what the command needs.
    pub(crate) fn serve(&self, user: u32) {
        for path in files_in(&self.stage.path("state")) {
            give(path, user);
        }
        for secret in ["etc/read-secret", "etc/write-secret"] {
            chown(self.stage.path(secret), Some(0), Some(user)).unwrap();
        }
    }

    pub(crate) fn command_as(&self, user: u32, arguments: &[&str]) -> Command {
        let mut done = Command::new(self.stage.path("infisical-skill"));
        without_variables(&mut done).args(["--config", &self.config]).args(arguments);
        if user != 0 {
            done.uid(user).gid(user);
        }
        done
    }

    pub(crate) fn run_as(&self, user: u32, arguments: &[&str]) -> Output {
        self.command_as(user, arguments).output().unwrap()
    }
}

/// Removes the variables that configure the skill.
pub(crate) fn without_variables(program: &mut Command) -> &mut Command {
    for (name, value) in command(&[]).get_envs() {
        if value.is_none() {
            program.env_remove(name);
        }
    }
    program
}

/// A folder and everything in it.
pub(crate) fn files_in(folder: &str) -> Vec<String> {
    let mut all = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let shown = path.to_str().unwrap().to_owned();
        if path.is_dir() { all.extend(files_in(&shown)) } else { all.push(shown) }
    }
    all
}
