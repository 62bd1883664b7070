//! Plans at the gate: the plan that a preview files, the plan that an apply redeems, and the
//! requests that leave because of it.
//!
//! Nothing is sent twice here. A request is removed from its plan before its first byte leaves.

use super::call::{DeliveredBody, Delivery, Denial, GateError};
use super::gate::Gate;
use super::names::TagNames;
use super::purpose::CallPurpose;
use super::search::Search;
use crate::audit::{AuditedChange, convert};
use crate::client::exchange::{bearer, failure_of};
use crate::client::transport::Answer;
use crate::model::error::{Detail, Error, HttpFailure, Layer};
use crate::model::plan_card::{PlanCard, PlanFindings};
use crate::plans;
use crate::plans::{Filed, OpenedPlan, RedeemedPlan, Sent};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use infisical_skill_policy::answers::{self, ChangeAnswer, ListedTag};
use infisical_skill_policy::change::{ChangeRequest, KnownIds, Method};
use infisical_skill_policy::headers::{is_json, retry_after_seconds};
use infisical_skill_policy::plan::{AuthorizationRefusal, AuthorizedRequest, Folders, ReadScope, Snapshot};
use infisical_skill_policy::{Grant, IdentityKind, Operation};
use secrecy::ExposeSecret;
use std::sync::{Arc, MutexGuard, PoisonError};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// What happened to plans during a call.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Folders by id, as the server's answers named them.
    pub(super) folders: Folders,
    /// Ids of projects and tags by slug, as the server's answers named them.
    pub(super) named: KnownIds,
    /// Display names of tags.
    pub(super) tags: TagNames,
    /// Whether the call already tried to file or open a plan. A preview files once, an apply opens
    /// once.
    pub(super) tried: bool,
    filed: Option<Filed>,
    /// The opened plan. Its requests may leave, and the first one redeems the plan.
    pub(super) opened: Option<OpenedPlan>,
    pub(super) redeemed: Option<RedeemedPlan>,
    /// The state of the objects that changes are about, as the server's answers showed it.
    pub(super) snapshot: Snapshot,
    /// What the opened plan's changes are about.
    pub(super) read_scopes: Vec<ReadScope>,
    /// The outcome of each request of the plan.
    pub(super) sent: Vec<Sent>,
    /// The answers that refused a request, and whether they came from Infisical.
    pub(super) answers: Vec<Option<(HttpFailure, bool)>>,
}

impl Gate {
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.call.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plan that the call filed and that nobody has taken yet, for the audit record.
    pub(crate) fn filed_plan(&self) -> Option<infisical_skill_audit::Plan> {
        let ledger = self.ledger();
        let card = &ledger.filed.as_ref()?.card;
        Some(infisical_skill_audit::Plan { digest: Some(card.digest.clone()), ..convert::plan_named(&card.plan) })
    }

    /// Takes the plan that the call filed.
    pub(crate) fn take_filed(&self) -> Option<Filed> {
        self.ledger().filed.take()
    }

    /// What the server's answers have named so far.
    pub(super) fn named(&self) -> KnownIds {
        self.ledger().named.clone()
    }

    /// Remembers what an answer named. `body` is what the host wrote for the component, `answer` is
    /// what the server sent.
    pub(super) fn note_names(&self, operation: &Operation, body: &[u8], answer: &[u8]) {
        match operation {
            Operation::ProjectBySlug { slug } => {
                if let Some(id) = answers::project_id(body) {
                    self.ledger().named.note_project(slug, id);
                }
            }
            Operation::ListTags { project } => {
                let mut ledger = self.ledger();
                for (slug, id) in answers::tag_ids(body) {
                    ledger.named.note_tag(project, slug, id);
                }
                if self.grant == Grant::Preview {
                    for ListedTag { id, slug, name } in answers::listed_tags(answer) {
                        ledger.tags.entry((project.clone(), id)).or_insert((slug, name));
                    }
                }
            }
            _ => {}
        }
        if matches!(self.grant, Grant::Preview | Grant::Apply) {
            self.note_snapshot(operation, body);
        }
    }

