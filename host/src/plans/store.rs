//! Plans between preview and apply: what is sealed, digested and shown of them. The state keeps
//! their records: the card in clear (a line of JSON), then the sealed content.

use super::ids::new_id;
use super::seal::{PlanKeys, genuine};
use crate::base::hex::{from_hex, to_hex};
use crate::base::time::now;
use crate::model::names::ProjectNames;
use crate::model::people::{ApprovedBy, AskedBy};
use crate::model::plan_card::{PlanCard, PlanFindings, PlanOutcome, PlanStatus};
use crate::state::{Item, ItemKind, Room, State, StoreRefusal, UsedMark};
use infisical_skill_policy::change::describe::typed_projects;
use infisical_skill_policy::change::{ChangeRequest, Method};
use infisical_skill_policy::plan::{Approval, Checked, Claim, Observed, Plan, PlanDigest, PlanId};
use infisical_skill_policy::{ApiVersion, Project};
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

#[derive(Deserialize, Serialize)]
struct Content {
    requests: Vec<Request>,
    payload: String,
    /// The settings under which the plan was checked.
    settings_fingerprint: String,
    /// What the host observed about the object of each request.
    observed: Vec<Observed>,
}

#[derive(Deserialize, Serialize)]
struct Request {
    method: String,
    path: String,
    body: Zeroizing<String>,
}

/// The plans of an installation, for one server.
#[derive(Debug, Clone)]
pub(crate) struct PlanStore {
    state: Arc<dyn State>,
    origin: String,
}

/// How long a plan can be redeemed, how many plans may be pending, and which plans count towards
/// that, by the token that they were asked for with.
type Bounds<'a> = (Duration, u32, &'a dyn Fn(Option<&str>) -> bool);

/// A plan with the payload that the component gets back.
pub(crate) struct StoredPlan {
    pub(crate) card: PlanCard,
    pub(crate) plan: Plan,
    pub(crate) payload: Vec<u8>,
    pub(crate) approval: Option<ApprovedBy>,
    pub(crate) observed: Vec<Observed>,
}

impl StoredPlan {
    /// The approval in the policy's form.
    pub(crate) fn approval(&self) -> Option<Approval> {
        let ApprovedBy { how, independence, .. } = *self.approval.as_ref()?;
        Some(Approval { digest: self.plan.digest, means: how, independence })
    }
}

impl PlanStore {
    pub(crate) fn new(state: Arc<dyn State>, origin: String) -> Self {
        Self { state, origin }
    }

    /// Files a checked draft, with what the host found out about it.
    pub(crate) fn file(
        &self,
        keys: &PlanKeys,
        api_version: ApiVersion,
        (checked, facts): (Checked, PlanFindings),
        payload: &[u8],
        (session, asked): (Option<&str>, &AskedBy),
        (lifetime, max_pending, counts): Bounds<'_>,
    ) -> Result<PlanCard, StoreRefusal> {
        let filed = self.state.now()?;
        let impossible = || StoreRefusal::Io(io::Error::other("the plan can't be sealed"));
        let id = new_id().ok_or_else(impossible)?;
        let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let content = Content {
            requests: checked
                .requests
                .into_iter()
                .map(|request| Request {
                    method: request.method.as_str().to_owned(),
                    path: request.path,
                    body: request.body,
                })
                .collect(),
            payload: to_hex(payload),
            settings_fingerprint: checked.settings_fingerprint,
            observed: checked.observed,
        };
        let digest = digest(keys, &id, api_version, &content).ok_or_else(impossible)?;
        let card = PlanCard {
            plan: id.as_str().to_owned(),
            origin: self.origin.clone(),
            api_version: api_version_name(api_version).to_owned(),
            filed,
            expires: filed.saturating_add(lifetime),
            requests: checked.readings,
            target: typed(checked.target, &facts.names, &digest),
            names: facts.names,
            blast_radius: facts.blast_radius,
            dependents: facts.dependents,
            excess: checked.excess,
            acknowledge: checked.acknowledge,
            asked: asked.clone(),
            session: session.map(str::to_owned),
            digest: to_hex(&digest.0),
        };
        let line = serde_json::to_vec(&card).map_err(io::Error::other)?;
        let sealed = keys.seal(&id, &line, &write(&content)?).ok_or_else(impossible)?;
        let record = [line.as_slice(), b"\n", &sealed].concat();
        self.state.file(ItemKind::Plan, &id, &record, &Room { max_pending, counts })?;
        Ok(card)
    }

