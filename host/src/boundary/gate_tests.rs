use super::*;
use crate::audit::Trail;
use crate::boundary::purpose::RevealTarget;
use crate::client::api_version::Server;
use crate::client::identities::Identities;
use crate::client::tls::TrustRoots;
use crate::client::transport::Transport;
use crate::model::change_rules::{Budgets, ChangeRules};
use crate::model::credential::Credential;
use crate::model::people::{ApprovedBy, AskedBy};
use crate::model::reveal_card::SecretToReveal;
use crate::model::session::Client;
use crate::plans::PlanService;
use crate::plans::kill_switch::TimedSwitch;
use crate::plans::reveals::RevealService;
use infisical_emulator::{ApiVersion as ReportedBy, Emulator, Fault, RequestMatch, Seed};
use infisical_skill_audit::Asked;
use infisical_skill_policy::Operation;
use infisical_skill_policy::approver::Means;
use infisical_skill_policy::change::AskedPlace;
use infisical_skill_policy::switch::SwitchPolicy;
use infisical_skill_policy::{OrganizationId, Origin, Project, Scope, SecretPath};
use std::time::Duration;
use tempfile::TempDir;

const OTHER_PROJECT: &str = "00000000-0000-4000-8000-000000000000";

/// The gate gives the same guarantees for both API versions.
const API_VERSIONS: [ApiVersion; 2] = [ApiVersion::V3, ApiVersion::V4];

fn emulator() -> Emulator {
    emulator_of(ApiVersion::V4)
}

fn emulator_of(api_version: ApiVersion) -> Emulator {
    let spoken = if api_version == ApiVersion::V3 { ReportedBy::V3 } else { ReportedBy::V4 };
    Emulator::builder().api_version(spoken).seed(Seed::demo()).start_now().unwrap()
}

thread_local! {
    /// A test's state directory, in which values may be revealed.
    static FOLDER: TempDir = {
        let folder = tempfile::tempdir().unwrap();
        let switch = SwitchPolicy::Switchable { max: Duration::from_secs(3_600) };
        TimedSwitch::for_reveals(folder.path(), switch).turn_on(Duration::from_secs(600), Some("a test")).unwrap();
        folder
    };
}

/// A call's gate, with scopes on `/app` of the emulator's project.
fn gate(emulator: &Emulator, grant: Grant, target: Option<RevealTarget>) -> Gate {
    gate_with(emulator, grant, target, Scopes::everything())
}

/// Like [`gate`], with values to be revealed in these scopes only.
fn gate_with(emulator: &Emulator, grant: Grant, target: Option<RevealTarget>, reveal_scopes: Scopes) -> Gate {
    let reveals = FOLDER.with(|folder| RevealService::for_tests(folder.path(), &[]));
    let purpose = target.map_or(CallPurpose::Read, |target| CallPurpose::Reveal { target, request: None });
    gate_of(emulator, grant, purpose, reveal_scopes, reveals)
}

fn gate_of(
    emulator: &Emulator,
    grant: Grant,
    purpose: CallPurpose,
    reveal_scopes: Scopes,
    reveals: RevealService,
) -> Gate {
    let origin = Origin::parse(&emulator.origin(), false).unwrap();
    let reader = emulator.reader();
    let credential =
        Credential::UniversalAuth { client_id: reader.client_id, client_secret: reader.client_secret.into() };
    let scope = Scope {
        project: Project::new(emulator.project_id()).unwrap(),
        environments: Vec::new(),
        paths: vec![SecretPath::new("/app").unwrap()],
    };
    let shared = Shared {
        server: Server::new(Some(OrganizationId::new("org").unwrap()), &origin.to_string(), None),
        transport: Transport::new(origin, &TrustRoots::WebPki, 1 << 20).unwrap(),
        identities: Identities::new(credential, None, None),
        scopes: Scopes::only(vec![scope]),
        reveal_scopes,
        client_scopes: Vec::new(),
        plan_service: PlanService::new(ChangeRules::default(), Budgets::default(), None, &emulator.origin(), None),
        reveals,
        trail: Trail::none(),
    };
    let log = CallLog::new(Trail::none(), Asked::default(), grant, Instant::now() + Duration::from_secs(5));
    Gate::new(Arc::new(shared), grant, purpose, Arc::new(log))
}

fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> http::request::Parts {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn secret(emulator: &Emulator, name: &str, project: &str, path: &str, view: bool) -> http::request::Parts {
    let (secrets, key, imports) = match emulator.api_version() {
        ReportedBy::V3 => ("/api/v3/secrets/raw", "workspaceId", "include_imports"),
        ReportedBy::V4 => ("/api/v4/secrets", "projectId", "includeImports"),
    };
    let uri = format!(
        "{}{secrets}/{name}?{key}={project}&environment=dev&secretPath={path}&viewSecretValue={view}&expandSecretReferences=false\
         &{imports}=false",
        emulator.origin()
    );
    head("GET", &uri, &[("accept", "application/json")])
}

fn layer(gate: &Gate) -> Option<Layer> {
    gate.cause().and_then(|cause| cause.layer())
}

#[tokio::test]
async fn allows_only_the_exact_configured_origin() {
    let emulator = emulator();
    let port = emulator.address().port();
    let path = "/api/v1/projects?type=secret-manager";
    for authority in [
        format!("http://localhost:{port}"),
        format!("http://127.0.0.1:{}", port ^ 1),
        "http://127.0.0.1".to_owned(),
        format!("https://127.0.0.1:{port}"),
        format!("http://user@127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}@evil.example"),
        format!("http://127.0.0.1:0{port}"),
        format!("http://127.0.0.1.evil.example:{port}"),
        format!("http://2130706433:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        "http://evil.example".to_owned(),
    ] {
        // What isn't a URI at all fails in the parser.
        let Ok(request) = http::Request::builder().uri(format!("{authority}{path}")).body(()) else { continue };
        let gate = gate(&emulator, Grant::Reads, None);
        assert_eq!(gate.check_head(&request.into_parts().0), Err(GateError::Denied), "{authority}");
        assert_eq!(layer(&gate), Some(Layer::Egress));
    }
    assert_eq!(
        gate(&emulator, Grant::Reads, None).check_head(&head("GET", &format!("{}{path}", emulator.origin()), &[])),
        Ok(())
    );
    assert!(emulator.log().is_empty());
}

#[tokio::test]
async fn allows_only_the_two_needed_headers_each_once() {
    let emulator = emulator();
    let uri = format!("{}/api/v1/projects?type=secret-manager", emulator.origin());
    for headers in [
        &[("authorization", "Bearer x")][..],
        &[("AUTHORIZATION", "Bearer x")],
        &[("cookie", "a=b")],
        &[("host", "evil.example")],
        &[("connection", "close")],
        &[("transfer-encoding", "chunked")],
        &[("content-length", "0")],
        &[("x-forwarded-for", "1.2.3.4")],
        &[("x-http-method-override", "DELETE")],
        &[("x-infisical-org", "other")],
        &[("accept", "text/html")],
        &[("accept", "application/json"), ("accept", "application/json")],
    ] {
        let gate = gate(&emulator, Grant::Reads, None);
        assert_eq!(gate.check_head(&head("GET", &uri, headers)), Err(GateError::Denied), "{headers:?}");
    }
}

#[tokio::test]
async fn refuses_bad_requests_before_the_host_sends_anything() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        let (project, origin) = (emulator.project_id(), emulator.origin());
        let read = |name: &str, project: &str, path: &str| secret(&emulator, name, project, path, false);
        for (request, expected) in [
            (head("POST", &format!("{origin}/api/v4/secrets/A"), &[]), Layer::Egress),
            (head("DELETE", &format!("{origin}/api/v4/secrets/A"), &[]), Layer::Egress),
            (head("TRACE", &format!("{origin}/api/v1/projects?type=secret-manager"), &[]), Layer::Egress),
            (head("GET", &format!("{origin}/api/v1/auth/token/renew"), &[]), Layer::Egress),
            (head("GET", &format!("{origin}/api/v1/projects/%252e"), &[]), Layer::Egress),
            (head("POST", &format!("{origin}/api/v3/secrets/raw/A"), &[]), Layer::Egress),
            (head("GET", &format!("{origin}/api/v3/secrets/A"), &[]), Layer::Egress),
            (head("GET", &format!("{origin}/api/v2/organizations/other/workspaces"), &[]), Layer::Egress),
            (secret(&emulator, "A", &project, "%2Fapp", true), Layer::Egress),
            (read("A", &project, "%2F"), Layer::Scope),
            (read("A", &project, "%2Fapple"), Layer::Scope),
            (read("A", OTHER_PROJECT, "%2Fapp"), Layer::Scope),
        ] {
            let gate = gate(&emulator, Grant::Reads, None);
            assert_eq!(gate.check_request(&request), Err(GateError::Denied), "{} {}", request.method, request.uri);
            assert_eq!(layer(&gate), Some(expected), "{} {}", request.method, request.uri);
        }
        assert!(emulator.log().is_empty());
        assert_eq!(gate(&emulator, Grant::Reads, None).check_request(&read("A", &project, "%2Fapp%2Fdb")), Ok(()));
    }
}

