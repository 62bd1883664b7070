//! The two ports, scripted.

use crate::{
    Answer, Generation, Origin, Place, Policy, Request, Scheme, Scope, Skill, Transport, TransportError, Warden,
};
use std::cell::Cell;
use std::collections::VecDeque;

pub(crate) const PROJECT: &str = "7d4ddb3e-83b2-413a-ba53-99a3c4e6b79b";

/// Gives the scripted answers in order and keeps the requests.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) answers: VecDeque<Result<Answer, TransportError>>,
    /// What answers once the script is through.
    pub(crate) then: Option<Answer>,
    pub(crate) requests: Vec<Request>,
}

impl Transport for &mut Script {
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError> {
        self.requests.push(request.clone());
        self.answers
            .pop_front()
            .or_else(|| self.then.clone().map(Ok))
            .expect("a request that no answer is scripted for")
    }
}

impl Script {
    pub(crate) fn of<const N: usize>(answers: [Answer; N]) -> Self {
        Self { answers: answers.into_iter().map(Ok).collect(), ..Self::default() }
    }

    pub(crate) fn paths(&self) -> Vec<&str> {
        self.requests.iter().map(|request| request.path_with_query.as_str()).collect()
    }

    pub(crate) fn skill<'a>(&'a mut self, warden: &'a Operator) -> Skill<&'a mut Self, &'a Operator> {
        Skill::new(self, warden)
    }
}

/// Holds a policy, and counts how often it is asked for the generation.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) policy: Policy,
    pub(crate) generation: Option<Generation>,
    pub(crate) asked: Cell<u32>,
}

impl Warden for &Operator {
    fn policy(&self) -> Policy {
        self.policy.clone()
    }

    fn find_generation(&self) -> Option<Generation> {
        self.asked.set(self.asked.get() + 1);
        self.generation
    }
}

/// An operator who allows everything but revealing, and has set no default.
pub(crate) fn operator(generation: Generation) -> Operator {
    let policy = Policy {
        origin: Origin { scheme: Scheme::Https, authority: "infisical.example".to_owned() },
        organization: None,
        project: None,
        environment: None,
        path: None,
        scopes: None,
        reveal: false,
    };
    Operator { policy, generation: Some(generation), asked: Cell::new(0) }
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

/// An error in Infisical's words.
pub(crate) fn fault(status: u16, error: &str, message: &str) -> Answer {
    let body = serde_json::json!({ "statusCode": status, "error": error, "message": message });
    answer(status, &body.to_string())
}

/// A secret as an older server sends it, value and all.
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
