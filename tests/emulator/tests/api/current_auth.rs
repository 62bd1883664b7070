//! Universal Auth on a current server.

use std::time::Duration;

use infisical_emulator::{ApiVersion, Emulator, IdentitySeed, Role};
use serde_json::{Value, json};

use crate::client::{Answer, Client, claims_of};
use crate::stage::{assert_error, assert_invalid, current, keys, of};

const LOGIN: &str = "/api/v1/auth/universal-auth/login";
const RENEW: &str = "/api/v1/auth/token/renew";
const REVOKE: &str = "/api/v1/auth/token/revoke";
const REVOKED: &str = "Failed to authorize: token has been revoked";

fn log_in(client: &Client, client_id: &str, client_secret: &str) -> Answer {
    client.post(LOGIN, &json!({"clientId": client_id, "clientSecret": client_secret}))
}

fn projects_with(client: &Client, token: &str) -> Answer {
    Client { token: Some(token.to_owned()), ..client.clone() }.get("/api/v1/projects")
}

#[test]
fn a_login_answers_four_fields() {
    let stage = current();
    let reader = stage.emulator.reader();
    let answer = log_in(&Client::anonymous(&stage.emulator), &reader.client_id, &reader.client_secret).json();
    assert_eq!(keys(&answer), ["accessToken", "accessTokenMaxTTL", "expiresIn", "tokenType"]);
    assert_eq!((&answer["expiresIn"], &answer["accessTokenMaxTTL"]), (&json!(7200), &json!(86400)));
    assert_eq!(answer["tokenType"], "Bearer");
}

#[test]
fn an_unknown_client_and_a_wrong_secret_are_answered_alike() {
    let stage = current();
    let anonymous = Client::anonymous(&stage.emulator);
    let known = stage.emulator.reader().client_id;
    for client_id in [known.as_str(), "00000000-0000-4000-8000-000000000000", "nope"] {
        assert_error(&log_in(&anonymous, client_id, "wrong"), 401, "UnauthorizedError", "Invalid credentials");
    }
}

#[test]
fn a_login_without_a_secret_is_a_validation_failure() {
    let stage = current();
    let answer = Client::anonymous(&stage.emulator).post(LOGIN, &json!({"clientId": "x"}));
    assert_invalid(&answer, &json!(["clientSecret"]), "Required");
}

#[test]
fn three_wrong_secrets_lock_an_identity_out_for_a_while() {
    let stage = current();
    let anonymous = Client::anonymous(&stage.emulator);
    let reader = stage.emulator.reader();
    for _ in 0..3 {
        assert_eq!(log_in(&anonymous, &reader.client_id, "wrong").status, 401);
    }
    let locked = log_in(&anonymous, &reader.client_id, &reader.client_secret);
    assert_error(&locked, 401, "UnauthorizedError", "This identity auth method is temporarily locked");
    stage.emulator.advance_clock(Duration::from_secs(301));
    assert_eq!(log_in(&anonymous, &reader.client_id, &reader.client_secret).status, 200);
}

#[test]
fn a_client_secret_that_is_used_up_is_revoked() {
    let stage = current();
    let anonymous = Client::anonymous(&stage.emulator);
    let once = stage.emulator.add_identity(&IdentitySeed::new("once").client_secret_uses_limit(1));
    assert_eq!(log_in(&anonymous, &once.client_id, &once.client_secret).status, 200);
    let second = log_in(&anonymous, &once.client_id, &once.client_secret);
    assert_error(&second, 401, "UnauthorizedError", "Access denied due to client secret usage limit reached");
    let third = log_in(&anonymous, &once.client_id, &once.client_secret);
    assert_error(&third, 401, "UnauthorizedError", "Invalid credentials");
}

#[test]
fn rejects_each_kind_of_invalid_token_with_its_message() {
    let stage = current();
    let valid = stage.reader.token.clone().unwrap();
    let forged = format!("{}.{}", valid.rsplit_once('.').unwrap().0, "A".repeat(43));
    for (token, message) in [
        ("garbage", "The provided access token is malformed."),
        ("not.a.jwt", "invalid token"),
        (forged.as_str(), "invalid signature"),
        ("", "jwt must be provided"),
    ] {
        assert_error(&projects_with(&stage.reader, token), 403, "TokenError", message);
        let renewed = stage.reader.post(RENEW, &json!({"accessToken": token}));
        assert_error(&renewed, 403, "TokenError", message);
    }
    let without = Client::anonymous(&stage.emulator).get("/api/v1/projects");
    assert_error(&without, 401, "UnauthorizedError", "Token missing");
}

