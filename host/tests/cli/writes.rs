//! Tests of the kill switch through the command: on for a time, and off at once even if everything
//! else is broken.

use super::stage::Stage;
use super::{command, json, stderr, stdout};
use infisical_emulator::ApiVersion;
use std::process::{Command, Output};

/// A state directory and a place for a configuration file, and nothing else.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Arguments for a configuration file that names the state directory and has these settings.
    fn named(&self, config: &str) -> Vec<String> {
        self.file(&format!("state_dir = \"{}\"\n{config}", self.path("state")))
    }

    fn file(&self, config: &str) -> Vec<String> {
        std::fs::write(self.path("config.toml"), config).unwrap();
        vec!["--config".to_owned(), self.path("config.toml"), "writes".to_owned()]
    }

    fn run(&self, first: &[String], arguments: &[&str]) -> Output {
        command(&[]).env("HOME", self.path("home")).args(first).args(arguments).output().unwrap()
    }

    /// Runs the command at a terminal, where a person confirms the question if there is one.
    fn agreed(&self, first: &[String], arguments: &[&str]) -> Output {
        self.agreed_to("Turn changes on", first, arguments)
    }

    fn agreed_to(&self, question: &str, first: &[String], arguments: &[&str]) -> Output {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/terminal.py");
        let mut terminal = Command::new("python3");
        terminal.args([script, question, "y", "--", env!("CARGO_BIN_EXE_infisical-skill")]);
        terminal.env("HOME", self.path("home")).args(first).args(arguments).output().unwrap()
    }

    fn state(&self, first: &[String]) -> String {
        let status = self.run(first, &["status", "--json"]);
        assert_eq!(status.status.code(), Some(0), "{}", stderr(&status));
        json(&status)["state"].as_str().unwrap().to_owned()
    }
}

#[test]
fn switch_works_without_server_or_identity() {
    let place = Place::new();
    let plain = || place.named("");
    assert_eq!(place.state(&plain()), "off");
    let on = place.agreed(&plain(), &["on", "--for", "10m", "--reason", "key\u{1b} rotation"]);
    assert!(
        stdout(&on).contains("Changes are on until 20") && stdout(&on).contains("key\\u{1b} rotation"),
        "{}",
        stdout(&on)
    );
    assert_eq!(place.state(&plain()), "on");
    // The command doesn't read the files of the credentials.
    let unreadable = || place.named("[read]\nclient_id = \"r\"\nclient_secret_file = \"/nonexistent\"\n");
    assert_eq!(place.state(&unreadable()), "on");
    assert_eq!(place.run(&unreadable(), &["off"]).status.code(), Some(0));
    assert_eq!(place.state(&plain()), "off");
    assert_eq!(place.run(&plain(), &["off"]).status.code(), Some(0), "turning off twice should work");
}

#[test]
fn switch_on_time_is_limited_by_the_configuration() {
    let place = Place::new();
    for (config, time, status, says) in [
        ("", "61m", 1, "at most 1h"),
        ("writes_max = \"10m\"", "11m", 1, "at most 10m"),
        ("writes = \"never\"", "1m", 1, "never"),
        ("", "soon", 2, "soon"),
        ("", "0s", 1, "at most 1h"),
    ] {
        // The check comes before the prompt, so nobody is asked in vain.
        let output = place.run(&place.named(config), &["on", "--for", time]);
        assert_eq!(output.status.code(), Some(status), "{config} {time}: {}", stderr(&output));
        assert!(stderr(&output).contains(says), "{config} {time}: {}", stderr(&output));
        assert_ne!(place.state(&place.named(config)), "on");
    }
    assert_eq!(place.run(&place.named(""), &["on"]).status.code(), Some(2), "always for a time");
    assert!(stdout(&place.run(&place.named("writes = \"never\""), &["status"])).contains("never"));
    let on = place.agreed(&place.named("writes_max = \"2h\""), &["on", "--for", "2h"]);
    assert_eq!(on.status.code(), Some(0), "{}", stdout(&on));
    assert_eq!(place.state(&place.named("")), "off", "a shorter limit should take effect at once");
}

#[test]
fn switch_off_works_with_unreadable_configuration() {
    let place = Place::new();
    let on = place.agreed(&place.named(""), &["on", "--for", "10m"]);
    assert_eq!(on.status.code(), Some(0), "{}", stdout(&on));
    let state = [("INFISICAL_SKILL_STATE_DIR", &*place.path("state"))];
    let off = command(&state).args(place.file("= = =")).arg("off").output().unwrap();
    assert_eq!(off.status.code(), Some(0), "{}", stderr(&off));
    assert!(stderr(&off).contains("ignored: ") && stderr(&off).contains("config.toml"), "{}", stderr(&off));
    assert_eq!(place.state(&place.named("")), "off");

    // Without a known state directory the command turns the usual one off, and doesn't report
    // success.
    let usual = ["writes".to_owned()];
    assert_eq!(place.agreed(&usual, &["on", "--for", "10m"]).status.code(), Some(0));
    let off = place.run(&place.file("= = ="), &["off"]);
    assert!(off.status.code() == Some(1) && stderr(&off).contains("may still be on"), "{}", stderr(&off));
    assert_eq!(place.state(&usual), "off");
    let guessed = place.run(&place.file("= = ="), &["status"]);
    assert_eq!(guessed.status.code(), Some(2), "whether they are on isn't guessed");
}

