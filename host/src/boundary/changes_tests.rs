//! A hostile component at the gate.

use super::*;
use crate::audit::{AuditSettings, CallLog, Trail};
use crate::boundary::shared::Shared;
use crate::client::api_version::Server;
use crate::client::identities::Identities;
use crate::client::tls::TrustRoots;
use crate::client::transport::Transport;
use crate::model::change_rules::{Budgets, ChangeRules};
use crate::model::credential::Credential;
use crate::plans::PlanService;
use crate::plans::kill_switch::TimedSwitch;
use crate::plans::reveals::RevealService;
use crate::plans::seal::PlanKeys;
use crate::state::DirectoryState;
use infisical_emulator::{ApiVersion as ReportedBy, Credentials, Emulator, Exchange, Seed};
use infisical_skill_audit::Asked;
use infisical_skill_policy::change::{AskedChange, AskedPlace, AskedValue};
use infisical_skill_policy::{ApiVersion, Origin, Scopes};
use std::time::Duration;
use tempfile::TempDir;

fn log(grant: Grant) -> Arc<CallLog> {
    Arc::new(CallLog::new(Trail::none(), Asked::default(), grant, Instant::now() + Duration::from_secs(5)))
}

/// The gate gives the same guarantees for both API versions.
const API_VERSIONS: [ApiVersion; 2] = [ApiVersion::V3, ApiVersion::V4];

struct Stage {
    api_version: ApiVersion,
    emulator: Emulator,
    shared: Arc<Shared>,
    folder: TempDir,
}

impl Stage {
    fn of(api_version: ApiVersion) -> Self {
        let spoken = if api_version == ApiVersion::V3 { ReportedBy::V3 } else { ReportedBy::V4 };
        Self::before(Emulator::builder().api_version(spoken).seed(Seed::demo()).start_now().unwrap())
    }

    /// A host connected to this server.
    fn before(emulator: Emulator) -> Self {
        Self::scoped(emulator, Scopes::everything())
    }

    fn scoped(emulator: Emulator, scopes: Scopes) -> Self {
        Self::ruled(emulator, scopes, ChangeRules::default())
    }

    fn ruled(emulator: Emulator, scopes: Scopes, rules: ChangeRules) -> Self {
        let api_version = if emulator.api_version() == ReportedBy::V3 { ApiVersion::V3 } else { ApiVersion::V4 };
        let folder = tempfile::tempdir().unwrap();
        let origin = Origin::parse(&emulator.origin(), false).unwrap();
        let login = |identity: Credentials| Credential::UniversalAuth {
            client_id: identity.client_id,
            client_secret: identity.client_secret.into(),
        };
        let keys = PlanKeys::new("secret".into(), String::new());
        let plan_service = PlanService::new(
            rules,
            Budgets::default(),
            Some(Arc::new(DirectoryState::new(folder.path()))),
            &emulator.origin(),
            Some(keys),
        );
        let shared = Shared {
            server: Server::new(None, &origin.to_string(), None),
            transport: Transport::new(origin, &TrustRoots::WebPki, 1 << 20).unwrap(),
            identities: Identities::new(login(emulator.reader()), None, Some(login(emulator.writer()))),
            scopes,
            reveal_scopes: Scopes::everything(),
            client_scopes: Vec::new(),
            plan_service,
            reveals: RevealService::for_tests(folder.path(), &[]),
            trail: Trail::none(),
        };
        let stage = Self { api_version, emulator, shared: Arc::new(shared), folder };
        stage.switch().turn_on(Duration::from_secs(60), None).unwrap();
        stage
    }

    fn switch(&self) -> TimedSwitch {
        TimedSwitch::new(self.folder.path(), ChangeRules::default().writes)
    }

    fn gate(&self, grant: Grant) -> Gate {
        self.sent_to(grant, CallPurpose::Read)
    }

    fn sent_to(&self, grant: Grant, purpose: CallPurpose) -> Gate {
        Gate::new(Arc::clone(&self.shared), grant, purpose, log(grant))
    }

