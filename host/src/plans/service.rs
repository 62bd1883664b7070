//! Files and redeems plans. The host enforces the guard's layers here, whatever the component
//! decides about them.

mod approvals;
mod shares;
mod sums;

pub(crate) use approvals::approval_name;

use super::budget::Budget;
use super::kill_switch::Switch;
use super::refusals::{
    clock_refused, how_to_approve, is_of, not_acknowledged, not_approved, not_current, off, recent_changes_unusable,
    too_many_plans, used_up,
};
use super::seal::PlanKeys;
use super::store::{PlanStore, StoredPlan};
use crate::base::time::now;
use crate::model::change_rules::{Budgets, ChangeRules};
use crate::model::clients::Share;
use crate::model::error::{Error, Layer};
use crate::model::people::ApprovedBy;
use crate::model::plan_card::{PlanCard, PlanFindings, PlanOutcome, PlanStatus};
use crate::model::session::{Client, Session};
use crate::model::switch_state::SwitchState;
use crate::state::{State, StoreRefusal, advice};
use infisical_skill_policy::change::ChangeRequest;
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{
    Approved, Checked, Excess, MatchedPlan, Observed, PastChange, PlanDigest, PlanId, Redeemed,
};
use infisical_skill_policy::switch::{Millis, SwitchKind, SwitchOff, SwitchPolicy, WritesOn};
use infisical_skill_policy::{ApiVersion, Grant};
use shares::TokensShare;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use sums::Sum;

/// The most bytes of the payload that the component gets back.
const MAX_PAYLOAD: usize = 1024 * 1024;

/// What all calls of a skill share to change things.
pub(crate) struct PlanService {
    rules: ChangeRules,
    /// `None` without a state directory: then there are no plans, and so no changes.
    kept: Option<KeptState>,
    reveals: Budget,
    /// The share of the budgets for clients without a token.
    #[cfg(feature = "cli")]
    budgets: Budgets,
    own: Share,
    /// The share of each client with a token.
    shares: BTreeMap<String, TokensShare>,
    /// Whether the set-up is enforced: agents can't act as the skill's user. Then requesters can't
    /// approve their own plans.
    enforced: bool,
}

struct KeptState {
    state: Arc<dyn State>,
    switch: Switch,
    plans: PlanStore,
    writes: Budget,
    /// How far back changes are counted together.
    window: Duration,
    /// `None` without a write identity.
    keys: Option<PlanKeys>,
}

/// A plan that was filed.
pub(crate) struct Filed {
    pub(crate) card: PlanCard,
    /// What a person has to do.
    pub(crate) approval: Option<String>,
}

/// An opened plan, which could be redeemed at that moment. It stays available, to other processes
/// too.
pub(crate) struct OpenedPlan {
    pub(crate) plan: PlanId,
    pub(crate) digest: PlanDigest,
    pub(crate) api_version: ApiVersion,
    pub(crate) requests: Vec<ChangeRequest>,
    pub(crate) payload: Vec<u8>,
    /// The time until which it can be redeemed, RFC 3339.
    pub(crate) expires: String,
    /// What the host observed at the preview about the object of each request.
    pub(crate) observed: Vec<Observed>,
}

/// A plan that was redeemed.
pub(crate) struct RedeemedPlan {
    pub(crate) plan: Redeemed,
    pub(crate) payload: Vec<u8>,
    /// The host's descriptions of its requests.
    pub(crate) readings: Vec<String>,
    /// Who approved it, if anybody did.
    pub(crate) approval: Option<ApprovedBy>,
}

impl PlanService {
    pub(crate) fn new(
        rules: ChangeRules,
        budgets: Budgets,
        state: Option<Arc<dyn State>>,
        origin: &str,
        keys: Option<PlanKeys>,
    ) -> Self {
        let reveals = Budget::new(state.as_ref(), "reveals", budgets.reveals_per_hour);
        let kept = state.map(|state| KeptState {
            switch: Switch::new(Arc::clone(&state), SwitchKind::Writes, rules.writes),
            plans: PlanStore::new(Arc::clone(&state), origin.to_owned()),
            writes: Budget::new(Some(&state), "writes", budgets.writes_per_hour),
            window: rules.sums.secret_window.max(rules.sums.project_window),
            state,
            keys,
        });
        let own = budgets.share();
        Self {
            rules,
            kept,
            reveals,
            #[cfg(feature = "cli")]
            budgets,
            own,
            shares: BTreeMap::new(),
            enforced: false,
        }
    }