#[test]
fn off_stops_the_next_change() {
    let stage = Stage::new(ApiVersion::V4);
    stage.switch_on();
    let create = |name: &str| stage.run(&["secrets", "create", name, "--generate", "--yes"]);
    assert_eq!(create("A").status.code(), Some(0));
    assert_eq!(stage.run(&["writes", "off"]).status.code(), Some(0));
    let refused = create("B");
    assert!(refused.status.code() == Some(1) && stderr(&refused).contains("kill switch"), "{}", stderr(&refused));
    let status = stdout(&stage.run(&["status"]));
    assert!(status.lines().any(|line| line.starts_with("changes ") && line.ends_with("Changes are off.")), "{status}");
    assert_eq!(stage.changes_sent().len(), 1);
}

#[test]
fn changes_are_turned_on_by_a_person_at_a_terminal() {
    let stage = Stage::new(ApiVersion::V4);
    let on = ["writes", "on", "--for", "5m", "--reason", "rotation"];
    for answers in ["", "y\n", "on\n", "yes\nyes\n"] {
        let refused = stage.run_with(answers, &on);
        assert_eq!(refused.status.code(), Some(1), "{answers:?}: {}", stdout(&refused));
        assert!(stderr(&refused).contains("terminal"), "{answers:?}: {}", stderr(&refused));
    }
    let no = stage.on_terminal(&[("Turn changes on for 5m", "n")], &on);
    assert_eq!(no.status.code(), Some(1), "{}", stdout(&no));
    assert_eq!(json(&stage.run(&["writes", "status", "--json"]))["state"], "off");
    let yes = stage.on_terminal(&[("Turn changes on for 5m", "y")], &on);
    assert_eq!(yes.status.code(), Some(0), "{}", stdout(&yes));
    assert!(stdout(&yes).contains(&stage.path("state")), "where, before it is asked: {}", stdout(&yes));
    assert_eq!(json(&stage.run(&["writes", "status", "--json"]))["state"], "on");
    assert_eq!(stage.run(&["writes", "off"]).status.code(), Some(0), "off takes none");
}

#[test]
fn a_clock_that_was_ahead_is_accepted_by_a_person_at_a_terminal() {
    let place = Place::new();
    let writes = place.named("");
    let state: Vec<String> =
        writes.iter().map(|it| if it == "writes" { "state".to_owned() } else { it.clone() }).collect();
    assert_eq!(place.agreed(&writes, &["on", "--for", "10m"]).status.code(), Some(0));
    // The mark that a clock leaves that was years ahead.
    std::fs::write(place.path("state/clock"), "4000000000000").unwrap();
    assert_eq!(place.state(&writes), "off");
    let refused = place.agreed(&writes, &["on", "--for", "10m"]);
    let said = format!("{}{}", stdout(&refused), stderr(&refused));
    assert!(said.contains("2096") && said.contains("state accept-clock"), "{said}");
    let accept = ["accept-clock", "--reason", "the battery was flat"];
    let alone = place.run(&state, &accept);
    assert!(alone.status.code() == Some(1) && stderr(&alone).contains("at a terminal"), "{}", stderr(&alone));
    assert_eq!(place.run(&state, &["accept-clock"]).status.code(), Some(2), "no reason");
    let accepted = place.agreed_to("Accept the clock", &state, &accept);
    assert_eq!(accepted.status.code(), Some(0), "{}{}", stdout(&accepted), stderr(&accepted));
    assert_eq!(place.state(&writes), "off", "the switch ended");
    assert_eq!(place.agreed(&writes, &["on", "--for", "10m"]).status.code(), Some(0));
    assert_eq!(place.state(&writes), "on");
    let trail = std::fs::read_to_string(place.path("state/audit/00000000000000000001.jsonl")).unwrap();
    assert!(trail.contains("accept-clock") && trail.contains("the battery was flat"), "{trail}");
}

/// Reveals are turned on like changes: by a person at a terminal, for a time and with a reason.
#[test]
fn reveals_need_a_terminal_a_time_and_a_reason() {
    let place = Place::new();
    let of_reveals = |config: &str| {
        let mut first = place.named(config);
        first.pop();
        first.push("reveal".to_owned());
        first
    };
    let on = ["on", "--for", "10m", "--reason", "restore the\u{1b} backup"];
    let switchable = "reveals = \"switch\"\n[[reveal_scopes]]\nproject = \"9cefc4fb-34fd-432a-806c-8efb3307c759\"\n";
    for (config, arguments, status, says) in [
        ("", &on[..], 1, "never"),
        (switchable, &["on", "--for", "10m"], 2, "--reason"),
        (switchable, &["on", "--for", "10m", "--reason", " "], 1, "terminal"),
        (switchable, &["on", "--for", "61m", "--reason", "r"], 1, "at most 1h"),
        (switchable, &on[..], 1, "terminal"),
    ] {
        let refused = place.run(&of_reveals(config), arguments);
        let said = stderr(&refused);
        assert!(refused.status.code() == Some(status) && said.contains(says), "{arguments:?}: {said}");
    }
    let first = of_reveals(switchable);
    assert_eq!(place.state(&first), "off");
    let turned = place.agreed_to("Let values be revealed for 10m", &first, &on);
    let said = stdout(&turned);
    assert!(said.contains("Values can be revealed until 20") && said.contains("restore the\\u{1b} backup"), "{said}");
    assert_eq!(place.state(&first), "on");
    assert_eq!(place.state(&place.named(switchable)), "off", "turning reveals on must not turn changes on");
    // Turning off works at once, with a configuration that every other command rejects.
    let broken = of_reveals("reveals = 5\n");
    let off = place.run(&broken, &["off"]);
    assert!(off.status.code() == Some(0) && stdout(&off).contains("Values are hidden"), "{}", stderr(&off));
    assert_eq!(place.state(&of_reveals(switchable)), "off");
    // With `never` in the configuration, turning on is refused, and a switch that was on has no
    // effect.
    assert_eq!(place.state(&of_reveals("")), "never");
}
