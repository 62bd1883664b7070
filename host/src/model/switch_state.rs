//! The state of a switch.

use schemars::JsonSchema;
use serde::Serialize;

/// The state of a switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SwitchState {
    /// The configuration forbids it.
    Never,
    /// It is off.
    Off {
        /// Why, as text.
        because: String,
    },
    /// It is on.
    On {
        /// Until when, RFC 3339.
        until: String,
        /// The reason that a person gave when turning it on: untrusted text.
        reason: Option<String>,
    },
}
