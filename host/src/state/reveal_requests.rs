//! Requests to reveal a value, which wait for a person, as files in the state directory. They
//! contain no values.
//!
//! - `NAME.request`: the card, with a keyed digest of all that it contains. NAME is a hash of the
//!   request's id.
//! - `NAME.approved`: a person's approval, if there is one.
//! - `NAME.used`: a value was revealed by it, or a person rejected it. If several processes try to
//!   create this file, one succeeds, and it can't happen again.

use super::plans::{StoreRefusal, file_name, new_id};
use super::seal::PlanKeys;
use super::{StateClock, files};
use crate::base::hex::to_hex;
use crate::base::time::now;
use crate::model::people::{ApprovedBy, AskedBy};
use crate::model::plan_card::PlanOutcome;
use crate::model::reveal_card::{RevealCard, RevealStatus, SecretToReveal};
use infisical_skill_policy::plan::{PlanDigest, PlanId};
use infisical_skill_policy::reveal::Reveal;
use infisical_skill_policy::switch::Millis;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const MAX_FILE: u64 = 64 * 1024;

/// The most bytes of an approval.
const MAX_APPROVAL: u64 = 16 * 1024;

/// How long a used request's mark is kept. Its card expires long before.
const KEEP_USED: u64 = 30 * 24 * 3_600_000;

/// The keyed digest of all that a card contains.
fn digest(card: &RevealCard, keys: &PlanKeys) -> Option<PlanDigest> {
    let asked = serde_json::to_string(&card.asked).ok()?;
    let names = serde_json::to_string(&card.names).ok()?;
    let (filed, expires) = (card.filed.to_be_bytes(), card.expires.to_be_bytes());
    let session = card.session.as_ref().map_or_else(String::new, |session| format!("in {session}"));
    let version = card.version.to_be_bytes();
    let place = [&card.origin, &card.project, &card.environment, &card.path, &card.name, &card.secret_id];
    let updated_at = card.updated_at.as_ref().map_or_else(String::new, |at| format!("at {at}"));
    let texts = [&card.request].into_iter().chain(place).chain([&updated_at, &names, &asked, &session]);
    let parts = texts.map(String::as_bytes).chain([version.as_slice(), &filed, &expires]);
    keys.digest([b"reveal".as_slice()].into_iter().chain(parts))
}

/// The requests of a state directory.
#[derive(Debug, Clone)]
pub(crate) struct RevealRequests {
    folder: PathBuf,
    clock: StateClock,
    origin: String,
}

/// A request as it was filed.
pub(crate) struct KeptRequest {
    pub(crate) card: RevealCard,
    pub(crate) approval: Option<ApprovedBy>,
}

#[derive(Deserialize, Serialize)]
struct Used {
    outcome: PlanOutcome,
    at: u64,
}

/// How long a request can be used, how many may be pending, and which ones count.
type Bounds<'a> = (Duration, u32, &'a dyn Fn(&RevealCard) -> bool);

impl RevealRequests {
    pub(crate) fn new(state_folder: &Path, origin: String) -> Self {
        Self { folder: state_folder.join("reveals"), clock: StateClock::new(state_folder), origin }
    }

    /// Files a request.
    pub(crate) fn file(
        &self,
        keys: &PlanKeys,
        secret: &SecretToReveal,
        (session, asked): (Option<&str>, &AskedBy),
        (lifetime, max_pending, counts): Bounds<'_>,
    ) -> Result<RevealCard, StoreRefusal> {
        files::make_folder(&self.folder)?;
        files::check_folder(&self.folder)?;
        let _lock = files::lock(&self.folder.join("lock"))?;
        let filed = self.clock.now()?;
        if self.clean_up(filed, counts)? >= max_pending {
            return Err(StoreRefusal::TooMany);
        }
        let impossible = || StoreRefusal::Io(io::Error::other("the request can't be signed"));
        let id = new_id().ok_or_else(impossible)?;
        let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let Reveal { place, name } = &secret.reveal;
        let mut card = RevealCard {
            request: id.as_str().to_owned(),
            origin: self.origin.clone(),
            project: place.project.as_str().to_owned(),
            environment: place.environment.as_str().to_owned(),
            path: place.path.as_str().to_owned(),
            name: name.as_str().to_owned(),
            secret_id: secret.id.clone(),
            version: secret.version,
            updated_at: secret.updated_at.clone(),
            names: secret.names.clone(),
            filed,
            expires: filed.saturating_add(lifetime),
            asked: asked.clone(),
            session: session.map(str::to_owned),
            digest: String::new(),
        };
        card.digest = to_hex(&digest(&card, keys).ok_or_else(impossible)?.0);
        files::create_new(&self.path(&id, "request"), &serde_json::to_vec(&card).map_err(io::Error::other)?)?;
        Ok(card)
    }

