//! Kills the process after it sent a change and before the answer: the plan stays used, and nothing
//! is sent again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it fails")]

use infisical_emulator::{ApiVersion, Emulator, Fault, RequestMatch, Seed};
use infisical_skill::{ChangeRules, TimedSwitch};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn command(emulator: &Emulator, state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_infisical-skill"));
    command
        .env_clear()
        .env("INFISICAL_URL", emulator.origin())
        .env("INFISICAL_READ_CLIENT_ID", emulator.reader().client_id)
        .env("INFISICAL_READ_CLIENT_SECRET", emulator.reader().client_secret)
        .env("INFISICAL_WRITE_CLIENT_ID", emulator.writer().client_id)
        .env("INFISICAL_WRITE_CLIENT_SECRET", emulator.writer().client_secret)
        .env("INFISICAL_PROJECT", emulator.project_id())
        .env("INFISICAL_ENV", "dev")
        .env("INFISICAL_SKILL_STATE_DIR", state);
    command
}

fn call(emulator: &Emulator, state: &Path, tool: &str, arguments: &str) -> Value {
    let output = command(emulator, state).args(["call", tool, arguments]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn posts(emulator: &Emulator) -> usize {
    emulator
        .log()
        .iter()
        .filter(|exchange| exchange.method == "POST" && exchange.path_and_query.contains("/secrets/"))
        .count()
}

#[test]
fn killed_mid_change_leaves_a_used_plan_and_no_resend() {
    for (api_version, secrets) in [(ApiVersion::V4, "/api/v4/secrets"), (ApiVersion::V3, "/api/v3/secrets/raw")] {
        let emulator = Emulator::builder().api_version(api_version).seed(Seed::demo()).start_now().unwrap();
        let state = tempfile::tempdir().unwrap();
        TimedSwitch::new(state.path(), ChangeRules::default().writes).turn_on(Duration::from_secs(60), None).unwrap();
        let create = r#"{"path": "/app", "name": "KILLED", "value": "canary-killed"}"#;
        let preview = call(&emulator, state.path(), "create-secret", create);
        let plan = preview.get("plan").and_then(Value::as_str).unwrap_or_else(|| panic!("{preview}")).to_owned();
        let apply = format!(r#"{{"plan": "{plan}"}}"#);

        // The server receives the request and delays its answer.
        let slow = RequestMatch::any().method("POST").path_prefix(secrets);
        emulator.fail_next_matching(1, slow, Fault::Delay(Duration::from_secs(2)));
        let mut child = command(&emulator, state.path())
            .args(["call", "apply-change", &apply])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let used = || std::fs::read_dir(state.path().join("plans/used")).unwrap().next().is_some();
        let start = Instant::now();
        while !used() {
            assert!(start.elapsed() < Duration::from_secs(20) && child.try_wait().unwrap().is_none(), "it redeems");
            std::thread::sleep(Duration::from_millis(5));
        }
        // A login and reads come between redeeming the plan and the answer. The answer takes at
        // least two seconds.
        std::thread::sleep(Duration::from_millis(700));
        assert!(child.try_wait().unwrap().is_none(), "the process should still wait for the answer");
        child.kill().unwrap();
        child.wait().unwrap();

        let again = call(&emulator, state.path(), "apply-change", &apply);
        assert_eq!(again.pointer("/error/layer").and_then(Value::as_str), Some("two-phase-confirm"), "{again}");
        std::thread::sleep(Duration::from_millis(2_000));
        assert!(posts(&emulator) <= 1, "{:?}", emulator.log());
        let listed = command(&emulator, state.path()).args(["plans", "list", "--all", "--json"]).output().unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        assert!(
            listed.contains(&plan) && listed.contains("redeemed"),
            "its fate isn't known, and that is said: {listed}"
        );
        assert!(!listed.contains("canary"));
    }
}
