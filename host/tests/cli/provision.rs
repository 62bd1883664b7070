//! Tests of `init --provision`: a person with an administrator's token creates and removes the
//! identities.

use super::stage::Stage;
use super::{command, stderr, stdout};
use infisical_emulator::planted::{self, found};
use infisical_emulator::{ApiVersion, Emulator, Exchange, Fault, RequestMatch, Seed};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const YES: (&str, &str) = ("Do this?", "y");

/// A machine with an administrator's token in a file.
struct Machine {
    stage: Stage,
    token: String,
}

impl Machine {
    fn new() -> Self {
        Self::on(Stage::new(ApiVersion::V4))
    }

    fn on(stage: Stage) -> Self {
        let token = stage.log_in_as(&stage.emulator.admin());
        stage.private("token", format!("{token}\n"));
        stage.emulator.clear_log();
        Self { stage, token }
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let (dir, token, project) =
            (self.stage.path("config"), self.stage.path("token"), self.stage.emulator.project_id());
        let origin = self.stage.emulator.origin();
        let given = ["init", "--dir", &dir, "--url", &origin, "--project", &project, "--token-file", &token];
        given.into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
    }

    /// Runs the command at a terminal, without the skill's variables.
    fn run(&self, talk: &[(&str, &str)], more: &[&str]) -> (Option<i32>, String) {
        self.run_exactly(talk, &self.arguments(more))
    }

