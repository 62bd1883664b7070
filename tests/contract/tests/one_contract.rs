//! Component and host implement docs/routes.md independently. These tests connect them: the host
//! allows what the component requests, and the component reads what the host writes.

use infisical_skill_guest::{
    Answer, ApiVersion, AuditLogFilter, Change, Draft, Error, Filed, FolderRename, HostPort, Method, Origin, Place,
    Policy, Recipe, Redeemed, Request, Reveals, Scheme, SecretCreation, SecretFilter, SecretUpdate, Skill, Target,
    Transport, TransportError, Value as NewValue, Writes,
};
use infisical_skill_policy::change::ChangeRequest;
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{self, Checked, Folders};
use infisical_skill_policy::{self as policy, Grant, Operation, Scopes, answers, change, route};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

const PROJECT: &str = "9cefc4fb-34fd-432a-806c-8efb3307c759";

/// The host's side of the boundary: it parses each request as the gate does, gets the answer from
/// `server`, and rewrites it as the gate does.
struct Wall {
    api_version: policy::ApiVersion,
    server: Value,
    operations: Rc<RefCell<Vec<Operation>>>,
    folders: Rc<RefCell<Folders>>,
}

impl Wall {
    /// The server's folders in this place. Each has its own id.
    fn folders_of(&self, place: &policy::Place) -> Value {
        let mut answer = self.server.clone();
        for folder in answer["folders"].as_array_mut().into_iter().flatten() {
            let hash = format!("{place:?}").bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(31) ^ u64::from(byte));
            folder["id"] = json!(format!("{}-{hash:x}", folder["id"].as_str().unwrap()));
        }
        answer
    }
}

impl Transport for Wall {
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError> {
        assert_eq!((request.method, &request.body), (Method::Get, &None), "only a redeemed plan sends anything else");
        let operation = route::read(self.api_version, "GET", &request.path_with_query).unwrap_or_else(|refusal| {
            panic!("the host refuses the component's own request: {refusal}: {}", request.path_with_query)
        });
        let listed = match &operation {
            Operation::ListFolders { place, .. } => Some(place.clone()),
            _ => None,
        };
        let answer = listed.as_ref().map_or_else(|| self.server.clone(), |place| self.folders_of(place));
        let body = answers::rewrite(&operation, &Scopes::everything(), answer.to_string().as_bytes());
        self.operations.borrow_mut().push(operation);
        let body = body.map_err(|_| TransportError::BadAnswer)?.to_vec();
        let mut folders = self.folders.borrow_mut();
        if let Some(place) = listed {
            for folder in answers::listed_folders(&body) {
                folders.note(&place, folder.relative_path.as_deref(), &folder.id, &folder.name);
            }
        }
        drop(folders);
        Ok(Answer { status: 200, content_type: Some("application/json".to_owned()), retry_after: None, body })
    }
}

struct Operator {
    api_version: ApiVersion,
    reveal: bool,
    folders: Rc<RefCell<Folders>>,
    filed: Rc<RefCell<Vec<Checked>>>,
}

/// A request of the component as the host receives it.
fn as_planned(request: &Request) -> ChangeRequest {
    let method = match request.method {
        Method::Get => panic!("a plan has no reads"),
        Method::Post => change::Method::Post,
        Method::Patch => change::Method::Patch,
        Method::Delete => change::Method::Delete,
    };
    let body = String::from_utf8(request.body.clone().unwrap()).unwrap();
    ChangeRequest { method, path: request.path_with_query.clone(), body: body.into() }
}

impl HostPort for Operator {
    fn policy(&self) -> Policy {
        Policy {
            origin: Origin { scheme: Scheme::Https, authority: "vault.example".to_owned() },
            organization: Some("6b1f0c1e-0000-4000-8000-000000000001".to_owned()),
            project: Some(PROJECT.to_owned()),
            environment: Some("dev".to_owned()),
            path: None,
            scopes: None,
            reveal: if self.reveal { Reveals::On } else { Reveals::Off },
            reveal_scopes: None,
            protected: Vec::new(),
            writes: Writes::On,
            write_identity: true,
            max_changes: 20,
            administration: false,
            acknowledge_above: 1,
        }
    }

    fn find_api_version(&self) -> Option<ApiVersion> {
        Some(self.api_version)
    }

