//! Whether the layers hold against the agent's own user: *enforced* or *advisory*.
//!
//! Whoever can change the configuration, the credentials or the state can turn off every layer.
//! Only the operator knows that the process runs as a user that no agent runs as. The configuration
//! file says so (`run_as`). It counts only if that user can't have written the file.

use schemars::JsonSchema;
use serde::Serialize;

/// Whether the layers hold against the agent's own user, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Enforcement {
    /// How far they hold.
    pub level: Level,
    /// Why the layers are advisory, if they are.
    pub because: Vec<String>,
    /// Layers that hold only under a condition. For the operator.
    #[serde(skip)]
    pub conditions: Vec<String>,
}

/// How far the layers hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Against mistakes and prompt injection. Anyone who runs as the skill's user can turn off
    /// every layer.
    Advisory,
    /// Also against an agent that has a shell under its own user.
    Enforced,
}

impl Enforcement {
    /// Enforced, if there is no reason against it.
    #[must_use]
    pub fn new(because: Vec<String>) -> Self {
        let level = if because.is_empty() { Level::Enforced } else { Level::Advisory };
        Self { level, because, conditions: Vec::new() }
    }

    /// Adds the layers that hold only under a condition.
    #[must_use]
    pub fn with_conditions(mut self, conditions: Vec<String>) -> Self {
        self.conditions = conditions;
        self
    }

    /// Whether the layers hold against the agent's own user.
    #[must_use]
    pub fn is_enforced(&self) -> bool {
        self.level == Level::Enforced
    }
}

impl Default for Enforcement {
    fn default() -> Self {
        Self::new(vec!["the program that embeds the skill doesn't say who can change its settings".to_owned()])
    }
}
