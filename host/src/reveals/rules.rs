//! What the operator decided about plain values.

use infisical_skill_policy::reveal::RevealApproval;
use infisical_skill_policy::switch::SwitchPolicy;

/// What the operator decided about plain values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevealRules {
    /// Whether the switch of plain values can be turned on at all, and for how long at a time. Not
    /// at all, if not set.
    pub switch: SwitchPolicy,
    /// Which reveals need a person. Those in protected environments, if not set, and those always.
    pub approval: RevealApproval,
    /// Which identity reads them. The reveal identity, if not set.
    pub with: RevealWith,
}

/// Which identity reads plain values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RevealWith {
    /// The reveal identity. Where there is none, nothing is revealed.
    #[default]
    Reveal,
    /// The read identity, which can read values then whatever the skill does.
    Read,
}

impl Default for RevealRules {
    fn default() -> Self {
        Self { switch: SwitchPolicy::Never, approval: RevealApproval::default(), with: RevealWith::default() }
    }
}
