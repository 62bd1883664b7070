//! A minimal host for a component: it checks each request, files and redeems plans, and rewrites
//! the server's answers. It panics if the component sends a change that isn't a redeemed plan's
//! next request. It also panics if a result contains a planted or generated value.

use crate::json::Json;
use crate::plant::{CANARY, assert_clean};
use crate::script::{Head, Script};
use infisical_skill_guest::{ApiVersion as ReportedBy, Policy, Writes};
use infisical_skill_policy::change::{self, ChangeRequest, Method, ParsedChange};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{self, DraftRefusal, Folders};
use infisical_skill_policy::{
    ApiVersion, Environment, Grant, Operation, Project, Scope, Scopes, SecretPath, answers, route,
};
use std::collections::VecDeque;

/// The id of the only plan.
pub(crate) const PLAN: &str = "plan";

/// Why a request got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The request may not leave.
    Denied,
    /// The script has no answer left, or the answer doesn't fit this request.
    Broken,
}

/// What the calls of one component may do, and what they did.
pub(crate) struct PlanService {
    api_version: Option<ApiVersion>,
    policy: Policy,
    scopes: Scopes,
    reveal_scopes: Scopes,
    protected: Vec<Environment>,
    answers: VecDeque<(u16, Vec<u8>)>,
    folders: Folders,
    filed: Option<Plan>,
    /// The requests that may still leave in this call, in order.
    armed: VecDeque<(ChangeRequest, ParsedChange)>,
    /// The number of changes that left, in all calls.
    left: usize,
    head: Head,
    approval: Option<String>,
    dependents: usize,
    /// The input. Text that occurs in it isn't secret.
    source: String,
    /// The beginnings and ends of the values that the component generated.
    generated: Vec<[String; 2]>,
    /// The state of the random number generator.
    random: u64,
}

#[derive(Clone)]
struct Plan {
    requests: Vec<ChangeRequest>,
    payload: Vec<u8>,
    acknowledge: Option<String>,
}

impl PlanService {
    pub(crate) fn new(script: &Script) -> Self {
        let scopes = |given: &Option<Vec<infisical_skill_guest::Scope>>| {
            given.as_ref().map_or_else(Scopes::everything, |given| {
                // A scope that no operator could have written allows nothing.
                Scopes::only(given.iter().filter_map(scope).collect())
            })
        };
        Self {
            api_version: script.api_version.map(|spoken| match spoken {
                ReportedBy::V3 => ApiVersion::V3,
                ReportedBy::V4 => ApiVersion::V4,
            }),
            reveal_scopes: scopes(&script.policy.reveal_scopes),
            protected: script.policy.protected.iter().filter_map(|slug| Environment::new(slug.as_str()).ok()).collect(),
            scopes: scopes(&script.policy.scopes).with_administration(script.policy.administration),
            policy: script.policy.clone(),
            answers: script.answers.clone(),
            folders: Folders::default(),
            filed: None,
            armed: VecDeque::new(),
            left: 0,
            head: script.head.clone(),
            approval: script.approval.clone(),
            dependents: script.dependents,
            source: script.source.clone(),
            generated: Vec::new(),
            random: 7,
        }
    }

    /// Deterministic, so that the same input makes the same call. The bytes resemble nothing else,
    /// so that a value generated from them can be found.
    pub(crate) fn random(&mut self, count: usize) -> Vec<u8> {
        let mut next = || {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.random.to_be_bytes()[0]
        };
        (0..count).map(|_| next()).collect()
    }

    /// Checks that a result contains nothing hidden: no canary, and neither the beginning nor the
    /// end of a value generated in this call or an earlier one.
    pub(crate) fn assert_hidden(&self, said: &str) {
        assert_clean(said.as_bytes());
        let is_said = |part: &str| said.contains(part) || said.contains(part.escape_debug().to_string().as_str());
        assert!(
            !self.generated.iter().flatten().any(|part| is_said(part)),
            "the result contains a generated value: {said}"
        );
    }