    /// Files a plan of the component, if the rules allow it, together with what the host found out
    /// about it.
    pub(crate) async fn file(
        &self,
        requests: Vec<ChangeRequest>,
        payload: &[u8],
        acknowledge: Option<&str>,
    ) -> Result<(PlanCard, Option<String>), GateError> {
        self.check_no_violation()?;
        let refused = |error: Error| self.deny(Denial::Refused(error));
        if self.grant != Grant::Preview || std::mem::replace(&mut self.ledger().tried, true) {
            return Err(self.deny(Denial::Egress("it files a plan in a call that may not file one".to_owned())));
        }
        let api_version = self.api_version().await?;
        let CallPurpose::Preview(asked) = &*self.purpose else { return Err(GateError::Denied) };
        let folders = self.ledger().folders.clone();
        let named = self.named();
        let plan_service = &self.shared.plan_service;
        let matched = plans::check(
            api_version,
            &self.shared.exposure(self.log.client()),
            &folders,
            plan_service.rules(),
            requests,
            acknowledge,
        )
        .and_then(|checked| plans::matched(checked, api_version, (&folders, &named), asked))
        .map_err(|error| self.deny(Denial::Draft(error)))?;
        plan_service.check_filing(matched.checked(), payload).map_err(refused)?;
        let changes = matched.changes(api_version);
        let matched = matched.with_observed(self.observe(api_version, &changes).await?);
        let blast_radius = self.ledger().snapshot.affected_counts(&changes).into();
        let mut search = Search::new(self, api_version);
        let names = self.find_names(&mut search, &changes).await;
        let dependents = self.find_dependents(&mut search, &changes, |change| folders.name_of(change)).await;
        let facts = PlanFindings { names, blast_radius, dependents };
        let filed = plan_service.file(api_version, matched, facts, payload, self.log.client()).map_err(refused)?;
        let answer = (filed.card.clone(), filed.approval.clone());
        self.ledger().filed = Some(filed);
        Ok(answer)
    }

    /// Checks a request that would change something before its body is read.
    pub(super) fn check_change(&self, head: &http::request::Parts) -> Result<(), GateError> {
        if !self.has_opened() {
            let error = "it would change something, and no plan was redeemed in this call";
            return Err(self.deny(Denial::Egress(error.to_owned())));
        }
        if head.uri.query().is_some() {
            return Err(self.deny(Denial::Egress("it would change something, and has a query".to_owned())));
        }
        Ok(())
    }

    /// Sends a request of the redeemed plan once, if it is the next one.
    pub(super) async fn change(
        &self,
        method: Method,
        head: &http::request::Parts,
        body: &str,
    ) -> Result<Delivery, GateError> {
        let turn = Arc::clone(&self.call.turn).acquire_owned().await.map_err(|_| GateError::Denied)?;
        let shared = &self.shared;
        // Logging in may take a while. No request is authorized before there is a token, and the
        // rules are checked after that.
        self.check_no_violation()?;
        let token = shared.identities.token(IdentityKind::Write, &shared.transport, None, &self.log).await;
        let token = token.map_err(|error| self.stop(error, GateError::Denied))?;
        let bearer = bearer(token.expose_secret()).map_err(GateError::Transport)?;
        self.check_drift().await?;
        let authorized = self.authorize_next(method, head.uri.path(), body)?;
        let json = HeaderValue::from_static("application/json");
        let headers = [(ACCEPT, json.clone()), (CONTENT_TYPE, json), (AUTHORIZATION, bearer)];
        let (at, change) = (authorized.index(), authorized.change().clone());
        let audited = match self.audit_authorized(at).await {
            // Nothing has left so far, whatever violation happened while the record was written.
            Ok(_) if self.check_no_violation().is_err() => {
                self.settle(at, Sent::Not);
                return Err(GateError::Denied);
            }
            Ok(audited) => audited,
            Err(error) => {
                self.settle(at, Sent::Not);
                return Err(self.deny(Denial::Refused(error)));
            }
        };
        let answer = shared.transport.send_change(audited, authorized, &headers, self.change_deadline()).await;
        let answer = answer.map_err(|error| {
            // Without a connection, the request never left.
            self.settle(at, if error.is_before_sending() { Sent::Not } else { Sent::Unsure });
            self.stop(error.into_error(shared.transport.origin()), GateError::Transport(error))
        })?;
        // An answer that holds a token may not be read, so it doesn't decide the outcome either.
        self.check_for_tokens(&answer)?;
        let (sent, delivered) = self.understand(&change, &answer);
        if answer.status >= 400 {
            let audited = (self.note_failed(&answer), failure_of(&answer).is_in_infisicals_form());
            if let Some(kept) = self.ledger().answers.get_mut(at) {
                *kept = Some(audited);
            }
        }
        self.settle(at, sent);
        if answer.status >= 400 && failure_of(&answer).wants_login() {
            // For the next call. This request isn't repeated, although it had no effect.
            shared.identities.forget(IdentityKind::Write).await;
        }
        let (retry_after, bytes) = delivered?;
        self.check_for_credentials(&bytes)?;
        Ok(Delivery { status: answer.status, retry_after, body: DeliveredBody { bytes, _turn: turn } })
    }

