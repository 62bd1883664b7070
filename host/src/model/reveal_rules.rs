//! The operator's rules for plain values.

use infisical_skill_policy::reveal::RevealApproval;
use infisical_skill_policy::switch::SwitchPolicy;

/// The operator's rules for plain values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevealRules {
    /// Whether the switch of plain values can be turned on at all, and for how long at a time.
    /// Default: not at all.
    pub switch: SwitchPolicy,
    /// Which reveals need a person's approval. Default: those in protected environments. Those
    /// always need it.
    pub approval: RevealApproval,
    /// Which identity reads them. Default: the reveal identity.
    pub with: RevealWith,
}

/// Which identity reads plain values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RevealWith {
    /// The reveal identity. Without one, nothing is revealed.
    #[default]
    Reveal,
    /// The read identity. It can then read values whatever the skill does.
    Read,
}

impl Default for RevealRules {
    fn default() -> Self {
        Self { switch: SwitchPolicy::Never, approval: RevealApproval::default(), with: RevealWith::default() }
    }
}
