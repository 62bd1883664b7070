//! The component's core, natively: no panic whatever a caller says and a server answers, no request that isn't of the table or of a redeemed plan, and
//! nothing hidden in what it says: no value of the server's, of the caller's or of its own making. libFuzzer sees its branches here; the shipped component runs the same inputs in `component`.

use crate::plan_service::{PLAN, PlanService, planned};
use crate::script::{Call, Head, Script};
use infisical_skill_guest::{
    Answer, ApiVersion, Draft, Error, Filed, HostPort, Method, Policy, Redeemed, Request, Reveals, Skill, Transport,
    TransportError,
};
use infisical_skill_policy::change::{self, ChangeRequest};
use infisical_skill_policy::{ApiVersion as Known, Grant};
use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::rc::Rc;

/// Holds the invariant above for one input.
pub fn target(bytes: &[u8]) {
    run(bytes);
}

/// Runs one input, and says how many changes left, and how many values the component made up.
pub(crate) fn run(bytes: &[u8]) -> (usize, usize) {
    let script = Script::read(bytes);
    let host = Rc::new(Host {
        plan_service: RefCell::new(PlanService::new(&script)),
        grant: Cell::new(Grant::Nothing),
        policy: script.policy.clone(),
    });
    let mut last = None;
    let plan_service = &host.plan_service;
    for call in script.calls {
        let mut skill = Skill::new(Port(Rc::clone(&host)), Port(Rc::clone(&host)));
        host.grant.set(match call {
            Call::Reveal(..) => Grant::Reveal,
            Call::Preview(_) => Grant::Preview,
            Call::Apply(..) => Grant::Apply,
            _ => Grant::Reads,
        });
        match call {
            Call::ListProjects => check(plan_service, &skill.list_projects()),
            Call::ListFolders(at, recursive) => check(plan_service, &skill.list_folders(&at, recursive)),
            Call::ListSecrets(at, filter) => check(plan_service, &skill.list_secrets(&at, &filter)),
            Call::GetSecret(at, name, version) => check(plan_service, &skill.get_secret(&at, &name, version)),
            Call::ListAuditLogs(filter) => check(plan_service, &skill.list_audit_logs(&filter)),
            Call::Reveal(at, name) => {
                let revealed = skill.reveal_secret(&at, &name);
                assert!(revealed.is_err() || host.policy.reveal == Reveals::On);
                // Its Debug leaves the value out.
                check(plan_service, &revealed);
            }
            Call::Preview(changes) => {
                let preview = skill.preview(&changes);
                check(plan_service, &preview);
                last = preview.ok().and_then(|preview| preview.acknowledge);
            }
            Call::Apply(plan, phrase) => {
                let phrase = phrase.or_else(|| last.clone());
                check(plan_service, &skill.apply(plan.as_deref().unwrap_or(PLAN), phrase.as_deref()));
            }
        }
        host.plan_service.borrow_mut().end_call();
    }
    let plan_service = host.plan_service.borrow();
    (plan_service.left(), plan_service.made_up())
}

fn check<T: Debug>(plan_service: &RefCell<PlanService>, answer: &Result<T, Error>) {
    plan_service.borrow().assert_hidden(&format!("{answer:?}"));
}

struct Host {
    plan_service: RefCell<PlanService>,
    grant: Cell<Grant>,
    policy: Policy,
}

struct Port(Rc<Host>);

impl Transport for Port {
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        };
        let body = request.body.as_deref();
        let sent = self.0.plan_service.borrow_mut().send(self.0.grant.get(), method, &request.path_with_query, body);
        let (status, body) = sent.map_err(|_| TransportError::CutShort)?;
        let Head { content_type, retry_after } = self.0.plan_service.borrow().head();
        Ok(Answer { status, content_type, retry_after, body })
    }
}

impl HostPort for Port {
    fn policy(&self) -> Policy {
        self.0.policy.clone()
    }

    fn find_api_version(&self) -> Option<ApiVersion> {
        self.0.plan_service.borrow().api_version().map(|api_version| match api_version {
            Known::V3 => ApiVersion::V3,
            Known::V4 => ApiVersion::V4,
        })
    }

    fn file(&self, draft: &Draft) -> Option<Filed> {
        assert_eq!(self.0.grant.get(), Grant::Preview);
        let requests = draft.requests.iter().map(to_host).collect();
        let readings = self.0.plan_service.borrow_mut().file(requests, &draft.payload, draft.acknowledge.as_deref())?;
        let (approval, dependents) =
            (self.0.plan_service.borrow().approval(), self.0.plan_service.borrow().dependents());
        Some(Filed { plan: PLAN.into(), expires: String::new(), requests: readings, dependents, approval })
    }

    fn redeem(&self, plan: &str, acknowledge: Option<&str>) -> Option<Redeemed> {
        assert_eq!(self.0.grant.get(), Grant::Apply);
        let (requests, payload) = self.0.plan_service.borrow_mut().redeem(plan, acknowledge)?;
        Some(Redeemed { requests: requests.iter().map(from_host).collect(), payload })
    }

    fn random_bytes(&self, count: usize) -> Vec<u8> {
        self.0.plan_service.borrow_mut().random(count)
    }
}

fn to_host(request: &Request) -> ChangeRequest {
    let method = match request.method {
        Method::Get => panic!("a read in a plan"),
        Method::Post => change::Method::Post,
        Method::Patch => change::Method::Patch,
        Method::Delete => change::Method::Delete,
    };
    let body = String::from_utf8(request.body.clone().expect("a change has a body")).expect("a body is text");
    planned(method, request.path_with_query.clone(), body)
}

fn from_host(request: &ChangeRequest) -> Request {
    let method = match request.method {
        change::Method::Post => Method::Post,
        change::Method::Patch => Method::Patch,
        change::Method::Delete => Method::Delete,
    };
    Request { method, path_with_query: request.path.clone(), body: Some(request.body.as_bytes().to_vec()) }
}
