//! The kill switch by the command: on for a time, off at once, whatever else is broken.

use super::stage::Stage;
use super::{command, json, stderr, stdout};
use infisical_emulator::Generation;
use std::process::Output;

/// With a state folder and a configuration file, and nothing else.
fn run(folder: &std::path::Path, config: &str, by_variable: bool, arguments: &[&str]) -> Output {
    let (file, state) = (folder.join("config.toml"), folder.join("state").display().to_string());
    std::fs::write(&file, config).unwrap();
    let variables = [("INFISICAL_SKILL_STATE_DIR", state.as_str())];
    let home = folder.join("home").display().to_string();
    command(if by_variable { &variables } else { &[] })
        .env("HOME", home)
        .args(["--config", file.to_str().unwrap(), "writes"])
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_switch_turns_without_a_server_or_an_identity() {
    let folder = tempfile::tempdir().unwrap();
    let run = |config: &str, arguments: &[&str]| run(folder.path(), config, true, arguments);
    assert_eq!(json(&run("", &["status", "--json"]))["state"], "off");
    let on = run("", &["on", "--for", "10m", "--reason", "key\u{1b} rotation"]);
    assert!(
        stdout(&on).starts_with("Changes are on until 20") && stdout(&on).contains("key\\u{1b} rotation"),
        "{}",
        stderr(&on)
    );
    assert_eq!(json(&run("", &["status", "--json"]))["state"], "on");
    // The credentials' files aren't looked at.
    let unreadable = "[read]\nclient_id = \"r\"\nclient_secret_file = \"/nonexistent\"\n";
    assert_eq!(json(&run(unreadable, &["status", "--json"]))["state"], "on");
    assert_eq!(run(unreadable, &["off"]).status.code(), Some(0));
    assert_eq!(json(&run("", &["status", "--json"]))["state"], "off");
    assert_eq!(run("", &["off"]).status.code(), Some(0), "off twice is off");
}

#[test]
fn changes_are_turned_on_for_no_longer_than_the_configuration_allows() {
    let folder = tempfile::tempdir().unwrap();
    let run = |config: &str, arguments: &[&str]| run(folder.path(), config, true, arguments);
    for (config, time, status) in [
        ("", "61m", 1),
        ("writes_max = \"10m\"", "11m", 1),
        ("writes = \"never\"", "1m", 1),
        ("", "soon", 2),
        ("", "0s", 1),
    ] {
        let output = run(config, &["on", "--for", time]);
        assert_eq!(output.status.code(), Some(status), "{config} {time}: {}", stderr(&output));
        assert_ne!(json(&run(config, &["status", "--json"]))["state"], "on");
    }
    assert_eq!(run("", &["on"]).status.code(), Some(2), "always for a time");
    assert!(stdout(&run("writes = \"never\"", &["status"])).contains("never"));
    assert_eq!(run("writes_max = \"2h\"", &["on", "--for", "2h"]).status.code(), Some(0));
    assert_eq!(json(&run("", &["status", "--json"]))["state"], "off", "and a shorter limit holds at once");
}

#[test]
fn changes_are_turned_off_with_a_configuration_that_nobody_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = |config: &str, by_variable: bool, arguments: &[&str]| run(folder.path(), config, by_variable, arguments);
    assert_eq!(run("", true, &["on", "--for", "10m"]).status.code(), Some(0));
    let off = run("= = =", true, &["off"]);
    assert_eq!(off.status.code(), Some(0), "{}", stderr(&off));
    assert!(stderr(&off).contains("ignored: ") && stderr(&off).contains("config.toml"), "{}", stderr(&off));
    assert_eq!(json(&run("", true, &["status", "--json"]))["state"], "off");

    // Where nothing says which state folder is meant, the usual one is turned off, and it isn't called done.
    assert_eq!(run("", false, &["on", "--for", "10m"]).status.code(), Some(0));
    let off = run("= = =", false, &["off"]);
    assert!(off.status.code() == Some(1) && stderr(&off).contains("may still be on"), "{}", stderr(&off));
    assert_eq!(json(&run("", false, &["status", "--json"]))["state"], "off");
    assert_eq!(run("= = =", false, &["status"]).status.code(), Some(2), "whether they are on isn't guessed");
}

#[test]
fn off_stops_the_next_change() {
    let stage = Stage::new(Generation::V4);
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