#[tokio::test]
async fn reveals_only_the_requested_secret_and_once() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        let project = emulator.project_id();
        let meant_in = |project: &str| RevealTarget {
            at: AskedPlace {
                project: Some(Project::new(project).unwrap()),
                environment: Some("dev".to_owned()),
                path: "/app".to_owned(),
            },
            name: "STRIPE_API_KEY".to_owned(),
        };
        let matched = || meant_in(&project);
        let this = secret(&emulator, "STRIPE_API_KEY", &project, "%2Fapp", true);
        for other in [
            secret(&emulator, "SERVICE_URL", &project, "%2Fapp", true),
            secret(&emulator, "STRIPE_API_KEY", &project, "%2Fapp%2Fdb", true),
            secret(&emulator, "STRIPE_API_KEY", OTHER_PROJECT, "%2Fapp", true),
            secret(&emulator, "STRIPE_API_KEY", &project, "%2Fapp", false),
        ] {
            assert!(
                gate(&emulator, Grant::Reveal, Some(matched())).admit(api_version, &other).is_err(),
                "{}",
                other.uri
            );
        }
        let gate = gate(&emulator, Grant::Reveal, Some(matched()));
        assert!(gate.admit(api_version, &this).is_ok());
        assert!(gate.admit(api_version, &this).is_err());
        assert!(self::gate(&emulator, Grant::Reveal, None).admit(api_version, &this).is_err());
        assert!(self::gate(&emulator, Grant::Nothing, Some(matched())).admit(api_version, &this).is_err());

        // By slug: allowed once the server said which project has it, and for that project only.
        let by_slug = || self::gate(&emulator, Grant::Reveal, Some(meant_in("agent-vault")));
        assert!(by_slug().admit(api_version, &this).is_err(), "nobody said whose slug it is");
        for (slug, is_revealed) in [("agent-vault", true), ("data-platform", false)] {
            let gate = by_slug();
            let look_up = Operation::ProjectBySlug { slug: Project::new(slug).unwrap() };
            // The other project is out of scope, so its answer isn't passed on.
            assert_eq!(gate.perform(api_version, &look_up).await.is_ok(), is_revealed, "{slug}");
            assert_eq!(gate.admit(api_version, &this).is_ok(), is_revealed, "{slug}");
        }
    }
}

/// The emulator's secret `STRIPE_API_KEY`.
fn stripe(emulator: &Emulator) -> RevealTarget {
    let project = Some(Project::new(emulator.project_id()).unwrap());
    let at = AskedPlace { project, environment: Some("dev".to_owned()), path: "/app".to_owned() };
    RevealTarget { at, name: "STRIPE_API_KEY".to_owned() }
}