    /// Checks whether there is room for one more request. [`Self::file`] checks it again.
    pub(crate) fn check_room(&self, (_, max_pending, counts): Bounds<'_>) -> Result<(), StoreRefusal> {
        let now = self.clock.now()?;
        let mut pending = 0;
        for path in self.entries("request")? {
            let card = files::read(&path, MAX_FILE).ok().flatten();
            let card = card.and_then(|bytes| serde_json::from_slice::<RevealCard>(&bytes).ok());
            let is_pending = |card: &RevealCard| now < card.expires && !path.with_extension("used").exists();
            pending += u32::from(card.is_some_and(|card| is_pending(&card) && counts(&card)));
        }
        if pending >= max_pending { Err(StoreRefusal::TooMany) } else { Ok(()) }
    }

    /// A usable request, as it was filed.
    pub(crate) fn open(&self, keys: &PlanKeys, id: &PlanId) -> Result<KeptRequest, StoreRefusal> {
        match files::check_folder(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StoreRefusal::Unknown),
            checked => checked?,
        }
        self.check_unused(id)?;
        let Some(bytes) = files::read(&self.path(id, "request"), MAX_FILE)? else {
            self.check_unused(id)?;
            return Err(StoreRefusal::Unknown);
        };
        let card: RevealCard = serde_json::from_slice(&bytes).map_err(|_| StoreRefusal::NotOurs)?;
        let digest = digest(&card, keys).ok_or(StoreRefusal::NotOurs)?;
        let is_ours = card.request == id.as_str() && card.origin == self.origin && card.digest == to_hex(&digest.0);
        if !is_ours || card.reveal().is_none() {
            return Err(StoreRefusal::NotOurs);
        }
        let now = self.clock.now()?;
        if now >= card.expires {
            self.take_away(id);
            return Err(StoreRefusal::Unknown);
        }
        if now < card.filed {
            return Err(StoreRefusal::Unknown);
        }
        let approval = files::read(&self.path(id, "approved"), MAX_APPROVAL)?;
        let approval = approval.as_ref().and_then(|approval| keys.approval(id, &digest, approval));
        let approval = approval.and_then(|by| serde_json::from_slice(by).ok());
        Ok(KeptRequest { card, approval })
    }

    /// Records that a person approved a request after seeing this card.
    pub(crate) fn approve(
        &self,
        keys: &PlanKeys,
        id: &PlanId,
        shown: &RevealCard,
        by: &ApprovedBy,
    ) -> Result<(), StoreRefusal> {
        let card = self.open(keys, id)?.card;
        if card != *shown {
            return Err(StoreRefusal::NotOurs);
        }
        let digest = digest(&card, keys).ok_or(StoreRefusal::NotOurs)?;
        let by = serde_json::to_vec(by).map_err(io::Error::other)?;
        let approval = keys.approve(id, &digest, &by).ok_or(StoreRefusal::NotOurs)?;
        Ok(files::replace(&self.path(id, "approved"), &approval)?)
    }

    /// Uses a request up, once.
    pub(crate) fn use_up(&self, id: &PlanId, outcome: PlanOutcome) -> Result<(), StoreRefusal> {
        self.check_unused(id)?;
        if files::read(&self.path(id, "request"), MAX_FILE)?.is_none() {
            self.check_unused(id)?;
            return Err(StoreRefusal::Unknown);
        }
        let used = serde_json::to_vec(&Used { outcome, at: now() }).map_err(io::Error::other)?;
        match files::create_new(&self.path(id, "used"), &used) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.check_unused(id)?;
                Err(StoreRefusal::Used(PlanOutcome::Redeemed))
            }
            Err(error) => Err(StoreRefusal::Io(error)),
            Ok(()) => {
                self.take_away(id);
                Ok(())
            }
        }
    }

    /// The usable requests, the newest first. A file that isn't genuine is left out.
    pub(crate) fn list(&self, keys: &PlanKeys) -> io::Result<Vec<RevealStatus>> {
        let mut found = Vec::new();
        for path in self.entries("request")? {
            let Ok(Some(bytes)) = files::read(&path, MAX_FILE) else { continue };
            let Ok(card) = serde_json::from_slice::<RevealCard>(&bytes) else { continue };
            let Some(id) = PlanId::new(&card.request) else { continue };
            let Ok(KeptRequest { card, approval }) = self.open(keys, &id) else { continue };
            let approved = path.with_extension("approved").exists();
            found.push(RevealStatus { card, approved, approval });
        }
        found.sort_by(|a, b| b.card.filed.cmp(&a.card.filed).then_with(|| a.card.request.cmp(&b.card.request)));
        Ok(found)
    }

    /// Removes what isn't needed any more. Gives how many of the requests that count are pending.
    fn clean_up(&self, now: Millis, counts: &dyn Fn(&RevealCard) -> bool) -> io::Result<u32> {
        let mut pending = 0;
        for path in self.entries("request")? {
            let Some(bytes) = files::read(&path, MAX_FILE).ok().flatten() else { continue };
            let card = serde_json::from_slice::<RevealCard>(&bytes).ok();
            if let Some(card) = card.filter(|card| now < card.expires)
                && !path.with_extension("used").exists()
            {
                pending += u32::from(counts(&card));
                continue;
            }
            let _ = files::remove(&path);
            let _ = files::remove(&path.with_extension("approved"));
        }
        for path in self.entries("used")? {
            if now.saturating_sub(files::written(&path).unwrap_or(now)) > KEEP_USED {
                let _ = files::remove(&path);
            }
        }
        Ok(pending)
    }

    fn entries(&self, extension: &str) -> io::Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        Ok(paths.filter(|path| path.extension().is_some_and(|it| it == extension)).collect())
    }

    fn check_unused(&self, id: &PlanId) -> Result<(), StoreRefusal> {
        let Some(bytes) = files::read(&self.path(id, "used"), MAX_FILE)? else { return Ok(()) };
        Err(StoreRefusal::Used(serde_json::from_slice(&bytes).map_or(PlanOutcome::Redeemed, |used: Used| used.outcome)))
    }

    fn take_away(&self, id: &PlanId) {
        // A request whose file stays behind is expired or used anyway.
        let _ = files::remove(&self.path(id, "request"));
        let _ = files::remove(&self.path(id, "approved"));
    }

    fn path(&self, id: &PlanId, extension: &str) -> PathBuf {
        self.folder.join(file_name(id)).with_extension(extension)
    }
}

/// Uses up all pending requests in a state directory, whoever filed them.
pub(super) fn end_all(state_folder: &Path) -> io::Result<()> {
    let folder = state_folder.join("reveals");
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.extension().is_none_or(|it| it != "request") {
            continue;
        }
        // The mark comes first, so that a request that is restored later stays used.
        let used =
            serde_json::to_vec(&Used { outcome: PlanOutcome::Discarded, at: now() }).map_err(io::Error::other)?;
        match files::create_new(&path.with_extension("used"), &used) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        files::remove(&path)?;
        files::remove(&path.with_extension("approved"))?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "reveal_requests_tests.rs"]
mod tests;