    /// A gate in a call that previews the creation of these secrets.
    fn previewing(&self, names: &[&str]) -> Gate {
        let asked = |name: &&str| AskedChange::CreateSecret {
            at: self.at(),
            name: (*name).to_owned(),
            value: AskedValue::Literal("v".to_owned().into()),
            comment: None,
            tags: Vec::new(),
        };
        self.sent_to(Grant::Preview, CallPurpose::Preview(names.iter().map(asked).collect()))
    }

    /// A gate in a call that applies this plan.
    fn applying(&self, plan: &str, acknowledge: Option<&str>) -> Gate {
        let purpose = CallPurpose::Apply { plan: plan.to_owned(), acknowledge: acknowledge.map(str::to_owned) };
        self.sent_to(Grant::Apply, purpose)
    }

    /// Like [`Self::applying`], in a call that is recorded.
    fn recorded(&self, plan: &str) -> Gate {
        let trail = Trail::kept(self.folder.path(), AuditSettings::default());
        let log = CallLog::new(trail, Asked::default(), Grant::Apply, Instant::now() + Duration::from_secs(5));
        let purpose = CallPurpose::Apply { plan: plan.to_owned(), acknowledge: None };
        Gate::new(Arc::clone(&self.shared), Grant::Apply, purpose, Arc::new(log))
    }

    fn at(&self) -> AskedPlace {
        let project = infisical_skill_policy::Project::new(self.emulator.project_id()).unwrap();
        AskedPlace { project: Some(project), environment: Some("dev".to_owned()), path: "/app".to_owned() }
    }

    /// A request about a secret in `/app`, or about `/app` itself if it is about a folder.
    fn request(&self, method: Method, paths: [&str; 2], fields: &str) -> ChangeRequest {
        let [old, current] = paths;
        let (key, path) =
            if self.api_version == ApiVersion::V3 { ("workspaceId", old) } else { ("projectId", current) };
        let project = self.emulator.project_id();
        let body = Zeroizing::new(format!(r#"{{"{key}":"{project}","environment":"dev",{fields}}}"#));
        ChangeRequest { method, path: path.to_owned(), body }
    }

    fn of_secret(&self, method: Method, name: &str, value: &str) -> ChangeRequest {
        let paths = [format!("/api/v3/secrets/raw/{name}"), format!("/api/v4/secrets/{name}")];
        let fields = format!(r#""secretPath":"/app",{value}"type":"shared""#);
        self.request(method, paths.each_ref().map(String::as_str), &fields)
    }

    fn create(&self, name: &str) -> ChangeRequest {
        self.of_secret(Method::Post, name, r#""secretValue":"v","#)
    }

    /// A gate with a redeemed plan of two creations.
    async fn redeemed(&self) -> Gate {
        let requests = vec![self.create("ONE"), self.create("TWO")];
        let plan = self.previewing(&["ONE", "TWO"]).file(requests, b"", None).await.unwrap().0.plan;
        let gate = self.applying(&plan, None);
        gate.redeem(&plan, None).unwrap();
        gate
    }

    fn head(&self, method: &str, path: &str) -> http::request::Parts {
        let uri = format!("{}{path}", self.emulator.origin());
        http::Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0
    }

    async fn send(&self, gate: &Gate, request: &ChangeRequest) -> Result<u16, GateError> {
        let head = self.head(request.method.as_str(), &request.path);
        gate.check_change(&head)?;
        gate.change(request.method, &head, &request.body).await.map(|delivery| delivery.status)
    }

    fn changes(&self) -> Vec<Exchange> {
        let is_change = |it: &Exchange| it.method != "GET" && !it.path_and_query.starts_with("/api/v1/auth/");
        self.emulator.log().into_iter().filter(is_change).collect()
    }

    fn writer_logins(&self) -> usize {
        let id = self.emulator.writer().client_id;
        let is_login = |it: &Exchange| it.body.as_ref().is_some_and(|body| body["clientId"] == id.as_str());
        self.emulator.log().iter().filter(|it| is_login(it)).count()
    }
}

#[tokio::test]
async fn sends_no_change_and_no_login_without_a_redeemed_plan() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        for grant in [Grant::Nothing, Grant::Reads, Grant::Reveal, Grant::Preview, Grant::Apply] {
            let gate = stage.gate(grant);
            assert_eq!(stage.send(&gate, &stage.create("EVIL")).await, Err(GateError::Denied), "{grant:?}");
            // Skipping the first check doesn't help either.
            let request = stage.create("EVIL");
            let head = stage.head("POST", &request.path);
            assert!(gate.change(Method::Post, &head, &request.body).await.is_err());
            assert_eq!(gate.cause().and_then(|cause| cause.layer()), Some(crate::model::error::Layer::Egress));
        }
        assert!(stage.changes().is_empty());
    }
}

#[tokio::test]
async fn files_once_per_preview_and_redeems_once_per_apply() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        for grant in [Grant::Nothing, Grant::Reads, Grant::Reveal, Grant::Apply] {
            assert!(stage.gate(grant).file(vec![stage.create("A")], b"", None).await.is_err(), "{grant:?}");
        }
        let preview = stage.previewing(&["A"]);
        let plan = preview.file(vec![stage.create("A")], b"", None).await.unwrap().0.plan;
        assert!(preview.file(vec![stage.create("B")], b"", None).await.is_err(), "twice");
        for grant in [Grant::Nothing, Grant::Reads, Grant::Reveal, Grant::Preview] {
            assert!(stage.gate(grant).redeem(&plan, None).is_err(), "{grant:?}");
        }
        let apply = stage.applying("guess", None);
        assert!(apply.redeem("guess", None).is_err());
        assert!(apply.redeem(&plan, None).is_err(), "a call has one try");
        assert!(stage.applying(&plan, None).redeem(&plan, None).is_ok(), "the plan is still there");
        assert_eq!((stage.changes().len(), stage.writer_logins()), (0, 0));
    }
}