#[tokio::test]
async fn reveals_only_within_the_reveal_scopes() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        let project = emulator.project_id();
        let elsewhere = Scope {
            project: Project::new(project.as_str()).unwrap(),
            environments: Vec::new(),
            paths: vec![SecretPath::new("/app/db").unwrap()],
        };
        let this = secret(&emulator, "STRIPE_API_KEY", &project, "%2Fapp", true);
        let gate = gate_with(&emulator, Grant::Reveal, Some(stripe(&emulator)), Scopes::only(vec![elsewhere]));
        assert!(gate.admit(api_version, &this).is_err());
        assert_eq!(layer(&gate), Some(Layer::RevealGate));
        assert!(!gate.has_values());
        let gate = self::gate(&emulator, Grant::Reveal, Some(stripe(&emulator)));
        assert!(!gate.has_values(), "before");
        assert!(gate.admit(api_version, &this).is_ok());
        assert!(gate.has_values(), "from now on the component may have seen it");
    }
}

/// Whatever the component and the call decided before, the switch and the approval are checked
/// again when the request leaves.
#[tokio::test]
async fn host_checks_switch_and_approval_before_a_reveal() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        let project = emulator.project_id();
        let this = secret(&emulator, "STRIPE_API_KEY", &project, "%2Fapp", true);
        let folder = tempfile::tempdir().unwrap();
        let admits = |protected: &[&str], request: Option<&str>| {
            let reveals = RevealService::for_tests(folder.path(), protected);
            let purpose = CallPurpose::Reveal { target: stripe(&emulator), request: request.map(str::to_owned) };
            let gate = gate_of(&emulator, Grant::Reveal, purpose, Scopes::everything(), reveals);
            let admitted = gate.admit(api_version, &this).is_ok();
            assert_eq!(layer(&gate), (!admitted).then_some(Layer::RevealGate));
            admitted
        };
        assert!(!admits(&[], None), "the switch is off");
        let switch = SwitchPolicy::Switchable { max: Duration::from_secs(3_600) };
        let switch = TimedSwitch::for_reveals(folder.path(), switch);
        switch.turn_on(Duration::from_secs(600), Some("a test")).unwrap();
        assert!(admits(&[], None));
        assert!(!admits(&["dev"], None), "a person is needed");
        let plan_service = RevealService::for_tests(folder.path(), &["dev"]);
        let by = ApprovedBy::here(Means::Terminal, "another session", &AskedBy::default(), false);
        let card = plan_service
            .file(&SecretToReveal::for_tests(&stripe(&emulator).named().unwrap()), &Client::default())
            .unwrap();
        assert!(!admits(&["dev"], Some(&card.request)), "nobody approved it");
        plan_service.approve(&card, &by).unwrap();
        assert!(admits(&["dev"], Some(&card.request)));
        assert!(!admits(&["dev"], Some(&card.request)), "it is used up");
        assert!(!admits(&[], Some(&card.request)), "and stays so where none is needed");
        let other = RevealTarget { name: "SERVICE_URL".to_owned(), ..stripe(&emulator) };
        let other = plan_service.file(&SecretToReveal::for_tests(&other.named().unwrap()), &Client::default()).unwrap();
        plan_service.approve(&other, &by).unwrap();
        assert!(!admits(&["dev"], Some(&other.request)), "another secret's");
    }
}

#[tokio::test]
async fn lists_only_projects_of_the_configured_organization() {
    let emulator = emulator();
    let list = |organization: &str| {
        let uri = format!("{}/api/v2/organizations/{organization}/workspaces", emulator.origin());
        head("GET", &uri, &[("accept", "application/json")])
    };
    assert!(gate(&emulator, Grant::Reads, None).admit(ApiVersion::V3, &list("org")).is_ok());
    let gate = gate(&emulator, Grant::Reads, None);
    assert!(gate.admit(ApiVersion::V3, &list("other")).is_err());
    assert_eq!(layer(&gate), Some(Layer::Egress));
}

