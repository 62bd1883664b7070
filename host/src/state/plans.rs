//! Plans between preview and apply, as files in the state directory.
//!
//! - `NAME.plan`: the card in clear (a line of JSON), then the sealed content. NAME is a hash of
//!   the plan's id, so that looking up a plan takes the same time for every guess.
//! - `NAME.approved`: a person's approval, if there is one.
//! - `used/NAME.used`: the plan's outcome. Creating this file redeems the plan. If several
//!   processes try, one succeeds, and it can't happen again. A month has many of these marks, so
//!   they have their own folder: each preview lists only the plans that wait.

use super::seal::PlanKeys;
use super::{ClockRefusal, StateClock, files};
use crate::base::hex::{from_hex, to_hex};
use crate::base::random::fill_random;
use crate::base::time::now;
use crate::model::names::ProjectNames;
use crate::model::people::{ApprovedBy, AskedBy};
use crate::model::plan_card::{PlanCard, PlanFindings, PlanOutcome, PlanStatus};
use infisical_skill_policy::change::describe::typed_projects;
use infisical_skill_policy::change::{ChangeRequest, Method};
use infisical_skill_policy::plan::{Approval, Checked, Claim, Observed, Plan, PlanDigest, PlanId};
use infisical_skill_policy::switch::Millis;
use infisical_skill_policy::{ApiVersion, Project};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// The most bytes of a plan's file: twenty changes with the largest values, and some room.
const MAX_FILE: u64 = 48 * 1024 * 1024;

/// The most bytes of an approval.
const MAX_APPROVAL: u64 = 16 * 1024;

/// The folder of the marks of used plans, and their extension.
const USED: &str = "used";

/// How long a used plan's record is kept.
const KEEP_USED: Millis = 30 * 24 * 3_600_000;

/// How often the marks of used plans are cleaned up.
const SWEEP_AFTER: Millis = 3_600_000;

#[derive(Deserialize, Serialize)]
struct Used {
    card: PlanCard,
    outcome: PlanOutcome,
    at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovedBy>,
}

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

/// Why a plan, or a request to reveal a value, can't be used or filed.
#[derive(Debug)]
pub(crate) enum StoreRefusal {
    /// None has this id.
    Unknown,
    /// It is used.
    Used(PlanOutcome),
    /// It was filed for another server or identity, or it was changed since.
    NotOurs,
    /// As many as allowed are already pending.
    TooMany,
    /// The clock isn't accepted.
    Clock(ClockRefusal),
    /// The state directory can't be used.
    Io(io::Error),
}

impl From<ClockRefusal> for StoreRefusal {
    fn from(refusal: ClockRefusal) -> Self {
        Self::Clock(refusal)
    }
}

impl From<io::Error> for StoreRefusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The plans of a state directory.
#[derive(Debug, Clone)]
pub(crate) struct PlanStore {
    folder: PathBuf,
    clock: StateClock,
    origin: String,
}

