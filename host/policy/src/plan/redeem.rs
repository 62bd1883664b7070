//! From a stored plan to the requests that may leave.

use super::{Plan, PlanDigest, PlanId};
use crate::approver::{Accepted, Independence, Means, NotAccepted};
use crate::change::{self, ChangeRequest, Method, ParsedChange};
use crate::exposure::Exposure;
use crate::scope::ChangeScopeRefusal;
use crate::switch::{Millis, WritesOn};
use std::fmt;

/// Which changes need a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApprovalPolicy {
    /// No change.
    None,
    /// Changes that need the confirmation phrase.
    #[default]
    Irreversible,
    /// All changes.
    All,
}

impl ApprovalPolicy {
    /// Whether a plan with this phrase, or without one, needs a person. A plan for a protected
    /// environment always does, and so does a plan that exceeds a limit together with earlier
    /// changes.
    #[must_use]
    pub fn applies(self, acknowledge: Option<&str>, is_protected: bool) -> bool {
        match self {
            _ if is_protected => true,
            Self::None => false,
            Self::Irreversible => acknowledge.is_some(),
            Self::All => true,
        }
    }
}

/// A person's approval. Whoever creates it has checked that it is genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// The digest that was approved.
    pub digest: PlanDigest,
    /// How it was approved.
    pub means: Means,
    /// Whether the approver is somebody other than the requester.
    pub independence: Independence,
}

/// The only permission to redeem a plan. Whoever creates it has taken the plan from the store, so
/// that nobody else can.
#[derive(Debug)]
pub struct Claim {
    id: PlanId,
}

impl Claim {
    /// States that the plan with this id was taken.
    #[must_use]
    pub fn taken(id: PlanId) -> Self {
        Self { id }
    }
}

/// Why a plan isn't current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CurrentRefusal {
    /// The plan has expired.
    Expired,
    /// The clock is before the time at which the plan was filed.
    ClockWentBack,
    /// The plan is outside of the operator's current scopes.
    OutOfScope,
    /// The plan has an administrative change, and the operator no longer allows those.
    AdministrationOff,
    /// The operator changed `scopes`, `reveal_scopes` or `protected` after the plan was filed.
    SettingsChanged,
    /// The plan has a request that no plan may have.
    Unreadable,
}

impl fmt::Display for CurrentRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("the plan has expired"),
            Self::ClockWentBack => f.write_str("the clock went back since the plan was filed"),
            Self::OutOfScope => f.write_str("the plan is outside of the scopes that the operator allows now"),
            Self::AdministrationOff => write!(f, "{}", ChangeScopeRefusal::AdministrationOff),
            Self::SettingsChanged => f.write_str(
                "the operator changed `scopes`, `reveal_scopes` or `protected` since the plan was previewed",
            ),
            Self::Unreadable => f.write_str("the plan has a request that no plan may have"),
        }
    }
}

impl std::error::Error for CurrentRefusal {}

impl From<ChangeScopeRefusal> for CurrentRefusal {
    fn from(refusal: ChangeScopeRefusal) -> Self {
        match refusal {
            ChangeScopeRefusal::OutOfScope => Self::OutOfScope,
            ChangeScopeRefusal::AdministrationOff => Self::AdministrationOff,
        }
    }
}

/// Why a confirmation phrase isn't accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcknowledgementRefusal {
    /// The phrase is missing. It is given here.
    Missing(String),
    /// The phrase is wrong. The right one is given here.
    Wrong(String),
    /// The plan needs no phrase.
    Unneeded,
}

impl fmt::Display for AcknowledgementRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing(_) => "this plan can't be undone or has wide effects, and its acknowledgement is missing",
            Self::Wrong(_) => "the acknowledgement isn't the phrase that this plan needs",
            Self::Unneeded => "this plan needs no acknowledgement, so the one that was given was meant for another",
        })
    }
}

impl std::error::Error for AcknowledgementRefusal {}

/// Why a plan isn't approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalRefusal {
    /// A person's approval is missing, or was given to something else.
    Missing,
    /// The approval doesn't count.
    NotAccepted(NotAccepted),
}

impl fmt::Display for ApprovalRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("a person hasn't approved this plan"),
            Self::NotAccepted(why) => write!(f, "the approval of this plan doesn't count: {why}"),
        }
    }
}

impl std::error::Error for ApprovalRefusal {}

/// Why a request may not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationRefusal {
    /// It isn't the plan's next request, byte for byte.
    NotPlanned,
    /// The plan expired in the meantime.
    Expired,
    /// The time of the switch has ended.
    SwitchedOff,
    /// The plan belongs to another call, or there is none.
    NotRedeemed,
}

impl fmt::Display for AuthorizationRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPlanned => "it isn't the next request of the plan, byte for byte",
            Self::Expired => "the plan has expired",
            Self::SwitchedOff => "changes are no longer switched on",
            Self::NotRedeemed => "it would change something, and no plan was redeemed",
        })
    }
}

impl std::error::Error for AuthorizationRefusal {}

/// A plan that hasn't expired and is in scope.
#[derive(Debug)]
pub struct Current {
    plan: Plan,
    changes: Vec<ParsedChange>,
    is_protected: bool,
}

/// A plan whose confirmation phrase was given.
#[derive(Debug)]
pub struct Acknowledged(Current);

/// A plan that a person approved, or that needs no person.
#[derive(Debug)]
pub struct Approved(Current);

/// A redeemed plan. Its requests may leave in order, each at most once.
#[derive(Debug)]
pub struct Redeemed {
    current: Current,
    next: usize,
}

