//! Plans: previewed changes on their way to the server.
//!
//! Each step is a type that only its check returns. So there is no other way to the last one:
//!
//! ```text
//! Draft ──check──► Checked ──verify_matches_request──► MatchedPlan ──(stored, read again)──► Plan
//!   ──current──► Current ──acknowledge──► Acknowledged ──approve──► Approved
//!   ──redeem, with a claim──► Redeemed
//!   ──next: each request once, in order, while the switch is on──► AuthorizedRequest
//! ```
//!
//! The host's transport sends a change only for an [`AuthorizedRequest`]. No step can be made up,
//! skipped or copied. Code that tries to do so doesn't compile:
//!
//! ```compile_fail,E0451
//! # use infisical_skill_policy::plan::{Current, Redeemed};
//! fn without_the_checks(current: Current) -> Redeemed {
//!     Redeemed { current, next: 0 } // fields of Redeemed are private
//! }
//! ```
//!
//! ```compile_fail,E0451
//! # use infisical_skill_policy::{change::{ChangeRequest, ParsedChange}, plan::AuthorizedRequest};
//! fn without_a_plan(request: ChangeRequest, change: ParsedChange) -> AuthorizedRequest {
//!     AuthorizedRequest { request, change, at: 0 } // fields of AuthorizedRequest are private
//! }
//! ```
//!
//! ```compile_fail,E0423
//! # use infisical_skill_policy::plan::{Acknowledged, Approved, Current};
//! fn without_a_person(current: Current) -> Approved {
//!     Approved(current) // the only field of Approved is private
//! }
//! ```
//!
//! ```compile_fail,E0451
//! # use infisical_skill_policy::switch::WritesOn;
//! let on = WritesOn { since: 0, until: u64::MAX }; // fields of WritesOn are private
//! ```
//!
//! ```compile_fail,E0599
//! # use infisical_skill_policy::plan::{Acknowledged, Claim, Redeemed};
//! # use infisical_skill_policy::switch::WritesOn;
//! fn before_it_is_approved(plan: Acknowledged, on: &WritesOn, claim: Claim) -> Redeemed {
//!     plan.redeem(on, claim).unwrap() // Acknowledged has no `redeem`
//! }
//! ```
//!
//! ```compile_fail,E0382
//! # use infisical_skill_policy::plan::{Approved, Claim, Redeemed};
//! # use infisical_skill_policy::switch::WritesOn;
//! fn one_claim_for_two(one: Approved, two: Approved, on: &WritesOn, claim: Claim) -> [Redeemed; 2] {
//!     [one.redeem(on, claim).unwrap(), two.redeem(on, claim).unwrap()] // use of a moved value
//! }
//! ```
//!
//! ```compile_fail,E0277
//! # use infisical_skill_policy::plan::AuthorizedRequest;
//! fn sent_twice(request: &AuthorizedRequest) -> AuthorizedRequest {
//!     <AuthorizedRequest as Clone>::clone(request) // AuthorizedRequest can't be copied
//! }
//! ```

mod draft;
mod read_scope;
mod redeem;
mod snapshot;
mod sums;

pub use draft::{Checked, DraftRefusal, Folders, MatchedPlan, check};
pub use read_scope::{ReadScope, permits};
pub use redeem::{
    Acknowledged, AcknowledgementRefusal, Approval, ApprovalPolicy, ApprovalRefusal, Approved, AuthorizationRefusal,
    AuthorizedRequest, Claim, Current, CurrentRefusal, Redeemed,
};

pub use snapshot::{AffectedCounts, Observed, Snapshot};
pub use sums::{CountedChange, Excess, PastChange, SumLimits, beyond, counted_changes};

use crate::change::ChangeRequest;
use crate::operation::ApiVersion;
use crate::switch::Millis;
use std::fmt;

/// The id of a plan. It authorizes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlanId(String);

impl PlanId {
    /// The most characters.
    pub const MAX: usize = 64;

    /// Accepts a text of 1 to 64 of `a-z 0-9 -`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty()
            && text.len() <= Self::MAX
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A keyed digest of everything that a plan would send. An approval is bound to it. It reveals
/// nothing about the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanDigest(pub [u8; 32]);

/// A stored plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The plan's id.
    pub id: PlanId,
    /// The digest that an approval is bound to.
    pub digest: PlanDigest,
    /// When the plan was filed.
    pub filed: Millis,
    /// When the plan expires.
    pub expires: Millis,
    /// The API version that its requests are for.
    pub api_version: ApiVersion,
    /// The requests that it would send, in order.
    pub requests: Vec<ChangeRequest>,
    /// The confirmation phrase.
    pub acknowledge: Option<String>,
    /// The operator's settings that it was checked against:
    /// [`crate::exposure::Exposure::fingerprint`].
    pub settings_fingerprint: String,
    /// Whether it needs a person because of earlier changes: [`beyond`].
    pub is_one_of_many: bool,
}
