//! Previews and plans, and what people decide about them.

use super::Skill;
use crate::audit::{CallEnd, Failed, convert};
use crate::boundary::gate::Gate;
use crate::boundary::purpose::{CallPurpose, asked_change};
use crate::model::changes::{Change, Preview, Receipt};
use crate::model::error::{Error, Layer, PlanAfter};
use crate::model::people::{ApprovedBy, AskedBy};
use crate::model::plan_card::{PlanCard, PlanOutcome, PlanStatus};
use crate::plans::{Filed, settle};
use infisical_skill_audit::{Act, Durability, Event, Operator};
use infisical_skill_policy::Grant;
use infisical_skill_policy::approver::{Channel, Means};

/// A preview in progress. If a plan was filed but isn't shown in the end, it can't be applied:
/// nobody saw what it does.
struct PendingPreview<'a> {
    skill: &'a Skill,
    gate: &'a Gate,
}

impl Drop for PendingPreview<'_> {
    fn drop(&mut self) {
        let Some(Filed { card, .. }) = self.gate.take_filed() else { return };
        let session = self.skill.client.session.as_ref();
        if let Err(error) = self.skill.plan_service().discard(&card.plan, PlanOutcome::Discarded, session) {
            tracing::warn!(reason = error.reason(), "a plan that nobody saw can't be discarded");
        }
    }
}

impl Skill {
    /// Reads the current state, computes a plan for these changes and files it. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error`] says what happened and what to do.
    pub async fn preview(&self, changes: Vec<Change>) -> Result<Preview, Error> {
        let tool = match changes.as_slice() {
            [one] => one.kind(),
            _ => "change-many",
        };
        let log = self.log(tool, convert::changes(&changes, &self.inner.defaults), Grant::Preview);
        let asked = changes.iter().map(|change| asked_change(change, &self.inner.defaults)).collect();
        let gate = self.gate(Grant::Preview, CallPurpose::Preview(asked), &log);
        let unshown = PendingPreview { skill: self, gate: &gate };
        let with_values = convert::carry_values(&changes);
        let previewed = async { self.invocation(&gate, with_values).await?.preview(changes).await }.await;
        let plan = gate.filed_plan();
        let previewed = previewed.and_then(|previewed| match (&plan, gate.cause()) {
            (Some(_), _) => Ok(previewed),
            (None, Some(cause)) => Err(cause.into()),
            (None, None) => Err(Error::Sandbox("it previewed a change and filed no plan".to_owned()).into()),
        });
        log.end(CallEnd { plan, ..CallEnd::of(&previewed) }).await?;
        let effects = previewed.map_err(|failed| failed.error)?;
        let Some(Filed { card, approval }) = unshown.gate.take_filed() else {
            return Err(Error::Sandbox("its plan is gone".to_owned()));
        };
        // Nothing that decides is taken from the component's answer.
        Ok(Preview {
            expires: card.expires_at(),
            plan: card.plan,
            effects,
            blast_radius: card.blast_radius,
            requests: card.requests,
            names: card.names,
            dependents: card.dependents,
            excess: card.excess,
            acknowledge: card.acknowledge,
            approval,
            switch: self.switch_needed(),
        })
    }

