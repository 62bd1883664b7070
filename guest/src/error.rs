//! The errors of a call. The set is closed, and no case carries text of a server.

/// The layer that refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Changes are off.
    KillSwitch,
    /// A change needs a plan that was previewed.
    TwoPhaseConfirm,
    /// A change that can't be undone needs the confirmation phrase.
    BlastRadius,
    /// The audit trail can't be written.
    AuditTrail,
    /// Values stay hidden unless the operator allows a reveal.
    RevealGate,
    /// The place is outside of what the operator allowed.
    Scope,
    /// The identity that the call needs is missing or was refused.
    Identity,
    /// The argument is invalid.
    Input,
    /// The host doesn't let the request leave the sandbox.
    Egress,
    /// The operator's budget is used up.
    Budget,
}

/// Why a call was refused, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The layer that refused.
    pub layer: Layer,
    /// A sentence that says what was wrong.
    pub reason: String,
    /// A sentence that says what to do next.
    pub remedy: String,
}

/// What is missing on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `organization`, `project`, `environment`, `folder`, `secret`, `version` or `tag`.
    pub kind: String,
    /// The requested name, escaped and capped for display.
    pub name: String,
    /// A sentence that says what to do next.
    pub remedy: String,
}

/// An error of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The skill refused the call before it sent anything.
    Refused(Refusal),
    /// The server doesn't have it, or hides it from the identity.
    NotFound(Missing),
    /// The identity lacks the permission.
    Denied(String),
    /// The server no longer accepts the identity's token.
    Unauthenticated(String),
    /// The server accepts no more requests for now. Holds the seconds to wait, if the server names
    /// them.
    RateLimited(Option<u32>),
    /// The state on the server doesn't fit the request.
    Conflict(String),
    /// The server rejected the request as invalid.
    Invalid(String),
    /// There was no connection, or it broke.
    Unreachable(String),
    /// The timeout passed.
    TimedOut,
    /// The answer is larger than the operator allows.
    TooLarge(String),
    /// The server failed with this HTTP status.
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
