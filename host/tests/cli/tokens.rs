//! Tests that a process revokes the access tokens of its own logins, and no others.

use super::stage::{Stage, stages};
use super::{command, json, stderr, stdout};
use crate::client::Client;
use infisical_emulator::{Exchange, Fault, RequestMatch};
use serde_json::json;
use std::time::{Duration, Instant};

const REVOKE: &str = "/api/v1/auth/token/revoke";
const LOGIN: &str = "/api/v1/auth/universal-auth/login";

fn sent(stage: &Stage, route: &str) -> Vec<Exchange> {
    stage.emulator.log().into_iter().filter(|exchange| exchange.path_and_query == route).collect()
}

/// Logins and revocations since the log was cleared.
fn counts(stage: &Stage) -> (usize, usize) {
    (sent(stage, LOGIN).len(), sent(stage, REVOKE).iter().filter(|exchange| exchange.status == Some(200)).count())
}

#[test]
fn each_command_revokes_what_it_logged_in_for() {
    for stage in stages() {
        stage.switch_on();
        for (arguments, identities) in [
            (&["projects", "list"][..], 1),
            (&["folders", "list"], 1),
            (&["secrets", "list", "--recursive"], 1),
            (&["secrets", "get", "STRIPE_API_KEY", "--path", "/app"], 1),
            (&["secrets", "get", "NO_SUCH_SECRET"], 1),
            (&["call", "list-secrets"], 1),
            (&["audit", "server"], 1),
            (&["secrets", "create", "TOKEN_TEST", "--path", "/app", "--generate", "--yes"], 2),
            (&["doctor"], 2),
            // Nothing to revoke: nobody logged in.
            (&["status"], 0),
            (&["tools"], 0),
            (&["plans", "list"], 0),
            (&["secrets", "reveal", "STRIPE_API_KEY", "--path", "/app"], 0),
        ] {
            stage.emulator.clear_log();
            stage.run(arguments);
            assert_eq!(counts(&stage), (identities, identities), "{:?} {arguments:?}", stage.emulator.api_version());
            let last = stage.emulator.log().pop();
            assert_eq!(
                last.is_some_and(|it| it.path_and_query == REVOKE),
                identities > 0,
                "it comes last: {arguments:?}"
            );
        }
        // The revocation is on record, without the token.
        let trail = stdout(&stage.run(&["audit", "show", "--json"]));
        assert!(trail.contains("revoke-tokens") && trail.contains(REVOKE), "{trail}");
        assert!(stage.emulator.issued_tokens().iter().all(|token| !trail.contains(token.as_str())));
    }
}

#[test]
fn never_revokes_the_operators_token() {
    for stage in stages() {
        let token = stage.log_in();
        let (origin, state) = (stage.emulator.origin(), stage.path("state"));
        let project = stage.emulator.project_id();
        let file = stage.file("token", &token);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        for (name, value) in
            [("INFISICAL_READ_TOKEN", &token), ("INFISICAL_READ_TOKEN_FILE", &file), ("INFISICAL_TOKEN", &token)]
        {
            stage.emulator.clear_log();
            let variables = [
                ("INFISICAL_URL", origin.as_str()),
                (name, value),
                ("INFISICAL_PROJECT", &project),
                ("INFISICAL_ENV", "dev"),
                ("INFISICAL_SKILL_STATE_DIR", &state),
            ];
            for arguments in [&["secrets", "list"][..], &["doctor"]] {
                let output = command(&variables).args(arguments).output().unwrap();
                assert!(output.status.code() != Some(2), "{}", stderr(&output));
            }
            assert_eq!(counts(&stage), (0, 0), "{name}");
            assert!(sent(&stage, REVOKE).is_empty());
        }
        // The token still works.
        let variables = [
            ("INFISICAL_URL", origin.as_str()),
            ("INFISICAL_READ_TOKEN", &token),
            ("INFISICAL_PROJECT", &project),
            ("INFISICAL_ENV", "dev"),
            ("INFISICAL_SKILL_STATE_DIR", &state),
        ];
        let output = command(&variables).args(["secrets", "list"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
}

#[test]
fn hanging_or_failing_server_does_not_delay_exit() {
    for stage in stages() {
        let revocations = || RequestMatch::any().path_prefix(REVOKE);
        for fault in [
            Fault::Delay(Duration::from_secs(60)),
            Fault::Status(500),
            Fault::HtmlAnswer(502),
            Fault::DropConnectionBeforeAnswer,
        ] {
            stage.emulator.fail_next_matching(10, revocations(), fault.clone());
            let began = Instant::now();
            let output = stage.run(&["secrets", "list"]);
            let took = began.elapsed();
            assert_eq!(output.status.code(), Some(0), "{fault:?}: {}", stderr(&output));
            assert!(took < Duration::from_secs(15), "{fault:?}: {took:?}");
            assert!(stderr(&output).is_empty(), "{fault:?}: {}", stderr(&output));
            stage.emulator.clear_faults();
        }
    }
}

#[test]
fn mcp_server_revokes_when_its_client_disconnects() {
    for stage in stages() {
        let mut client = Client::connected(&stage);
        client.is_well();
        client.is_well();
        assert_eq!(counts(&stage), (1, 0));
        assert_eq!(client.end().status.code(), Some(0));
        assert_eq!(counts(&stage), (1, 1));
    }
}

#[cfg(unix)]
#[test]
fn mcp_server_revokes_when_terminated() {
    for stage in stages() {
        let mut client = Client::connected(&stage);
        client.is_well();
        let pid = client.server.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(client.server.wait().unwrap().code(), Some(0));
        assert_eq!(counts(&stage), (1, 1));

        stage.emulator.clear_log();
        let server = super::mcp_http::Server::new(&stage);
        server.call_tool("list-secrets", json!({}));
        assert_eq!(counts(&stage), (1, 0));
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(counts(&stage), (1, 1));
    }
}

#[test]
fn an_expired_token_is_left_alone() {
    let stage = stages().last().unwrap();
    let mut client = Client::connected(&stage);
    client.is_well();
    stage.emulator.revoke_tokens();
    // The server logs in again and revokes only the second token.
    client.is_well();
    client.end();
    assert_eq!(sent(&stage, LOGIN).len(), 2);
    assert_eq!(sent(&stage, REVOKE).len(), 1);
}

#[test]
fn nothing_is_revoked_that_cannot_be_recorded() {
    let stage = stages().last().unwrap();
    let mut client = Client::connected(&stage);
    client.is_well();
    std::fs::write(stage.path("state/audit/poisoned"), "a sync failed").unwrap();
    client.end();
    assert!(sent(&stage, REVOKE).is_empty());
    let refused = stage.run(&["secrets", "list", "--json"]);
    assert_eq!(json(&refused)["error"]["layer"], "audit-trail");
}
