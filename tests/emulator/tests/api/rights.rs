//! The permissions of seeded identities, and their permission audits.

use std::time::Duration;

use infisical_emulator::{Credentials, Emulator, IdentitySeed, PermissionSeed, PrivilegeSeed, Role, Seed};
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::stage::{Stage, current, of};

fn added(stage: &Stage, seed: &IdentitySeed) -> (Credentials, Client) {
    let credentials = stage.emulator.add_identity(seed);
    let client = Client::of(&stage.emulator, &credentials);
    (credentials, client)
}

fn audit(stage: &Stage, asking: &Client, identity_id: &str) -> Answer {
    let project = &stage.project;
    asking.get(&format!("/api/v1/projects/{project}/memberships/identities/{identity_id}/permissions/audit"))
}

/// Type, name and packed rules of each source, without those of a role that has any.
fn sources(audited: &Value) -> Vec<(String, String, Value)> {
    let text = |source: &Value, name: &str| source[name].as_str().unwrap().to_owned();
    let rules = |source: &Value| {
        let is_role = source["type"] == "role";
        if is_role { json!(source["permissions"].as_array().unwrap().len()) } else { source["permissions"].clone() }
    };
    let all = audited["sources"].as_array().unwrap();
    all.iter().map(|source| (text(source, "type"), text(source, "name"), rules(source))).collect()
}

#[test]
fn audit_shows_role_and_privileges_of_every_kind() {
    let stage = current();
    let place = json!({"environment": {"$eq": "dev"}, "secretPath": {"$glob": "/app/**"}});
    for (seed, role, rules, given) in [
        (IdentitySeed::viewer_without_values("k"), "viewer", 51, json!([["readValue,read", "secrets", 0, 1]])),
        (IdentitySeed::member_without_values("k"), "member", 51, json!([["readValue,read", "secrets", 0, 1]])),
        (IdentitySeed::describer("k"), "no-access", 0, json!([["describeSecret", "secrets"]])),
        (IdentitySeed::writing_viewer("k"), "viewer", 51, json!([["create,edit,delete", "secrets"]])),
        (
            IdentitySeed::blind_writer("k"),
            "no-access",
            0,
            json!([["create,edit,delete", "secrets"], ["create,edit,delete", "secret-folders"]]),
        ),
        (
            IdentitySeed::tied_writer("k"),
            "member",
            51,
            json!([["readValue,read", "secrets", 0, 1], ["create,edit,delete", "identity", 0, 1]]),
        ),
        (
            IdentitySeed::minimal_writer("k", "dev", "/app/**"),
            "no-access",
            0,
            json!([["create,edit,delete", "secrets", place], ["create,edit,delete", "secret-folders", place]]),
        ),
        (
            IdentitySeed::minimal_reveal("k", "dev", "/app/**"),
            "no-access",
            0,
            json!([["describeSecret,readValue", "secrets", place]]),
        ),
    ] {
        let (credentials, _) = added(&stage, &seed);
        let audited = audit(&stage, &stage.reader, &credentials.identity_id).json();
        let expected = [
            ("role".to_owned(), role.to_owned(), json!(rules)),
            ("additional_privilege".to_owned(), "k".to_owned(), given),
        ];
        assert_eq!(sources(&audited), expected, "{role}");
    }
}

#[test]
fn organization_admin_has_no_right_in_a_project() {
    let stage = current();
    let (credentials, client) = added(&stage, &IdentitySeed::organization_admin("boss"));
    assert_eq!(audit(&stage, &stage.reader, &credentials.identity_id).status, 404);
    let refused = client.get(&format!("/api/v4/secrets{}", stage.query("dev", "/", "")));
    assert_eq!((refused.status, refused.json()["error"].as_str()), (403, Some("ProjectMembershipNotFound")));
}