    /// Files the draft as the host does. The host computes the phrase from the requests, and it
    /// must equal the one that the component computed from the changes.
    fn file(&self, draft: &Draft) -> Option<Filed> {
        let api_version = match self.api_version {
            ApiVersion::V3 => policy::ApiVersion::V3,
            ApiVersion::V4 => policy::ApiVersion::V4,
        };
        let requests = draft.requests.iter().map(as_planned).collect();
        let everything = Scopes::everything();
        let folders = self.folders.borrow();
        let checked = plan::check(
            api_version,
            &Exposure::within(&everything),
            &folders,
            (20, 1),
            requests,
            draft.acknowledge.as_deref(),
        )
        .unwrap_or_else(|refusal| panic!("the host doesn't file the component's own plan: {refusal}: {draft:?}"));
        let requests = checked.readings.clone();
        self.filed.borrow_mut().push(checked);
        Some(Filed { plan: "p".to_owned(), expires: String::new(), requests, dependents: Vec::new(), approval: None })
    }

    fn redeem(&self, _plan: &str, _acknowledge: Option<&str>) -> Option<Redeemed> {
        None
    }

    fn random_bytes(&self, count: usize) -> Vec<u8> {
        (0..count).map(|at| (at * 7 % 251) as u8).collect()
    }
}

type Operations = Rc<RefCell<Vec<Operation>>>;

fn skill(old: bool, reveal: bool, server: Value) -> (Skill<Wall, Operator>, Operations) {
    let operations = Operations::default();
    let (ours, theirs) =
        if old { (ApiVersion::V3, policy::ApiVersion::V3) } else { (ApiVersion::V4, policy::ApiVersion::V4) };
    let (skill, _) = changer(ours, theirs, reveal, server, &operations);
    (skill, operations)
}