#[test]
fn an_expired_token_is_a_token_error_and_a_revoked_one_is_not() {
    let stage = of(Emulator::builder().token_ttl(Duration::from_secs(60)));
    stage.emulator.advance_clock(Duration::from_secs(61));
    let message = "Your token has expired. Please re-authenticate.";
    assert_error(&stage.reader.get("/api/v1/projects"), 403, "TokenError", message);
    let expired = json!({"accessToken": stage.reader.token});
    assert_error(&stage.reader.post(RENEW, &expired), 403, "TokenError", message);

    let reader = Client::of(&stage.emulator, &stage.emulator.reader());
    assert_eq!(reader.get("/api/v1/projects").status, 200);
    let revoked = reader.post(REVOKE, &json!({"accessToken": reader.token}));
    assert_eq!((revoked.status, revoked.json()), (200, json!({"message": "Successfully revoked access token"})));
    assert_error(&reader.get("/api/v1/projects"), 401, "UnauthorizedError", REVOKED);
    // Recorded (exchanges 029 and 030): a revoked token can't be renewed, and revoking it again
    // succeeds.
    let anonymous = Client::anonymous(&stage.emulator);
    let renewed = anonymous.post(RENEW, &json!({"accessToken": reader.token}));
    assert_error(&renewed, 401, "UnauthorizedError", "Cannot renew: token has been revoked");
    assert_eq!(anonymous.post(REVOKE, &json!({"accessToken": reader.token})).status, 200);
}

#[test]
fn every_token_can_be_revoked_at_once() {
    let stage = current();
    stage.emulator.revoke_tokens();
    for client in [&stage.reader, &stage.writer, &stage.outsider] {
        assert_error(&client.get("/api/v1/projects"), 401, "UnauthorizedError", REVOKED);
    }
}

fn expiry(token: &str) -> Value {
    let claims = claims_of(token);
    assert_eq!(claims["authTokenType"], "identityAccessToken");
    claims["exp"].clone()
}

#[test]
fn renewing_gives_a_new_token_until_the_maximum_ttl() {
    let (ttl, max) = (Duration::from_secs(60), Duration::from_secs(150));
    let stage = of(Emulator::builder().token_ttl(ttl).token_max_ttl(max));
    let first = stage.reader.token.clone().unwrap();
    stage.emulator.advance_clock(Duration::from_secs(40));
    let renewed = stage.reader.post(RENEW, &json!({"accessToken": first})).json();
    let second = renewed["accessToken"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert!(stage.emulator.issued_tokens().contains(&second));
    assert!(expiry(&second).as_u64() > expiry(&first).as_u64());
    stage.emulator.advance_clock(Duration::from_secs(30));
    assert_eq!(projects_with(&stage.reader, &first).status, 403);
    assert_eq!(projects_with(&stage.reader, &second).status, 200);

    // Recorded (exchanges 886 to 888): the maximum TTL shortens the last renewal. After it, the
    // token is expired.
    stage.emulator.advance_clock(Duration::from_secs(25));
    let last = Client::anonymous(&stage.emulator).post(RENEW, &json!({"accessToken": second})).json();
    let third = last["accessToken"].as_str().unwrap().to_owned();
    assert!((54..=55).contains(&last["expiresIn"].as_u64().unwrap()), "{last}");
    assert_eq!(expiry(&third).as_u64(), expiry(&first).as_u64().map(|first| first + 90));
    stage.emulator.advance_clock(Duration::from_secs(56));
    let message = "Your token has expired. Please re-authenticate.";
    assert_error(&projects_with(&stage.reader, &third), 403, "TokenError", message);
    let past = Client::anonymous(&stage.emulator).post(RENEW, &json!({"accessToken": third}));
    assert_error(&past, 403, "TokenError", message);
}

#[test]
fn only_the_rotated_client_secret_logs_in() {
    let stage = current();
    let anonymous = Client::anonymous(&stage.emulator);
    let old = stage.emulator.reader();
    let new = stage.emulator.rotate_client_secret(&old.identity_id).unwrap();
    assert_eq!(log_in(&anonymous, &old.client_id, &old.client_secret).status, 401);
    assert_eq!(log_in(&anonymous, &new.client_id, &new.client_secret).status, 200);
}

#[test]
fn an_api_key_is_refused() {
    let stage = current();
    let headers = [("x-api-key".to_owned(), "k".to_owned())];
    let answer = crate::client::exchange(stage.emulator.address(), "GET", "/api/v1/projects", &headers, None).unwrap();
    assert_eq!(answer.status, 400);
}

#[test]
fn no_access_member_may_do_nothing_and_outsider_is_no_member() {
    let stage = current();
    let nobody = stage.emulator.add_identity(&IdentitySeed::new("nobody").role(Role::NoAccess));
    let url = format!("/api/v4/secrets{}", stage.query("dev", "/", ""));
    let denied = Client::of(&stage.emulator, &nobody).get(&url);
    assert_error(&denied, 403, "PermissionDenied", "You are not allowed to describeSecret on secrets");
    assert!(denied.json()["details"].is_array());
    let refused = stage.outsider.get(&url);
    let said = format!(
        "You are not a member of this project with ID {}. Please assign this identity to the project with the \
         appropriate permissions, then try again.",
        stage.project
    );
    assert_error(&refused, 403, "ProjectMembershipNotFound", &said);
    assert_eq!(stage.emulator.api_version(), ApiVersion::V4);
}
