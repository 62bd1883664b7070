//! The doctor, of sound set-ups and of those that aren't.

use super::json;
use super::stage::{Stage, stages};
use infisical_emulator::{Emulator, IdentitySeed, Role, Seed};
use serde_json::Value;
use std::process::Output;

fn doctor(stage: &Stage, arguments: &[&str]) -> (Option<i32>, Value) {
    let output: Output = stage.run(&[&["doctor", "--json"], arguments].concat());
    (output.status.code(), json(&output))
}

/// The verdicts of the checks with this name.
fn verdicts(found: &Value, name: &str) -> Vec<String> {
    let checks = found["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["name"] == name).map(|check| check["verdict"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_sound_set_up_is_sound_and_nothing_was_changed() {
    for stage in stages() {
        let (status, found) = doctor(&stage, &["--probe"]);
        assert_eq!((status, found["sound"].as_bool()), (Some(0), Some(true)), "{found}");
        for name in [
            "configuration",
            "state folder",
            "audit trail",
            "component",
            "kill switch",
            "server",
            "read login",
            "write login",
            "generation",
            "clock",
            "two identities",
            "projects",
            "read role, tried",
        ] {
            assert_eq!(verdicts(&found, name), ["good"], "{name}: {found}");
        }
        for name in ["read role", "write role"] {
            // An older server lists all projects by its organization alone, which isn't configured here.
            assert!(
                verdicts(&found, name).iter().all(|verdict| verdict == "good") && !verdicts(&found, name).is_empty()
            );
        }
        // What it tried was on the read identity, and refused.
        let tried = stage.changes_sent();
        assert_eq!(tried.len(), 1, "{tried:?}");
        assert_eq!(
            (tried[0].method.as_str(), tried[0].status, tried[0].identity.as_deref()),
            ("DELETE", Some(403), Some("reader"))
        );
        // By default it tries nothing.
        stage.emulator.clear_log();
        assert_eq!(doctor(&stage, &[]).0, Some(0));
        assert!(stage.changes_sent().is_empty());
        assert!(
            stage.emulator.log().iter().all(|exchange| exchange.identity.as_deref() != Some("writer")),
            "it only logs in"
        );
    }
}

#[test]
fn identities_that_may_too_much_are_found() {
    for stage in stages() {
        let [reader, writer] = [("greedy-reader", Role::Member), ("greedy-writer", Role::Admin)]
            .map(|(name, role)| stage.emulator.add_identity(&IdentitySeed::new(name).role(role)));
        let output = super::command(&[
            ("INFISICAL_URL", &stage.emulator.origin()),
            ("INFISICAL_READ_CLIENT_ID", &reader.client_id),
            ("INFISICAL_READ_CLIENT_SECRET", &reader.client_secret),
            ("INFISICAL_WRITE_CLIENT_ID", &writer.client_id),
            ("INFISICAL_WRITE_CLIENT_SECRET", &writer.client_secret),
            ("INFISICAL_PROJECT", &stage.emulator.project_id()),
            ("INFISICAL_ENV", "dev"),
            ("INFISICAL_ORG_ID", &stage.emulator.org_id()),
            ("INFISICAL_SKILL_STATE_DIR", &stage.path("state")),
        ])
        .args(["doctor", "--probe", "--json"])
        .output()
        .unwrap();
        let found = json(&output);
        assert_eq!((output.status.code(), found["sound"].as_bool()), (Some(1), Some(false)), "{found}");
        for name in ["read role", "write role", "read role, tried"] {
            assert!(verdicts(&found, name).iter().all(|verdict| verdict == "bad"), "{name}: {found}");
        }
        let bad = found["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == "bad");
        assert!(bad.clone().count() >= 3 && bad.into_iter().all(|check| check["remedy"].is_string()));
    }
}

/// An access token, by a login like any client's.
fn log_in(stage: &Stage) -> String {
    use std::io::{Read, Write};
    let (reader, origin) = (stage.emulator.reader(), stage.emulator.origin());
    let mut server = std::net::TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap();
    let body = serde_json::json!({ "clientId": reader.client_id, "clientSecret": reader.client_secret }).to_string();
    let length = body.len();
    write!(server, "POST /api/v1/auth/universal-auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    server.read_to_string(&mut answer).unwrap();
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    body["accessToken"].as_str().unwrap().to_owned()
}

#[test]
fn one_identity_with_two_secrets_is_one_identity() {
    for stage in stages() {
        // Tokens of the same identity under two names: nothing but the server knows.
        let (reader, token) = (stage.emulator.reader(), log_in(&stage));
        let output = super::command(&[
            ("INFISICAL_URL", &stage.emulator.origin()),
            ("INFISICAL_READ_CLIENT_ID", &reader.client_id),
            ("INFISICAL_READ_CLIENT_SECRET", &reader.client_secret),
            ("INFISICAL_WRITE_TOKEN", &token),
            ("INFISICAL_PROJECT", &stage.emulator.project_id()),
            ("INFISICAL_ORG_ID", &stage.emulator.org_id()),
            ("INFISICAL_SKILL_STATE_DIR", &stage.path("state")),
        ])
        .args(["doctor", "--json"])
        .output()
        .unwrap();
        assert_eq!(verdicts(&json(&output), "two identities"), ["bad"]);
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn what_is_wrong_is_named_with_what_to_do() {
    let stage = stages().last().unwrap();
    let run = |variable: &str, value: &str| {
        let (reader, origin, state) = (stage.emulator.reader(), stage.emulator.origin(), stage.path("state"));
        let mut variables = vec![
            ("INFISICAL_URL", origin.as_str()),
            ("INFISICAL_READ_CLIENT_ID", &reader.client_id),
            ("INFISICAL_READ_CLIENT_SECRET", &reader.client_secret),
            ("INFISICAL_SKILL_STATE_DIR", &state),
        ];
        variables.push((variable, value));
        json(&super::command(&variables).args(["doctor", "--json"]).output().unwrap())
    };
    assert_eq!(verdicts(&run("X", ""), "write login"), ["good"], "no write identity is sound");
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    assert_eq!(verdicts(&run("INFISICAL_URL", &format!("http://{closed}")), "server"), ["bad"]);
    assert_eq!(verdicts(&run("INFISICAL_URL", "ftp://x"), "configuration"), ["bad"]);
    assert_eq!(verdicts(&run("INFISICAL_READ_CLIENT_SECRET", "wrong"), "read login"), ["bad"]);
    std::fs::write(stage.path("state/audit/poisoned"), "a sync failed").unwrap();
    assert_eq!(verdicts(&run("X", ""), "audit trail")[0], "bad");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(stage.path("state"), std::fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(verdicts(&run("X", ""), "state folder"), ["bad"]);
    }
}

#[test]
fn clocks_that_are_apart_are_told() {
    let emulator = Emulator::builder().seed(Seed::demo()).clock_skew(-600).start_now().unwrap();
    let stage = Stage::on(emulator);
    let (status, found) = doctor(&stage, &[]);
    assert_eq!((status, verdicts(&found, "clock")), (Some(0), vec!["warning".to_owned()]), "{found}");
    assert!(found.to_string().contains("ahead of the server's"), "{found}");
}
