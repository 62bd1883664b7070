//! Component and host implement docs/routes.md apart from each other. Here they meet: what the one asks for, the other lets out; what the one
//! writes, the other reads.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails")]

use infisical_skill_guest::{
    Answer, Error, Generation, Origin, Place, Policy, Request, Scheme, SecretFilter, Skill, Transport, TransportError,
    Warden,
};
use infisical_skill_policy::{self as policy, Grant, Operation, Scopes, answers, route};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

const PROJECT: &str = "9cefc4fb-34fd-432a-806c-8efb3307c759";

/// The host's side of the wall: reads each request as the gate does, answers by `server`, and rewrites the answer as the gate does.
struct Wall {
    generation: policy::Generation,
    server: Value,
    operations: Rc<RefCell<Vec<Operation>>>,
}

impl Transport for Wall {
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError> {
        let operation = route::read(self.generation, "GET", &request.path_with_query).unwrap_or_else(|refusal| {
            panic!("the host refuses the component's own request: {refusal}: {}", request.path_with_query)
        });
        let body = answers::rewrite(&operation, &Scopes::everything(), self.server.to_string().as_bytes());
        self.operations.borrow_mut().push(operation);
        let body = body.map_err(|_| TransportError::BadAnswer)?.to_vec();
        Ok(Answer { status: 200, content_type: Some("application/json".to_owned()), retry_after: None, body })
    }
}

struct Operator(Generation, bool);

impl Warden for Operator {
    fn policy(&self) -> Policy {
        Policy {
            origin: Origin { scheme: Scheme::Https, authority: "vault.example".to_owned() },
            organization: Some("6b1f0c1e-0000-4000-8000-000000000001".to_owned()),
            project: Some(PROJECT.to_owned()),
            environment: Some("dev".to_owned()),
            path: None,
            scopes: None,
            reveal: self.1,
        }
    }

    fn find_generation(&self) -> Option<Generation> {
        Some(self.0)
    }
}

type Operations = Rc<RefCell<Vec<Operation>>>;

fn skill(old: bool, reveal: bool, server: Value) -> (Skill<Wall, Operator>, Operations) {
    let operations = Operations::default();
    let (ours, theirs) =
        if old { (Generation::V3, policy::Generation::V3) } else { (Generation::V4, policy::Generation::V4) };
    let wall = Wall { generation: theirs, server, operations: Rc::clone(&operations) };
    (Skill::new(wall, Operator(ours, reveal)), operations)
}

fn at(path: &str) -> Place {
    Place { project: None, environment: None, path: Some(path.to_owned()) }
}

fn secret(name: &str, path: &str) -> Value {
    json!({ "id": "i", "secretKey": name, "secretPath": path, "environment": "dev", "version": 7, "type": "shared", "secretValue": "CANARY",
            "secretComment": "CANARY", "secretMetadata": [{ "key": "CANARY", "value": "CANARY" }], "tags": [{ "slug": "t", "name": "CANARY" }],
            "createdAt": "2026-11-23T01:53:38.907Z", "updatedAt": "2026-11-23T01:53:39.115Z",
            "actor": { "actorType": "identity", "name": "writer", "actorId": "a" } })
}

#[test]
fn what_the_host_writes_the_component_reads_in_full() {
    for old in [false, true] {
        let (mut skill, _) = skill(old, true, json!({ "secret": secret("A", "/app") }));
        let got = skill.get_secret(&at("/app"), "A", None).unwrap();
        assert_eq!(
            (got.version, got.has_comment, got.has_metadata, got.tags.as_slice()),
            (7, true, true, &["t".to_owned()][..])
        );
        assert_eq!(got.updated_at.as_deref(), Some("2026-11-23T01:53:39.115Z"));
        assert_eq!(got.updated_by.unwrap().name.as_deref(), Some("writer"));
        assert_eq!(skill.reveal_secret(&at("/app"), "A").unwrap().value, "CANARY");
    }
}

#[test]
fn a_value_that_the_server_hides_or_leaves_out_is_never_a_value() {
    let mut hidden = secret("A", "/app");
    hidden["secretValue"] = json!("<hidden-by-infisical>");
    hidden["secretValueHidden"] = json!(true);
    let (mut with_mask, _) = skill(false, true, json!({ "secret": hidden }));
    assert!(matches!(with_mask.reveal_secret(&at("/app"), "A"), Err(Error::Denied(_))));
    hidden.as_object_mut().unwrap().remove("secretValue");
    hidden["secretValueHidden"] = json!(false);
    let (mut without, _) = skill(false, true, json!({ "secret": hidden }));
    assert!(matches!(without.reveal_secret(&at("/app"), "A"), Err(Error::UnexpectedAnswer(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_the_component_asks_for_the_host_lets_out(
        old in any::<bool>(), recursive in any::<bool>(), path in "(/|(/[^/]{1,6}){1,4})|.{0,8}", name in ".{0,12}|[A-Z_]{1,12}",
        environment in "[a-z-]{1,8}|.{0,4}", project in prop::option::of("[a-z-]{1,12}|.{0,4}"), tags in prop::collection::vec("[a-z]{1,5}|.{0,3}", 0..3),
        version in prop::option::of(any::<u32>()), reveal in any::<bool>(),
    ) {
        let (mut skill, operations) = skill(old, reveal, json!({ "secrets": [], "folders": [], "projects": [], "secret": secret(&name, &path) }));
        let at = Place { project, environment: Some(environment), path: Some(path) };
        let _ = skill.list_projects();
        let _ = skill.list_folders(&at, recursive);
        let _ = skill.list_secrets(&at, &SecretFilter { recursive, name_contains: Some(name.clone()), tags });
        let got = skill.get_secret(&at, &name, version);
        let shown = format!("{got:?}");
        prop_assert!(!shown.contains("CANARY"), "{}", shown);
        prop_assert!(operations.borrow().iter().all(|operation| Grant::Reads.allows(operation)));
        operations.borrow_mut().clear();
        let _ = skill.reveal_secret(&at, &name);
        prop_assert!(operations.borrow().iter().all(|operation| Grant::Reveal.allows(operation)));
        prop_assert!(reveal || operations.borrow().is_empty());
    }
}
