//! How a call fails. The set is closed, and no case carries text of the server's.

/// The layer that refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Writes are off.
    KillSwitch,
    /// A change needs a plan that was previewed.
    TwoPhaseConfirm,
    /// A change that can't be undone needs its own sign-off.
    BlastRadius,
    /// The audit trail can't be written.
    AuditTrail,
    /// Plain values are hidden unless the operator allows them.
    RevealGate,
    /// The place is outside of what the operator allowed.
    Scope,
    /// The identity that this needs is missing or was refused.
    Identity,
    /// The argument isn't one that is taken.
    Input,
    /// The request isn't one that may leave the sandbox.
    Egress,
    /// The operator's budget is used up.
    Budget,
}

/// Why a call was refused, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which layer refused.
    pub layer: Layer,
    /// What was wrong, in words.
    pub reason: String,
    /// What to do next, in words.
    pub remedy: String,
}

/// What the server was asked for and doesn't have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `project`, `environment`, `folder`, `secret` or `tag`.
    pub kind: String,
    /// The name that was asked for, escaped and capped for display.
    pub name: String,
    /// What to do next, in words.
    pub remedy: String,
}

/// How a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Refused by the skill, before anything was sent.
    Refused(Refusal),
    /// The server hasn't got it, or the identity may not know that it has.
    NotFound(Missing),
    /// The server says that the identity may not.
    Denied(String),
    /// The server no longer takes the identity's token.
    Unauthenticated(String),
    /// The server takes no more requests for now: seconds to wait, where it tells.
    RateLimited(Option<u32>),
    /// What is there isn't what the request presumes.
    Conflict(String),
    /// The server found the request itself invalid.
    Invalid(String),
    /// No connection, or one that broke.
    Unreachable(String),
    /// The deadline passed.
    TimedOut,
    /// The answer is larger than the operator allows.
    TooLarge(String),
    /// The server failed: its HTTP status.
    ServerFailed(u16),
    /// The answer isn't one that Infisical gives.
    UnexpectedAnswer(String),
}

impl Error {
    /// A refusal by `layer`.
    pub(crate) fn refused(layer: Layer, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Refused(Refusal { layer, reason: reason.into(), remedy: remedy.into() })
    }
}