    /// Opens a plan and leaves it where it is.
    pub(crate) fn open(&self, keys: &PlanKeys, id: &PlanId) -> Result<StoredPlan, StoreRefusal> {
        let (Item { approvals, .. }, card, line, sealed) = self.read(id)?;
        let content = keys.open(id, &line, &sealed).ok_or(StoreRefusal::NotOurs)?;
        let content: Content = serde_json::from_slice(&content).map_err(|_| StoreRefusal::NotOurs)?;
        let api_version = match card.api_version.as_str() {
            "v3" => ApiVersion::V3,
            _ => ApiVersion::V4,
        };
        let digest = digest(keys, id, api_version, &content).ok_or(StoreRefusal::NotOurs)?;
        let payload = from_hex(&content.payload).ok_or(StoreRefusal::NotOurs)?;
        let requests = content
            .requests
            .into_iter()
            .map(|Request { method, path, body }| Some(ChangeRequest { method: Method::named(&method)?, path, body }))
            .collect::<Option<Vec<_>>>()
            .ok_or(StoreRefusal::NotOurs)?;
        let approval = genuine(keys, id, &digest, &approvals);
        let plan = Plan {
            id: id.clone(),
            digest,
            filed: card.filed,
            expires: card.expires,
            api_version,
            requests,
            acknowledge: card.acknowledge.clone(),
            settings_fingerprint: content.settings_fingerprint,
            is_one_of_many: !card.excess.is_empty(),
        };
        Ok(StoredPlan { card, plan, payload, approval, observed: content.observed })
    }

    /// Claims a plan. It can be claimed only once and is used from then on, whatever its outcome.
    pub(crate) fn claim(&self, id: &PlanId, approval: Option<ApprovedBy>) -> Result<Claim, StoreRefusal> {
        self.use_up(id, PlanOutcome::Redeemed, approval).map(|()| Claim::taken(id.clone()))
    }

    /// Uses a plan up without redeeming it.
    pub(crate) fn discard(&self, id: &PlanId, outcome: PlanOutcome) -> Result<(), StoreRefusal> {
        self.use_up(id, outcome, None)
    }

    fn use_up(&self, id: &PlanId, outcome: PlanOutcome, approval: Option<ApprovedBy>) -> Result<(), StoreRefusal> {
        let (_, card, ..) = self.read(id)?;
        let mark = UsedMark { card: Some(card), outcome, at: now(), approval };
        self.state.use_up(ItemKind::Plan, id, &mark)
    }

    /// Records the outcome of a redeemed plan.
    pub(crate) fn note(&self, id: &PlanId, outcome: PlanOutcome) -> io::Result<()> {
        self.state.set_outcome(ItemKind::Plan, id, outcome)
    }

    /// Records that a person approved a plan after seeing this card. A file's card is only text
    /// until the seal is opened. So the approval is for the plan under exactly the card that was
    /// shown.
    pub(crate) fn approve(
        &self,
        keys: &PlanKeys,
        id: &PlanId,
        shown: &PlanCard,
        by: &ApprovedBy,
    ) -> Result<(), StoreRefusal> {
        let kept = self.open(keys, id)?;
        if kept.card != *shown {
            return Err(StoreRefusal::NotOurs);
        }
        if self.state.now()? >= kept.plan.expires {
            return Err(StoreRefusal::Unknown);
        }
        let by = serde_json::to_vec(by).map_err(io::Error::other)?;
        let approval = keys.approve(id, &kept.plan.digest, &by).ok_or(StoreRefusal::NotOurs)?;
        self.state.approve(ItemKind::Plan, id, &approval)
    }

