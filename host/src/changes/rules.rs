//! What the operator decided about changes.

use crate::clients::Share;
use infisical_skill_policy::Environment;
use infisical_skill_policy::plan::{ApprovalPolicy, SumLimits};
use infisical_skill_policy::switch::WritePolicy;
use std::time::Duration;

/// What the operator decided about changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangeRules {
    /// Whether the kill switch can be turned on at all, and for how long at a time. At most an hour, if not set.
    pub writes: WritePolicy,
    /// Which changes need a person. Those that can't be undone, if not set.
    pub approval: ApprovalPolicy,
    /// The environments in which every change needs a person, whatever `approval` says. None, if not set.
    pub protected: Vec<Environment>,
    /// How long a plan can be redeemed. 15 minutes, if not set; at most a day.
    pub plan_lifetime: Duration,
    /// How many changes one plan may have. 20, if not set; at most 50.
    pub max_changes: u32,
    /// A plan of more changes than this needs an acknowledgement. 5, if not set.
    pub acknowledge_above: u32,
    /// Whether projects and environments may be created and people invited. They may not, if not set.
    pub administration: bool,
    /// Whether the host asks a current server for values, on the read identity, to find the references to what is changed. It keeps numbers
    /// alone. It doesn't, if not set. An older server sends values anyway.
    pub find_references: bool,
    /// How much may be changed within a time before the next plan needs a person.
    pub sums: SumLimits,
}

impl ChangeRules {
    /// The longest that a plan can be kept.
    pub const MAX_PLAN_LIFETIME: Duration = Duration::from_secs(24 * 3_600);
    /// The longest that changes can be switched on.
    pub const MAX_SWITCHED_ON: Duration = Duration::from_secs(24 * 3_600);
    /// The most changes of one plan: each is a request, and all must fit into one call.
    pub const MAX_CHANGES: u32 = 50;
}

impl Default for ChangeRules {
    fn default() -> Self {
        Self {
            writes: WritePolicy::Switchable { max: Duration::from_secs(3_600) },
            approval: ApprovalPolicy::Irreversible,
            protected: Vec::new(),
            plan_lifetime: Duration::from_secs(15 * 60),
            max_changes: 20,
            acknowledge_above: 5,
            administration: false,
            find_references: false,
            sums: SumLimits::default(),
        }
    }
}

/// How often something may be done, over all processes that share a state folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budgets {
    /// Plans that wait. 16, if not set.
    pub pending_plans: u32,
    /// Changes that are sent in an hour. 60, if not set.
    pub writes_per_hour: u32,
    /// Values that are revealed in an hour. 20, if not set.
    pub reveals_per_hour: u32,
}

impl Budgets {
    /// All of it, as one share.
    pub(crate) fn share(&self) -> Share {
        let Self { pending_plans, writes_per_hour, reveals_per_hour } = *self;
        Share { pending_plans, writes_per_hour, reveals_per_hour }
    }
}

impl Default for Budgets {
    fn default() -> Self {
        Self { pending_plans: 16, writes_per_hour: 60, reveals_per_hour: 20 }
    }
}