    /// Redeems a plan, once, and makes its changes. `acknowledge` is the confirmation phrase from
    /// the preview, if it named one.
    ///
    /// # Errors
    ///
    /// [`Error`] says what happened and what to do. Nothing was changed in that case.
    pub async fn apply(&self, plan: &str, acknowledge: Option<&str>) -> Result<Receipt, Error> {
        let log = self.log("apply-change", Vec::new(), Grant::Apply);
        let purpose = CallPurpose::Apply { plan: plan.to_owned(), acknowledge: acknowledge.map(str::to_owned) };
        let gate = self.gate(Grant::Apply, purpose, &log);
        let said = async { self.invocation(&gate, false).await?.apply(plan, acknowledge).await }.await;
        let Some(sent) = gate.sent() else {
            let not_redeemed = || Error::Sandbox("it applied a plan that it didn't redeem".to_owned());
            let failed = said.err().unwrap_or_else(|| gate.cause().unwrap_or_else(not_redeemed).into());
            let failed = match gate.unredeemed_until() {
                Some(until) => Failed { error: self.not_sent(plan, failed.error, until), ..failed },
                None => failed,
            };
            let recorded = gate.opened_plan().unwrap_or_else(|| convert::plan_named(plan));
            let refused = Err::<Receipt, _>(failed);
            log.end(CallEnd { plan: Some(recorded), ..CallEnd::of(&refused) }).await?;
            return refused.map_err(|failed| failed.error);
        };
        let recorded = gate.opened_plan();
        let violation = gate.violation();
        let why = said.as_ref().err().map(convert::said);
        let mut receipt = settle(plan, sent, said.map_err(|failed| failed.error), gate.cause());
        if let Ok(receipt) = &mut receipt {
            receipt.approval = gate.approval();
        }
        if let (Some(violation), Ok(receipt)) = (violation, &mut receipt) {
            receipt.note_all(&violation.reason());
        }
        self.plan_service().note(plan, receipt.as_ref().map_or(PlanOutcome::Failed, |receipt| receipt.outcome));
        let (outcome, steps) = match &receipt {
            Ok(receipt) => (convert::plan_outcome(receipt.outcome), convert::steps(receipt)),
            Err(error) => (convert::call_outcome(error), Vec::new()),
        };
        // The changes are made, and the disk has the record that they were about to be. The receipt
        // is more useful now than a refusal.
        if let Err(error) = log.end(CallEnd { outcome, said: why, plan: recorded, steps }).await
            && let Ok(receipt) = &mut receipt
        {
            receipt.note_all(&error.reason());
        }
        receipt
    }

    /// The error of an apply that opened a plan and sent nothing. If only the moment was wrong, the
    /// plan and its approval stay as they are. Otherwise the plan is used up, for example after
    /// drift.
    fn not_sent(&self, plan: &str, error: Error, until: String) -> Error {
        let is_of_the_moment = match &error {
            Error::RateLimited { .. }
            | Error::TimedOut
            | Error::Unreachable(_)
            | Error::ServerFailed(_)
            | Error::TooLarge(_)
            | Error::UnexpectedAnswer(_)
            | Error::Unauthenticated(_)
            | Error::Denied(_) => true,
            error => {
                matches!(error.layer(), Some(Layer::KillSwitch | Layer::Budget | Layer::AuditTrail | Layer::Identity))
            }
        };
        if is_of_the_moment {
            return Error::Applying { cause: Box::new(error), plan: PlanAfter::Kept(until) };
        }
        if let Err(error) = self.plan_service().discard(plan, PlanOutcome::Failed, self.client.session.as_ref()) {
            tracing::debug!(reason = error.reason(), "a plan of which nothing was sent is used up already");
        }
        error
    }

    /// Withdraws a plan, so that it can't be redeemed any more.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is no such plan, or it is used.
    pub fn discard(&self, plan: &str) -> Result<(), Error> {
        let log = self.log("discard-change", Vec::new(), Grant::Nothing);
        let session = self.client.session.as_ref();
        let may = self.client.check(Grant::Preview);
        let discarded =
            may.and_then(|()| self.plan_service().discard(plan, PlanOutcome::Discarded, session)).map_err(Failed::from);
        log.end_now(CallEnd { plan: Some(convert::plan_named(plan)), ..CallEnd::of(&discarded) })?;
        discarded.map_err(|failed| failed.error)
    }

    /// All stored plans including used ones, the newest first. This list is for a person. Agents
    /// know the plans that they made.
    ///
    /// # Errors
    ///
    /// [`Error`] if the state directory can't be read.
    pub fn plans(&self) -> Result<Vec<PlanStatus>, Error> {
        self.plan_service().plans()
    }

    /// A pending plan's card, to show to the person who decides. It is the card that was filed: one
    /// that was changed in the state directory isn't given out.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is no such plan, it is used, or it was changed since it was filed.
    pub fn plan(&self, plan: &str) -> Result<PlanCard, Error> {
        self.plan_service().card(plan)
    }

    /// Records that a person approved a plan after seeing this card ([`Self::plan`]). Call it only
    /// for an action of a person, where no agent can reach.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is no such plan, it is used or expired, the card isn't the one that was
    /// filed, or the approval can't be recorded.
    pub fn approve_plan(&self, shown: &PlanCard) -> Result<(), Error> {
        self.approve_by(shown, &self.approver(self.means(), &shown.asked))
    }

