//! Kills the process after it sent a change and before the answer: the plan stays used, and nothing
//! is sent again.

use super::json;
use super::stage::{Stage, stages};
use infisical_emulator::{ApiVersion, Fault, RequestMatch};
use serde_json::Value;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn call(stage: &Stage, tool: &str, arguments: &str) -> Value {
    json(&stage.run(&["call", tool, arguments]))
}

fn posts(stage: &Stage) -> usize {
    stage
        .emulator
        .log()
        .iter()
        .filter(|exchange| exchange.method == "POST" && exchange.path_and_query.contains("/secrets/"))
        .count()
}

#[test]
fn killed_mid_change_leaves_a_used_plan_and_no_resend() {
    for stage in stages() {
        stage.switch_on();
        let create = r#"{"path": "/app", "name": "KILLED", "value": "canary-killed"}"#;
        let preview = call(&stage, "create-secret", create);
        let plan = preview.get("plan").and_then(Value::as_str).unwrap_or_else(|| panic!("{preview}")).to_owned();
        let apply = format!(r#"{{"plan": "{plan}"}}"#);

        // The server receives the request and delays its answer.
        let secrets =
            if stage.emulator.api_version() == ApiVersion::V4 { "/api/v4/secrets" } else { "/api/v3/secrets/raw" };
        let slow = RequestMatch::any().method("POST").path_prefix(secrets);
        stage.emulator.fail_next_matching(1, slow, Fault::Delay(Duration::from_secs(2)));
        let mut child = stage
            .command()
            .args(["call", "apply-change", &apply])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let used = || std::fs::read_dir(stage.path("state/plans/used")).unwrap().next().is_some();
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

        let again = call(&stage, "apply-change", &apply);
        assert_eq!(again.pointer("/error/layer").and_then(Value::as_str), Some("two-phase-confirm"), "{again}");
        std::thread::sleep(Duration::from_millis(2_000));
        assert!(posts(&stage) <= 1, "{:?}", stage.emulator.log());
        let listed = super::stdout(&stage.run(&["plans", "list", "--all", "--json"]));
        assert!(
            listed.contains(&plan) && listed.contains("redeemed"),
            "its fate isn't known, and that is said: {listed}"
        );
        assert!(!listed.contains("canary"));
    }
}