#[tokio::test]
async fn files_only_what_was_asked_for() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let (a, b) = (stage.create("A"), stage.create("B"));
        for (asked, drafted) in [
            (&["B"][..], vec![a.clone()]),
            (&["A"], vec![a.clone(), b.clone()]),
            (&["A", "B"], vec![a.clone()]),
            (&["B", "A"], vec![a.clone(), b.clone()]),
            (&[], vec![a.clone()]),
        ] {
            let gate = stage.previewing(asked);
            assert!(gate.file(drafted, b"", None).await.is_err(), "{asked:?}");
            assert_eq!(gate.cause().and_then(|cause| cause.layer()), Some(crate::model::error::Layer::Egress));
            assert!(gate.take_filed().is_none());
        }
        let gate = stage.previewing(&["A", "B"]);
        let plan = gate.file(vec![a, b], b"", None).await.unwrap().0.plan;
        let recorded = gate.filed_plan().unwrap();
        let filed = gate.take_filed().unwrap();
        assert_eq!((filed.card.plan, Some(filed.card.digest)), (plan, recorded.digest), "the record names it by both");
        assert!(gate.take_filed().is_none(), "once");
    }
}

#[tokio::test]
async fn call_tries_to_redeem_only_once() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let plan = stage.previewing(&["A"]).file(vec![stage.create("A")], b"", None).await.unwrap().0.plan;
        let gate = stage.applying(&plan, None);
        stage.switch().turn_off().unwrap();
        assert!(gate.redeem(&plan, None).is_err(), "changes are off");
        stage.switch().turn_on(Duration::from_secs(60), None).unwrap();
        assert!(gate.redeem(&plan, None).is_err(), "it had its try");
        assert!(stage.applying(&plan, None).redeem(&plan, None).is_ok(), "the plan is still there");
    }
}