/// A request that may leave now, once. It can't be copied.
#[derive(Debug)]
pub struct AuthorizedRequest {
    request: ChangeRequest,
    change: ParsedChange,
    at: usize,
}

impl Plan {
    /// Checks that the plan hasn't expired, is still in scope, and was checked against the current
    /// settings.
    ///
    /// # Errors
    /// [`CurrentRefusal`] says which of these fails.
    pub fn current(self, now: Millis, exposure: &Exposure<'_>) -> Result<Current, CurrentRefusal> {
        if now < self.filed {
            return Err(CurrentRefusal::ClockWentBack);
        }
        if now >= self.expires {
            return Err(CurrentRefusal::Expired);
        }
        let read =
            |request: &ChangeRequest| change::parse(self.api_version, request.method, &request.path, &request.body);
        let changes = self.requests.iter().map(read).collect::<Result<Vec<_>, _>>();
        let changes = changes.map_err(|_| CurrentRefusal::Unreadable)?;
        changes.iter().try_for_each(|change| exposure.scopes.check_change(change))?;
        if self.settings_fingerprint != exposure.fingerprint() {
            return Err(CurrentRefusal::SettingsChanged);
        }
        let is_protected = self.is_one_of_many || changes.iter().any(|change| exposure.is_protected(change));
        Ok(Current { plan: self, changes, is_protected })
    }
}

impl Current {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the plan needs a person under every policy: it changes something in a protected
    /// environment, or exceeds a limit together with earlier changes.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.is_protected
    }

    /// Checks the confirmation phrase.
    ///
    /// # Errors
    /// [`AcknowledgementRefusal`] if the phrase is missing, wrong or not needed.
    pub fn acknowledge(self, given: Option<&str>) -> Result<Acknowledged, AcknowledgementRefusal> {
        match (&self.plan.acknowledge, given) {
            (None, None) => Ok(Acknowledged(self)),
            (Some(phrase), Some(given)) if phrase == given => Ok(Acknowledged(self)),
            (Some(phrase), Some(_)) => Err(AcknowledgementRefusal::Wrong(phrase.clone())),
            (Some(phrase), None) => Err(AcknowledgementRefusal::Missing(phrase.clone())),
            (None, Some(_)) => Err(AcknowledgementRefusal::Unneeded),
        }
    }
}

impl Acknowledged {
    /// Checks the approval.
    ///
    /// # Errors
    /// [`ApprovalRefusal`] if the policy needs an approval, and none for this plan counts.
    pub fn approve(
        self,
        policy: ApprovalPolicy,
        accepted: Accepted,
        approval: Option<Approval>,
    ) -> Result<Approved, ApprovalRefusal> {
        let Self(current) = self;
        if !policy.applies(current.plan.acknowledge.as_deref(), current.is_protected) {
            return Ok(Approved(current));
        }
        let approval = approval.filter(|approval| approval.digest == current.plan.digest);
        let Approval { means, independence, .. } = approval.ok_or(ApprovalRefusal::Missing)?;
        accepted.check(means, independence, current.is_protected).map_err(ApprovalRefusal::NotAccepted)?;
        Ok(Approved(current))
    }
}

impl Approved {
    /// The plan's id.
    #[must_use]
    pub fn id(&self) -> &PlanId {
        &self.0.plan.id
    }

    /// The plan, to look at its targets before it is redeemed. It lets nothing leave.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        self.0.plan()
    }

    /// The number of requests that it would send.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.0.plan.requests.len()
    }

    /// Redeems the plan while changes are on. It uses the claim up.
    ///
    /// # Errors
    /// [`AuthorizationRefusal::NotRedeemed`] if the claim is for another plan.
    pub fn redeem(self, _on: &WritesOn, claim: Claim) -> Result<Redeemed, AuthorizationRefusal> {
        let Self(current) = self;
        let Claim { id } = claim;
        if id == current.plan.id { Ok(Redeemed { current, next: 0 }) } else { Err(AuthorizationRefusal::NotRedeemed) }
    }
}

impl Redeemed {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.current.plan
    }

    /// Lets the plan's next request leave, if this is it. After that, the request is used up,
    /// whatever happens to it.
    ///
    /// # Errors
    /// [`AuthorizationRefusal`] says why it may not leave. Then nothing is used up.
    pub fn next(
        &mut self,
        on: &WritesOn,
        now: Millis,
        method: Method,
        path: &str,
        body: &str,
    ) -> Result<AuthorizedRequest, AuthorizationRefusal> {
        let Current { plan, changes, .. } = &self.current;
        if !on.holds(now) {
            return Err(AuthorizationRefusal::SwitchedOff);
        }
        if now >= plan.expires || now < plan.filed {
            return Err(AuthorizationRefusal::Expired);
        }
        let at = self.next;
        let (Some(request), Some(change)) = (plan.requests.get(at), changes.get(at)) else {
            return Err(AuthorizationRefusal::NotPlanned);
        };
        if request.method != method || request.path != path || *request.body != body {
            return Err(AuthorizationRefusal::NotPlanned);
        }
        let authorized = AuthorizedRequest { request: request.clone(), change: change.clone(), at };
        self.next += 1;
        Ok(authorized)
    }
}

impl AuthorizedRequest {
    /// The change that the request makes.
    #[must_use]
    pub fn change(&self) -> &ParsedChange {
        &self.change
    }

    /// The request's position in the plan, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.at
    }

    /// Returns the request to send. It consumes the authorization.
    #[must_use]
    pub fn into_request(self) -> ChangeRequest {
        self.request
    }
}