/// How long a plan can be redeemed, how many plans may be pending, and which plans count towards
/// that.
type Bounds<'a> = (Duration, u32, &'a dyn Fn(&PlanCard) -> bool);

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
    pub(crate) fn new(state_folder: &Path, origin: String) -> Self {
        Self { folder: state_folder.join("plans"), clock: StateClock::new(state_folder), origin }
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
        // The folder of the marks is made now: syncing the plan's file syncs it as well, so no mark
        // is lost with its folder.
        files::make_folder(&self.folder.join(USED))?;
        self.check_folders()?;
        // If two processes file at once, only one may take the last place.
        let _lock = files::lock(&self.folder.join("lock"))?;
        let filed = self.clock.now()?;
        if self.clean_up(filed, counts)? >= max_pending {
            return Err(StoreRefusal::TooMany);
        }
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
        files::create_new(&self.path(&id, "plan"), &[line.as_slice(), b"\n", &sealed].concat())?;
        Ok(card)
    }

    /// Opens a plan and leaves it where it is.
    pub(crate) fn open(&self, keys: &PlanKeys, id: &PlanId) -> Result<StoredPlan, StoreRefusal> {
        let (card, line, sealed) = self.read(id)?;
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
        let approval = files::read(&self.path(id, "approved"), MAX_APPROVAL)?;
        let approval = approval.as_ref().and_then(|approval| keys.approval(id, &digest, approval));
        let approval = approval.and_then(|by| serde_json::from_slice(by).ok());
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
        let (card, ..) = self.read(id)?;
        let used = serde_json::to_vec(&Used { card, outcome, at: now(), approval }).map_err(io::Error::other)?;
        match files::create_new(&self.path(id, USED), &used) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.check_unused(id)?;
                Err(StoreRefusal::Used(PlanOutcome::Redeemed))
            }
            Err(error) => Err(StoreRefusal::Io(error)),
            Ok(()) => {
                // The values in it aren't needed any more. Even if the file stays behind, the plan
                // is used.
                let _ = files::remove(&self.path(id, "plan"));
                let _ = files::remove(&self.path(id, "approved"));
                Ok(())
            }
        }
    }

    /// Records the outcome of a redeemed plan.
    pub(crate) fn note(&self, id: &PlanId, outcome: PlanOutcome) -> io::Result<()> {
        let path = self.path(id, USED);
        let Some(bytes) = files::read(&path, MAX_FILE)? else { return Ok(()) };
        let used: Used = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
        let used = Used { outcome, ..used };
        files::replace(&path, &serde_json::to_vec(&used).map_err(io::Error::other)?)
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
        if self.clock.now()? >= kept.plan.expires {
            return Err(StoreRefusal::Unknown);
        }
        let by = serde_json::to_vec(by).map_err(io::Error::other)?;
        let approval = keys.approve(id, &kept.plan.digest, &by).ok_or(StoreRefusal::NotOurs)?;
        Ok(files::replace(&self.path(id, "approved"), &approval)?)
    }

    /// All stored plans including used ones, the newest first. Telling genuine approvals needs the
    /// keys.
    pub(crate) fn list(&self, keys: Option<&PlanKeys>) -> io::Result<Vec<PlanStatus>> {
        let mut plans: Vec<PlanStatus> = Vec::new();
        let now = self.clock.now().ok();
        for (path, kind) in self.entries()? {
            // Skips files that another process removed meanwhile, and files that aren't plans.
            let Ok(Some(bytes)) = files::read(&path, MAX_FILE) else { continue };
            let status = match kind {
                Kind::Plan => parse(&bytes).map(|(card, ..)| (card, None, None)),
                Kind::Used => serde_json::from_slice::<Used>(&bytes)
                    .ok()
                    .map(|used| (used.card, Some(used.outcome), used.approval)),
            };
            let Some((card, outcome, used)) = status else { continue };
            let Some(id) = PlanId::new(&card.plan) else { continue };
            if kind == Kind::Plan && self.path(&id, USED).exists() {
                continue;
            }
            let approved = outcome.is_none() && self.path(&id, "approved").exists();
            // If the clock isn't accepted, no plan can be applied.
            let expired = outcome.is_none() && now.is_none_or(|now| now >= card.expires);
            let approval = match keys {
                Some(keys) if approved => self.open(keys, &id).ok().and_then(|kept| kept.approval),
                _ => used,
            };
            plans.push(PlanStatus { card, outcome, approved, approval, expired });
        }
        plans.sort_by(|a, b| b.card.filed.cmp(&a.card.filed).then_with(|| a.card.plan.cmp(&b.card.plan)));
        Ok(plans)
    }

    /// Removes what isn't needed any more. Gives how many of the plans that count are pending.
    fn clean_up(&self, now: Millis, counts: &dyn Fn(&PlanCard) -> bool) -> io::Result<u32> {
        let mut pending = 0;
        for path in pending_in(&self.folder)? {
            match files::read(&path, MAX_FILE).ok().flatten().map(|bytes| parse(&bytes)) {
                None => {}
                // Plans stay expired after the clock was set back, and they keep their place until
                // their expiry. A used plan has no place, even if its process was killed or its
                // file was restored.
                Some(Some((card, ..))) if now < card.expires && !mark_of(&path).exists() => {
                    pending += u32::from(counts(&card));
                }
                Some(_) => {
                    let _ = files::remove(&path);
                    let _ = files::remove(&path.with_extension("approved"));
                }
            }
        }
        // A month of them can be many, and this is done for each preview: they are listed once an
        // hour.
        if self.sweeps(now) {
            self.sweep(now)?;
        }
        Ok(pending)
    }

    /// Removes the marks of plans that were used long ago. It skips recent marks without reading
    /// them.
    fn sweep(&self, now: Millis) -> io::Result<()> {
        for path in used_in(&self.folder)? {
            if now.saturating_sub(files::written(&path).unwrap_or(now)) <= KEEP_USED {
                continue;
            }
            let bytes = files::read(&path, MAX_FILE).ok().flatten();
            let used: Option<Used> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            if used.is_some_and(|used| now.saturating_sub(used.at.max(used.card.expires)) > KEEP_USED) {
                let _ = files::remove(&path);
            }
        }
        Ok(())
    }

    /// Whether the marks of used plans are cleaned up now: once an hour.
    fn sweeps(&self, now: Millis) -> bool {
        let file = self.folder.join("swept");
        let swept = files::read(&file, 64).ok().flatten().and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        let is_due = swept.is_none_or(|swept: Millis| now.saturating_sub(swept) >= SWEEP_AFTER || swept > now);
        is_due && files::replace(&file, now.to_string().as_bytes()).is_ok()
    }

    /// All plans, those that wait and the marks of those that were used.
    fn entries(&self) -> io::Result<Vec<(PathBuf, Kind)>> {
        let plans = pending_in(&self.folder)?.into_iter().map(|path| (path, Kind::Plan));
        let used = used_in(&self.folder)?.into_iter().map(|path| (path, Kind::Used));
        Ok(plans.chain(used).collect())
    }

    fn read(&self, id: &PlanId) -> Result<(PlanCard, Vec<u8>, Vec<u8>), StoreRefusal> {
        match self.check_folders() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StoreRefusal::Unknown),
            checked => checked?,
        }
        self.check_unused(id)?;
        let Some(bytes) = files::read(&self.path(id, "plan"), MAX_FILE)? else {
            // Another process may have used the plan between the two checks.
            self.check_unused(id)?;
            return Err(StoreRefusal::Unknown);
        };
        let (card, line, sealed) = parse(&bytes).ok_or(StoreRefusal::NotOurs)?;
        if card.plan != id.as_str() || card.origin != self.origin {
            return Err(StoreRefusal::NotOurs);
        }
        Ok((card, line, sealed))
    }

    /// Checks that nobody else could put a plan there, or remove a mark.
    fn check_folders(&self) -> io::Result<()> {
        files::check_folder(&self.folder)?;
        match files::check_folder(&self.folder.join(USED)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            checked => checked,
        }
    }

    fn check_unused(&self, id: &PlanId) -> Result<(), StoreRefusal> {
        let Some(bytes) = files::read(&self.path(id, USED), MAX_FILE)? else { return Ok(()) };
        Err(StoreRefusal::Used(serde_json::from_slice(&bytes).map_or(PlanOutcome::Redeemed, |used: Used| used.outcome)))
    }

    fn path(&self, id: &PlanId, extension: &str) -> PathBuf {
        let path = self.folder.join(file_name(id)).with_extension(extension);
        if extension == USED { mark_of(&path) } else { path }
    }
}