#[tokio::test]
async fn redeems_only_the_callers_plan_with_the_callers_phrase() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let plan = stage.previewing(&["A"]).file(vec![stage.create("A")], b"", None).await.unwrap().0.plan;
        let other = stage.previewing(&["B"]).file(vec![stage.create("B")], b"", None).await.unwrap().0.plan;
        assert!(stage.applying(&other, None).redeem(&plan, None).is_err(), "another plan");
        assert!(stage.applying(&plan, None).redeem(&plan, Some("made up")).is_err(), "a phrase that nobody gave");
        assert!(stage.applying(&plan, Some("given")).redeem(&plan, None).is_err(), "a phrase that is kept back");
        assert!(stage.gate(Grant::Apply).redeem(&plan, None).is_err(), "no plan at all");
        let gate = stage.applying(&plan, None);
        assert!(gate.opened_plan().is_none() && !gate.has_values());
        assert!(gate.redeem(&plan, None).is_ok(), "the plan is still there");
        assert!(gate.opened_plan().is_some() && gate.has_values(), "what it redeemed may have values in it");
    }
}

#[tokio::test]
async fn sends_only_planned_requests_exactly_in_order_and_once() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let (one, two) = (stage.create("ONE"), stage.create("TWO"));
        let altered = |change: &dyn Fn(&mut ChangeRequest)| {
            let mut request = one.clone();
            change(&mut request);
            request
        };
        for other in [
            two.clone(),
            altered(&|it| it.path.push('X')),
            altered(&|it| it.method = Method::Delete),
            altered(&|it| *it.body = it.body.replace("\"v\"", "\"evil\"")),
            altered(&|it| it.body.push(' ')),
            altered(&|it| *it.body = it.body.replace("/app", "/")),
            altered(&|it| it.body.clear()),
            altered(&|it| it.path.push_str("?x=1")),
        ] {
            let gate = stage.redeemed().await;
            assert_eq!(stage.send(&gate, &other).await, Err(GateError::Denied), "{other:?}");
            assert_eq!(stage.send(&gate, &one).await, Err(GateError::Denied), "and nothing more in that call");
        }
        assert!(stage.changes().is_empty());
        let gate = stage.redeemed().await;
        assert_eq!(stage.send(&gate, &one).await, Ok(200));
        assert_eq!(stage.send(&gate, &two).await, Ok(200));
        for more in [one, two, stage.create("THREE")] {
            assert_eq!(stage.send(&gate, &more).await, Err(GateError::Denied), "one more");
        }
        assert_eq!(stage.changes().len(), 2);
        let sent: Vec<_> = gate.sent().unwrap().into_iter().map(|observed| observed.sent).collect();
        assert_eq!(sent, [Sent::Done, Sent::Done]);
    }
}

#[tokio::test]
async fn sending_a_request_twice_ends_the_plan() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let gate = stage.redeemed().await;
        assert_eq!(stage.send(&gate, &stage.create("ONE")).await, Ok(200));
        for next in ["ONE", "TWO"] {
            assert_eq!(stage.send(&gate, &stage.create(next)).await, Err(GateError::Denied), "{next}");
        }
        assert_eq!(stage.changes().len(), 1);
        let sent: Vec<_> = gate.sent().unwrap().into_iter().map(|observed| observed.sent).collect();
        assert_eq!(sent, [Sent::Done, Sent::Not]);
    }
}

#[tokio::test]
async fn admitted_change_does_not_leave_after_a_violation() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let gate = stage.redeemed().await;
        let request = stage.create("ONE");
        let head = stage.head(request.method.as_str(), &request.path);
        gate.check_change(&head).unwrap();
        let elsewhere = http::Request::builder().uri("http://evil.com/").body(()).unwrap().into_parts().0;
        assert!(gate.check_head(&elsewhere).is_err());
        assert!(gate.change(request.method, &head, &request.body).await.is_err());
        assert_eq!((stage.changes().len(), stage.writer_logins()), (0, 0));
        assert!(gate.sent().unwrap_or_default().iter().all(|observed| observed.sent == Sent::Not), "{:?}", gate.sent());
    }
}

