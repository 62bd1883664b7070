//! The plan of an apply. It is opened to check the current state, and the first request that leaves
//! redeems it.

use super::call::{Denial, GateError};
use super::changes::Ledger;
use super::gate::Gate;
use super::purpose::CallPurpose;
use crate::audit::convert;
use crate::plans::{OpenedPlan, Sent, SentStep};
use infisical_skill_policy::Grant;
use infisical_skill_policy::change::{self, ChangeRequest};
use infisical_skill_policy::plan::ReadScope;

impl Gate {
    /// The plan that the call opened, for the audit record.
    pub(crate) fn opened_plan(&self) -> Option<infisical_skill_audit::Plan> {
        let ledger = self.ledger();
        let opened = ledger.opened.as_ref()?;
        Some(convert::plan(opened.plan.as_str(), &opened.digest))
    }

    /// Who approved the plan that was redeemed.
    pub(crate) fn approval(&self) -> Option<crate::model::people::ApprovedBy> {
        self.ledger().redeemed.as_ref()?.approval.clone()
    }

    /// Whether the component has a plan's requests, and with them the values that they write.
    pub(super) fn has_opened(&self) -> bool {
        self.ledger().opened.is_some()
    }

    /// The expiry (RFC 3339) of a plan that the call opened and of which nothing left.
    pub(crate) fn unredeemed_until(&self) -> Option<String> {
        let ledger = self.ledger();
        let opened = ledger.opened.as_ref().filter(|_| ledger.redeemed.is_none())?;
        Some(opened.expires.clone())
    }

    /// The outcome of each request of the plan that the call redeemed, with the host's
    /// descriptions. `None` if it redeemed none: then nothing left.
    pub(crate) fn sent(&self) -> Option<Vec<SentStep>> {
        let ledger = self.ledger();
        let redeemed = ledger.redeemed.as_ref()?;
        let came = redeemed.readings.iter().zip(&ledger.sent).zip(&ledger.answers);
        let steps = came.map(|((request, sent), answer)| SentStep {
            request: request.clone(),
            sent: *sent,
            http: answer.as_ref().map(|(http, _)| http.clone()),
            is_infisicals: answer.as_ref().is_some_and(|(_, is_infisicals)| *is_infisicals),
        });
        Some(steps.collect())
    }

    /// Opens the plan that the call was made for, with the confirmation phrase that the caller
    /// gave. A component that invents either gets nothing. From then on the plan's requests may
    /// leave in this call, in order, each once. The first of them redeems the plan, so a read that
    /// fails before it uses nothing up.
    pub(crate) fn redeem(
        &self,
        plan: &str,
        acknowledge: Option<&str>,
    ) -> Result<(Vec<ChangeRequest>, Vec<u8>), GateError> {
        self.check_no_violation()?;
        if self.grant != Grant::Apply || std::mem::replace(&mut self.ledger().tried, true) {
            return Err(self.deny(Denial::Egress("it redeems a plan in a call that may not redeem one".to_owned())));
        }
        match &*self.purpose {
            CallPurpose::Apply { plan: asked, acknowledge: given }
                if asked == plan && given.as_deref() == acknowledge => {}
            _ => {
                let error = "it redeems a plan or gives a phrase other than the caller's";
                return Err(self.deny(Denial::Egress(error.to_owned())));
            }
        }
        let opened = self.shared.plan_service.open(
            plan,
            acknowledge,
            &self.shared.exposure(self.log.client()),
            self.log.client(),
        );
        let opened = opened.map_err(|error| self.deny(Denial::Refused(error)))?;
        let answer = (opened.requests.clone(), opened.payload.clone());
        let read = |it: &ChangeRequest| change::parse(opened.api_version, it.method, &it.path, &it.body).ok();
        let read_scopes = answer.0.iter().filter_map(read).flat_map(|change| ReadScope::of_planned(&change)).collect();
        let mut ledger = self.ledger();
        ledger.read_scopes = read_scopes;
        ledger.opened = Some(opened);
        Ok(answer)
    }

    /// Redeems the opened plan, unless this call did so already: its first request is about to
    /// leave. A plan is redeemed once, by one process. Every layer is checked again.
    pub(super) fn redeem_opened(&self) -> Result<(), GateError> {
        let is_open = match &*self.ledger() {
            Ledger { redeemed: Some(_), .. } => return Ok(()),
            Ledger { opened, .. } => opened.is_some(),
        };
        let (true, CallPurpose::Apply { plan, acknowledge }) = (is_open, &*self.purpose) else {
            return Err(self.deny(Denial::Egress("no plan was redeemed in this call".to_owned())));
        };
        let exposure = self.shared.exposure(self.log.client());
        let redeemed = self.shared.plan_service.redeem(plan, acknowledge.as_deref(), &exposure, self.log.client());
        let redeemed = redeemed.map_err(|error| self.deny(Denial::Refused(error)))?;
        let mut ledger = self.ledger();
        let is_same =
            |opened: &OpenedPlan| opened.digest == redeemed.plan.plan().digest && opened.payload == redeemed.payload;
        if !ledger.opened.as_ref().is_some_and(is_same) {
            drop(ledger);
            return Err(self.deny(Denial::Egress("the plan isn't the one that was opened".to_owned())));
        }
        let count = redeemed.plan.plan().requests.len();
        ledger.sent = vec![Sent::Not; count];
        ledger.answers = vec![None; count];
        ledger.redeemed = Some(redeemed);
        Ok(())
    }
}