    fn run_exactly(&self, talk: &[(&str, &str)], arguments: &[String]) -> (Option<i32>, String) {
        let mut terminal = Command::new("python3");
        for (name, _) in command(&[]).get_envs().filter(|(name, _)| *name != "HOME") {
            terminal.env_remove(name);
        }
        let output = terminal
            .env("XDG_STATE_HOME", self.stage.path("xdg"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/terminal.py"))
            .args(talk.iter().flat_map(|(question, answer)| [*question, *answer]))
            .args(["--", env!("CARGO_BIN_EXE_infisical-skill")])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.stderr.is_empty() && !stdout(&output).contains("terminal.py:"),
            "{}{}",
            stdout(&output),
            stderr(&output)
        );
        self.check(&output);
        (output.status.code(), stdout(&output).replace("\r\n", "\n"))
    }

    fn secret(&self, name: &str) -> String {
        let file = self.stage.path(&format!("config/{name}"));
        if !Path::new(&file).is_file() {
            return String::new();
        }
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    }

    /// Asserts that the token and the client secrets appear only in their files.
    fn check(&self, output: &Output) {
        let mut planted = self.stage.planted();
        planted.push(self.token.clone());
        planted.extend(
            ["read-secret", "write-secret", "reveal-secret"]
                .map(|name| self.secret(name))
                .into_iter()
                .filter(|it| !it.is_empty()),
        );
        assert!(planted.len() > 4, "the search should have a token or secret to find");
        let config = std::fs::read_to_string(self.stage.path("config/config.toml")).unwrap_or_default();
        let kept = everything_in(Path::new(&self.stage.path("xdg")));
        for seen in [stdout(output), config, kept] {
            assert_eq!(found(&seen, &planted), None, "{seen}");
        }
    }

    /// The requests that change something, without the skill's own logins.
    fn changes(&self) -> Vec<Exchange> {
        let is_own = |path: &str| path.ends_with("/login") || path.ends_with("/revoke") && path.contains("/token/");
        let is_change = |exchange: &Exchange| exchange.method != "GET" && !is_own(&exchange.path_and_query);
        self.stage.emulator.log().into_iter().filter(is_change).collect()
    }

    /// The skill's identities: the name, and the number of client secrets.
    fn identities(&self) -> Vec<(String, Option<usize>)> {
        let emulator = &self.stage.emulator;
        let mut all: Vec<_> =
            emulator.project_identities().into_iter().map(|(id, name)| (name, emulator.client_secrets(&id))).collect();
        all.sort();
        all
    }
}

fn everything_in(folder: &Path) -> String {
    if folder.exists() { planted::everything_in(folder).unwrap() } else { String::new() }
}

fn named(names: &[(&str, Option<usize>)]) -> Vec<(String, Option<usize>)> {
    names.iter().map(|(name, secrets)| ((*name).to_owned(), *secrets)).collect()
}

const WHOLE: [&str; 8] =
    ["--provision", "--with-writes", "--environments", "dev", "--paths", "/app", "--reveal", "dev:/app"];

const BOTH: [&str; 6] = ["--provision", "--with-writes", "--environments", "dev", "--paths", "/app"];

#[test]
fn creates_a_sound_set_up_and_then_changes_nothing() {
    let machine = Machine::new();
    let (status, said) = machine.run(&[YES], &WHOLE);
    assert_eq!(status, Some(0), "{said}");
    for text in [
        "create the identity skill-reader in the project agent-vault",
        "secrets: describeSecret, readValue where environment is dev and secretPath matches /app/**",
        "The rules were read back",
        "write the client id of skill-reveal to the configuration, under [reveal]",
        "Values stay hidden until `infisical-skill reveal on`",
        "neither the read nor the write identity can read a value",
        "The set-up is sound",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert_eq!(
        machine.identities(),
        named(&[("skill-reader", Some(1)), ("skill-reveal", Some(1)), ("skill-writer", Some(1))])
    );
    for file in ["config.toml", "read-secret", "write-secret", "reveal-secret"] {
        let mode = std::fs::metadata(machine.stage.path(&format!("config/{file}"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    // The rules are read back before a login is possible.
    let log = machine.stage.emulator.log();
    let first = |method: &str, part: &str| {
        log.iter().position(|it| it.method == method && it.path_and_query.contains(part)).unwrap()
    };
    let last_privilege =
        log.iter().rposition(|it| it.method == "POST" && it.path_and_query.contains("additional-privilege")).unwrap();
    let (read_back, login) = (first("GET", "/permissions/audit"), first("POST", "/universal-auth/identities/"));
    assert!(last_privilege < read_back && read_back < login, "{last_privilege} {read_back} {login}");
    // The trail records the operator's command with each request.
    let trail = everything_in(Path::new(&machine.stage.path("xdg")));
    for text in [r#""act":"provision""#, r#""identity":"administrator""#, "create the identity skill-writer"] {
        assert!(trail.contains(text), "{text}");
    }
    machine.stage.emulator.clear_log();
    let (status, said) = machine.run(&[], &WHOLE);
    assert_eq!((status, said.contains("nothing is changed")), (Some(0), true), "{said}");
    assert!(machine.changes().is_empty(), "{:?}", machine.changes());
}

#[test]
fn the_token_is_typed_without_being_shown() {
    let machine = Machine::new();
    let mut arguments = machine.arguments(&["--provision"]);
    let at = arguments.iter().position(|it| it == "--token-file").unwrap();
    arguments.drain(at..at + 2);
    let token = machine.token.clone();
    let talk = [("(not shown): ", token.as_str()), YES];
    let (status, said) = machine.run_exactly(&talk, &arguments);
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(
        machine.identities(),
        named(&[("skill-reader", Some(1))]),
        "no writer may be created without `--with-writes`"
    );
    assert!(said.contains("secrets: describeSecret, everywhere"), "{said}");
    let (status, said) = machine.run_exactly(&[("(not shown): ", "")], &arguments);
    assert_eq!((status, said.contains("no token was typed")), (Some(1), true), "{said}");
}

#[test]
fn creates_nothing_without_confirmation() {
    let machine = Machine::new();
    let (status, said) = machine.run(&[("Do this?", "")], &BOTH);
    assert_eq!((status, said.contains("nothing was created")), (Some(1), true), "{said}");
    assert!(machine.changes().is_empty() && !Path::new(&machine.stage.path("config")).exists());
    machine.stage.emulator.clear_log();
    let alone =
        command(&[("XDG_STATE_HOME", &machine.stage.path("xdg"))]).args(machine.arguments(&BOTH)).output().unwrap();
    assert_eq!((alone.status.code(), stderr(&alone).contains("at a terminal")), (Some(1), true), "{}", stderr(&alone));
    assert!(machine.stage.emulator.log().is_empty(), "no request may be sent");
    for wrong in [
        &["--provision", "--with-writes"][..],
        &["--provision", "--deprovision"],
        &["--environments", "dev"],
        &["--provision", "--reveal", "dev"],
        &["--deprovision", "--new-secrets"],
    ] {
        let said = command(&[]).args(machine.arguments(wrong)).output().unwrap();
        assert_eq!(said.status.code(), Some(2), "{wrong:?}: {}", stderr(&said));
    }
}

#[test]
fn continues_an_interrupted_run() {
    let before = || RequestMatch::any().method("POST");
    for (requests, fault, done) in [
        (before().path_prefix("/api/v2/identity-project"), Fault::Status(500), "create the identity skill-writer"),
        (
            before().path_prefix("/api/v1/auth/universal-auth/identities"),
            Fault::Status(429),
            "give skill-writer one privilege",
        ),
        (before().path_prefix("/api/v1/projects"), Fault::DropConnectionAfterHandling, "before a step was completed"),
    ] {
        let machine = Machine::new();
        machine.stage.emulator.fail_next_matching(1, requests, fault.clone());
        let (status, said) = machine.run(&[YES], &BOTH);
        assert_eq!(status, Some(1), "{fault:?}: {said}");
        assert!(said.contains(done), "{fault:?}: {said}");
        assert!(machine.identities().iter().all(|(_, secrets)| secrets.is_none_or(|count| count == 0)), "{said}");
        let (status, said) = machine.run(&[YES], &BOTH);
        assert_eq!(status, Some(0), "{fault:?}: {said}");
        assert_eq!(machine.identities(), named(&[("skill-reader", Some(1)), ("skill-writer", Some(1))]), "{fault:?}");
    }
}

#[test]
fn recreates_lost_client_secret_on_request() {
    let machine = Machine::new();
    let requests = RequestMatch::any().method("POST").path_prefix("/api/v1/auth/universal-auth/identities");
    // The first request sets up Universal Auth, the second creates the client secret.
    machine.stage.emulator.fail_next_matching(1, requests.clone(), Fault::Delay(Duration::ZERO));
    machine.stage.emulator.fail_next_matching(1, requests, Fault::DropConnectionAfterHandling);
    let arguments = ["--provision", "--environments", "dev"];
    let (status, said) = machine.run(&[YES], &arguments);
    assert_eq!((status, said.contains("The change may have been made anyway")), (Some(1), true), "{said}");
    let (status, said) = machine.run(&[], &arguments);
    assert_eq!((status, said.contains("--new-secrets")), (Some(1), true), "{said}");
    assert_eq!(
        machine.identities(),
        named(&[("skill-reader", Some(1))]),
        "no second client secret without `--new-secrets`"
    );
    let (status, said) = machine.run(&[YES], &[&arguments[..], &["--new-secrets"]].concat());
    assert_eq!((status, said.contains("earlier client secrets")), (Some(0), true), "{said}");
    assert_eq!(machine.identities(), named(&[("skill-reader", Some(2))]));
}

#[test]
fn a_client_secret_that_cannot_be_kept_is_revoked() {
    let machine = Machine::new();
    let arguments = ["--provision", "--environments", "dev"];
    std::fs::create_dir(machine.stage.path("config")).unwrap();
    // A named pipe: it is empty, but not a regular file.
    let pipe = machine.stage.path("config/read-secret");
    assert!(Command::new("mkfifo").args(["-m", "600", &pipe]).status().unwrap().success());
    let (status, said) = machine.run(&[YES], &arguments);
    assert_eq!((status, said.contains("was revoked again")), (Some(1), true), "{said}");
    assert_eq!(machine.identities(), named(&[("skill-reader", Some(0))]));
    std::fs::remove_file(&pipe).unwrap();
    let (status, said) = machine.run(&[YES], &arguments);
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(machine.identities(), named(&[("skill-reader", Some(1))]));
}

#[test]
fn dropped_condition_stops_before_login_is_possible() {
    for (condition, whose) in [("secretPath", "skill-reader"), ("identityId", "skill-reader")] {
        let machine = Machine::new();
        machine.stage.emulator.drop_condition(condition);
        let (status, said) = machine.run(&[YES], &BOTH);
        assert_eq!(status, Some(1), "{said}");
        for text in [&format!("the rules of {whose} aren't those that were sent"), "removed again", "Done until then"] {
            assert!(said.contains(text), "{text}: {said}");
        }
        assert_eq!(
            machine.identities(),
            named(&[("skill-reader", None), ("skill-writer", None)]),
            "no login may be possible"
        );
        let taken = machine.changes().into_iter().filter(|it| it.method == "DELETE").count();
        assert_eq!(taken, if condition == "secretPath" { 2 } else { 1 }, "rights that are too wide should be removed");
    }
}

#[test]
fn tells_non_administrator_and_lets_administrator_continue() {
    let machine = Machine::new();
    // A viewer can't create anything, and a member can't grant rights.
    for (identity, made) in [(machine.stage.emulator.reader(), 0), (machine.stage.emulator.writer(), 2)] {
        machine.stage.private("token", machine.stage.log_in_as(&identity));
        let (status, said) = machine.run(&[YES], &BOTH);
        assert_eq!((status, said.contains("administrator of the project")), (Some(1), true), "{said}");
        assert_eq!((machine.identities().len(), said.contains("HTTP status 403")), (made, true), "{said}");
    }
    for wrong in ["eyJhbGciOiJIUzI1NiJ9.e30.x", "nonsense"] {
        machine.stage.private("token", wrong);
        let (status, said) = machine.run(&[], &BOTH);
        assert_eq!((status, said.contains("refuses the token")), (Some(1), true), "{said}");
        assert!(!said.contains(wrong), "{said}");
    }
    machine.stage.private("token", &machine.token);
    let (status, said) = machine.run(&[YES], &BOTH);
    assert_eq!(status, Some(0), "{said}");
}

#[test]
fn shows_and_changes_only_what_differs() {
    let machine = Machine::new();
    assert_eq!(machine.run(&[YES], &BOTH).0, Some(0));
    let secrets = [machine.secret("read-secret"), machine.secret("write-secret")];
    machine.stage.emulator.clear_log();
    let wider = ["--provision", "--with-writes", "--environments", "dev,staging", "--paths", "/app"];
    let (status, said) = machine.run(&[("Do this?", "n")], &wider);
    assert_eq!(status, Some(1), "{said}");
    assert!(machine.changes().is_empty());
    let (status, said) = machine.run(&[YES], &wider);
    assert_eq!(status, Some(0), "{said}");
    for text in [
        "it has secrets: create, delete, edit where environment is dev and",
        "It gets secrets: create, delete, edit where environment is one of dev, staging",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let sent: Vec<_> = machine.changes().into_iter().map(|it| it.method).collect();
    assert_eq!(sent, ["PATCH", "PATCH"]);
    assert_eq!([machine.secret("read-secret"), machine.secret("write-secret")], secrets);
}

#[test]
fn waits_until_rights_take_effect() {
    let emulator = Emulator::builder().seed(Seed::demo()).rights_delay(Duration::from_secs(3)).start_now().unwrap();
    let machine = Machine::on(Stage::on(emulator));
    let (status, said) = machine.run(&[YES], &BOTH);
    assert_eq!((status, said.contains("Waiting until Infisical applies the rights")), (Some(0), true), "{said}");
}

#[test]
fn removes_what_it_created_and_can_recreate_it() {
    let machine = Machine::new();
    assert_eq!(machine.run(&[YES], &WHOLE).0, Some(0));
    let (status, said) = machine.run(&[("Type skill", "yes")], &["--deprovision"]);
    assert_eq!((status, machine.identities().len()), (Some(1), 3), "{said}");
    machine.stage.emulator.clear_log();
    let (status, said) = machine.run(&[("Type skill", "skill")], &["--deprovision"]);
    assert_eq!((status, machine.identities().len()), (Some(0), 0), "{said}");
    let sent: Vec<_> = machine
        .changes()
        .into_iter()
        .map(|it| format!("{} {}", it.method, it.path_and_query.split('/').nth(4).unwrap()))
        .collect();
    assert_eq!(
        sent[..3],
        ["DELETE universal-auth"; 3],
        "every login must be disabled before the first identity is deleted: {sent:?}"
    );
    assert!(["read-secret", "write-secret", "reveal-secret"].iter().all(|name| machine.secret(name).is_empty()));
    let config = std::fs::read_to_string(machine.stage.path("config/config.toml")).unwrap();
    assert_eq!(config.matches("client_id = \"\"").count(), 3, "{config}");
    let trail = everything_in(Path::new(&machine.stage.path("xdg")));
    assert!(trail.contains(r#""act":"deprovision""#));
    let (status, said) = machine.run(&[], &["--deprovision"]);
    assert_eq!((status, said.contains("nothing is changed")), (Some(0), true), "{said}");
    let (status, said) = machine.run(&[YES], &WHOLE);
    assert_eq!(status, Some(0), "{said}");
}

#[test]
fn leaves_older_servers_to_a_person() {
    let machine = Machine::on(Stage::new(ApiVersion::V3));
    let (status, said) = machine.run(&[], &BOTH);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("older server") && said.contains("by hand") && said.contains("No Access"), "{said}");
    assert!(machine.changes().is_empty());
}

#[test]
fn keeps_existing_configuration_unchanged() {
    let machine = Machine::new();
    let dir = machine.stage.path("config");
    let init = command(&[("XDG_STATE_HOME", &machine.stage.path("xdg"))])
        .args(["init", "--with-writes", "--dir", &dir, "--url", &machine.stage.emulator.origin()])
        .output()
        .unwrap();
    assert_eq!(init.status.code(), Some(0), "{}", stderr(&init));
    let before = std::fs::read_to_string(machine.stage.path("config/config.toml")).unwrap();
    let (status, said) = machine.run(&[YES], &BOTH);
    assert_eq!(status, Some(0), "{said}");
    let after = std::fs::read_to_string(machine.stage.path("config/config.toml")).unwrap();
    let differ = before.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
    assert_eq!((before.lines().count(), differ), (after.lines().count(), 2), "{after}");
    let elsewhere = ["init", "--provision", "--dir", &dir, "--url", "https://vault.example", "--project", "p"];
    let (status, said) = machine.run_exactly(&[], &elsewhere.map(str::to_owned));
    assert_eq!((status, said.contains("--url differs from the `url` in")), (Some(2), true), "{said}");
    // A login of the skill's is possible with what was written.
    assert!(!machine.stage.log_in().is_empty());
}