#[tokio::test]
async fn violation_is_remembered_whatever_follows() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        let gate = gate(&emulator, Grant::Reads, None);
        let good = secret(&emulator, "A", &emulator.project_id(), "%2Fapp", false);
        assert!(gate.check_request(&good).is_ok() && gate.violation().is_none());
        let elsewhere = head("GET", "http://evil.com/", &[]);
        assert!(gate.check_head(&elsewhere).is_err());
        assert!(gate.check_request(&good).is_ok());
        assert_eq!(gate.violation().and_then(|violation| violation.layer()), Some(Layer::Egress));
    }
}

#[tokio::test]
async fn redirect_is_reported_and_not_followed() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        let gate = gate(&emulator, Grant::Reads, None);
        let request = secret(&emulator, "STRIPE_API_KEY", &emulator.project_id(), "%2Fapp", false);
        let operation = gate.admit(api_version, &request).unwrap();
        emulator.fail_next_matching(1, RequestMatch::any().method("GET"), Fault::Status(307));
        assert!(gate.perform(api_version, &operation).await.is_err());
        assert!(gate.cause().unwrap().reason().contains("redirect"), "{:?}", gate.cause());
    }
}

#[tokio::test]
async fn limits_the_requests_of_a_call() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        let gate = gate(&emulator, Grant::Reads, None);
        let request = secret(&emulator, "A", &emulator.project_id(), "%2Fapp", false);
        let admitted = (0..2_000).filter(|_| gate.admit(api_version, &request).is_ok()).count();
        assert_eq!(admitted, Grant::Reads.max_requests(api_version) as usize);
    }
}

#[tokio::test]
async fn call_probes_the_api_version_only_once() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        emulator.fail_next_matching(10, RequestMatch::any().method("POST"), Fault::Status(429));
        let gate = gate(&emulator, Grant::Reads, None);
        for _ in 0..5 {
            assert!(gate.api_version().await.is_err());
        }
        assert_eq!(emulator.log().len(), 1);
        assert_eq!(gate.cause().unwrap().kind(), "rate-limited");
    }
}

#[tokio::test]
async fn call_has_one_request_in_flight_until_answer_is_dropped() {
    let emulator = emulator();
    let gate = gate(&emulator, Grant::Reads, None);
    let request = secret(&emulator, "STRIPE_API_KEY", &emulator.project_id(), "%2Fapp", false);
    let operation = gate.admit(ApiVersion::V4, &request).unwrap();
    let first = gate.perform(ApiVersion::V4, &operation).await.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(first.status, 200);
    let second = gate.perform(ApiVersion::V4, &operation);
    tokio::pin!(second);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), second.as_mut()).await.is_err(),
        "the first answer is still there"
    );
    let bytes = bytes::Bytes::from_owner(first.body);
    let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(body["secret"]["secretKey"], "STRIPE_API_KEY");
    drop(bytes.slice(0..1));
    assert!(
        tokio::time::timeout(Duration::from_millis(100), second.as_mut()).await.is_err(),
        "and a part of it counts"
    );
    drop(bytes);
    assert!(tokio::time::timeout(Duration::from_secs(2), second).await.is_ok_and(|answer| answer.is_ok()));
}

#[tokio::test]
async fn waiting_request_does_not_leave_after_a_violation() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        let gate = gate(&emulator, Grant::Reads, None);
        let request = secret(&emulator, "STRIPE_API_KEY", &emulator.project_id(), "%2Fapp", false);
        assert_eq!(gate.api_version().await, Ok(api_version));
        let operations = [0; 2].map(|_| gate.admit(api_version, &request).unwrap());
        let first = gate.perform(api_version, &operations[0]).await.unwrap();
        let asked = emulator.log().len();
        let waiting = {
            let (gate, operation) = (gate.clone(), operations[1].clone());
            tokio::spawn(async move { gate.perform(api_version, &operation).await.is_ok() })
        };
        tokio::task::yield_now().await;
        assert!(gate.check_head(&head("GET", "http://evil.com/", &[])).is_err());
        drop(first);
        assert!(!waiting.await.unwrap());
        assert_eq!(emulator.log().len(), asked, "nothing left");
        assert!(gate.api_version().await.is_err(), "nor is the server asked who it is");
        assert_eq!(emulator.log().len(), asked);
    }
}

#[path = "asked_tests.rs"]
mod asked;
