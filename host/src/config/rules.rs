//! The operator's decisions about changes, as the file expresses them.

use super::ConfigError;
use super::file;
use super::file::File;
use crate::model::change_rules::{Budgets, ChangeRules};
use crate::model::reveal_rules::{RevealRules, RevealWith};
use infisical_skill_policy::Environment;
use infisical_skill_policy::client::May;
use infisical_skill_policy::plan::{ApprovalPolicy, SumLimits};
use infisical_skill_policy::reveal::RevealApproval;
use infisical_skill_policy::switch::SwitchPolicy;
use serde::Deserialize;
use std::time::Duration;

/// Whether changes can be turned on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Writes {
    /// The kill switch decides.
    #[default]
    Switch,
    /// They can't.
    Never,
}

/// Whether values can be revealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Reveals {
    /// The reveal switch decides.
    Switch,
    /// They can't.
    #[default]
    Never,
}

/// Which reveals need a person's approval.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct RevealPerson(RevealApproval);

/// Which identity reads revealed values.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct RevealReader(RevealWith);

/// Where credentials may come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Credentials {
    /// From files that the configuration file names.
    #[default]
    File,
    /// Also from the environment. They are sent to the origin that the configuration file sets.
    Environment,
}

/// Which changes need a person's approval.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Approval(ApprovalPolicy);

/// What a client may do at most.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ClientMay(pub(super) May);

impl TryFrom<String> for ClientMay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let all = [May::Read, May::Preview, May::Apply];
        let may = all.into_iter().find(|may| may.name() == text);
        may.map(Self).ok_or("`may` must be \"read\", \"preview\" or \"apply\"")
    }
}

/// A duration in a human-readable form.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Span(Duration);

// The messages don't quote the input, because it may be a secret.

impl TryFrom<String> for Writes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "switch" => Ok(Self::Switch),
            "never" => Ok(Self::Never),
            _ => Err("`writes` must be \"switch\" or \"never\""),
        }
    }
}

impl TryFrom<String> for Reveals {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "switch" => Ok(Self::Switch),
            "never" => Ok(Self::Never),
            _ => Err("`reveals` must be \"switch\" or \"never\""),
        }
    }
}

impl TryFrom<String> for RevealPerson {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "none" => Ok(Self(RevealApproval::Protected)),
            "person" => Ok(Self(RevealApproval::All)),
            _ => Err("`reveal_approval` must be \"none\" or \"person\""),
        }
    }
}

impl TryFrom<String> for RevealReader {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "reveal" => Ok(Self(RevealWith::Reveal)),
            "read" => Ok(Self(RevealWith::Read)),
            _ => Err("`reveal_with` must be \"reveal\" or \"read\""),
        }
    }
}

impl TryFrom<String> for Credentials {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "file" => Ok(Self::File),
            "environment" => Ok(Self::Environment),
            _ => Err("`credentials` must be \"file\" or \"environment\""),
        }
    }
}

impl TryFrom<String> for Approval {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "none" => Ok(Self(ApprovalPolicy::None)),
            "irreversible" => Ok(Self(ApprovalPolicy::Irreversible)),
            "all" => Ok(Self(ApprovalPolicy::All)),
            _ => Err("`approval` must be \"none\", \"irreversible\" or \"all\""),
        }
    }
}

impl TryFrom<String> for Span {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        humantime::parse_duration(&text).map(Self).map_err(|_| "a time such as \"15m\" or \"1h 30m\" is expected")
    }
}

impl File {
    /// The kill switch's policy. It depends only on these two settings.
    pub(super) fn write_policy(&self) -> Result<SwitchPolicy, ConfigError> {
        switch_policy("writes_max", self.writes == Writes::Switch, self.writes_max)
    }

    /// The reveal switch's policy. It depends only on these two settings.
    pub(super) fn reveal_policy(&self) -> Result<SwitchPolicy, ConfigError> {
        switch_policy("reveals_max", self.reveals == Reveals::Switch, self.reveals_max)
    }

    pub(super) fn reveal_rules(&self) -> Result<RevealRules, ConfigError> {
        let (RevealPerson(approval), RevealReader(with)) = (self.reveal_approval, self.reveal_with);
        let rules = RevealRules { switch: self.reveal_policy()?, approval, with };
        if rules.switch != SwitchPolicy::Never && self.reveal_scopes.is_none() {
            return Err(ConfigError::new(
                "`reveals = \"switch\"` needs `[[reveal_scopes]]`: name the project whose values may be revealed, and preferably the environments and paths",
            ));
        }
        Ok(rules)
    }

    pub(super) fn change_rules(&self) -> Result<ChangeRules, ConfigError> {
        let mut rules = ChangeRules { writes: self.write_policy()?, ..ChangeRules::default() };
        if let Some(Approval(approval)) = self.approval {
            rules.approval = approval;
        }
        rules.protected = super::all("protected", self.protected.clone().unwrap_or_default(), Environment::new)?;
        if let Some(Span(lifetime)) = self.plan_lifetime {
            rules.plan_lifetime = lifetime;
        }
        rules.max_changes = self.max_changes.unwrap_or(rules.max_changes);
        rules.acknowledge_above = self.acknowledge_above.unwrap_or(rules.acknowledge_above);
        rules.administration = self.administration;
        rules.find_references = self.find_references;
        rules.sums = self.sums()?;
        Ok(rules)
    }

    fn sums(&self) -> Result<SumLimits, ConfigError> {
        let usual = SumLimits::default();
        let window = |given: Option<Span>, usual: Duration| match given {
            Some(Span(window)) if window.is_zero() || window > SumLimits::MAX_WINDOW => {
                Err(ConfigError::new("a window in `[sums]` must be greater than 0 and at most 7d"))
            }
            Some(Span(window)) => Ok(window),
            None => Ok(usual),
        };
        let sums = &self.sums;
        Ok(SumLimits {
            overwrites_per_secret: sums.overwrites_per_secret.unwrap_or(usual.overwrites_per_secret),
            updates_per_secret: sums.updates_per_secret.unwrap_or(usual.updates_per_secret),
            secret_window: window(sums.secret_window, usual.secret_window)?,
            changes_per_project: sums.changes_per_project.unwrap_or(usual.changes_per_project),
            project_window: window(sums.project_window, usual.project_window)?,
        })
    }

    pub(super) fn budgets(&self) -> Budgets {
        let file::Budgets { pending_plans, writes_per_hour, reveals_per_hour } = self.budgets;
        let usual = Budgets::default();
        Budgets {
            pending_plans: pending_plans.unwrap_or(usual.pending_plans),
            writes_per_hour: writes_per_hour.unwrap_or(usual.writes_per_hour),
            reveals_per_hour: reveals_per_hour.unwrap_or(usual.reveals_per_hour),
        }
    }
}

/// A switch's policy. If the maximum time isn't set, it is one hour.
fn switch_policy(key: &str, is_switchable: bool, max: Option<Span>) -> Result<SwitchPolicy, ConfigError> {
    let max = max.map_or(Duration::from_secs(3_600), |Span(max)| max);
    if max.is_zero() || max > ChangeRules::MAX_SWITCHED_ON {
        return Err(ConfigError(format!("`{key}` must be greater than 0 and at most 1d")));
    }
    Ok(if is_switchable { SwitchPolicy::Switchable { max } } else { SwitchPolicy::Never })
}