/// The mark that the plan with this file is used.
fn mark_of(plan: &Path) -> PathBuf {
    let name = plan.with_extension(USED);
    plan.with_file_name(USED).join(name.file_name().unwrap_or_default())
}

/// The files of the plans that wait in a folder of plans.
fn pending_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    with_extension(folder, "plan")
}

/// The marks of those that were used.
fn used_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    with_extension(&folder.join(USED), USED)
}

fn with_extension(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    Ok(paths.filter(|path| path.extension().is_some_and(|it| it == extension)).collect())
}

/// Uses up all pending plans in a state directory, whoever filed them.
pub(super) fn end_all(state_folder: &Path) -> io::Result<()> {
    for path in pending_in(&state_folder.join("plans"))? {
        // The mark first: a plan that is put back later stays used.
        if let Some((card, ..)) = files::read(&path, MAX_FILE).ok().flatten().and_then(|bytes| parse(&bytes)) {
            let used = Used { card, outcome: PlanOutcome::Discarded, at: now(), approval: None };
            let used = serde_json::to_vec(&used).map_err(io::Error::other)?;
            let mark = mark_of(&path);
            files::make_folder(mark.parent().unwrap_or(state_folder))?;
            match files::create_new(&mark, &used) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        files::remove(&path)?;
        files::remove(&path.with_extension("approved"))?;
    }
    Ok(())
}

/// The file name of a plan's files, without the extension.
pub(super) fn file_name(id: &PlanId) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, id.as_str().as_bytes());
    to_hex(hash.as_ref().get(..16).unwrap_or_default())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plan,
    Used,
}

/// Splits a file into the card, its line in the file, and the sealed content.
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

/// Eighty random bits as sixteen unambiguous characters (Crockford's base 32), in four groups.
pub(super) fn new_id() -> Option<PlanId> {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bytes = [0_u8; 16];
    fill_random(&mut bytes).ok()?;
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(*DIGITS.get(usize::from(byte & 31))?));
    }
    PlanId::new(&text)
}

#[cfg(test)]
#[path = "plans_tests.rs"]
mod tests;
