//! Requests to reveal a value, which wait for a person. They contain no values: a record is the
//! card, with a keyed digest of all that it contains.

use super::ids::new_id;
use super::seal::{PlanKeys, genuine};
use crate::base::hex::to_hex;
use crate::base::time::now;
use crate::model::people::{ApprovedBy, AskedBy};
use crate::model::plan_card::PlanOutcome;
use crate::model::reveal_card::{RevealCard, RevealStatus, SecretToReveal};
use crate::state::{Item, ItemHead, ItemKind, Room, State, StoreRefusal, UsedMark};
use infisical_skill_policy::plan::{PlanDigest, PlanId};
use infisical_skill_policy::reveal::Reveal;
use std::io;
use std::sync::Arc;
use std::time::Duration;

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

/// The requests of an installation, for one server.
#[derive(Debug, Clone)]
pub(crate) struct RevealRequests {
    state: Arc<dyn State>,
    origin: String,
}

/// A request as it was filed.
pub(crate) struct KeptRequest {
    pub(crate) card: RevealCard,
    /// Whether there is any approval, genuine or not.
    pub(crate) approved: bool,
    pub(crate) approval: Option<ApprovedBy>,
}

/// How long a request can be used, how many may be pending, and which ones count, by the token that
/// they were filed with.
type Bounds<'a> = (Duration, u32, &'a dyn Fn(Option<&str>) -> bool);

impl RevealRequests {
    pub(crate) fn new(state: Arc<dyn State>, origin: String) -> Self {
        Self { state, origin }
    }

    /// Files a request.
    pub(crate) fn file(
        &self,
        keys: &PlanKeys,
        secret: &SecretToReveal,
        (session, asked): (Option<&str>, &AskedBy),
        (lifetime, max_pending, counts): Bounds<'_>,
    ) -> Result<RevealCard, StoreRefusal> {
        let filed = self.state.now()?;
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
        let record = serde_json::to_vec(&card).map_err(io::Error::other)?;
        self.state.file(ItemKind::Reveal, &id, &record, &Room { max_pending, counts })?;
        Ok(card)
    }

    /// Checks whether there is room for one more request. [`Self::file`] checks it again.
    pub(crate) fn check_room(&self, (_, max_pending, counts): Bounds<'_>) -> Result<(), StoreRefusal> {
        let now = self.state.now()?;
        let heads = self.state.pending(ItemKind::Reveal)?;
        let heads = heads.iter().filter_map(|record| ItemHead::of(record));
        let pending = heads.filter(|head| now < head.expires && counts(head.token())).count();
        if pending >= max_pending as usize { Err(StoreRefusal::TooMany) } else { Ok(()) }
    }

    /// A usable request, as it was filed.
    pub(crate) fn open(&self, keys: &PlanKeys, id: &PlanId) -> Result<KeptRequest, StoreRefusal> {
        let Item { record, approvals } = self.state.item(ItemKind::Reveal, id)?;
        let card: RevealCard = serde_json::from_slice(&record).map_err(|_| StoreRefusal::NotOurs)?;
        let digest = digest(&card, keys).ok_or(StoreRefusal::NotOurs)?;
        let is_ours = card.request == id.as_str() && card.origin == self.origin && card.digest == to_hex(&digest.0);
        if !is_ours || card.reveal().is_none() {
            return Err(StoreRefusal::NotOurs);
        }
        let now = self.state.now()?;
        if now >= card.expires {
            self.state.remove(ItemKind::Reveal, id);
            return Err(StoreRefusal::Unknown);
        }
        if now < card.filed {
            return Err(StoreRefusal::Unknown);
        }
        let approval = genuine(keys, id, &digest, &approvals);
        Ok(KeptRequest { card, approved: !approvals.is_empty(), approval })
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
        self.state.approve(ItemKind::Reveal, id, &approval)
    }

    /// Uses a request up, once.
    pub(crate) fn use_up(&self, id: &PlanId, outcome: PlanOutcome) -> Result<(), StoreRefusal> {
        self.state.use_up(ItemKind::Reveal, id, &UsedMark { card: None, outcome, at: now(), approval: None })
    }

    /// The usable requests, the newest first. A record that isn't genuine is left out.
    pub(crate) fn list(&self, keys: &PlanKeys) -> io::Result<Vec<RevealStatus>> {
        let mut found = Vec::new();
        for record in self.state.pending(ItemKind::Reveal)? {
            let Ok(card) = serde_json::from_slice::<RevealCard>(&record) else { continue };
            let Some(id) = PlanId::new(&card.request) else { continue };
            let Ok(KeptRequest { card, approved, approval }) = self.open(keys, &id) else { continue };
            found.push(RevealStatus { card, approved, approval });
        }
        found.sort_by(|a, b| b.card.filed.cmp(&a.card.filed).then_with(|| a.card.request.cmp(&b.card.request)));
        Ok(found)
    }
}

#[cfg(test)]
#[path = "reveal_requests_tests.rs"]
mod tests;
