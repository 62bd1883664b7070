//! Tests each setting that forbids something: a command passes without the setting and is refused
//! with it. Settings about time, concurrency and TLS have tests elsewhere.

use crate::stage::Stage;
use crate::{json, stderr, stdout};
use infisical_emulator::ApiVersion;

/// A setting, a command that passes without it, and a part of the refusal's text.
const FORBIDDING: [(&str, &[&str], &str); 19] = [
    ("reveals = \"never\"", REVEAL, "reveal gate"),
    ("reveals = \"switch\"\nreveal_with = \"read\"\nreveal_scopes = []", REVEAL, "reveal"),
    ("reveals = \"switch\"\nreveal_scopes = []", REVEAL, "`[reveal]`"),
    ("{HEAD}reveals_max = \"1m\"\n{SCOPES}", REVEAL, "revealing is switched off"),
    ("{HEAD}protected = [\"dev\"]\n{SCOPES}", REVEAL, "infisical-skill reveal approve"),
    ("{HEAD}reveal_approval = \"person\"\n{SCOPES}", REVEAL, "infisical-skill reveal approve"),
    ("{HEAD}{SCOPES}[budgets]\nreveals_per_hour = 0", REVEAL, "hour"),
    ("{HEAD}scopes = []\n{SCOPES}", REVEAL, "scopes"),
    ("scopes = []", LIST, "scopes"),
    ("[limits]\nanswer_bytes = 1024", LIST, "limits.answer_bytes"),
    ("writes = \"never\"", CREATE, "never"),
    ("approval = \"all\"", CREATE, "plans approve"),
    ("acknowledge_above = 0", CREATE, "acknowledge"),
    ("[budgets]\nwrites_per_hour = 0", CREATE, "hour"),
    ("[budgets]\npending_plans = 0", CREATE, "plans"),
    ("max_changes = 1", TWO, "1 changes at most"),
    ("plan_lifetime = \"1ms\"", CREATE, "expired"),
    ("scopes = []", CREATE, "scopes"),
    ("administration = false", PROJECT, "administration"),
];

const LIST: &[&str] = &["secrets", "list", "--recursive"];
const TWO: &[&str] = &[
    "call",
    "change-many",
    r#"{"changes":[{"change":"create-folder","name":"a"},{"change":"create-folder","name":"b"}]}"#,
];
const REVEAL: &[&str] = &["secrets", "reveal", "STRIPE_API_KEY", "--path", "/app"];
const CREATE: &[&str] = &["secrets", "create", "NEW", "--path", "/app", "--generate", "--yes"];
const PROJECT: &[&str] = &["call", "create-project", r#"{"name":"Fresh","slug":"fresh"}"#];

#[test]
fn each_forbidding_setting_forbids() {
    for api_version in [ApiVersion::V3, ApiVersion::V4] {
        for (setting, arguments, says) in FORBIDDING {
            let stage = Stage::new(api_version);
            stage.switch_on();
            stage.reveals_on();
            let (head, scopes) = stage.revealing();
            let run = |toml: &str| {
                stage.configure(&toml.replace("{HEAD}", &head).replace("{SCOPES}", &scopes));
                // Not `run`: a permitted reveal isn't a leak.
                stage.command().args(arguments).output().unwrap()
            };
            let forbidden = run(setting);
            let said = format!("{}{}", stdout(&forbidden), stderr(&forbidden));
            assert!(forbidden.status.code() != Some(0) && said.contains(says), "{api_version:?} {setting}: {said}");
            assert!(stage.changes_sent().is_empty(), "{setting}");
            assert!(stage.emulator.secret("dev", "/app", "NEW").is_none());
            let allowed = run("{HEAD}administration = true\n{SCOPES}");
            assert_eq!(allowed.status.code(), Some(0), "{api_version:?} {setting}: {}", stderr(&allowed));
        }
    }
}

#[test]
fn time_limits_hold_for_the_switch_and_for_a_call() {
    let stage = Stage::new(ApiVersion::V4);
    stage.configure("writes_max = \"1m\"\n");
    let long = stage.run(&["writes", "on", "--for", "5m"]);
    assert!(long.status.code() != Some(0) && stderr(&long).contains("at most 1m at a time"), "{}", stderr(&long));
    let short = stage.on_terminal(&[("Turn changes on for 1m", "y")], &["writes", "on", "--for", "1m"]);
    assert_eq!(short.status.code(), Some(0), "{}", stdout(&short));
    assert_eq!(json(&stage.run(&["status", "--json"]))["changes"]["switch"]["state"], "on");
}

/// Options and variables that make other tools trust any server.
const CARELESS: [&str; 7] = [
    "insecure = true",
    "skip_verify = true",
    "tls_skip_verify = true",
    "verify = false",
    "verify_tls = false",
    "danger_accept_invalid_certs = true",
    "[tls]\nverify = false",
];

#[test]
fn no_setting_or_option_trusts_every_server() {
    let stage = Stage::new(ApiVersion::V4);
    for setting in CARELESS {
        stage.configure(&format!("{setting}\n"));
        let refused = stage.run(&["secrets", "list"]);
        let name = setting.split([' ', '\n']).next().unwrap().trim_matches(['[', ']']);
        assert!(refused.status.code().is_some_and(|code| code != 0), "{setting}");
        assert!(stderr(&refused).contains(name), "{setting}: {}", stderr(&refused));
    }
    stage.configure("");
    for option in ["--insecure", "-k", "--skip-verify", "--tls-skip-verify", "--no-verify", "--no-check-certificate"] {
        for arguments in [[option, "secrets", "list"], ["secrets", "list", option], ["secrets", option, "list"]] {
            let refused = stage.run(&arguments);
            assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
            assert!(stderr(&refused).contains(option), "{arguments:?}: {}", stderr(&refused));
        }
    }
    assert!(stage.emulator.log().is_empty());
    assert_eq!(stage.run(&["secrets", "list"]).status.code(), Some(0), "without them it is heard");
}
