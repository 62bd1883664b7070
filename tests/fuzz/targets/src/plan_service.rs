//! What the host does for a component, in short: judges each request, files and redeems plans, and writes the server's answers anew. It holds that nothing
//! that changes something is asked for but a redeemed plan's next request, and that what is said has neither a planted value in it nor one that was made up.

use crate::json::Json;
use crate::plant::{CANARY, assert_clean};
use crate::script::{Head, Script};
use infisical_skill_guest::{ApiVersion as Spoken, Policy, Writes};
use infisical_skill_policy::change::{self, ChangeRequest, Method, ParsedChange};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{self, DraftRefusal, Folders};
use infisical_skill_policy::{
    ApiVersion, Environment, Grant, Operation, Project, Scope, Scopes, SecretPath, answers, route,
};
use std::collections::VecDeque;

/// The one plan's id.
pub(crate) const PLAN: &str = "plan";

/// Why a request got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// It isn't one that may leave.
    Denied,
    /// The server has none, or not the answer to this request.
    Broken,
}

/// What one component's calls may do, and what they did.
pub(crate) struct PlanService {
    api_version: Option<ApiVersion>,
    policy: Policy,
    scopes: Scopes,
    reveal_scopes: Scopes,
    protected: Vec<Environment>,
    answers: VecDeque<(u16, Vec<u8>)>,
    folders: Folders,
    filed: Option<Plan>,
    /// What may still leave in this call, in order.
    armed: VecDeque<(ChangeRequest, ParsedChange)>,
    /// How many changes left, in all calls.
    left: usize,
    head: Head,
    approval: Option<String>,
    dependents: usize,
    /// The input: what stands in it is no secret.
    source: String,
    /// How values begin and end that the component made up.
    made_up: Vec<[String; 2]>,
    /// Where the randomness stands.
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
                Spoken::V3 => ApiVersion::V3,
                Spoken::V4 => ApiVersion::V4,
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
            made_up: Vec::new(),
            random: 7,
        }
    }

    /// Not random: the same input is the same call. Unlike anything else, though, so that a value that is made up of it can be looked for.
    pub(crate) fn random(&mut self, count: usize) -> Vec<u8> {
        let mut next = || {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.random.to_be_bytes()[0]
        };
        (0..count).map(|_| next()).collect()
    }

    /// Holds that nothing hidden is in what is said: nothing planted, and no value that was made up in this call or an earlier one, nor an end of one.
    pub(crate) fn assert_hidden(&self, said: &str) {
        assert_clean(said.as_bytes());
        let is_said = |part: &str| said.contains(part) || said.contains(part.escape_debug().to_string().as_str());
        assert!(!self.made_up.iter().flatten().any(|part| is_said(part)), "made up, and come out: {said}");
    }

    /// What a person has to do before a plan is applied.
    pub(crate) fn approval(&self) -> Option<String> {
        self.approval.clone()
    }

    /// What depends on a plan.
    pub(crate) fn dependents(&self) -> Vec<String> {
        vec!["Imports: none in dev".to_owned(); self.dependents]
    }

    /// What all answers have in their head.
    pub(crate) fn head(&self) -> Head {
        self.head.clone()
    }

    /// How many values the component made up.
    pub(crate) fn made_up(&self) -> usize {
        self.made_up.len()
    }

    /// Notes the values that the component made up: those that a body has and the input hasn't.
    fn note_made_up(&mut self, requests: &[ChangeRequest]) {
        // No recipe makes a shorter value, nor one of other characters.
        const PART: usize = 10;
        for request in requests {
            let body = Json::parse(request.body.as_bytes());
            let Some(Json::Text(value)) = body.as_ref().and_then(|body| body.get("secretValue")) else { continue };
            let is_graphic = value.bytes().all(|byte| byte.is_ascii_graphic());
            if value.len() >= PART && is_graphic && !value.contains(CANARY) && !self.source.contains(value.as_str()) {
                self.made_up.push([&value[..PART], &value[value.len() - PART..]].map(str::to_owned));
            }
        }
    }

    /// A call is over: nothing is armed any more.
    pub(crate) fn end_call(&mut self) {
        self.armed.clear();
    }

    /// Sends a request, as the host would: what comes back has no value in it, but for a reveal's.
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
            // Defaults that are out of scope are the operator's own doing, so this is no mistake of the component's.
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

    /// The server's next answer, with a canary wherever a value could be.
    fn next_answer(&mut self) -> Result<(u16, Vec<u8>), NoAnswer> {
        let (status, body) = self.answers.pop_front().ok_or(NoAnswer::Broken)?;
        if !(200..300).contains(&status) && !(400..600).contains(&status) {
            return Err(NoAnswer::Broken);
        }
        let mut answer = Json::from_bytes(&body);
        answer.plant();
        Ok((status, answer.write(&body).into_bytes()))
    }

    /// Keeps a plan that the host would keep. None: it refuses.
    pub(crate) fn file(
        &mut self,
        requests: Vec<ChangeRequest>,
        payload: &[u8],
        acknowledge: Option<&str>,
    ) -> Option<Vec<String>> {
        self.note_made_up(&requests);
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
            // A server may name folders so that the host takes no id of it.
            Err(DraftRefusal::UnknownFolder) => None,
            // What combines or has no shape, the host knows better.
            Err(DraftRefusal::ParsedChange(change::ChangeRefusal::Field("name" | "projectName"))) if gives_a_title => {
                None
            }
            // Anything else would be the component's mistake.
            Err(refusal) => panic!("the component files what the host refuses: {refusal}"),
        }
    }

    /// Gives the plan back, once, and arms its requests.
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

    /// How many changes left, in all calls.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// The generation, if the server can be asked.
    pub(crate) fn api_version(&self) -> Option<ApiVersion> {
        self.api_version
    }

    /// The phrase of the plan that waits.
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

/// A planned request, from its parts.
pub(crate) fn planned(method: Method, path: String, body: String) -> ChangeRequest {
    ChangeRequest { method, path, body: body.into() }
}
