//! What a test can change about an identity's login without the API.

use std::time::Duration;

use infisical_emulator::{ApiVersion, Credentials, Emulator, IdentitySeed, Role};
use serde_json::json;

use crate::client::{Answer, Client, exchange};
use crate::stage::{assert_error, current, of};

const REFUSED_ADDRESS: &str = "You are not allowed to access this resource from the current IP address";

fn log_in(emulator: &Emulator, credentials: &Credentials) -> Answer {
    let body = json!({"clientId": credentials.client_id, "clientSecret": credentials.client_secret});
    Client::anonymous(emulator).post("/api/v1/auth/universal-auth/login", &body)
}

fn assert_refused(answer: &Answer, message: &str) {
    assert_error(answer, 401, "UnauthorizedError", message);
}

#[test]
fn a_client_secret_can_be_planted_to_expire() {
    let stage = current();
    let seed = IdentitySeed::new("brief").role(Role::Viewer).client_secret_ttl(Duration::from_secs(60));
    let brief = stage.emulator.add_identity(&seed);
    assert_eq!(log_in(&stage.emulator, &brief).status, 200);
    stage.emulator.advance_clock(Duration::from_secs(60));
    assert_refused(&log_in(&stage.emulator, &brief), "Access denied due to expired client secret");
    let next = stage.emulator.add_client_secret(&brief.identity_id, 2, Duration::ZERO).unwrap();
    assert_eq!(next.client_id, brief.client_id);
    assert_eq!(log_in(&stage.emulator, &next).status, 200);
    assert_eq!(log_in(&stage.emulator, &next).status, 200);
    assert_refused(&log_in(&stage.emulator, &next), "Access denied due to client secret usage limit reached");
    assert_refused(&log_in(&stage.emulator, &next), "Invalid credentials");
    assert!(stage.emulator.add_client_secret("nobody", 0, Duration::ZERO).is_none());
}

#[test]
fn an_identity_can_be_planted_as_locked_out() {
    let stage = current();
    let reader = stage.emulator.reader();
    assert!(stage.emulator.lock_out(&reader.identity_id));
    assert_refused(&log_in(&stage.emulator, &reader), "This identity auth method is temporarily locked");
    // The identity's existing tokens stay valid.
    assert_eq!(stage.reader.get("/api/v1/projects").status, 200);
    stage.emulator.advance_clock(Duration::from_secs(300));
    assert_eq!(log_in(&stage.emulator, &reader).status, 200);
    assert!(!stage.emulator.lock_out("nobody"));
    let old = of(Emulator::builder().api_version(ApiVersion::V3));
    assert!(!old.emulator.lock_out(&old.emulator.reader().identity_id));
}

#[test]
fn revoked_client_secret_ends_tokens_on_current_server_only() {
    for (api_version, status) in [(ApiVersion::V3, 200), (ApiVersion::V4, 401)] {
        let stage = of(Emulator::builder().api_version(api_version));
        let reader = stage.emulator.reader();
        assert!(stage.emulator.revoke_client_secrets(&reader.identity_id));
        assert_eq!(log_in(&stage.emulator, &reader).status, 401);
        let project = stage.reader.get(&format!("/api/v1/workspace/{}", stage.project));
        assert_eq!(project.status, status, "{api_version:?}");
        assert!(!stage.emulator.revoke_client_secrets("nobody"));
    }
}

#[test]
fn logins_and_tokens_can_be_limited_to_addresses() {
    let stage = current();
    let reader = stage.emulator.reader();
    assert!(!stage.emulator.set_trusted_ips(&reader.identity_id, &["nonsense"], &[]));
    assert!(stage.emulator.set_trusted_ips(&reader.identity_id, &["192.0.2.0/24"], &["198.51.100.7"]));
    assert_error(&log_in(&stage.emulator, &reader), 403, "ForbiddenError", REFUSED_ADDRESS);
    assert_error(&stage.reader.get("/api/v1/projects"), 403, "ForbiddenError", REFUSED_ADDRESS);
    let from = |address: &str| {
        let token = format!("Bearer {}", stage.reader.token.clone().unwrap());
        let headers = [("authorization".to_owned(), token), ("x-forwarded-for".to_owned(), address.to_owned())];
        exchange(stage.emulator.address(), "GET", "/api/v1/projects", &headers, None).unwrap().status
    };
    assert_eq!((from("198.51.100.7"), from("198.51.100.8")), (200, 403));
    assert!(stage.emulator.set_trusted_ips(&reader.identity_id, &[], &[]));
    assert_eq!(log_in(&stage.emulator, &reader).status, 200);
}

#[test]
fn test_sees_shared_values() {
    let stage = current();
    let body = json!({"secretValue": "canary-value-shared", "expiresIn": "10m", "accessType": "anyone"});
    let shared = stage.outsider.post("/api/v1/shared-secrets", &body);
    assert_eq!(shared.status, 200, "{}", shared.text);
    assert!(!shared.text.contains("canary"), "{}", shared.text);
    assert_eq!(stage.emulator.shared_values(), ["canary-value-shared"]);
    assert_eq!(stage.outsider.get("/api/v1/shared-secrets").json()["totalCount"], 1);
    assert_eq!(stage.reader.get("/api/v1/shared-secrets").json()["totalCount"], 0);
    for length in ["", "h", "5", "5y", "31d", "0s"] {
        let body = json!({"secretValue": "x", "expiresIn": length});
        assert_eq!(stage.outsider.post("/api/v1/shared-secrets", &body).status, 400, "{length}");
    }
    stage.emulator.advance_clock(Duration::from_secs(600));
    assert_eq!(stage.outsider.get("/api/v1/shared-secrets").json()["totalCount"], 0);
}
