//! What a test can observe and change in the process: the request log, the store, the server's
//! lifetime.

use std::net::TcpStream;

use infisical_emulator::{ApiVersion, Emulator, IdentitySeed, ProjectSeed, Role, SecretSeed, Seed};
use serde_json::json;

use crate::client::Client;
use crate::stage::{current, names};

#[test]
fn the_log_has_every_request_as_it_was_sent() {
    let stage = current();
    stage.emulator.clear_log();
    stage.list("dev", "/app", "&recursive=true");
    let body = stage.body("dev", "/", json!({"secretValue": "x"}));
    stage.writer.post("/api/v4/secrets/LOGGED", &body);
    Client::anonymous(&stage.emulator).get("/api/status");
    let log = stage.emulator.log();
    let brief: Vec<_> = log.iter().map(|it| (it.method.as_str(), it.identity.as_deref(), it.status)).collect();
    assert_eq!(
        brief,
        [("GET", Some("reader"), Some(200)), ("POST", Some("writer"), Some(200)), ("GET", None, Some(200))]
    );
    assert_eq!(log[0].path_and_query, format!("/api/v4/secrets{}", stage.query("dev", "/app", "&recursive=true")));
    assert_eq!((log[0].body.as_ref(), log[1].body.as_ref()), (None, Some(&body)));
}

#[test]
fn a_change_from_outside_is_seen_by_the_next_read() {
    let stage = current();
    stage.emulator.put_secret("dev", "/fresh", &SecretSeed::new("NEW", "v").comment("c").tag("t").metadata("k", "m"));
    assert_eq!(names(&stage.list("dev", "/fresh", "")), ["NEW"]);
    let secret = stage.read("NEW", "dev", "/fresh", "").json()["secret"].take();
    assert_eq!((&secret["tags"][0]["slug"], &secret["actor"]), (&json!("t"), &json!(null)));
    assert!(stage.emulator.remove_secret("dev", "/fresh", "NEW"));
    assert!(!stage.emulator.remove_secret("dev", "/fresh", "NEW"));
    assert_eq!(stage.read("NEW", "dev", "/fresh", "").status, 404);
}

#[test]
fn the_second_project_is_reached_by_its_slug() {
    let stage = current();
    let second = stage.emulator.project_id_of("data-platform").unwrap();
    assert_ne!(second, stage.project);
    stage.emulator.put_secret_in(&second, "prod", "/etl", &SecretSeed::new("X", "v"));
    assert_eq!(stage.emulator.secret_in(&second, "prod", "/etl", "X").unwrap().value, "v");
    assert!(stage.emulator.secret("prod", "/etl", "X").is_none());
}

#[test]
fn every_value_of_the_demonstration_seed_is_a_canary() {
    let stage = current();
    for project in ["agent-vault", "data-platform"] {
        let id = stage.emulator.project_id_of(project).unwrap();
        for environment in ["dev", "staging", "prod"] {
            let url = format!("/api/v4/secrets?projectId={id}&environment={environment}&recursive=true");
            for secret in stage.reader.get(&url).json()["secrets"].as_array().unwrap() {
                assert!(secret["secretValue"].as_str().unwrap().contains("canary-value-"), "{secret}");
            }
        }
    }
}

#[test]
fn a_seed_may_have_projects_and_identities_of_its_own() {
    let project = ProjectSeed::new("Own", "own").environment("qa", "Quality").folder("qa", "/a/b");
    let project = project.secret("qa", "/a", SecretSeed::new("S", "v")).import("dev", "/", "qa", "/a");
    let seed = Seed::default().project(project).identity(IdentitySeed::new("extra").role(Role::Viewer));
    let emulator = Emulator::builder().seed(seed).api_version(ApiVersion::V3).start_now().unwrap();
    assert_eq!(emulator.secret("qa", "/a", "S").unwrap().value, "v");
    let reader = Client::of(&emulator, &emulator.reader());
    let org = reader.get(&format!("/api/v2/organizations/{}/workspaces", emulator.org_id())).json();
    assert_eq!(org["workspaces"][0]["environments"][3], json!({"name": "Quality", "slug": "qa"}));
}

#[test]
fn token_of_one_emulator_is_invalid_at_another() {
    let (one, other) = (current(), current());
    let stranger = Client { token: one.reader.token.clone(), ..other.reader.clone() };
    assert_eq!(stranger.get("/api/v1/projects").json()["message"], "invalid signature");
}

#[test]
fn dropping_an_emulator_closes_its_port() {
    let stage = current();
    let address = stage.emulator.address();
    assert!(TcpStream::connect(address).is_ok());
    drop(stage);
    assert!(TcpStream::connect(address).is_err());
}
