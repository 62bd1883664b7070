//! Tests of refused logins: each has its own cause and remedy, and no valid credential is called
//! wrong.

use super::stage::Stage;
use super::{command, json, stderr, stdout};
use infisical_emulator::{ApiVersion, Credentials, Fault, IdentitySeed, RequestMatch, Role};
use serde_json::Value;
use std::time::Duration;

const LOGIN: &str = "/api/v1/auth/universal-auth/login";

/// Runs a command with this identity: its error as JSON and as text, and the number of logins.
fn refused(stage: &Stage, reader: &Credentials, more: &[(&str, &str)]) -> (Value, String, usize) {
    let (origin, project, state) = (stage.emulator.origin(), stage.emulator.project_id(), stage.path("state"));
    let mut variables = vec![
        ("INFISICAL_URL", origin.as_str()),
        ("INFISICAL_READ_CLIENT_ID", &reader.client_id),
        ("INFISICAL_READ_CLIENT_SECRET", &reader.client_secret),
        ("INFISICAL_PROJECT", &project),
        ("INFISICAL_ENV", "dev"),
        ("INFISICAL_SKILL_STATE_DIR", &state),
    ];
    variables.extend_from_slice(more);
    stage.emulator.clear_log();
    let output = command(&variables).args(["secrets", "list", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    let tries = stage.emulator.log().iter().filter(|exchange| exchange.path_and_query == LOGIN).count();
    let error = json(&output)["error"].clone();
    let text = format!("{} {}", error["reason"].as_str().unwrap(), error["remedy"].as_str().unwrap());
    assert!(!text.contains(&reader.client_secret), "{text}");
    (error, text, tries)
}

#[track_caller]
fn assert_cause((error, text, tries): &(Value, String, usize), cause: &str, says: &[&str], keeps: bool) {
    assert_eq!((&error["kind"], &error["cause"]), (&"unauthenticated".into(), &cause.into()), "{error}");
    for part in says {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert_eq!(!text.contains("create a new"), keeps, "{text}");
    assert_eq!(*tries, 1, "a refused login must not be retried");
}

#[test]
fn lockout_does_not_blame_the_secret() {
    let stage = Stage::new(ApiVersion::V4);
    let reader = stage.emulator.reader();
    let wrong = Credentials { client_secret: "0".repeat(64), ..reader.clone() };
    for _ in 0..3 {
        assert_cause(
            &refused(&stage, &wrong, &[]),
            "wrong-credentials",
            &["INFISICAL_READ_CLIENT_ID", "three wrong logins"],
            true,
        );
    }
    let locked = refused(&stage, &reader, &[]);
    assert_cause(&locked, "locked-out", &["locked the read identity out", "ait 5 minutes", "may be right"], true);
    assert_cause(&refused(&stage, &wrong, &[]), "locked-out", &["clear the lock-out"], true);
    // The exact text of a real server, as a proxy may pass it on.
    let answer = r#"{"statusCode":401,"error":"UnauthorizedError","message":"This identity auth method is temporarily locked, please try again later","reqId":"req-1"}"#;
    let stage = Stage::new(ApiVersion::V4);
    let fault = Fault::Answer { status: 401, content_type: "application/json".into(), body: answer.into() };
    stage.emulator.fail_next_matching(1, RequestMatch::any().path_prefix(LOGIN), fault);
    assert_cause(&refused(&stage, &stage.emulator.reader(), &[]), "locked-out", &["ait 5 minutes"], true);
}

#[test]
fn used_up_secret_must_be_replaced() {
    for api_version in [ApiVersion::V3, ApiVersion::V4] {
        let stage = Stage::new(api_version);
        let seed = IdentitySeed::new("once").role(Role::Viewer).client_secret_uses_limit(1);
        let once = stage.emulator.add_identity(&seed);
        assert_eq!(super::run(&stage.emulator, &["secrets", "list"], &credentials(&once)).status.code(), Some(0));
        let spent = refused(&stage, &once, &[]);
        assert_cause(&spent, "secret-used-up", &["no uses left", "without a limit", "Each command"], false);
        let seed = IdentitySeed::new("short").role(Role::Viewer).client_secret_ttl(Duration::from_secs(60));
        let short = stage.emulator.add_identity(&seed);
        stage.emulator.advance_clock(Duration::from_secs(61));
        assert_cause(&refused(&stage, &short, &[]), "secret-expired", &["has expired"], false);
    }
    // From then on a current server calls the secret wrong: the remedy says that this may be the
    // reason.
    let stage = Stage::new(ApiVersion::V4);
    let once = stage.emulator.add_identity(&IdentitySeed::new("once").role(Role::Viewer).client_secret_uses_limit(1));
    super::run(&stage.emulator, &["secrets", "list"], &credentials(&once));
    refused(&stage, &once, &[]);
    assert_cause(&refused(&stage, &once, &[]), "wrong-credentials", &["expired or was used up"], true);
}

fn credentials(of: &Credentials) -> [(&'static str, &str); 2] {
    [("INFISICAL_READ_CLIENT_ID", &of.client_id), ("INFISICAL_READ_CLIENT_SECRET", &of.client_secret)]
}

#[test]
fn names_the_address_when_it_is_refused() {
    let stage = Stage::new(ApiVersion::V4);
    let reader = stage.emulator.reader();
    assert!(stage.emulator.set_trusted_ips(&reader.identity_id, &["192.0.2.0/24"], &[]));
    assert_cause(&refused(&stage, &reader, &[]), "address-not-allowed", &["IP address", "trusted IPs"], true);
    // The rule only limits access tokens: the doctor doesn't call that a missing permission.
    assert!(stage.emulator.set_trusted_ips(&reader.identity_id, &[], &["192.0.2.0/24"]));
    let output = stage.run(&["doctor", "--json"]);
    assert!(
        output.status.code() != Some(0) && !stdout(&output).contains("isn't allowed to read identities"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn distinguishes_unknown_client_and_unknown_reason() {
    for (api_version, cause) in [(ApiVersion::V3, "unknown-client"), (ApiVersion::V4, "wrong-credentials")] {
        let stage = Stage::new(api_version);
        let stranger =
            Credentials { client_id: "00000000-0000-4000-8000-000000000000".to_owned(), ..stage.emulator.reader() };
        assert_cause(&refused(&stage, &stranger, &[]), cause, &["INFISICAL_READ_CLIENT_ID"], true);
        let answer = r#"{"statusCode":401,"error":"UnauthorizedError","message":"Rotate hunter2 at once"}"#;
        let fault = Fault::Answer { status: 401, content_type: "application/json".into(), body: answer.into() };
        stage.emulator.fail_next_matching(1, RequestMatch::any().path_prefix(LOGIN), fault);
        let unknown = refused(&stage, &stage.emulator.reader(), &[]);
        assert_cause(&unknown, "unknown", &["a reason that isn't known here"], true);
        assert!(!unknown.1.contains("hunter2") && !unknown.1.to_lowercase().contains("rotate"), "{}", unknown.1);
    }
}

#[test]
fn rejected_token_tells_the_operator_to_check_it() {
    for api_version in [ApiVersion::V3, ApiVersion::V4] {
        let stage = Stage::new(api_version);
        let token = stage.log_in();
        stage.emulator.revoke_tokens();
        let (origin, state, org) = (stage.emulator.origin(), stage.path("state"), stage.emulator.org_id());
        let variables = [
            ("INFISICAL_URL", origin.as_str()),
            ("INFISICAL_ORG_ID", &org),
            ("INFISICAL_READ_TOKEN", token.as_str()),
            ("INFISICAL_SKILL_STATE_DIR", &state),
        ];
        let output = command(&variables).args(["projects", "list", "--json"]).output().unwrap();
        let error = json(&output)["error"].clone();
        assert_eq!((&error["kind"], &error["cause"]), (&"unauthenticated".into(), &"access-token".into()), "{error}");
        assert!(!output.stdout.windows(token.len()).any(|it| it == token.as_bytes()));
    }
}

#[test]
fn never_sends_a_malformed_credential() {
    let stage = Stage::new(ApiVersion::V4);
    let (origin, state) = (stage.emulator.origin(), stage.path("state"));
    let id = stage.emulator.reader().client_id;
    for text in ["${INFISICAL_SECRET}", "\"abcdef\"", "SECRET_KEY=abcdef", "<your-client-secret>", "abc def"] {
        let variables = [
            ("INFISICAL_URL", origin.as_str()),
            ("INFISICAL_READ_CLIENT_ID", &id),
            ("INFISICAL_READ_CLIENT_SECRET", text),
            ("INFISICAL_SKILL_STATE_DIR", &state),
        ];
        for arguments in [&["secrets", "list"][..], &["mcp"]] {
            let output = command(&variables).args(arguments).output().unwrap();
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{text}: {said}");
            assert!(said.contains("INFISICAL_READ_CLIENT_SECRET") && !said.contains(text), "{text}: {said}");
        }
    }
    assert!(stage.emulator.log().is_empty(), "{:?}", stage.emulator.log());
}
