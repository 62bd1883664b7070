//! The operator's rules for changes.

use super::clients::Share;
use infisical_skill_policy::Environment;
use infisical_skill_policy::plan::{ApprovalPolicy, SumLimits};
use infisical_skill_policy::switch::SwitchPolicy;
use std::time::Duration;

/// The operator's rules for changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangeRules {
    /// Whether the kill switch can be turned on at all, and for how long at a time. Default: at
    /// most an hour.
    pub writes: SwitchPolicy,
    /// Which changes need a person's approval. Default: those that can't be undone.
    pub approval: ApprovalPolicy,
    /// The environments in which every change needs a person's approval, whatever `approval` says.
    /// Default: none.
    pub protected: Vec<Environment>,
    /// How long a plan can be redeemed. Default: 15 minutes, at most a day.
    pub plan_lifetime: Duration,
    /// How many changes one plan may have. Default: 20, at most 50.
    pub max_changes: u32,
    /// A plan of more changes than this needs an acknowledgement. Default: 5.
    pub acknowledge_above: u32,
    /// Whether agents may create projects and environments and invite people. Default: no.
    pub administration: bool,
    /// Whether the host reads values from a current server, on the read identity, to find the
    /// references to what is changed. It keeps only the counts. Default: no. An older server sends
    /// values anyway.
    pub find_references: bool,
    /// How many changes are allowed within a time before the next plan needs a person's approval.
    pub sums: SumLimits,
}

impl ChangeRules {
    /// The longest lifetime of a plan.
    pub const MAX_PLAN_LIFETIME: Duration = Duration::from_secs(24 * 3_600);
    /// The longest time for which changes can be switched on.
    pub const MAX_SWITCHED_ON: Duration = Duration::from_secs(24 * 3_600);
    /// The most changes of one plan. Each is a request, and all must fit into one call.
    pub const MAX_CHANGES: u32 = 50;
}

impl Default for ChangeRules {
    fn default() -> Self {
        Self {
            writes: SwitchPolicy::Switchable { max: Duration::from_secs(3_600) },
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

/// How often something may be done, over all processes that share a state directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budgets {
    /// Pending plans. Default: 16.
    pub pending_plans: u32,
    /// Changes sent in an hour. Default: 60.
    pub writes_per_hour: u32,
    /// Values revealed in an hour. Default: 20.
    pub reveals_per_hour: u32,
}

impl Budgets {
    /// The whole budget as one share.
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