    /// What a person must do before the plan is applied.
    pub(crate) fn approval(&self) -> Option<String> {
        self.approval.clone()
    }

    /// The lines about what depends on a plan.
    pub(crate) fn dependents(&self) -> Vec<String> {
        vec!["Imports: none in dev".to_owned(); self.dependents]
    }

    /// The headers of all answers.
    pub(crate) fn head(&self) -> Head {
        self.head.clone()
    }

    /// The number of values that the component generated.
    pub(crate) fn generated(&self) -> usize {
        self.generated.len()
    }

    /// Records the generated values: those that occur in a body but not in the input.
    fn note_generated(&mut self, requests: &[ChangeRequest]) {
        // No recipe generates a shorter value or one with other characters.
        const PART: usize = 10;
        for request in requests {
            let body = Json::parse(request.body.as_bytes());
            let Some(Json::Text(value)) = body.as_ref().and_then(|body| body.get("secretValue")) else { continue };
            let is_graphic = value.bytes().all(|byte| byte.is_ascii_graphic());
            if value.len() >= PART && is_graphic && !value.contains(CANARY) && !self.source.contains(value.as_str()) {
                self.generated.push([&value[..PART], &value[value.len() - PART..]].map(str::to_owned));
            }
        }
    }

    /// Ends a call: no request may leave any more.
    pub(crate) fn end_call(&mut self) {
        self.armed.clear();
    }

    /// Sends a request as the host would. The answer contains a value only if the request is a
    /// reveal.
    pub(crate) fn send(
        &mut self,
        grant: Grant,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
    ) -> Result<(u16, Vec<u8>), NoAnswer> {
        let api_version = self.api_version.ok_or(NoAnswer::Denied)?;
        if method == "GET" {
            assert!(body.is_none_or(<[u8]>::is_empty), "a read with a body: {path}");
            let operation =
                route::read(api_version, method, path).unwrap_or_else(|refusal| panic!("{refusal}: {path}"));
            assert!(grant.allows(&operation), "{grant:?} doesn't allow {path}");
            // Only the operator's defaults can be out of scope here, so this is no mistake of the
            // component.
            self.scopes.check(&operation).map_err(|_| NoAnswer::Denied)?;
            return self.answer_read(&operation);
        }
        let body = body.and_then(|body| std::str::from_utf8(body).ok()).expect("a change has a body");
        assert_eq!(grant, Grant::Apply, "{method} {path} outside of an apply");
        let (request, change) = self.armed.pop_front().unwrap_or_else(|| panic!("unplanned: {method} {path}"));
        assert!(
            request.method.as_str() == method && request.path == path && *request.body == body,
            "{method} {path} isn't the plan's next request"
        );
        self.left += 1;
        self.answer_change(&change)
    }

    fn answer_read(&mut self, operation: &Operation) -> Result<(u16, Vec<u8>), NoAnswer> {
        let (status, body) = self.next_answer()?;
        if status >= 400 {
            return Ok((status, answers::failure(status, self.head.content_type.as_deref(), &body).body()));
        }
        let body = answers::rewrite(operation, &self.scopes, &body).map_err(|_| NoAnswer::Broken)?;
        if let Operation::ListFolders { place, .. } = operation {
            for folder in answers::listed_folders(&body) {
                self.folders.note(place, folder.relative_path.as_deref(), &folder.id, &folder.name);
            }
        }
        Ok((status, body.to_vec()))
    }

    fn answer_change(&mut self, change: &ParsedChange) -> Result<(u16, Vec<u8>), NoAnswer> {
        let (status, body) = self.next_answer()?;
        if status >= 400 {
            return Ok((status, answers::failure(status, self.head.content_type.as_deref(), &body).body()));
        }
        let (_, body) = answers::changed(change, &body).map_err(|_| NoAnswer::Broken)?;
        Ok((status, body.to_vec()))
    }

