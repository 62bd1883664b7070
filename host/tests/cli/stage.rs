//! The command with both identities and a state directory, as an operator configures it.

use super::{command, json, stderr, stdout};
use infisical_emulator::{ApiVersion, Credentials, Emulator, Exchange, Seed, planted};
use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) folder: TempDir,
    /// The server's origin in the configuration.
    pub(crate) origin: String,
    /// The certificate authority that the command trusts, if one is configured.
    pub(crate) ca_file: Option<String>,
}

/// A stage for each API version.
pub(crate) fn stages() -> impl Iterator<Item = Stage> {
    [ApiVersion::V3, ApiVersion::V4].into_iter().map(Stage::new)
}

/// Copies the command to a place that other users reach. Another process makes the copy: a file
/// that this process has open for writing can't be run. The processes that other tests start
/// inherit it for a moment, too.
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

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// A program with the command's configuration in its environment.
    pub(crate) fn with_variables(&self, program: &str) -> Command {
        let (reader, writer) = (self.emulator.reader(), self.emulator.writer());
        let mut base = command(&[]);
        if program != env!("CARGO_BIN_EXE_infisical-skill") {
            // Python's launcher may need HOME; the skill gets its state directory from another
            // variable.
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

    /// Writes a configuration file with these settings and with those of the variables, because a
    /// file must repeat them.
    pub(crate) fn configure(&self, toml: &str) {
        self.private("settings.toml", toml);
    }

    fn whole(&self, toml: &str) -> String {
        let (url, state, ca_file) = (Some(&self.origin), Some(&self.path("state")), self.ca_file.as_ref());
        let repeated = [("url", url), ("state_dir", state), ("ca_file", ca_file)];
        let repeated = repeated.into_iter().filter_map(|(key, value)| Some(format!("{key} = {:?}\n", value?)));
        format!("credentials = \"environment\"\n{}{toml}", repeated.collect::<String>())
    }

    /// Writes a file that only its owner may read and change.
    pub(crate) fn private(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        use std::os::unix::fs::PermissionsExt;
        let file = self.file(name, content);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// The command, not started yet.
    pub(crate) fn command(&self) -> Command {
        self.with_variables(env!("CARGO_BIN_EXE_infisical-skill"))
    }

    /// Runs the command where there is no terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with("", arguments)
    }

    /// Runs the command with this text on standard input.
    pub(crate) fn run_with(&self, stdin: &str, arguments: &[&str]) -> Output {
        let mut child = self
            .with_variables(env!("CARGO_BIN_EXE_infisical-skill"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that doesn't read its input may have exited already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        self.check(&output);
        output
    }

    /// Runs the command at a terminal and types an answer to each question. The output is what the
    /// terminal showed.
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

    /// The confirmation phrase of these consequences, which are all in the emulator's project.
    pub(crate) fn phrase(&self, consequences: &str) -> String {
        format!("{consequences} in project {}", self.emulator.project_id())
    }

    /// Runs the command, which must succeed, and parses the first line of its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        json(&output)
    }

    /// Asserts that the output contains no value, comment or credential.
    fn check(&self, output: &Output) {
        let seen = format!("{}{}", stdout(output), stderr(output));
        assert_eq!(planted::found(&seen, &self.planted()), None, "{seen}");
    }

    /// Secrets that no output may contain: a part of every value and comment of the seed, the
    /// client secrets, and all tokens so far.
    pub(crate) fn planted(&self) -> Vec<String> {
        let secrets = [self.emulator.reader(), self.emulator.writer()].map(|identity| identity.client_secret);
        ["canary".to_owned()].into_iter().chain(secrets).chain(self.emulator.issued_tokens()).collect()
    }

    /// Turns changes on, as `writes on` does after a person's confirmation.
    /// host/tests/cli/writes.rs tests that command.
    pub(crate) fn switch_on(&self) {
        let command = self.command();
        let variable = |name: &str| {
            let mut set = command.get_envs().filter(|(set, _)| *set == name);
            set.next().map_or_else(|| std::env::var_os(name), |(_, value)| value.map(Into::into))
        };
        let switch = infisical_skill::config::Config::kill_switch(None, variable).unwrap();
        switch.turn_on(std::time::Duration::from_secs(300), None).unwrap();
    }

    /// Settings that allow reveals with the read identity while the switch is on: the first part
    /// belongs at the top, the second at the end.
    pub(crate) fn revealing(&self) -> (String, String) {
        let head = "reveals = \"switch\"\nreveal_with = \"read\"\n".to_owned();
        (head, format!("[[reveal_scopes]]\nproject = {:?}\n", self.emulator.project_id()))
    }

    /// Configures reveals and turns the switch on.
    pub(crate) fn reveal(&self) {
        self.configure(&<[String; 2]>::from(self.revealing()).concat());
        self.reveals_on();
    }

    /// Turns reveals on, as `reveal on` does after a person's confirmation.
    pub(crate) fn reveals_on(&self) {
        let hour = infisical_skill::SwitchPolicy::Switchable { max: std::time::Duration::from_secs(3_600) };
        let switch = infisical_skill::TimedSwitch::for_reveals(std::path::Path::new(&self.path("state")), hour);
        switch.turn_on(std::time::Duration::from_secs(300), Some("a test")).unwrap();
    }

    /// The stored value.
    pub(crate) fn value(&self, path: &str, name: &str) -> Option<String> {
        self.emulator.secret("dev", path, name).map(|secret| secret.value)
    }

    /// The requests that the server got, without reads and logins.
    pub(crate) fn changes_sent(&self) -> Vec<Exchange> {
        let is_change =
            |exchange: &Exchange| exchange.method != "GET" && !exchange.path_and_query.starts_with("/api/v1/auth/");
        self.emulator.log().into_iter().filter(is_change).collect()
    }

    /// An access token of the reader, from an ordinary login.
    pub(crate) fn log_in(&self) -> String {
        self.log_in_as(&self.emulator.reader())
    }

    /// An access token of another identity.
    pub(crate) fn log_in_as(&self, identity: &Credentials) -> String {
        let origin = self.emulator.origin();
        let mut server = std::net::TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap();
        let body = serde_json::json!({ "clientId": identity.client_id, "clientSecret": identity.client_secret });
        let (body, length) = (body.to_string(), body.to_string().len());
        write!(server, "POST /api/v1/auth/universal-auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        server.read_to_string(&mut answer).unwrap();
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["accessToken"].as_str().unwrap().to_owned()
    }
}