    /// Checks whether this person may approve the plan. In an enforced set-up, the requester may
    /// not.
    ///
    /// # Errors
    ///
    /// [`Error`] says why not, and who may.
    pub fn check_approver(&self, shown: &PlanCard) -> Result<(), Error> {
        self.plan_service().check_approver(shown, &self.approver(self.means(), &shown.asked))
    }

    fn approve_by(&self, shown: &PlanCard, by: &ApprovedBy) -> Result<(), Error> {
        self.plan_service().check_approver(shown, by)?;
        // An approval is recorded before it takes effect, and only if the card matches a pending
        // plan.
        if self.plan(&shown.plan)? == *shown {
            self.record_act(Act::Approve, &shown.plan, Some(shown), Some(by))?;
        }
        self.plan_service().approve(shown, by)
    }

    pub(super) fn means(&self) -> Means {
        if self.client.asked.channel == Channel::Command { Means::Terminal } else { Means::Embedded }
    }

    /// A person who decides by these means about what `asked` asked for.
    pub(super) fn approver(&self, means: Means, asked: &AskedBy) -> ApprovedBy {
        ApprovedBy::here(means, &self.caller.session, asked, self.plan_service().is_enforced())
    }

    /// Whether a form in this client may approve at all.
    #[cfg(feature = "mcp")]
    pub(crate) fn approves_in_client(&self) -> bool {
        self.client.rights.approve_in_client
    }

    /// The plan, if a person's approval is the only thing missing and a form in this client would
    /// count.
    #[cfg(feature = "mcp")]
    pub(crate) fn awaits_form(&self, plan: &str, acknowledge: Option<&str>) -> Result<Option<PlanCard>, Error> {
        let by = |card: &PlanCard| self.approver(Means::Form, &card.asked);
        self.plan_service().awaiting_approval(
            plan,
            acknowledge,
            &self.inner.shared.exposure(&self.client),
            &self.client,
            by,
        )
    }

    /// [`Self::approve_plan`], by a person who was asked through the client.
    #[cfg(feature = "mcp")]
    pub(crate) fn approve_in_client(&self, shown: &PlanCard) -> Result<(), Error> {
        self.approve_by(shown, &self.approver(Means::Form, &shown.asked))
    }

    /// [`Self::reject_plan`], by a person who was asked through the client.
    #[cfg(feature = "mcp")]
    pub(crate) fn reject_in_client(&self, shown: &PlanCard) -> Result<(), Error> {
        self.plan_service().reject(&shown.plan)?;
        self.record_act(Act::Reject, &shown.plan, Some(shown), Some(&self.approver(Means::Form, &shown.asked)))
    }

    /// Uses a plan up because a person rejected it.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is no such plan, it is used, or the rejection can't be recorded.
    pub fn reject_plan(&self, plan: &str) -> Result<(), Error> {
        let by = self.plan(plan).ok().map(|card| self.approver(self.means(), &card.asked));
        self.plan_service().reject(plan)?;
        self.record_act(Act::Reject, plan, None, by.as_ref())
    }

    fn record_act(&self, act: Act, plan: &str, card: Option<&PlanCard>, by: Option<&ApprovedBy>) -> Result<(), Error> {
        let digest = card.map(|card| card.digest.clone());
        let plan = infisical_skill_audit::Plan { digest, ..convert::plan_named(plan) };
        self.record_operator(act, Some(plan), card.map(|card| card.requests.clone()).unwrap_or_default(), by)
    }

    /// Records on disk what a person does.
    pub(crate) fn record_operator(
        &self,
        act: Act,
        plan: Option<infisical_skill_audit::Plan>,
        requests: Vec<String>,
        by: Option<&ApprovedBy>,
    ) -> Result<(), Error> {
        let caller = (*self.caller).clone();
        let approver = by.map(ApprovedBy::recorded);
        let (until, reason, user) = (None, None, None);
        let event = Event::Operator(Operator { act, caller, plan, requests, until, reason, user, approver });
        self.inner.shared.trail.record_now(&event, Durability::OnTheDisk)
    }
}
