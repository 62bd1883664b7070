//! Checks the component's requests before anything is sent on their behalf, and counts them.

use super::call::{Denial, GateError};
use super::call_rules::CallRules;
use super::changes::Ledger;
use super::gate::Gate;
use super::purpose::CallPurpose;
use super::reveals::ApprovedSecret;
use crate::model::error::{Error, Layer};
use infisical_skill_policy::headers::may_leave;
use infisical_skill_policy::plan::ReadScope;
use infisical_skill_policy::reveal::Reveal;
use infisical_skill_policy::{ApiVersion, Operation, Place, SecretName};

impl Gate {
    /// Checks a request's target and headers before anything is sent on its behalf.
    pub(crate) fn check_head(&self, head: &http::request::Parts) -> Result<(), GateError> {
        self.check_no_violation()?;
        let scheme = head.uri.scheme_str().unwrap_or_default();
        let authority = head.uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if !self.shared.transport.origin().is(scheme, authority) {
            return Err(self.deny(Denial::Egress("it isn't for the configured origin".to_owned())));
        }
        for (name, value) in &head.headers {
            if head.headers.get_all(name).iter().count() > 1 || !may_leave(name.as_str(), value.as_bytes()) {
                return Err(self.deny(Denial::Egress("it has a header that isn't allowed".to_owned())));
            }
        }
        Ok(())
    }

    /// Checks what a request asks for, as far as that works without knowing the server. A request
    /// that neither API version allows is refused before the host sends anything itself.
    pub(crate) fn check_request(&self, head: &http::request::Parts) -> Result<(), GateError> {
        match (self.authorize(ApiVersion::V4, head), self.authorize(ApiVersion::V3, head)) {
            (Ok(_), _) | (_, Ok(_)) => Ok(()),
            // The denial of a request that was parsed says more than that of one that wasn't.
            (Err(Denial::Route(_)), Err(denial)) | (Err(denial), Err(_)) => Err(self.deny(denial)),
        }
    }

    fn too_many(&self) -> GateError {
        self.deny(Denial::TooMany)
    }

    /// Checks what a request asks for, and counts it.
    pub(crate) fn admit(&self, api_version: ApiVersion, head: &http::request::Parts) -> Result<Operation, GateError> {
        let operation = self.authorize(api_version, head).map_err(|denial| self.deny(denial))?;
        let mut record = self.lock();
        record.admitted += 1;
        let is_reveal = matches!(operation, Operation::RevealSecret { .. });
        let revealed_before = record.revealed && is_reveal;
        record.revealed |= is_reveal;
        let too_many = record.admitted > self.grant.max_requests(api_version) || revealed_before;
        drop(record);
        if too_many {
            return Err(self.too_many());
        }
        if let Operation::RevealSecret { place, name } = &operation {
            self.admit_reveal(place, name).map_err(|error| self.deny(Denial::Refused(error)))?;
        }
        Ok(operation)
    }

    /// The final check before a value is read: switch, person, budget, in this order.
    fn admit_reveal(&self, place: &Place, name: &SecretName) -> Result<(), Error> {
        let CallPurpose::Reveal { request, .. } = &*self.purpose else {
            return Err(Error::refused(Layer::RevealGate, "the call isn't one that may reveal a value", "report this"));
        };
        let reveal = Reveal { place: place.clone(), name: name.clone() };
        let client = self.log.client();
        let take_budget = || self.shared.plan_service.take_reveal(client);
        let card = self.shared.reveals.admit(&reveal, request.as_deref(), client, take_budget)?;
        self.lock().approved = card.as_ref().map(ApprovedSecret::of);
        Ok(())
    }

    /// Refuses a body: no read has one.
    pub(crate) fn refuse_body(&self) -> GateError {
        self.deny(Denial::Egress("it has a body".to_owned()))
    }

    /// The operation of a request that the route, the grant, the purpose and the scopes allow.
    fn authorize(&self, api_version: ApiVersion, head: &http::request::Parts) -> Result<Operation, Denial> {
        let ledger = self.ledger();
        let rules = CallRules {
            grant: self.grant,
            purpose: &self.purpose,
            read_scopes: &self.read_scopes(&ledger),
            named: &ledger.named,
            folders: &ledger.folders,
            organization: self.shared.server.organization(),
            scopes: self.scopes(),
            reveal_scopes: &self.shared.reveal_scopes,
        };
        let path_and_query = head.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
        rules.authorize(api_version, head.method.as_str(), path_and_query)
    }

    /// What this call may read. In an apply, nothing until the plan is opened.
    fn read_scopes(&self, ledger: &Ledger) -> Vec<ReadScope> {
        match &*self.purpose {
            CallPurpose::Preview(asked) => asked.iter().flat_map(ReadScope::of_asked).collect(),
            _ => ledger.read_scopes.clone(),
        }
    }
}
