//! Scripted versions of the two ports.

use crate::{
    Answer, ApiVersion, Draft, Filed, HostPort, Origin, Place, Policy, Redeemed, Request, Reveals, Scheme, Scope,
    Skill, Transport, TransportError, Writes,
};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

pub(crate) const PROJECT: &str = "7d4ddb3e-83b2-413a-ba53-99a3c4e6b79b";

/// Gives the scripted answers in order and records the requests.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) answers: VecDeque<Result<Answer, TransportError>>,
    /// The answer once the script is used up.
    pub(crate) then: Option<Answer>,
    pub(crate) requests: Vec<Request>,
    /// Answers instead of the script.
    #[expect(clippy::type_complexity, reason = "used only here")]
    pub(crate) server: Option<Box<dyn FnMut(&Request) -> Result<Answer, TransportError>>>,
}

impl Transport for &mut Script {
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError> {
        self.requests.push(request.clone());
        if let Some(server) = &mut self.server {
            return server(request);
        }
        self.answers
            .pop_front()
            .or_else(|| self.then.clone().map(Ok))
            .expect("the script has no answer for this request")
    }
}

impl Script {
    pub(crate) fn of<const N: usize>(answers: [Answer; N]) -> Self {
        Self { answers: answers.into_iter().map(Ok).collect(), ..Self::default() }
    }

    pub(crate) fn paths(&self) -> Vec<&str> {
        self.requests.iter().map(|request| request.path_with_query.as_str()).collect()
    }

    pub(crate) fn skill<'a>(&'a mut self, host: &'a Operator) -> Skill<&'a mut Self, &'a Operator> {
        Skill::new(self, host)
    }
}

/// Holds a policy, counts how often the API version is asked for, and stores one plan, which can be
/// redeemed once.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) policy: Policy,
    pub(crate) api_version: Option<ApiVersion>,
    pub(crate) asked: Cell<u32>,
    pub(crate) filed: RefCell<Option<Draft>>,
    pub(crate) redeemed: Cell<u32>,
    pub(crate) keeps_plans: bool,
    /// The dependents that it reports for a plan.
    pub(crate) dependents: Vec<String>,
    /// The state of the generator of pseudo-random bytes.
    pub(crate) random: Cell<u64>,
}

/// The id of the stored plan.
pub(crate) const PLAN: &str = "plan-1";

impl HostPort for &Operator {
    fn policy(&self) -> Policy {
        self.policy.clone()
    }

    fn find_api_version(&self) -> Option<ApiVersion> {
        self.asked.set(self.asked.get() + 1);
        self.api_version
    }

    fn file(&self, draft: &Draft) -> Option<Filed> {
        if !self.keeps_plans {
            return None;
        }
        *self.filed.borrow_mut() = Some(draft.clone());
        let requests = draft.requests.iter().map(|request| request.path_with_query.clone()).collect();
        let expires = "2026-11-23T02:00:00Z".to_owned();
        let dependents = self.dependents.clone();
        Some(Filed { plan: PLAN.to_owned(), expires, requests, dependents, approval: None })
    }

    fn redeem(&self, plan: &str, acknowledge: Option<&str>) -> Option<Redeemed> {
        let is_wanted = |draft: &Draft| plan == PLAN && draft.acknowledge.as_deref() == acknowledge;
        let mut filed = self.filed.borrow_mut();
        let Draft { requests, payload, .. } = if filed.as_ref().is_some_and(is_wanted) { filed.take() } else { None }?;
        self.redeemed.set(self.redeemed.get() + 1);
        Some(Redeemed { requests, payload })
    }

    /// Deterministic, but evenly distributed (SplitMix64).
    fn random_bytes(&self, count: usize) -> Vec<u8> {
        let next = || {
            let state = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.random.set(state);
            let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (state ^ (state >> 31)) as u8
        };
        std::iter::repeat_with(next).take(count).collect()
    }
}

/// An operator without defaults who allows everything, including changes, except reveals.
pub(crate) fn operator(api_version: ApiVersion) -> Operator {
    let policy = Policy {
        origin: Origin { scheme: Scheme::Https, authority: "infisical.example".to_owned() },
        organization: None,
        project: None,
        environment: None,
        path: None,
        scopes: None,
        reveal: Reveals::Never,
        reveal_scopes: None,
        protected: Vec::new(),
        writes: Writes::On,
        write_identity: true,
        max_changes: 20,
        acknowledge_above: 5,
        administration: false,
    };
    Operator {
        policy,
        api_version: Some(api_version),
        asked: Cell::new(0),
        filed: RefCell::new(None),
        redeemed: Cell::new(0),
        keeps_plans: true,
        dependents: Vec::new(),
        random: Cell::new(0),
    }
}

impl Operator {
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    pub(crate) fn scoped(self, scopes: &[Scope]) -> Self {
        self.with(|policy| policy.scopes = Some(scopes.to_vec()))
    }
}

pub(crate) fn scope(project: &str, environments: &[&str], paths: &[&str]) -> Scope {
    let all = |items: &[&str]| items.iter().copied().map(str::to_owned).collect();
    Scope { project: project.to_owned(), environments: all(environments), paths: all(paths) }
}

pub(crate) fn place(project: &str, environment: &str, path: &str) -> Place {
    let some = |text: &str| Some(text.to_owned());
    Place { project: some(project), environment: some(environment), path: some(path) }
}

/// A JSON answer.
pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        content_type: Some("application/json; charset=utf-8".to_owned()),
        retry_after: None,
        body: body.as_bytes().to_vec(),
    }
}

pub(crate) fn ok(body: &str) -> Answer {
    answer(200, body)
}

/// An error in Infisical's form.
pub(crate) fn fault(status: u16, error: &str, message: &str) -> Answer {
    let body = serde_json::json!({ "statusCode": status, "error": error, "message": message });
    answer(status, &body.to_string())
}

/// A secret as an older server sends it, including the value.
pub(crate) fn raw_secret(name: &str, path: &str) -> serde_json::Value {
    serde_json::json!({
        "id": "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa",
        "_id": "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa",
        "workspace": PROJECT,
        "environment": "dev",
        "version": 3,
        "type": "shared",
        "secretKey": name,
        "secretValue": "CANARY-VALUE",
        "secretComment": "CANARY-COMMENT",
        "secretReminderNote": null,
        "secretReminderRepeatDays": null,
        "skipMultilineEncoding": false,
        "metadata": null,
        "createdAt": "2026-11-23T01:53:38.907Z",
        "updatedAt": "2026-11-23T01:53:39.115Z",
        "secretPath": path,
        "tags": [{ "id": "91015eec-77ff-4880-9831-c05dca6c5579", "slug": "infra", "color": "#00ff00", "name": "Infra" }]
    })
}
