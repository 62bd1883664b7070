//! What people decide about plans: approvals and rejections, and which of them count.

use super::PlanService;
#[cfg(feature = "mcp")]
use super::sums::Sum;
use crate::model::error::Error;
use crate::model::people::ApprovedBy;
use crate::model::plan_card::{PlanCard, PlanOutcome};
use crate::model::session::Client;
use crate::plans::refusals::not_approved;
#[cfg(feature = "mcp")]
use crate::plans::refusals::{is_of, not_acknowledged, not_current};
#[cfg(feature = "mcp")]
use crate::plans::store::StoredPlan;
use crate::state::StoreRefusal;
use infisical_skill_policy::approver::Accepted;
#[cfg(feature = "mcp")]
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{ApprovalPolicy, ApprovalRefusal, PlanId};

impl PlanService {
    /// Which approvals count in this client.
    pub(super) fn accepted(&self, client: &Client) -> Accepted {
        Accepted { forms: client.rights.approve_in_client, refuses_same: self.enforced }
    }

    /// The plan, if a person's approval is the only thing missing and one by `by` would count.
    ///
    /// # Errors
    ///
    /// The refusal that applying the plan now would get before that.
    #[cfg(feature = "mcp")]
    pub(crate) fn awaiting_approval(
        &self,
        id: &str,
        acknowledge: Option<&str>,
        exposure: &Exposure<'_>,
        client: &Client,
        by: impl Fn(&PlanCard) -> ApprovedBy,
    ) -> Result<Option<PlanCard>, Error> {
        self.writes_on()?;
        let (kept, keys) = self.keys()?;
        let id = PlanId::new(id).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        let StoredPlan { card, plan, approval, observed, .. } =
            kept.plans.open(keys, &id).map_err(|error| self.refusal(error))?;
        is_of(client.session.as_ref(), &card)?;
        let current = plan.current(self.time()?, exposure).map_err(not_current)?;
        let sum = Sum::of(current.plan().api_version, &current.plan().requests, &observed);
        self.check_excess(&card, &self.excess(kept, &sum)?)?;
        let is_protected = current.is_protected();
        current.acknowledge(acknowledge).map_err(not_acknowledged)?;
        let is_asked = self.rules.approval.applies(card.acknowledge.as_deref(), is_protected) && approval.is_none();
        let ApprovedBy { how, independence, .. } = by(&card);
        let counts = self.accepted(client).check(how, independence, is_protected).is_ok();
        Ok((is_asked && counts).then_some(card))
    }

    /// Uses a plan up because a person rejected it.
    pub(crate) fn reject(&self, id: &str) -> Result<(), Error> {
        let id = PlanId::new(id).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        self.kept()?.plans.discard(&id, PlanOutcome::Rejected).map_err(|error| self.refusal(error))
    }

    /// Checks that an approval by this person would count. For a form in a client, redeeming also
    /// checks whether forms count there.
    pub(crate) fn check_approver(&self, shown: &PlanCard, by: &ApprovedBy) -> Result<(), Error> {
        let accepted = Accepted { forms: true, refuses_same: self.enforced };
        let checked = accepted.check(by.how, by.independence, false);
        checked.map_err(|refusal| not_approved(ApprovalRefusal::NotAccepted(refusal), &shown.plan))
    }

    /// Records a person's approval of the plan as it was shown.
    pub(crate) fn approve(&self, shown: &PlanCard, by: &ApprovedBy) -> Result<(), Error> {
        self.check_approver(shown, by)?;
        let (kept, keys) = self.keys()?;
        let id = PlanId::new(&shown.plan).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        kept.plans.approve(keys, &id, shown, by).map_err(|error| self.refusal(error))
    }
}

/// The policy's name for [`crate::Skill::status`].
pub(crate) fn approval_name(policy: ApprovalPolicy) -> &'static str {
    match policy {
        ApprovalPolicy::None => "none",
        ApprovalPolicy::Irreversible => "irreversible",
        ApprovalPolicy::All => "all",
    }
}