#[tokio::test]
async fn change_being_recorded_does_not_leave_after_a_violation() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let requests = vec![stage.create("ONE"), stage.create("TWO")];
        let plan = stage.previewing(&["ONE", "TWO"]).file(requests, b"", None).await.unwrap().0.plan;
        let gate = stage.recorded(&plan);
        gate.redeem(&plan, None).unwrap();
        assert_eq!(stage.send(&gate, &stage.create("ONE")).await, Ok(200), "logged in, and on record");

        // Another process writes to the trail.
        let lock = std::fs::File::open(stage.folder.path().join("audit/lock")).unwrap();
        lock.lock().unwrap();
        let request = stage.create("TWO");
        let head = stage.head(request.method.as_str(), &request.path);
        let waiting = {
            let gate = gate.clone();
            tokio::spawn(async move { gate.change(request.method, &head, &request.body).await.is_ok() })
        };
        while gate.sent().unwrap()[1].sent == Sent::Not {
            tokio::task::yield_now().await;
        }
        let elsewhere = http::Request::builder().uri("http://evil.com/").body(()).unwrap().into_parts().0;
        assert!(gate.check_head(&elsewhere).is_err());
        lock.unlock().unwrap();
        assert!(!waiting.await.unwrap());
        assert_eq!(stage.changes().len(), 1);
        assert_eq!(gate.sent().unwrap()[1].sent, Sent::Not);
    }
}

#[tokio::test]
async fn kill_switch_stops_the_next_request_of_a_running_plan() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let gate = stage.redeemed().await;
        assert_eq!(stage.send(&gate, &stage.create("ONE")).await, Ok(200));
        stage.switch().turn_off().unwrap();
        assert_eq!(stage.send(&gate, &stage.create("TWO")).await, Err(GateError::Denied));
        assert_eq!(gate.cause().and_then(|cause| cause.layer()), Some(crate::model::error::Layer::KillSwitch));
        assert_eq!(stage.changes().len(), 1);
        let sent: Vec<_> = gate.sent().unwrap().into_iter().map(|observed| observed.sent).collect();
        assert_eq!(sent, [Sent::Done, Sent::Not]);
    }
}

#[tokio::test]
async fn rejects_a_draft_that_understates_its_effects() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let delete = stage.of_secret(Method::Delete, "STRIPE_API_KEY", "");
        let asked = || {
            let asked = AskedChange::DeleteSecret { at: stage.at(), name: "STRIPE_API_KEY".to_owned() };
            stage.sent_to(Grant::Preview, CallPurpose::Preview(vec![asked]))
        };
        for phrase in [None, Some("nothing much")] {
            assert!(asked().file(vec![delete.clone()], b"", phrase).await.is_err());
        }
        let at = AskedPlace { path: "/".to_owned(), ..stage.at() };
        let asked_folder = AskedChange::DeleteFolder { at, name: "app".to_owned() };
        let asked_folder = stage.sent_to(Grant::Preview, CallPurpose::Preview(vec![asked_folder]));
        let id = "00000000-0000-4000-8000-000000000000";
        let paths = [format!("/api/v1/folders/{id}"), format!("/api/v2/folders/{id}")];
        let force = if api_version == ApiVersion::V3 { "" } else { r#","forceDelete":true"# };
        let folder =
            stage.request(Method::Delete, paths.each_ref().map(String::as_str), &format!(r#""path":"/"{force}"#));
        let project = stage.at().project.unwrap();
        let phrase = format!("delete folder dev:/00000000-0000-4000-8000-000000000000 in project {project}");
        assert!(asked_folder.file(vec![folder], b"", Some(&phrase)).await.is_err(), "an id nobody gave it");
        let phrase = format!("delete secret dev:/app/STRIPE_API_KEY in project {project}");
        assert!(asked().file(vec![delete], b"", Some(&phrase)).await.is_ok());
    }
}

#[path = "answered_tests.rs"]
mod answered;
#[path = "authorizing_tests.rs"]
mod authorizing;
#[path = "dependents_tests.rs"]
mod dependents;
#[path = "drift_tests.rs"]
mod drift;
#[path = "hooks_tests.rs"]
mod hooks;
#[path = "names_tests.rs"]
mod names;
#[path = "purpose_tests.rs"]
mod purpose;