    /// All stored plans including used ones, the newest first. Telling genuine approvals needs the
    /// keys.
    pub(crate) fn list(&self, keys: Option<&PlanKeys>) -> io::Result<Vec<PlanStatus>> {
        let now = self.state.now().ok();
        let mut plans: Vec<PlanStatus> = Vec::new();
        for record in self.state.pending(ItemKind::Plan)? {
            // Skips records that aren't plans.
            let Some((card, ..)) = parse(&record) else { continue };
            let Some(id) = PlanId::new(&card.plan) else { continue };
            // Another process may have used it meanwhile.
            let Ok(item) = self.state.item(ItemKind::Plan, &id) else { continue };
            let approved = !item.approvals.is_empty();
            // If the clock isn't accepted, no plan can be applied.
            let expired = now.is_none_or(|now| now >= card.expires);
            let approval = keys.filter(|_| approved).and_then(|keys| self.open(keys, &id).ok()?.approval);
            plans.push(PlanStatus { card, outcome: None, approved, approval, expired });
        }
        for UsedMark { card, outcome, approval, .. } in self.state.used(ItemKind::Plan)? {
            let Some(card) = card else { continue };
            plans.push(PlanStatus { card, outcome: Some(outcome), approved: false, approval, expired: false });
        }
        plans.sort_by(|a, b| b.card.filed.cmp(&a.card.filed).then_with(|| a.card.plan.cmp(&b.card.plan)));
        Ok(plans)
    }

    fn read(&self, id: &PlanId) -> Result<(Item, PlanCard, Vec<u8>, Vec<u8>), StoreRefusal> {
        let item = self.state.item(ItemKind::Plan, id)?;
        let (card, line, sealed) = parse(&item.record).ok_or(StoreRefusal::NotOurs)?;
        if card.plan != id.as_str() || card.origin != self.origin {
            return Err(StoreRefusal::NotOurs);
        }
        Ok((item, card, line, sealed))
    }
}

/// Splits a record into the card, its line in the file, and the sealed content.
fn parse(bytes: &[u8]) -> Option<(PlanCard, Vec<u8>, Vec<u8>)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, sealed) = (bytes.get(..end)?, bytes.get(end + 1..)?);
    Some((serde_json::from_slice(line).ok()?, line.to_vec(), sealed.to_vec()))
}

/// An upper bound for the content's size in JSON. A body is JSON already, so only its quotes and
/// backslashes are escaped again.
fn room(content: &Content) -> usize {
    let longest = |request: &Request| request.body.len() * 2 + request.path.len() + 256;
    let requests: usize = content.requests.iter().map(longest).sum();
    let observed: usize = content
        .observed
        .iter()
        .map(|observed| observed.id.as_ref().map_or(0, String::len) + observed.state.len() * 2 + 64)
        .sum();
    requests + observed + content.payload.len() + 256
}

/// Written at once into a buffer that never moves, so that no smaller buffer keeps a copy of a
/// value.
fn write(content: &Content) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(room(content)));
    serde_json::to_writer(&mut *out, content).map_err(io::Error::other)?;
    Ok(out)
}

fn digest(keys: &PlanKeys, id: &PlanId, api_version: ApiVersion, content: &Content) -> Option<PlanDigest> {
    let head = [id.as_str().as_bytes(), api_version_name(api_version).as_bytes(), content.payload.as_bytes()];
    let requests = content.requests.iter();
    let requests = requests.flat_map(|it| [it.method.as_bytes(), it.path.as_bytes(), it.body.as_bytes()]);
    keys.digest(head.into_iter().chain(requests))
}

/// What a person types to approve. A single target is named in full. For several, the text has the
/// number of changes, the project, and the first characters of the plan's digest. It contains a
/// blank, so it can't be a target.
fn typed(target: String, names: &[ProjectNames], digest: &PlanDigest) -> String {
    if !target.contains(' ') {
        return target;
    }
    let known = |it: &ProjectNames| Some((Project::new(it.id.as_str()).ok()?, it.slug.clone()));
    let projects = typed_projects(&names.iter().filter_map(known).collect::<Vec<_>>());
    let digest = to_hex(&digest.0);
    let digest = digest.get(..6).unwrap_or(&digest);
    [target.as_str(), &projects, digest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn api_version_name(api_version: ApiVersion) -> &'static str {
    match api_version {
        ApiVersion::V3 => "v3",
        ApiVersion::V4 => "v4",
    }
}

#[cfg(test)]
impl PlanStore {
    /// A file of a plan: `plan`, `approved`, `used`.
    pub(super) fn path(&self, id: &PlanId, extension: &str) -> std::path::PathBuf {
        self.state.directory().path(ItemKind::Plan, id, extension)
    }

    fn sweeps(&self, now: u64) -> bool {
        self.state.directory().sweeps(now)
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
