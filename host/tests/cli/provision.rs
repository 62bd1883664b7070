//! The identities, made and taken away by a person with an administrator's token.

use super::doctor::{log_in, log_in_as};
use super::stage::Stage;
use super::{command, stderr, stdout};
use infisical_emulator::planted::found;
use infisical_emulator::{ApiVersion, Emulator, Exchange, Fault, RequestMatch, Seed};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const YES: (&str, &str) = ("Do this?", "y");

/// A machine with a file that has an administrator's token in it.
struct Desk {
    stage: Stage,
    token: String,
}

impl Desk {
    fn new() -> Self {
        Self::on(Stage::new(ApiVersion::V4))
    }

    fn on(stage: Stage) -> Self {
        let token = log_in_as(&stage, &stage.emulator.admin());
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

    /// Runs it on a terminal, with none of the skill's variables.
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

    /// Neither the token nor a client secret is anywhere but in its file.
    fn check(&self, output: &Output) {
        let mut planted = self.stage.planted();
        planted.push(self.token.clone());
        planted.extend(
            ["read-secret", "write-secret", "reveal-secret"]
                .map(|name| self.secret(name))
                .into_iter()
                .filter(|it| !it.is_empty()),
        );
        assert!(planted.len() > 4, "there is something to look for");
        let config = std::fs::read_to_string(self.stage.path("config/config.toml")).unwrap_or_default();
        let kept = everything_in(Path::new(&self.stage.path("xdg")));
        for seen in [stdout(output), config, kept] {
            assert_eq!(found(&seen, &planted), None, "{seen}");
        }
    }

    /// What was sent that changes something, but for the skill's own logins.
    fn changes(&self) -> Vec<Exchange> {
        let is_own = |path: &str| path.ends_with("/login") || path.ends_with("/revoke") && path.contains("/token/");
        let is_change = |exchange: &Exchange| exchange.method != "GET" && !is_own(&exchange.path_and_query);
        self.stage.emulator.log().into_iter().filter(is_change).collect()
    }

    /// The skill's identities: name, and how many client secrets it has.
    fn identities(&self) -> Vec<(String, Option<usize>)> {
        let emulator = &self.stage.emulator;
        let mut all: Vec<_> =
            emulator.project_identities().into_iter().map(|(id, name)| (name, emulator.client_secrets(&id))).collect();
        all.sort();
        all
    }
}

fn everything_in(folder: &Path) -> String {
    let Ok(entries) = std::fs::read_dir(folder) else { return String::new() };
    let read = |path: std::path::PathBuf| match path.is_dir() {
        true => everything_in(&path),
        false => String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned(),
    };
    entries.map(|entry| read(entry.unwrap().path())).collect()
}

fn named(names: &[(&str, Option<usize>)]) -> Vec<(String, Option<usize>)> {
    names.iter().map(|(name, secrets)| ((*name).to_owned(), *secrets)).collect()
}

const WHOLE: [&str; 8] =
    ["--provision", "--with-writes", "--environments", "dev", "--paths", "/app", "--reveal", "dev:/app"];

const BOTH: [&str; 6] = ["--provision", "--with-writes", "--environments", "dev", "--paths", "/app"];

#[test]
fn makes_a_sound_set_up_from_nothing_and_nothing_again() {
    let desk = Desk::new();
    let (status, said) = desk.run(&[YES], &WHOLE);
    assert_eq!(status, Some(0), "{said}");
    for text in [
        "make the identity skill-reader in the project agent-vault",
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
        desk.identities(),
        named(&[("skill-reader", Some(1)), ("skill-reveal", Some(1)), ("skill-writer", Some(1))])
    );
    for file in ["config.toml", "read-secret", "write-secret", "reveal-secret"] {
        let mode = std::fs::metadata(desk.stage.path(&format!("config/{file}"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    // The rules are read back before anything lets somebody log in.
    let log = desk.stage.emulator.log();
    let first = |method: &str, part: &str| {
        log.iter().position(|it| it.method == method && it.path_and_query.contains(part)).unwrap()
    };
    let last_privilege =
        log.iter().rposition(|it| it.method == "POST" && it.path_and_query.contains("additional-privilege")).unwrap();
    let (read_back, login) = (first("GET", "/permissions/audit"), first("POST", "/universal-auth/identities/"));
    assert!(last_privilege < read_back && read_back < login, "{last_privilege} {read_back} {login}");
    // The operator's act is on record, with each request.
    let trail = everything_in(Path::new(&desk.stage.path("xdg")));
    for text in [r#""act":"provision""#, r#""identity":"administrator""#, "make the identity skill-writer"] {
        assert!(trail.contains(text), "{text}");
    }
    desk.stage.emulator.clear_log();
    let (status, said) = desk.run(&[], &WHOLE);
    assert_eq!((status, said.contains("nothing is changed")), (Some(0), true), "{said}");
    assert!(desk.changes().is_empty(), "{:?}", desk.changes());
}

#[test]
fn the_token_is_typed_without_being_shown() {
    let desk = Desk::new();
    let mut arguments = desk.arguments(&["--provision"]);
    let at = arguments.iter().position(|it| it == "--token-file").unwrap();
    arguments.drain(at..at + 2);
    let token = desk.token.clone();
    let talk = [("(not shown): ", token.as_str()), YES];
    let (status, said) = desk.run_exactly(&talk, &arguments);
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(desk.identities(), named(&[("skill-reader", Some(1))]), "no writer that wasn't asked for");
    assert!(said.contains("secrets: describeSecret, everywhere"), "{said}");
    let (status, said) = desk.run_exactly(&[("(not shown): ", "")], &arguments);
    assert_eq!((status, said.contains("no token was typed")), (Some(1), true), "{said}");
}

#[test]
fn nothing_is_made_without_a_persons_yes() {
    let desk = Desk::new();
    let (status, said) = desk.run(&[("Do this?", "")], &BOTH);
    assert_eq!((status, said.contains("nothing was made")), (Some(1), true), "{said}");
    assert!(desk.changes().is_empty() && !Path::new(&desk.stage.path("config")).exists());
    desk.stage.emulator.clear_log();
    let alone = command(&[("XDG_STATE_HOME", &desk.stage.path("xdg"))]).args(desk.arguments(&BOTH)).output().unwrap();
    assert_eq!((alone.status.code(), stderr(&alone).contains("at a terminal")), (Some(1), true), "{}", stderr(&alone));
    assert!(desk.stage.emulator.log().is_empty(), "not even asked");
    for wrong in [
        &["--provision", "--with-writes"][..],
        &["--provision", "--deprovision"],
        &["--environments", "dev"],
        &["--provision", "--reveal", "dev"],
        &["--deprovision", "--new-secrets"],
    ] {
        let said = command(&[]).args(desk.arguments(wrong)).output().unwrap();
        assert_eq!(said.status.code(), Some(2), "{wrong:?}: {}", stderr(&said));
    }
}

#[test]
fn what_stopped_half_way_is_continued() {
    let before = || RequestMatch::any().method("POST");
    for (requests, fault, done) in [
        (before().path_prefix("/api/v2/identity-project"), Fault::Status(500), "make the identity skill-writer"),
        (
            before().path_prefix("/api/v1/auth/universal-auth/identities"),
            Fault::Status(429),
            "give skill-writer one privilege",
        ),
        (before().path_prefix("/api/v1/projects"), Fault::DropConnectionAfterHandling, "before a step was completed"),
    ] {
        let desk = Desk::new();
        desk.stage.emulator.fail_next_matching(1, requests, fault.clone());
        let (status, said) = desk.run(&[YES], &BOTH);
        assert_eq!(status, Some(1), "{fault:?}: {said}");
        assert!(said.contains(done), "{fault:?}: {said}");
        assert!(desk.identities().iter().all(|(_, secrets)| secrets.is_none_or(|count| count == 0)), "{said}");
        let (status, said) = desk.run(&[YES], &BOTH);
        assert_eq!(status, Some(0), "{fault:?}: {said}");
        assert_eq!(desk.identities(), named(&[("skill-reader", Some(1)), ("skill-writer", Some(1))]), "{fault:?}");
    }
}

#[test]
fn a_client_secret_that_got_lost_is_made_anew_when_asked() {
    let desk = Desk::new();
    let requests = RequestMatch::any().method("POST").path_prefix("/api/v1/auth/universal-auth/identities");
    // The first gives Universal Auth, the second makes the client secret.
    desk.stage.emulator.fail_next_matching(1, requests.clone(), Fault::Delay(Duration::ZERO));
    desk.stage.emulator.fail_next_matching(1, requests, Fault::DropConnectionAfterHandling);
    let arguments = ["--provision", "--environments", "dev"];
    let (status, said) = desk.run(&[YES], &arguments);
    assert_eq!((status, said.contains("It may have been done all the same")), (Some(1), true), "{said}");
    let (status, said) = desk.run(&[], &arguments);
    assert_eq!((status, said.contains("--new-secrets")), (Some(1), true), "{said}");
    assert_eq!(desk.identities(), named(&[("skill-reader", Some(1))]), "no second one unless asked");
    let (status, said) = desk.run(&[YES], &[&arguments[..], &["--new-secrets"]].concat());
    assert_eq!((status, said.contains("earlier client secrets")), (Some(0), true), "{said}");
    assert_eq!(desk.identities(), named(&[("skill-reader", Some(2))]));
}

#[test]
fn a_client_secret_that_cannot_be_kept_is_revoked() {
    let desk = Desk::new();
    let arguments = ["--provision", "--environments", "dev"];
    std::fs::create_dir(desk.stage.path("config")).unwrap();
    // Something that is empty, and isn't a file.
    let pipe = desk.stage.path("config/read-secret");
    assert!(Command::new("mkfifo").args(["-m", "600", &pipe]).status().unwrap().success());
    let (status, said) = desk.run(&[YES], &arguments);
    assert_eq!((status, said.contains("was revoked again")), (Some(1), true), "{said}");
    assert_eq!(desk.identities(), named(&[("skill-reader", Some(0))]));
    std::fs::remove_file(&pipe).unwrap();
    let (status, said) = desk.run(&[YES], &arguments);
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(desk.identities(), named(&[("skill-reader", Some(1))]));
}

#[test]
fn a_condition_that_the_server_drops_stops_before_anybody_can_log_in() {
    for (condition, whose) in [("secretPath", "skill-reader"), ("identityId", "skill-reader")] {
        let desk = Desk::new();
        desk.stage.emulator.drop_condition(condition);
        let (status, said) = desk.run(&[YES], &BOTH);
        assert_eq!(status, Some(1), "{said}");
        for text in
            [&format!("the rules of {whose} aren't those that were sent"), "taken away again", "Done until then"]
        {
            assert!(said.contains(text), "{text}: {said}");
        }
        assert_eq!(desk.identities(), named(&[("skill-reader", None), ("skill-writer", None)]), "nobody can log in");
        let taken = desk.changes().into_iter().filter(|it| it.method == "DELETE").count();
        assert_eq!(taken, if condition == "secretPath" { 2 } else { 1 }, "what is too wide doesn't stay");
    }
}

#[test]
fn who_is_no_administrator_is_told_and_an_administrator_continues() {
    let desk = Desk::new();
    // A viewer can't make anything, a member can't give rights.
    for (identity, made) in [(desk.stage.emulator.reader(), 0), (desk.stage.emulator.writer(), 2)] {
        desk.stage.private("token", log_in_as(&desk.stage, &identity));
        let (status, said) = desk.run(&[YES], &BOTH);
        assert_eq!((status, said.contains("administrator of the project")), (Some(1), true), "{said}");
        assert_eq!((desk.identities().len(), said.contains("HTTP status 403")), (made, true), "{said}");
    }
    for wrong in ["eyJhbGciOiJIUzI1NiJ9.e30.x", "nonsense"] {
        desk.stage.private("token", wrong);
        let (status, said) = desk.run(&[], &BOTH);
        assert_eq!((status, said.contains("doesn't take the token")), (Some(1), true), "{said}");
        assert!(!said.contains(wrong), "{said}");
    }
    desk.stage.private("token", &desk.token);
    let (status, said) = desk.run(&[YES], &BOTH);
    assert_eq!(status, Some(0), "{said}");
}

#[test]
fn what_differs_is_shown_and_changed_and_nothing_else() {
    let desk = Desk::new();
    assert_eq!(desk.run(&[YES], &BOTH).0, Some(0));
    let secrets = [desk.secret("read-secret"), desk.secret("write-secret")];
    desk.stage.emulator.clear_log();
    let wider = ["--provision", "--with-writes", "--environments", "dev,staging", "--paths", "/app"];
    let (status, said) = desk.run(&[("Do this?", "n")], &wider);
    assert_eq!(status, Some(1), "{said}");
    assert!(desk.changes().is_empty());
    let (status, said) = desk.run(&[YES], &wider);
    assert_eq!(status, Some(0), "{said}");
    for text in [
        "it has secrets: create, delete, edit where environment is dev and",
        "It gets secrets: create, delete, edit where environment is one of dev, staging",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let sent: Vec<_> = desk.changes().into_iter().map(|it| it.method).collect();
    assert_eq!(sent, ["PATCH", "PATCH"]);
    assert_eq!([desk.secret("read-secret"), desk.secret("write-secret")], secrets);
}

#[test]
fn rights_that_count_later_are_waited_for() {
    let emulator = Emulator::builder().seed(Seed::demo()).rights_delay(Duration::from_secs(3)).start_now().unwrap();
    let desk = Desk::on(Stage::on(emulator));
    let (status, said) = desk.run(&[YES], &BOTH);
    assert_eq!((status, said.contains("Waiting until Infisical applies the rights")), (Some(0), true), "{said}");
}

#[test]
fn what_was_made_is_taken_away_and_can_be_made_again() {
    let desk = Desk::new();
    assert_eq!(desk.run(&[YES], &WHOLE).0, Some(0));
    let (status, said) = desk.run(&[("Type skill", "yes")], &["--deprovision"]);
    assert_eq!((status, desk.identities().len()), (Some(1), 3), "{said}");
    desk.stage.emulator.clear_log();
    let (status, said) = desk.run(&[("Type skill", "skill")], &["--deprovision"]);
    assert_eq!((status, desk.identities().len()), (Some(0), 0), "{said}");
    let sent: Vec<_> = desk
        .changes()
        .into_iter()
        .map(|it| format!("{} {}", it.method, it.path_and_query.split('/').nth(4).unwrap()))
        .collect();
    assert_eq!(sent[..3], ["DELETE universal-auth"; 3], "nobody logs in any more before the first one goes: {sent:?}");
    assert!(["read-secret", "write-secret", "reveal-secret"].iter().all(|name| desk.secret(name).is_empty()));
    let config = std::fs::read_to_string(desk.stage.path("config/config.toml")).unwrap();
    assert_eq!(config.matches("client_id = \"\"").count(), 3, "{config}");
    let trail = everything_in(Path::new(&desk.stage.path("xdg")));
    assert!(trail.contains(r#""act":"deprovision""#));
    let (status, said) = desk.run(&[], &["--deprovision"]);
    assert_eq!((status, said.contains("nothing is changed")), (Some(0), true), "{said}");
    let (status, said) = desk.run(&[YES], &WHOLE);
    assert_eq!(status, Some(0), "{said}");
}

#[test]
fn an_older_server_is_left_to_a_person() {
    let desk = Desk::on(Stage::new(ApiVersion::V3));
    let (status, said) = desk.run(&[], &BOTH);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("older server") && said.contains("by hand") && said.contains("No Access"), "{said}");
    assert!(desk.changes().is_empty());
}

#[test]
fn a_configuration_that_is_there_keeps_what_it_says() {
    let desk = Desk::new();
    let dir = desk.stage.path("config");
    let init = command(&[("XDG_STATE_HOME", &desk.stage.path("xdg"))])
        .args(["init", "--with-writes", "--dir", &dir, "--url", &desk.stage.emulator.origin()])
        .output()
        .unwrap();
    assert_eq!(init.status.code(), Some(0), "{}", stderr(&init));
    let before = std::fs::read_to_string(desk.stage.path("config/config.toml")).unwrap();
    let (status, said) = desk.run(&[YES], &BOTH);
    assert_eq!(status, Some(0), "{said}");
    let after = std::fs::read_to_string(desk.stage.path("config/config.toml")).unwrap();
    let differ = before.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
    assert_eq!((before.lines().count(), differ), (after.lines().count(), 2), "{after}");
    let elsewhere = ["init", "--provision", "--dir", &dir, "--url", "https://vault.example", "--project", "p"];
    let (status, said) = desk.run_exactly(&[], &elsewhere.map(str::to_owned));
    assert_eq!((status, said.contains("--url isn't the `url` of")), (Some(2), true), "{said}");
    // A login of the skill's is possible with what was written.
    assert!(!log_in(&desk.stage).is_empty());
}
