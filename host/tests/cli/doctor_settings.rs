//! Tests the doctor's verdicts about the configuration, the state directory and the clock.

use super::doctor::{doctor, says, verdicts};
use super::json;
use super::stage::{Stage, stages};
use infisical_emulator::{ApiVersion, Emulator, Seed};
use serde_json::Value;

#[test]
fn names_each_problem_with_a_remedy() {
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
        assert_eq!(verdicts(&run("X", ""), "state directory"), ["bad"]);
    }
}

#[test]
fn reports_clock_differences() {
    let emulator = Emulator::builder().seed(Seed::demo()).clock_skew(-600).start_now().unwrap();
    let stage = Stage::on(emulator);
    let (status, found) = doctor(&stage, &[]);
    assert_eq!((status, verdicts(&found, "clock")), (Some(0), vec!["warning".to_owned()]), "{found}");
    assert!(found.to_string().contains("ahead of the server's"), "{found}");
}

/// The codes of the policy warnings.
fn policy_codes(found: &Value) -> Vec<&str> {
    let checks = found["checks"].as_array().unwrap().iter().filter(|check| check["name"] == "policy");
    checks.map(|check| check["code"].as_str().unwrap()).collect()
}

#[test]
fn warns_of_each_setting_that_lets_an_agent_do_more() {
    let stage = Stage::new(ApiVersion::V4);
    let project = stage.emulator.project_id();
    stage.configure(
        "reveals = \"switch\"\nreveals_max = \"24h\"\nreveal_with = \"read\"\napproval = \"none\"\nadministration = true\nfind_references = true\nwrites_max = \"24h\"\nplan_lifetime = \"24h\"\n\
         max_changes = 50\nacknowledge_above = 50\n[budgets]\npending_plans = 100000\nwrites_per_hour = 100000\nreveals_per_hour = 100000\n\
         [sums]\noverwrites_per_secret = 2\nupdates_per_secret = 6\nsecret_window = \"1h\"\nchanges_per_project = 50\nproject_window = \"1m\"\n[[reveal_scopes]]\nproject = \"PROJECT\"\n"
            .replace("PROJECT", &project)
            .as_str(),
    );
    let (status, found) = doctor(&stage, &[]);
    let expected = [
        "policy.no-scopes",
        "policy.reveal",
        "policy.wide-reveal-scopes",
        "policy.reveal-with-read",
        "policy.reveals-max",
        "policy.reveals-per-hour",
        "policy.approval-none",
        "policy.administration",
        "policy.find-references",
        "policy.writes-max",
        "policy.plan-lifetime",
        "policy.max-changes",
        "policy.acknowledge-above",
        "policy.pending-plans",
        "policy.writes-per-hour",
        "policy.sums-overwrites-per-secret",
        "policy.sums-updates-per-secret",
        "policy.sums-secret-window",
        "policy.sums-changes-per-project",
        "policy.sums-project-window",
    ];
    // An operator may intend each of them, so they are warnings and don't affect the verdict.
    assert_eq!((status, policy_codes(&found)), (Some(0), expected.to_vec()), "{found}");
    assert!(says(&found, "policy", "an agent can read plain values"), "{found}");
    let text = super::stdout(&stage.run(&["doctor"]));
    assert!(text.contains("with warnings") && text.contains("`approval = \"none\"`: an agent can delete"), "{text}");

    let scopes = |list: &str| format!("[[{list}]]\nproject = \"{project}\"\n");
    stage.configure(&format!("writes = \"never\"\napproval = \"none\"\n{}", scopes("scopes")));
    let (_, found) = doctor(&stage, &[]);
    assert_eq!(policy_codes(&found), ["policy.defaults"], "what has no effect isn't graded: {found}");
    stage.configure(&format!("{}[mcp]\napprove_in_client = true\n", scopes("scopes")));
    let (_, found) = doctor(&stage, &[]);
    assert_eq!(policy_codes(&found), ["policy.approve-in-client"], "{found}");
    for check in found["checks"].as_array().unwrap() {
        assert!(check["code"].as_str().is_some_and(|code| code.contains('.')), "{check}");
    }
}

#[test]
fn shows_the_sums_in_effect() {
    let stage = Stage::new(ApiVersion::V4);
    let sums = |text: &str| {
        stage.configure(text);
        let found = doctor(&stage, &[]).1;
        let check = found["checks"].as_array().unwrap().iter().find(|check| check["code"] == "policy.sums").cloned();
        let status = stage.run(&["status"]);
        (check.map(|check| check["found"].as_str().unwrap().to_owned()), super::stdout(&status))
    };
    let usual = "a person approves what goes beyond 1 overwrite or 5 updates of a secret in 1day, or 20 changes in a project in 1h";
    let (doctor_says, status_says) = sums("");
    assert_eq!(doctor_says.as_deref(), Some(usual));
    assert!(status_says.contains(usual), "{status_says}");
    let strict = "a person approves what goes beyond 0 overwrites or 2 updates of a secret in 7days, or 1 change in a project in 2h";
    let (doctor_says, status_says) = sums(
        "[sums]\noverwrites_per_secret = 0\nupdates_per_secret = 2\nsecret_window = \"7d\"\nchanges_per_project = 1\nproject_window = \"2h\"\n",
    );
    assert_eq!(doctor_says.as_deref(), Some(strict));
    assert!(status_says.contains(strict), "{status_says}");
    let json = super::json(&stage.run(&["status", "--json"]))["changes"]["sums"].clone();
    let expected = serde_json::json!({
        "overwritesPerSecret": 0, "updatesPerSecret": 2, "secretSeconds": 604_800, "changesPerProject": 1, "projectSeconds": 7_200,
    });
    assert_eq!(json, expected);
    for without_effect in ["writes = \"never\"", "approval = \"all\""] {
        assert_eq!(sums(without_effect).0, None, "{without_effect}");
    }
}

#[test]
fn warns_of_a_client_without_a_token() {
    let stage = Stage::new(ApiVersion::V4);
    stage.configure("[[mcp.clients]]\nname = \"alice\"\nmay = \"apply\"\n");
    let codes = |arguments: &[&str]| {
        let (status, found) = doctor(&stage, arguments);
        assert_eq!(status, Some(0), "{found}");
        verdicts(&found, "clients")
    };
    assert_eq!(codes(&[]), ["warning"], "there is no such file beside the configuration");
    std::fs::create_dir(stage.path("tokens")).unwrap();
    let named = stage.private("tokens/alice", "0123456789abcdef0123456789abcdef");
    assert_eq!(codes(&["--token-file", &named]), ["good"]);
    std::fs::rename(named, stage.path("alice")).unwrap();
    assert_eq!(codes(&[]), ["good"]);
    let other = stage.private("bob", "fedcba9876543210fedcba9876543210");
    assert_eq!(codes(&["--token-file", &other]), ["warning"]);
    stage.configure("");
    assert_eq!(codes(&[]), [""; 0], "nobody is named");
}