    /// Decides whether a change leaves: reads the kill switch and takes the request off the plan.
    fn authorize_next(&self, method: Method, path: &str, body: &str) -> Result<AuthorizedRequest, GateError> {
        self.check_no_violation()?;
        self.redeem_opened()?;
        let on = self.shared.plan_service.writes_on().map_err(|error| self.deny(Denial::Refused(error)))?;
        let now = self.shared.plan_service.time().map_err(|error| self.deny(Denial::Refused(error)))?;
        let mut ledger = self.ledger();
        let Ledger { redeemed: Some(redeemed), sent, .. } = &mut *ledger else {
            drop(ledger);
            return Err(self.deny(Denial::Egress("no plan was redeemed in this call".to_owned())));
        };
        match redeemed.plan.next(&on, now, method, path, body) {
            Ok(authorized) => {
                if let Some(sent) = sent.get_mut(authorized.index()) {
                    *sent = Sent::Unsure;
                }
                Ok(authorized)
            }
            Err(refusal) => {
                drop(ledger);
                // Plans of honest components expire, too. A request that isn't in the plan is a
                // violation.
                Err(self.deny(match refusal {
                    AuthorizationRefusal::Expired => Denial::Refused(Error::refused(
                        Layer::TwoPhaseConfirm,
                        refusal.to_string(),
                        "look at what is there now; if the change is still wanted, preview it again",
                    )),
                    AuthorizationRefusal::SwitchedOff => Denial::Refused(Error::refused(
                        Layer::KillSwitch,
                        refusal.to_string(),
                        "ask the operator to turn changes on, then preview the change again",
                    )),
                    _ => Denial::Egress(refusal.to_string()),
                }))
            }
        }
    }

    /// The last two steps before a change leaves: the audit record is on disk, and the kill switch
    /// still allows changes.
    async fn audit_authorized(&self, at: usize) -> Result<AuditedChange<'_>, Error> {
        let change = {
            let ledger = self.ledger();
            let redeemed = ledger.redeemed.as_ref();
            let plan = redeemed.map(|redeemed| redeemed.plan.plan());
            infisical_skill_audit::IntendedChange {
                plan: plan
                    .map_or_else(|| convert::plan_named(""), |plan| convert::plan(plan.id.as_str(), &plan.digest)),
                step: u32::try_from(at + 1).unwrap_or(u32::MAX),
                request: redeemed.and_then(|redeemed| redeemed.readings.get(at)).cloned().unwrap_or_default(),
            }
        };
        let audited = self.log.note_change(change).await?;
        self.shared.plan_service.writes_on()?;
        Ok(audited)
    }

    fn settle(&self, at: usize, outcome: Sent) {
        if let Some(sent) = self.ledger().sent.get_mut(at) {
            *sent = outcome;
        }
    }

    /// Leaves time to read back the outcome of a change that gets no answer.
    fn change_deadline(&self) -> Instant {
        let now = Instant::now();
        now + self.deadline().saturating_duration_since(now).mul_f32(0.6)
    }

    #[expect(clippy::type_complexity, reason = "the parts of one delivery")]
    fn understand(
        &self,
        change: &infisical_skill_policy::change::ParsedChange,
        answer: &Answer,
    ) -> (Sent, Result<(Option<u32>, Zeroizing<Vec<u8>>), GateError>) {
        let unexpected = |reason: String| {
            let http = Some(HttpFailure::from(answer.status)).filter(|_| answer.status != 200);
            self.stop(Error::UnexpectedAnswer(Detail { http, ..Detail::from(reason) }), GateError::Answer)
        };
        match answer.status {
            200 if answer.content_type.as_deref().is_some_and(is_json) => {
                match answers::changed(change, &answer.body) {
                    Ok((ChangeAnswer::Done, body)) => (Sent::Done, Ok((None, body))),
                    Ok((ChangeAnswer::WaitsForApproval, body)) => (Sent::Waits, Ok((None, body))),
                    Err(refusal) => (Sent::Unsure, Err(unexpected(refusal.to_string()))),
                }
            }
            400..500 => {
                let failure = failure_of(answer);
                self.shared.server.note(&failure);
                // A proxy's timeout doesn't say what the server did. An answer that isn't from
                // Infisical doesn't either, unless its status shows that the request was never
                // processed.
                let is_no = failure.is_from_infisical() && answer.status != 408;
                let sent = if is_no || failure.is_before_anything() { Sent::Refused } else { Sent::Unsure };
                let retry_after = answer.retry_after.as_deref().and_then(retry_after_seconds);
                (sent, Ok((retry_after, Zeroizing::new(failure.body()))))
            }
            500.. => (Sent::Unsure, Ok((None, Zeroizing::new(failure_of(answer).body())))),
            status => (
                Sent::Unsure,
                Err(unexpected(match status {
                    200 => "the server's answer to a change isn't JSON".to_owned(),
                    _ => "the server's answer to a change isn't one that Infisical gives".to_owned(),
                })),
            ),
        }
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
