//! Machine identities of a current server, from creating one to removing its login method.

use std::time::Duration;

use infisical_emulator::{IdentitySeed, OrgRole};
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::stage::{Stage, assert_error, current};

const LOGIN: &str = "/api/v1/auth/universal-auth/login";

/// An identity with Universal Auth, created over the API.
struct Made {
    id: String,
    client_id: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn admin(stage: &Stage) -> Client {
    Client::of(&stage.emulator, &stage.emulator.admin())
}

fn make(stage: &Stage, admin: &Client, universal: &Value) -> Made {
    let body = json!({"name": "made", "organizationId": stage.emulator.org_id(), "role": "no-access"});
    let id = text(&admin.post("/api/v1/identities", &body).json()["identity"]["id"]);
    let given = admin.post(&format!("/api/v1/auth/universal-auth/identities/{id}"), universal).json();
    Made { client_id: text(&given["identityUniversalAuth"]["clientId"]), id }
}

impl Made {
    fn url(&self, rest: &str) -> String {
        format!("/api/v1/auth/universal-auth/identities/{}{rest}", self.id)
    }

    /// Creates a client secret. Returns its id and the secret.
    fn secret(&self, admin: &Client, body: &Value) -> (String, String) {
        let answer = admin.post(&self.url("/client-secrets"), body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        (text(&answer.json()["clientSecretData"]["id"]), text(&answer.json()["clientSecret"]))
    }

    fn log_in(&self, stage: &Stage, secret: &str) -> Answer {
        let body = json!({"clientId": self.client_id, "clientSecret": secret});
        Client::anonymous(&stage.emulator).post(LOGIN, &body)
    }

    fn client(&self, stage: &Stage, secret: &str) -> Client {
        let answer = self.log_in(stage, secret);
        assert_eq!(answer.status, 200, "{}", answer.text);
        Client { token: Some(text(&answer.json()["accessToken"])), ..Client::anonymous(&stage.emulator) }
    }
}

#[test]
fn revoking_a_client_secret_ends_only_its_tokens() {
    let stage = current();
    let admin = admin(&stage);
    let made = make(&stage, &admin, &json!({}));
    let (first_id, first) = made.secret(&admin, &json!({"description": "one"}));
    let (_, second) = made.secret(&admin, &json!({"description": "two"}));
    let (by_first, by_second) = (made.client(&stage, &first), made.client(&stage, &second));
    let revoked = admin.post(&made.url(&format!("/client-secrets/{first_id}/revoke")), &json!({}));
    assert_eq!(revoked.json()["clientSecretData"]["isClientSecretRevoked"], true);
    let message = "Failed to authorize: client secret has been revoked";
    assert_error(&by_first.get("/api/v1/projects"), 401, "UnauthorizedError", message);
    assert_eq!(by_second.get("/api/v1/projects").status, 200);
    assert_error(&made.log_in(&stage, &first), 401, "UnauthorizedError", "Invalid credentials");
    let listed = admin.get(&made.url("/client-secrets")).json();
    assert_eq!(listed["clientSecretData"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["clientSecretData"][0]["description"], "two");
}

#[test]
fn a_client_secret_expires_by_its_ttl() {
    let stage = current();
    let admin = admin(&stage);
    let made = make(&stage, &admin, &json!({}));
    let (_, secret) = made.secret(&admin, &json!({"ttl": 60}));
    let client = made.client(&stage, &secret);
    stage.emulator.advance_clock(Duration::from_secs(61));
    let message = "Access denied due to expired client secret";
    assert_error(&made.log_in(&stage, &secret), 401, "UnauthorizedError", message);
    assert_error(&made.log_in(&stage, &secret), 401, "UnauthorizedError", "Invalid credentials");
    // The token that it issued stays valid.
    assert_eq!(client.get("/api/v1/projects").status, 200);
}

#[test]
fn a_lockout_is_cleared_by_an_administrator() {
    let stage = current();
    let admin = admin(&stage);
    let made = make(&stage, &admin, &json!({"lockoutThreshold": 2, "lockoutDurationSeconds": 60}));
    let (_, secret) = made.secret(&admin, &json!({}));
    for _ in 0..2 {
        made.log_in(&stage, "wrong");
    }
    let locked = "This identity auth method is temporarily locked";
    assert_error(&made.log_in(&stage, &secret), 401, "UnauthorizedError", locked);
    let shown = admin.get(&format!("/api/v1/identities/{}", made.id)).json();
    assert_eq!(shown["identity"]["identity"]["activeLockoutAuthMethods"], json!(["universal-auth"]));
    assert_eq!(admin.post(&made.url("/clear-lockouts"), &json!({})).json(), json!({"deleted": 1}));
    assert_eq!(made.log_in(&stage, &secret).status, 200);
    assert_eq!(admin.post(&made.url("/clear-lockouts"), &json!({})).json(), json!({"deleted": 0}));
}

#[test]
fn deleted_identity_can_renew_but_not_read() {
    let stage = current();
    let admin = admin(&stage);
    let made = make(&stage, &admin, &json!({"accessTokenTTL": 60, "accessTokenMaxTTL": 600}));
    let (_, secret) = made.secret(&admin, &json!({}));
    let client = made.client(&stage, &secret);
    let url = format!("/api/v1/identities/{}", made.id);
    assert_eq!(admin.send("DELETE", &url, None).status, 200);
    let message = "Identity is not a member of the organization";
    assert_error(&client.get("/api/v1/projects"), 401, "UnauthorizedError", message);
    let renewed =
        Client::anonymous(&stage.emulator).post("/api/v1/auth/token/renew", &json!({"accessToken": client.token}));
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let renewed = Client { token: Some(text(&renewed.json()["accessToken"])), ..client };
    assert_error(&renewed.get("/api/v1/projects"), 401, "UnauthorizedError", message);
}

#[test]
fn removing_login_method_ends_its_tokens() {
    let stage = current();
    let admin = admin(&stage);
    let made = make(&stage, &admin, &json!({}));
    let (_, secret) = made.secret(&admin, &json!({}));
    let client = made.client(&stage, &secret);
    let token_auth = format!("/api/v1/auth/token-auth/identities/{}", made.id);
    admin.post(&token_auth, &json!({}));
    let given = admin.post(&format!("{token_auth}/tokens"), &json!({"name": "t"})).json();
    let given = Client { token: Some(text(&given["accessToken"])), ..Client::anonymous(&stage.emulator) };
    assert_eq!(admin.send("DELETE", &made.url(""), None).status, 200);
    let message = "Failed to authorize: auth method has been revoked";
    assert_error(&client.get("/api/v1/projects"), 401, "UnauthorizedError", message);
    assert_eq!(given.get("/api/v1/projects").status, 200);
    assert_error(&made.log_in(&stage, &secret), 401, "UnauthorizedError", "Invalid credentials");
}

#[test]
fn members_of_the_organization_read_no_client_secrets() {
    let stage = current();
    let member = IdentitySeed::new("org-member").in_organization(OrgRole::Member);
    let member = Client::of(&stage.emulator, &stage.emulator.add_identity(&member));
    let reader = stage.emulator.reader().identity_id;
    assert_eq!(member.get(&format!("/api/v1/identities/{reader}")).status, 200);
    let url = format!("/api/v1/auth/universal-auth/identities/{reader}/client-secrets");
    let message = "Failed to get identity client secret with more privileged role.";
    assert_error(&member.get(&url), 403, "PermissionBoundaryError", message);
    let made = member.post(&url, &json!({}));
    assert_eq!((made.status, made.json()["error"].as_str()), (403, Some("PermissionBoundaryError")));
    let denied = "You are not allowed to read on identity";
    assert_error(&stage.reader.get(&url), 403, "PermissionDenied", denied);
}

#[test]
fn organization_cannot_manage_project_identity() {
    let stage = current();
    let admin = admin(&stage);
    let body = json!({"name": "own", "hasDeleteProtection": true});
    let own = admin.post(&format!("/api/v1/projects/{}/identities", stage.project), &body);
    assert_eq!(own.status, 200, "{}", own.text);
    let id = text(&own.json()["identity"]["id"]);
    let outsider = IdentitySeed::new("org-admin").in_organization(OrgRole::Admin);
    let outsider = Client::of(&stage.emulator, &stage.emulator.add_identity(&outsider));
    let url = format!("/api/v1/auth/universal-auth/identities/{id}");
    assert_eq!(outsider.post(&url, &json!({})).status, 403);
    let deleted = outsider.send("DELETE", &format!("/api/v1/identities/{id}"), None);
    assert_error(&deleted, 400, "BadRequest", "Identity is managed by project");
    assert_eq!(admin.post(&url, &json!({})).status, 200);
}

#[test]
fn project_identity_is_deleted_after_protection_is_removed() {
    let stage = current();
    let admin = admin(&stage);
    let project = stage.emulator.project_id();
    let body = json!({"name": "own", "hasDeleteProtection": true});
    let made = admin.post(&format!("/api/v1/projects/{project}/identities"), &body).json();
    let url = format!("/api/v1/projects/{project}/identities/{}", text(&made["identity"]["id"]));
    assert_error(&admin.delete(&url, &json!({})), 400, "BadRequest", "Identity has delete protection");
    let reader = Client::of(&stage.emulator, &stage.emulator.reader());
    assert_eq!(reader.patch(&url, &json!({"hasDeleteProtection": false})).status, 403);
    assert_eq!(
        admin.patch(&url, &json!({"hasDeleteProtection": false})).json()["identity"]["hasDeleteProtection"],
        false
    );
    assert_eq!(stage.emulator.project_identities().len(), 1);
    assert_eq!(admin.delete(&url, &json!({})).status, 200);
    assert!(stage.emulator.project_identities().is_empty());
    assert_eq!(admin.delete(&url, &json!({})).status, 404);
}

#[test]
fn a_condition_that_the_server_does_not_know_is_dropped() {
    let stage = current();
    let (admin, project) = (admin(&stage), stage.emulator.project_id());
    stage.emulator.drop_condition("secretPath");
    let conditions = json!({"environment": {"$eq": "dev"}, "secretPath": {"$glob": "/app/**"}});
    let rule = json!({"subject": "secrets", "action": ["edit"], "conditions": conditions});
    let identity = stage.emulator.writer().identity_id;
    let body = json!({"identityId": identity, "projectId": project, "slug": "p", "type": {"isTemporary": false}, "permissions": [rule]});
    let given = admin.post("/api/v2/identity-project-additional-privilege", &body).json();
    assert_eq!(given["privilege"]["permissions"][0]["conditions"], json!({"environment": {"$eq": "dev"}}), "{given}");
}
