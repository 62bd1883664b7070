//! The command with both identities and a state folder, as an operator has it.

use super::{command, json, stderr, stdout};
use infisical_emulator::{ApiVersion, Emulator, Exchange, Seed, planted};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) folder: TempDir,
    /// Where the command is told that the server is.
    pub(crate) origin: String,
    /// The authority that it is told to trust.
    pub(crate) ca_file: Option<String>,
}

/// One of each generation.
pub(crate) fn stages() -> impl Iterator<Item = Stage> {
    [ApiVersion::V3, ApiVersion::V4].into_iter().map(Stage::new)
}

/// The command, copied to where other users reach it. Another process copies it: what this one has
/// open for writing can't be run, and the processes that other tests start have it open for a
/// moment, too.
pub(crate) fn copy_program(folder: &Path) -> PathBuf {
    let program = folder.join("infisical-skill");
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_infisical-skill")).arg(&program).status();
    assert!(copied.unwrap().success());
    program
}

impl Stage {
    pub(crate) fn new(api_version: ApiVersion) -> Self {
        Self::on(Emulator::builder().api_version(api_version).seed(Seed::demo()).start_now().unwrap())
    }

    pub(crate) fn on(emulator: Emulator) -> Self {
        Self { origin: emulator.origin(), emulator, folder: tempfile::tempdir().unwrap(), ca_file: None }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A file with something in it.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// A program with the variables that the command is configured with.
    pub(crate) fn with_variables(&self, program: &str) -> Command {
        let (reader, writer) = (self.emulator.reader(), self.emulator.writer());
        let mut base = command(&[]);
        if program != env!("CARGO_BIN_EXE_infisical-skill") {
            // Python's own launcher may need its home; ours has a state folder by another variable.
            let removed: Vec<_> =
                base.get_envs().map(|(name, _)| name.to_owned()).filter(|name| name != "HOME").collect();
            base = Command::new(program);
            for name in removed {
                base.env_remove(name);
            }
        }
        base.envs([
            ("INFISICAL_URL", self.origin.clone()),
            ("INFISICAL_READ_CLIENT_ID", reader.client_id),
            ("INFISICAL_READ_CLIENT_SECRET", reader.client_secret),
            ("INFISICAL_WRITE_CLIENT_ID", writer.client_id),
            ("INFISICAL_WRITE_CLIENT_SECRET", writer.client_secret),
            ("INFISICAL_PROJECT", self.emulator.project_id()),
            ("INFISICAL_ENV", "dev".to_owned()),
            ("INFISICAL_SKILL_STATE_DIR", self.path("state")),
        ]);
        base.envs(self.ca_file.iter().map(|file| ("INFISICAL_CA_FILE", file)));
        if let Ok(toml) = std::fs::read_to_string(self.path("settings.toml")) {
            base.env("INFISICAL_SKILL_CONFIG", self.private("config.toml", self.whole(&toml)));
        }
        base
    }

    /// What the configuration file has besides what the variables say, which it repeats, as a file
    /// must.
    pub(crate) fn configure(&self, toml: &str) {
        self.private("settings.toml", toml);
    }

    fn whole(&self, toml: &str) -> String {
        let (url, state, ca_file) = (Some(&self.origin), Some(&self.path("state")), self.ca_file.as_ref());
        let repeated = [("url", url), ("state_dir", state), ("ca_file", ca_file)];
        let repeated = repeated.into_iter().filter_map(|(key, value)| Some(format!("{key} = {:?}\n", value?)));
        format!("credentials = \"environment\"\n{}{toml}", repeated.collect::<String>())
    }

    /// A file that nobody else may read or change.
    pub(crate) fn private(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        use std::os::unix::fs::PermissionsExt;
        let file = self.file(name, content);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// The command, to be started by the test itself.
    pub(crate) fn command(&self) -> Command {
        self.with_variables(env!("CARGO_BIN_EXE_infisical-skill"))
    }

    /// Runs the command where there is no terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with("", arguments)
    }

    /// The same, with something on standard input.
    pub(crate) fn run_with(&self, stdin: &str, arguments: &[&str]) -> Output {
        let mut child = self
            .with_variables(env!("CARGO_BIN_EXE_infisical-skill"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that doesn't read it may be gone already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        self.check(&output);
        output
    }

    /// Runs the command on a terminal, where somebody types an answer to each question. What the terminal showed is the output.
    pub(crate) fn on_terminal(&self, talk: &[(&str, &str)], arguments: &[&str]) -> Output {
        let talk = talk.iter().flat_map(|(question, answer)| [*question, *answer]);
        let output = self
            .with_variables("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/terminal.py"))
            .args(talk)
            .args(["--", env!("CARGO_BIN_EXE_infisical-skill")])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            !stdout(&output).contains("terminal.py:") && output.stderr.is_empty(),
            "{}{}",
            stdout(&output),
            stderr(&output)
        );
        self.check(&output);
        output
    }

    /// Runs the command, which must succeed, and takes the first line of JSON.
    /// The confirmation phrase of these consequences, which are all in the emulator's project.
    pub(crate) fn phrase(&self, consequences: &str) -> String {
        format!("{consequences} in project {}", self.emulator.project_id())
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        json(&output)
    }

    /// Whatever is done, no value, comment or credential is shown.
    fn check(&self, output: &Output) {
        let seen = format!("{}{}", stdout(output), stderr(output));
        assert_eq!(planted::found(&seen, &self.planted()), None, "{seen}");
    }

    /// What nobody gets to see: a part of every value and comment of the seed, the client secrets, and all tokens so far.
    pub(crate) fn planted(&self) -> Vec<String> {
        let secrets = [self.emulator.reader(), self.emulator.writer()].map(|identity| identity.client_secret);
        ["canary".to_owned()].into_iter().chain(secrets).chain(self.emulator.issued_tokens()).collect()
    }

    /// As `writes on` does once a person has said so: tests/cli/writes.rs tries that.
    pub(crate) fn switch_on(&self) {
        let command = self.command();
        let variable = |name: &str| {
            let mut set = command.get_envs().filter(|(set, _)| *set == name);
            set.next().map_or_else(|| std::env::var_os(name), |(_, value)| value.map(Into::into))
        };
        let switch = infisical_skill::config::Config::kill_switch(None, variable).unwrap();
        switch.turn_on(std::time::Duration::from_secs(300), None).unwrap();
    }

    /// What lets values of the emulator's project be revealed, on the read identity, once the
    /// switch is on: for the head of the settings, and for their end.
    pub(crate) fn revealing(&self) -> (String, String) {
        let head = "reveals = \"switch\"\nreveal_with = \"read\"\n".to_owned();
        (head, format!("[[reveal_scopes]]\nproject = {:?}\n", self.emulator.project_id()))
    }

    /// Settings with which values can be revealed, and the switch on.
    pub(crate) fn reveal(&self) {
        self.configure(&<[String; 2]>::from(self.revealing()).concat());
        self.reveals_on();
    }

    /// As `reveal on` does once a person has said so.
    pub(crate) fn reveals_on(&self) {
        let hour = infisical_skill::SwitchPolicy::Switchable { max: std::time::Duration::from_secs(3_600) };
        let switch = infisical_skill::KillSwitch::for_reveals(std::path::Path::new(&self.path("state")), hour);
        switch.turn_on(std::time::Duration::from_secs(300), Some("a test")).unwrap();
    }

    /// The value that is stored.
    pub(crate) fn value(&self, path: &str, name: &str) -> Option<String> {
        self.emulator.secret("dev", path, name).map(|secret| secret.value)
    }

    /// What the server got that isn't a read or a login.
    pub(crate) fn changes_sent(&self) -> Vec<Exchange> {
        let is_change =
            |exchange: &Exchange| exchange.method != "GET" && !exchange.path_and_query.starts_with("/api/v1/auth/");
        self.emulator.log().into_iter().filter(is_change).collect()
    }
}