#[test]
fn minimal_identities_do_their_jobs_and_no_more() {
    let stage = current();
    let three = stage.emulator.add_minimal_identities("dev", "/app/**");
    let [reader, writer, reveal] =
        [&three.reader, &three.writer, &three.reveal].map(|credentials| Client::of(&stage.emulator, credentials));
    let get = |client: &Client, environment: &str, visible: bool| {
        let query = stage.query(environment, "/app", &format!("&viewSecretValue={visible}"));
        let answer = client.get(&format!("/api/v4/secrets/STRIPE_API_KEY{query}"));
        (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
    };
    let is = |status: u16, error: &str| (status, error.to_owned());
    assert_eq!(get(&reader, "prod", false), is(200, ""));
    assert_eq!(get(&reader, "dev", true), is(403, "ForbiddenReadSecretError"));
    assert_eq!(get(&writer, "dev", false), is(403, "PermissionDenied"));
    assert_eq!(get(&reveal, "dev", true), is(200, ""));
    assert_eq!(get(&reveal, "prod", true), is(403, "PermissionDenied"));
    let update = |client: &Client, path: &str, name: &str| {
        let body = stage.body("dev", path, json!({"secretValue": "new"}));
        client.patch(&format!("/api/v4/secrets/{name}"), &body).status
    };
    assert_eq!((update(&writer, "/app", "STRIPE_API_KEY"), update(&writer, "/", "DATABASE_URL")), (200, 403));
    assert_eq!((update(&reader, "/app", "STRIPE_API_KEY"), update(&reveal, "/app", "STRIPE_API_KEY")), (403, 403));
    for id in [&three.reader.identity_id, &three.writer.identity_id, &three.reveal.identity_id] {
        assert_eq!(audit(&stage, &reader, id).status, 200);
        assert_eq!((audit(&stage, &writer, id).status, audit(&stage, &reveal, id).status), (403, 403));
    }
    assert_eq!(audit(&stage, &reader, &stage.emulator.writer().identity_id).status, 403);
}

#[test]
fn temporary_privilege_ends() {
    let stage = current();
    let (credentials, client) = added(&stage, &IdentitySeed::new("hourly").role(Role::NoAccess));
    let describe = PrivilegeSeed::new("hour").permission(PermissionSeed::grant("secrets", &["describeSecret"]));
    stage.emulator.give_privilege(&credentials.identity_id, &describe.temporary(Duration::from_secs(3600)));
    let url = format!("/api/v4/secrets{}", stage.query("dev", "/", "&viewSecretValue=false"));
    assert_eq!(client.get(&url).status, 200);
    let shown = audit(&stage, &stage.reader, &credentials.identity_id).json();
    assert_eq!((&shown["sources"][1]["isTemporary"], &shown["sources"][1]["name"]), (&json!(true), &json!("hour")));
    stage.emulator.advance_clock(Duration::from_secs(3601));
    assert_eq!(client.get(&url).status, 403);
    let reader = Client::of(&stage.emulator, &stage.emulator.reader());
    assert_eq!(sources(&audit(&stage, &reader, &credentials.identity_id).json()).len(), 1);
}

#[test]
fn change_of_rights_is_seen_after_the_delay() {
    let stage = of(Emulator::builder().seed(Seed::demo()).rights_delay(Duration::from_secs(10)));
    let (credentials, client) = added(&stage, &IdentitySeed::describer("late"));
    let url = format!("/api/v4/secrets{}", stage.query("dev", "/", "&viewSecretValue=false"));
    assert_eq!(client.get(&url).status, 200);
    assert!(stage.emulator.take_privilege(&credentials.identity_id, "late"));
    assert_eq!(client.get(&url).status, 200);
    stage.emulator.advance_clock(Duration::from_secs(11));
    assert_eq!(client.get(&url).status, 403);
}

#[test]
fn approval_policy_does_not_hold_a_machine_identity() {
    let stage = of(Emulator::builder().seed(Seed::demo()).approval_policy("dev", "/app"));
    let body = stage.body("dev", "/app", json!({"secretValue": "x"}));
    assert!(stage.writer.post("/api/v4/secrets/FREE", &body).json()["secret"].is_object());
    assert_eq!(stage.emulator.secret("dev", "/app", "FREE").unwrap().value, "x");
}