    /// Returns the server's next answer, with a canary wherever a hidden text can be.
    fn next_answer(&mut self) -> Result<(u16, Vec<u8>), NoAnswer> {
        let (status, body) = self.answers.pop_front().ok_or(NoAnswer::Broken)?;
        if !(200..300).contains(&status) && !(400..600).contains(&status) {
            return Err(NoAnswer::Broken);
        }
        let mut answer = Json::from_bytes(&body);
        answer.plant();
        Ok((status, answer.write(&body).into_bytes()))
    }

    /// Files a plan if the host would. Returns `None` if the host would refuse it.
    pub(crate) fn file(
        &mut self,
        requests: Vec<ChangeRequest>,
        payload: &[u8],
        acknowledge: Option<&str>,
    ) -> Option<Vec<String>> {
        self.note_generated(&requests);
        self.assert_hidden(&String::from_utf8_lossy(payload));
        let bounds = (self.policy.max_changes, self.policy.acknowledge_above);
        let gives_a_title =
            requests.iter().any(|it| ["/projects", "/workspace"].iter().any(|part| it.path.contains(part)));
        let exposure = Exposure {
            scopes: &self.scopes,
            reveal_scopes: &self.reveal_scopes,
            protected: &self.protected,
            clients: &[],
        };
        let checked = plan::check(self.api_version?, &exposure, &self.folders, bounds, requests, acknowledge);
        match checked {
            Ok(checked) => {
                let readings = checked.readings.clone();
                self.assert_hidden(&format!("{readings:?} {:?} {}", checked.acknowledge, checked.target));
                let acknowledge = checked.acknowledge;
                self.filed = Some(Plan { requests: checked.requests, payload: payload.to_vec(), acknowledge });
                Some(readings)
            }
            // A server may name folders in a way that makes the host reject their ids.
            Err(DraftRefusal::UnknownFolder) => None,
            // Only the host knows characters that combine or have no visible shape.
            Err(DraftRefusal::Change(change::ChangeRefusal::Field("name" | "projectName"))) if gives_a_title => None,
            // Any other refusal means a mistake of the component.
            Err(refusal) => panic!("the component files what the host refuses: {refusal}"),
        }
    }

    /// Redeems the plan once and arms its requests.
    pub(crate) fn redeem(&mut self, id: &str, acknowledge: Option<&str>) -> Option<(Vec<ChangeRequest>, Vec<u8>)> {
        if id != PLAN || self.policy.writes != Writes::On || !self.policy.write_identity {
            return None;
        }
        let api_version = self.api_version?;
        let Plan { requests, payload, .. } = self.filed.take_if(|plan| plan.acknowledge.as_deref() == acknowledge)?;
        let read = |it: &ChangeRequest| change::parse(api_version, it.method, &it.path, &it.body);
        self.armed = requests.iter().map(|it| (it.clone(), read(it).expect("what was filed was read"))).collect();
        Some((requests, payload))
    }

    /// The number of changes that left, in all calls.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// The API version, if the server can be reached.
    pub(crate) fn api_version(&self) -> Option<ApiVersion> {
        self.api_version
    }

    /// The confirmation phrase of the filed plan.
    pub(crate) fn phrase(&self) -> Option<String> {
        self.filed.as_ref()?.acknowledge.clone()
    }
}

fn scope(given: &infisical_skill_guest::Scope) -> Option<Scope> {
    Some(Scope {
        project: Project::new(given.project.as_str()).ok()?,
        environments: given.environments.iter().map(|it| Environment::new(it.as_str()).ok()).collect::<Option<_>>()?,
        paths: given.paths.iter().map(|it| SecretPath::new(it.as_str()).ok()).collect::<Option<_>>()?,
    })
}

/// Builds a planned request from its parts.
pub(crate) fn planned(method: Method, path: String, body: String) -> ChangeRequest {
    ChangeRequest { method, path, body: body.into() }
}