    /// The same service with the budgets divided: a share for each client with a token, and the
    /// rest.
    pub(crate) fn divided(mut self, (shares, own): (BTreeMap<String, Share>, Share)) -> Self {
        self.own = own;
        let state = self.kept.as_ref().map(|kept| Arc::clone(&kept.state));
        self.reveals = Budget::new(state.as_ref(), "reveals", own.reveals_per_hour);
        if let Some(kept) = &mut self.kept {
            kept.writes = Budget::new(state.as_ref(), "writes", own.writes_per_hour);
        }
        let share = |(name, share): (String, Share)| {
            let share = TokensShare::new(state.as_ref(), &name, share);
            (name, share)
        };
        self.shares = shares.into_iter().map(share).collect();
        self
    }

    fn tokens_share(&self, client: &Client) -> Option<&TokensShare> {
        self.shares.get(client.asked.token.as_deref()?)
    }

    /// The token's name, if the token has its own share.
    fn token<'t>(&self, token: Option<&'t str>) -> Option<&'t str> {
        token.filter(|token| self.shares.contains_key(*token))
    }

    /// This client's share of the budgets.
    pub(crate) fn share(&self, client: &Client) -> Share {
        self.tokens_share(client).map_or(self.own, |tokens| tokens.share)
    }

    /// The same service for an enforced set-up, or for an advisory one.
    pub(crate) fn enforced(self, enforced: bool) -> Self {
        Self { enforced, ..self }
    }

    /// Whether the set-up is enforced, so that requesters can't approve their own plans.
    pub(crate) fn is_enforced(&self) -> bool {
        self.enforced
    }

    /// The total of all budgets, before they are divided.
    #[cfg(feature = "cli")]
    pub(crate) fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    pub(crate) fn rules(&self) -> &ChangeRules {
        &self.rules
    }

    /// Whether there is a directory to keep plans in.
    pub(crate) fn keeps_plans(&self) -> bool {
        self.kept.is_some()
    }

    /// The current state of the kill switch.
    pub(crate) fn switch(&self) -> SwitchState {
        match &self.kept {
            Some(kept) => kept.switch.state(),
            None if self.rules.writes == SwitchPolicy::Never => SwitchState::Never,
            None => SwitchState::Off { because: "there is no state directory, and so no switch to turn on".to_owned() },
        }
    }

    /// Proof that changes are on now. Reads the switch each time.
    pub(crate) fn writes_on(&self) -> Result<WritesOn, Error> {
        let off = match &self.kept {
            Some(kept) => match kept.switch.writes_on() {
                Ok(on) => return Ok(on),
                Err(off) => off,
            },
            None if self.rules.writes == SwitchPolicy::Never => SwitchOff::Never,
            None => SwitchOff::Off,
        };
        Err(super::refusals::off(off))
    }

    /// The time by which things expire. It never goes back. Without a state directory nothing
    /// outlives the process.
    pub(crate) fn time(&self) -> Result<Millis, Error> {
        match &self.kept {
            Some(kept) => kept.state.now().map_err(clock_refused),
            None => Ok(now()),
        }
    }

    fn kept(&self) -> Result<&KeptState, Error> {
        let kept = self.kept.as_ref().ok_or_else(|| {
            Error::refused(
                Layer::TwoPhaseConfirm,
                "there is no state directory to keep plans in",
                "ask the operator to set INFISICAL_SKILL_STATE_DIR or `state_dir`",
            )
        })?;
        Ok(kept)
    }

    /// What a change needs: a place to keep plans, and an identity that can make changes.
    fn keys(&self) -> Result<(&KeptState, &PlanKeys), Error> {
        let kept = self.kept()?;
        let keys = kept.keys.as_ref().ok_or_else(|| {
            Error::refused(
                Layer::Identity,
                "no write identity is configured, so nothing can be changed",
                "ask the operator to configure a separate write identity",
            )
        })?;
        Ok((kept, keys))
    }

    /// Checks whether a draft could be filed, as far as that is known before.
    pub(crate) fn check_filing(&self, checked: &Checked, payload: &[u8]) -> Result<(), Error> {
        if self.rules.writes == SwitchPolicy::Never {
            return Err(off(SwitchOff::Never));
        }
        self.keys()?;
        let size: usize = checked.requests.iter().map(|request| request.body.len() + request.path.len()).sum();
        if payload.len() > MAX_PAYLOAD || size > 16 * 1024 * 1024 {
            return Err(Error::refused(Layer::Input, "the plan is too large to be kept", "use several smaller plans"));
        }
        Ok(())
    }

    /// Files a draft that passed the checks and matches the request, together with what the host
    /// found out about it.
    pub(crate) fn file(
        &self,
        api_version: ApiVersion,
        matched: MatchedPlan,
        facts: PlanFindings,
        payload: &[u8],
        client: &Client,
    ) -> Result<Filed, Error> {
        self.keep(api_version, (matched.into_checked(), facts), payload, client)
    }

    fn keep(
        &self,
        api_version: ApiVersion,
        mut draft: (Checked, PlanFindings),
        payload: &[u8],
        client: &Client,
    ) -> Result<Filed, Error> {
        client.check(Grant::Preview)?;
        self.check_filing(&draft.0, payload)?;
        let (kept, keys) = self.keys()?;
        let excess = self.excess(kept, &Sum::of(api_version, &draft.0.requests, &draft.0.observed))?;
        draft.0.excess = excess.iter().map(ToString::to_string).collect();
        let token = self.token(client.asked.token.as_deref());
        // A plan counts for the token that it was asked for with, as long as that token has a
        // share.
        let counts = |filed: Option<&str>| self.token(filed) == token;
        let most = self.share(client).pending_plans;
        let bounds = (self.rules.plan_lifetime, most, &counts as &dyn Fn(Option<&str>) -> bool);
        let is_protected = draft.0.is_protected;
        let from = (client.session.as_ref().map(Session::as_str), client.asked.as_ref());
        let card = kept.plans.file(keys, api_version, draft, payload, from, bounds);
        let card = card.map_err(|error| match error {
            StoreRefusal::TooMany => too_many_plans(most, token),
            error => self.refusal(error),
        })?;
        let is_one_of_many = !card.excess.is_empty();
        let needs_person = self.rules.approval.applies(card.acknowledge.as_deref(), is_protected || is_one_of_many);
        let approval = needs_person.then(|| how_to_approve(&card.plan));
        Ok(Filed { card, approval })
    }

    /// Opens a plan to read the current state before any of it leaves. All layers of redeeming
    /// apply, and nothing is used up. Redeeming checks all of them again.
    pub(crate) fn open(
        &self,
        id: &str,
        acknowledge: Option<&str>,
        exposure: &Exposure<'_>,
        client: &Client,
    ) -> Result<OpenedPlan, Error> {
        self.writes_on()?;
        let (approved, StoredPlan { card, payload, observed, .. }) =
            self.approved(id, acknowledge, exposure, client)?;
        let plan = approved.plan();
        Ok(OpenedPlan {
            plan: plan.id.clone(),
            digest: plan.digest,
            api_version: plan.api_version,
            requests: plan.requests.clone(),
            payload,
            expires: card.expires_at(),
            observed,
        })
    }

    /// Redeems a plan, once. The layers are checked in the order in which they refuse.
    pub(crate) fn redeem(
        &self,
        id: &str,
        acknowledge: Option<&str>,
        exposure: &Exposure<'_>,
        client: &Client,
    ) -> Result<RedeemedPlan, Error> {
        let on = self.writes_on()?;
        let (kept, _) = self.keys()?;
        let (approved, StoredPlan { card, payload, approval, observed, .. }) =
            self.approved(id, acknowledge, exposure, client)?;
        let now = self.time()?;
        let count = u32::try_from(approved.requests()).unwrap_or(u32::MAX);
        let writes = self.tokens_share(client).and_then(|tokens| tokens.writes.as_ref()).unwrap_or(&kept.writes);
        let token = self.token(client.asked.token.as_deref());
        writes.take(count, now).map_err(|refusal| used_up(refusal, "changes", token))?;
        // The changes count from now on. If two plans are redeemed at once, the second therefore
        // sees the first.
        let sum = Sum::of(approved.plan().api_version, &approved.plan().requests, &observed);
        let mut excess = Ok(());
        let mut check = |earlier: &[PastChange]| {
            excess = self.check_excess(&card, &sum.beyond(&self.rules.sums, earlier, now));
            excess.is_ok()
        };
        kept.state.count_changes(&sum.kept, kept.window, now, &mut check).map_err(recent_changes_unusable)?;
        excess?;
        let claim = kept.plans.claim(approved.id(), approval.clone()).map_err(|error| self.refusal(error))?;
        let plan = approved.redeem(&on, claim).map_err(|refusal| {
            Error::refused(Layer::TwoPhaseConfirm, refusal.to_string(), "preview the change again")
        })?;
        Ok(RedeemedPlan { plan, payload, readings: card.requests, approval })
    }

    /// A plan that passes every layer except the switch and the budget, with its stored data.
    fn approved(
        &self,
        id: &str,
        acknowledge: Option<&str>,
        exposure: &Exposure<'_>,
        client: &Client,
    ) -> Result<(Approved, StoredPlan), Error> {
        client.check(Grant::Apply)?;
        let (state, keys) = self.keys()?;
        let id = PlanId::new(id).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        let kept = state.plans.open(keys, &id).map_err(|error| self.refusal(error))?;
        is_of(client.session.as_ref(), &kept.card)?;
        let current = kept.plan.clone().current(self.time()?, exposure).map_err(not_current)?;
        let sum = Sum::of(current.plan().api_version, &current.plan().requests, &kept.observed);
        self.check_excess(&kept.card, &self.excess(state, &sum)?)?;
        let acknowledged = current.acknowledge(acknowledge).map_err(not_acknowledged)?;
        let approved = acknowledged.approve(self.rules.approval, self.accepted(client), kept.approval());
        Ok((approved.map_err(|refusal| not_approved(refusal, id.as_str()))?, kept))
    }

    /// The limits that a plan now exceeds, together with earlier changes.
    fn excess(&self, kept: &KeptState, sum: &Sum) -> Result<Vec<Excess>, Error> {
        let now = self.time()?;
        Ok(sum.beyond(
            &self.rules.sums,
            &kept.state.recent_changes(kept.window, now).map_err(recent_changes_unusable)?,
            now,
        ))
    }

    /// Refuses a plan that exceeds a limit which its preview didn't mention: nobody was asked about
    /// that.
    fn check_excess(&self, card: &PlanCard, now: &[Excess]) -> Result<(), Error> {
        let is_known = |excess: &&Excess| {
            let about = format!("{} ", excess.about);
            card.excess.iter().any(|known| known.starts_with(&about))
        };
        match now.iter().find(|excess| !is_known(excess)) {
            None => Ok(()),
            Some(excess) => Err(Error::refused(
                Layer::BlastRadius,
                format!("{excess}, together with changes since the preview"),
                "preview the change again: the new plan needs a person's approval",
            )),
        }
    }

    /// Takes one off the budget of reveals.
    pub(crate) fn take_reveal(&self, client: &Client) -> Result<(), Error> {
        client.check(Grant::Reveal)?;
        let reveals = self.tokens_share(client).map_or(&self.reveals, |tokens| &tokens.reveals);
        let token = self.token(client.asked.token.as_deref());
        reveals.take(1, self.time()?).map_err(|refusal| used_up(refusal, "reveals", token))
    }

    /// Records the outcome of a redeemed plan. If that fails, the plan stays `redeemed`: used up,
    /// with an unknown outcome.
    pub(crate) fn note(&self, id: &str, outcome: PlanOutcome) {
        if let (Some(kept), Some(id)) = (&self.kept, PlanId::new(id))
            && let Err(error) = kept.plans.note(&id, outcome)
        {
            tracing::warn!(%error, "the outcome of a plan can't be recorded");
        }
    }

    /// Uses a plan up, for the session that it belongs to.
    pub(crate) fn discard(&self, id: &str, outcome: PlanOutcome, session: Option<&Session>) -> Result<(), Error> {
        let (kept, keys) = self.keys()?;
        let id = PlanId::new(id).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        let card = kept.plans.open(keys, &id).map_err(|error| self.refusal(error))?.card;
        is_of(session, &card)?;
        kept.plans.discard(&id, outcome).map_err(|error| self.refusal(error))
    }

    /// The card of a pending plan, as it was filed.
    pub(crate) fn card(&self, id: &str) -> Result<PlanCard, Error> {
        let (kept, keys) = self.keys()?;
        let id = PlanId::new(id).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        kept.plans.open(keys, &id).map(|kept| kept.card).map_err(|error| self.refusal(error))
    }

    /// All stored plans.
    pub(crate) fn plans(&self) -> Result<Vec<PlanStatus>, Error> {
        match &self.kept {
            None => Ok(Vec::new()),
            Some(kept) => kept.plans.list(kept.keys.as_ref()).map_err(|error| self.refusal(StoreRefusal::Io(error))),
        }
    }

    fn refusal(&self, refusal: StoreRefusal) -> Error {
        let refused = |reason: &str, remedy: &str| Error::refused(Layer::TwoPhaseConfirm, reason, remedy);
        match refusal {
            StoreRefusal::Unknown => refused(
                "there is no such plan: it was never filed, or it expired",
                "preview the change, and apply the plan that the preview names",
            ),
            StoreRefusal::Used(outcome) => refused(
                match outcome {
                    PlanOutcome::Discarded => "this plan was discarded",
                    PlanOutcome::Rejected => "a person rejected this plan",
                    PlanOutcome::Failed => "this plan is used up, and changed nothing",
                    _ => "this plan was redeemed already, and a plan can be redeemed only once",
                },
                "look at what is there now; if the change is still wanted, preview it again",
            ),
            StoreRefusal::NotOurs => refused(
                "this plan can't be opened: it was filed for another server or with another write identity, or it was changed since",
                "preview the change again",
            ),
            StoreRefusal::TooMany => too_many_plans(self.own.pending_plans, None),
            StoreRefusal::Clock(refusal) => clock_refused(refusal),
            StoreRefusal::Io(error) => {
                let what = self.kept.as_ref().map(|kept| kept.state.describe()).unwrap_or_default();
                refused(&format!("{what} can't be used: {error}"), &format!("ask the operator to {}", advice(&error)))
            }
        }
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;

#[cfg(test)]
#[cfg(unix)]
#[path = "over_time/mod.rs"]
mod over_time;