fn changer(
    api_version: ApiVersion,
    theirs: policy::ApiVersion,
    reveal: bool,
    server: Value,
    operations: &Operations,
) -> (Skill<Wall, Operator>, Rc<RefCell<Vec<Checked>>>) {
    let (folders, filed) = (Rc::default(), Rc::default());
    let wall = Wall { api_version: theirs, server, operations: Rc::clone(operations), folders: Rc::clone(&folders) };
    let operator = Operator { api_version, reveal, folders, filed: Rc::clone(&filed) };
    (Skill::new(wall, operator), filed)
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
fn component_reads_everything_the_host_writes() {
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
fn hidden_or_missing_value_is_never_a_value() {
    for old in [false, true] {
        let mut hidden = secret("A", "/app");
        hidden["secretValue"] = json!("<hidden-by-infisical>");
        hidden["secretValueHidden"] = json!(true);
        let (mut with_mask, _) = skill(old, true, json!({ "secret": hidden }));
        assert!(matches!(with_mask.reveal_secret(&at("/app"), "A"), Err(Error::Denied(_))), "old {old}");
        hidden.as_object_mut().unwrap().remove("secretValue");
        hidden["secretValueHidden"] = json!(false);
        let (mut without, _) = skill(old, true, json!({ "secret": hidden }));
        assert!(matches!(without.reveal_secret(&at("/app"), "A"), Err(Error::UnexpectedAnswer(_))), "old {old}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn host_allows_every_request_of_the_component(
        old in any::<bool>(), recursive in any::<bool>(), path in "(/|(/[^/]{1,6}){1,4})|.{0,8}", name in ".{0,12}|[A-Z_]{1,12}",
        environment in "[a-z-]{1,8}|.{0,4}", project in prop::option::of("[a-z-]{1,12}|.{0,4}"), tags in prop::collection::vec("[a-z]{1,5}|.{0,3}", 0..3),
        version in prop::option::of(any::<u32>()), reveal in any::<bool>(),
    ) {
        let (mut skill, operations) = skill(old, reveal, json!({ "secrets": [], "folders": [], "projects": [], "secret": secret(&name, &path) }));
        let at = Place { project, environment: Some(environment), path: Some(path) };
        let _ = skill.list_projects();
        let _ = skill.list_folders(&at, recursive);
        let _ = skill.list_secrets(&at, &SecretFilter { recursive, name_contains: Some(name.clone()), tags });
        let events = if recursive { vec![name.clone()] } else { Vec::new() };
        let since = "2026-11-23T07:00:00.000Z".to_owned();
        let logs = AuditLogFilter {
            project: at.project.clone(), events, actor: None, until: Some(since.clone()), since,
            offset: version.unwrap_or_default() % 2_000_000, limit: version.unwrap_or(50) % 300,
        };
        let _ = skill.list_audit_logs(&logs);
        let got = skill.get_secret(&at, &name, version);
        let shown = format!("{got:?}");
        prop_assert!(!shown.contains("CANARY"), "{}", shown);
        prop_assert!(operations.borrow().iter().all(|operation| Grant::Reads.allows(operation)));
        operations.borrow_mut().clear();
        let _ = skill.reveal_secret(&at, &name);
        prop_assert!(operations.borrow().iter().all(|operation| Grant::Reveal.allows(operation)));
        prop_assert!(reveal || operations.borrow().is_empty());
    }

    #[test]
    fn host_files_every_draft_with_the_same_acknowledgement(
        old in any::<bool>(), changes in prop::collection::vec(any_change(), 1..4), existing in name(),
    ) {
        let server = json!({
            "secrets": [secret(&existing, "/app"), secret("THERE", "/app")],
            "folders": [{ "id": "f-1", "name": existing }, { "id": "f-2", "name": "there" }],
            "tags": [{ "id": "t-1", "slug": "infra" }, { "id": "t-2", "slug": "web" }],
        });
        let (ours, theirs) =
            if old { (ApiVersion::V3, policy::ApiVersion::V3) } else { (ApiVersion::V4, policy::ApiVersion::V4) };
        let operations = Operations::default();
        let (mut skill, filed) = changer(ours, theirs, false, server, &operations);
        let previewed = skill.preview(&changes);
        let shown = format!("{previewed:?}{changes:?}");
        prop_assert!(!shown.contains("CANARY"), "{}", shown);
        prop_assert_eq!(previewed.is_ok(), filed.borrow().len() == 1, "{:?}", previewed);
        prop_assert!(operations.borrow().iter().all(|operation| Grant::Preview.allows(operation)));
        if let Ok(preview) = previewed {
            let filed = filed.borrow();
            prop_assert_eq!(&preview.acknowledge, &filed[0].acknowledge);
            prop_assert_eq!(preview.effects.len(), filed[0].readings.len());
            for text in preview.effects.iter().map(|effect| &effect.summary).chain(&filed[0].readings) {
                prop_assert!(!text.chars().any(|c| c.is_control() || ('\u{200b}'..='\u{200f}').contains(&c) || ('\u{202a}'..='\u{202e}').contains(&c)), "{}", text);
            }
        }
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("THERE".to_owned()),
        Just("there".to_owned()),
        "[A-Z_]{1,8}",
        ".{0,10}",
        "[a-z/%.]{1,6}",
        Just("batch".to_owned())
    ]
}

fn value() -> impl Strategy<Value = NewValue> {
    let text = prop_oneof!["CANARY.{0,12}", Just("CANARY${x}".to_owned()), "[ \n\t]{0,3}", Just("<hidden>".to_owned())];
    prop_oneof![
        text.prop_map(NewValue::Literal),
        (8_u32..40).prop_map(|length| NewValue::Generated(Recipe { length, alphabet: None })),
    ]
}

fn any_change() -> impl Strategy<Value = Change> {
    let path = prop_oneof![
        Just("/app".to_owned()),
        Just("/app".to_owned()),
        Just("/app/there".to_owned()),
        "(/[a-z]{1,3}){1,2}"
    ];
    let comment = || prop::option::of("(CANARY.{0,8})?");
    let tags = || {
        prop::collection::vec(
            prop_oneof![Just("infra".to_owned()), Just("web".to_owned()), Just("nope".to_owned())],
            0..3,
        )
    };
    let target = |(path, name): (String, String)| Target { at: at(&path), name };
    let path = path.boxed();
    prop_oneof![
        (path.clone(), name(), value(), comment(), tags()).prop_map(|(path, name, value, comment, tags)| {
            Change::CreateSecret(SecretCreation { at: at(&path), name, value, comment, tags })
        }),
        (
            path.clone(),
            name(),
            prop::option::of(name()),
            prop::option::of(value()),
            comment(),
            prop::option::of(tags())
        )
            .prop_map(|(path, name, new_name, value, comment, tags)| {
                Change::UpdateSecret(SecretUpdate { at: at(&path), name, new_name, value, comment, tags })
            }),
        (path.clone(), name()).prop_map(target).prop_map(Change::DeleteSecret),
        (path.clone(), name()).prop_map(target).prop_map(Change::CreateFolder),
        (path.clone(), name(), name()).prop_map(|(path, name, new_name)| Change::RenameFolder(FolderRename {
            at: at(&path),
            name,
            new_name
        })),
        (path, name()).prop_map(target).prop_map(Change::DeleteFolder),
    ]
}
