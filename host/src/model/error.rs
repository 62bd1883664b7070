//! The errors of a call.

mod detail;
mod fields;

pub use detail::{Detail, HttpFailure, PlanAfter};
pub(crate) use fields::ErrorFields;

use super::login_cause::LoginCause;
use serde::Serialize;
use std::fmt;

/// The layer that refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Layer {
    /// Changes are switched off.
    KillSwitch,
    /// A change needs a plan that was previewed.
    TwoPhaseConfirm,
    /// A change that can't be undone or has wide effects needs its confirmation phrase, or a
    /// person's approval.
    BlastRadius,
    /// The audit trail can't be written.
    AuditTrail,
    /// Plain values are hidden unless the operator allows them.
    RevealGate,
    /// The place is outside the scopes that the operator allowed.
    Scope,
    /// The required identity is missing or was refused.
    Identity,
    /// The argument isn't valid.
    Input,
    /// The request may not leave the sandbox.
    Egress,
    /// The operator's budget is used up.
    Budget,
}

/// Why a call was refused, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which layer refused.
    pub layer: Layer,
    /// What was wrong.
    pub reason: String,
    /// What to do next.
    pub remedy: String,
}

/// The error of a call. No case carries a secret or text from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Refused by the skill: by the guard in the component, or by the host.
    Refused(Refusal),
    /// The server doesn't have it, or the identity may not know about it.
    NotFound {
        /// `project`, `environment`, `folder`, `secret`.
        kind: String,
        /// The name that was asked for.
        name: String,
        /// What to do next.
        remedy: String,
        /// The server's answer, if the error comes from one.
        http: Option<HttpFailure>,
    },
    /// The server refuses, because the identity lacks the permission or nobody has it. The text
    /// says what to do.
    Denied(Detail),
    /// The server doesn't accept the identity's token, as the component reports it. The text says
    /// what to do.
    Unauthenticated(Detail),
    /// The server refuses an identity's credential. Same kind as [`Self::Unauthenticated`].
    LoginRefused {
        /// `read`, `reveal` or `write`.
        identity: &'static str,
        /// Why.
        cause: LoginCause,
    },
    /// The server accepts no more requests for now.
    RateLimited {
        /// How long to wait, in seconds, if the server says so.
        retry_after: Option<u32>,
    },
    /// The current state isn't what the request assumes.
    Conflict(Detail),
    /// The server found the request itself invalid. The text says what to do.
    Invalid(Detail),
    /// There was no connection, or it broke.
    Unreachable(String),
    /// The deadline passed.
    TimedOut,
    /// The answer is larger than the limit.
    TooLarge(String),
    /// The server failed with this answer.
    ServerFailed(HttpFailure),
    /// The answer isn't one that Infisical gives.
    UnexpectedAnswer(Detail),
    /// The component trapped, or exceeded a limit of the sandbox.
    Sandbox(String),
    /// Applying a plan failed, and the error says whether the plan can be applied again.
    Applying {
        /// Why it failed.
        cause: Box<Error>,
        /// The status of the plan.
        plan: PlanAfter,
    },
}

impl Error {
    pub(crate) fn refused(layer: Layer, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Refused(Refusal { layer, reason: reason.into(), remedy: remedy.into() })
    }

    /// The case's stable name, for programs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::NotFound { .. } => "not-found",
            Self::Denied(_) => "denied",
            Self::Unauthenticated(_) | Self::LoginRefused { .. } => "unauthenticated",
            Self::RateLimited { .. } => "rate-limited",
            Self::Conflict(_) => "conflict",
            Self::Invalid(_) => "invalid",
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed-out",
            Self::TooLarge(_) => "too-large",
            Self::ServerFailed(_) => "server-failed",
            Self::UnexpectedAnswer(_) => "unexpected-answer",
            Self::Sandbox(_) => "sandbox",
            Self::Applying { cause, .. } => cause.kind(),
        }
    }

    /// The layer that refused, if one did.
    #[must_use]
    pub fn layer(&self) -> Option<Layer> {
        match self {
            Self::Refused(refusal) => Some(refusal.layer),
            Self::Applying { cause, .. } => cause.layer(),
            _ => None,
        }
    }

    /// The HTTP answer that caused it, if there was one.
    #[must_use]
    pub fn http(&self) -> Option<HttpFailure> {
        match self {
            Self::NotFound { http, .. } => http.clone(),
            Self::Denied(detail)
            | Self::Unauthenticated(detail)
            | Self::Conflict(detail)
            | Self::Invalid(detail)
            | Self::UnexpectedAnswer(detail) => detail.http.clone(),
            Self::RateLimited { .. } => Some(HttpFailure::from(429)),
            Self::ServerFailed(http) => Some(http.clone()),
            Self::Applying { cause, .. } => cause.http(),
            Self::Refused(_)
            | Self::LoginRefused { .. }
            | Self::Unreachable(_)
            | Self::TimedOut
            | Self::TooLarge(_)
            | Self::Sandbox(_) => None,
        }
    }

    /// Adds the answer that the host saw. The component only knows what it made of it.
    pub(crate) fn with_answer(mut self, answer: Option<HttpFailure>) -> Self {
        match &mut self {
            Self::NotFound { http, .. } => *http = answer,
            Self::Denied(detail)
            | Self::Unauthenticated(detail)
            | Self::Conflict(detail)
            | Self::Invalid(detail)
            | Self::UnexpectedAnswer(detail) => detail.http = answer,
            Self::ServerFailed(http) => {
                if let Some(answer) = answer.filter(|answer| answer.status == http.status) {
                    *http = answer;
                }
            }
            _ => {}
        }
        self
    }

    /// What happened, as text.
    #[must_use]
    pub fn reason(&self) -> String {
        let said = match self {
            Self::Refused(refusal) => refusal.reason.clone(),
            Self::NotFound { kind, name, .. } if name.is_empty() => format!("no such {kind}"),
            Self::NotFound { kind, name, .. } => format!("no such {kind}: {name}"),
            Self::Denied(_) => "Infisical refused".to_owned(),
            Self::Unauthenticated(_) => "Infisical doesn't accept the identity's credential".to_owned(),
            Self::LoginRefused { identity, cause } => cause.reason(identity),
            Self::RateLimited { .. } => "Infisical accepts no more requests for now".to_owned(),
            Self::Conflict(detail) | Self::UnexpectedAnswer(detail) => detail.text.clone(),
            Self::Invalid(_) => "the server found the request invalid".to_owned(),
            Self::Unreachable(_) => "Infisical can't be reached".to_owned(),
            Self::TimedOut => "the deadline passed before Infisical had answered".to_owned(),
            Self::TooLarge(_) => "the answer is too large".to_owned(),
            Self::ServerFailed(HttpFailure { status: 502..=504, .. }) => {
                "Infisical, or a proxy in front of it, failed".to_owned()
            }
            Self::ServerFailed(_) => "Infisical failed".to_owned(),
            Self::Sandbox(text) => format!("the skill's component failed: {text}"),
            Self::Applying { cause, plan: PlanAfter::Kept(_) } => format!("{} Nothing was sent", cause.reason()),
            Self::Applying { cause, .. } => cause.reason(),
        };
        match self.http().filter(|_| !matches!(self, Self::Applying { .. })) {
            Some(http) => sentence(format!("{} ({http})", said.strip_suffix('.').unwrap_or(&said))),
            None => sentence(said),
        }
    }

    /// What to do next, as text.
    #[must_use]
    pub fn remedy(&self) -> String {
        sentence(match self {
            Self::Refused(refusal) => refusal.remedy.clone(),
            Self::NotFound { remedy, .. } => remedy.clone(),
            Self::Conflict(Detail { remedy: Some(remedy), .. })
            | Self::UnexpectedAnswer(Detail { remedy: Some(remedy), .. }) => remedy.clone(),
            Self::Denied(detail) | Self::Unauthenticated(detail) | Self::Invalid(detail) => detail.text.clone(),
            Self::Unreachable(text) | Self::TooLarge(text) => text.clone(),
            Self::LoginRefused { identity, cause } => cause.remedy(identity),
            Self::RateLimited { retry_after: Some(seconds) } => format!("try again in {}", count_of_seconds(*seconds)),
            Self::RateLimited { retry_after: None } => "wait a minute, then try again".to_owned(),
            Self::Conflict(_) => "look at what is there now, then ask again".to_owned(),
            Self::TimedOut => "try again; if it keeps happening, check the server's health or ask for less at a time".to_owned(),
            Self::ServerFailed(HttpFailure { request_id: Some(id), .. }) => {
                format!("try again later; if it keeps happening, look for {id} in the server's own log")
            }
            Self::ServerFailed(_) => "try again later; if it keeps happening, look at the server's own log".to_owned(),
            Self::UnexpectedAnswer(_) => {
                "ask the operator to check what is in front of Infisical, and that the configured URL is Infisical's own origin, not \
                 that of a proxy's login page or another service"
                    .to_owned()
            }
            Self::Sandbox(_) => "ask for less at a time; if it keeps happening, report it: the host and its credentials are unharmed".to_owned(),
            Self::Applying { cause, plan: PlanAfter::Kept(until) } => applied_again(cause, until),
            Self::Applying { cause, plan: PlanAfter::UsedUp } => {
                let wait = match **cause {
                    Self::RateLimited { retry_after: Some(seconds) } => format!("wait {}, then", count_of_seconds(seconds)),
                    Self::RateLimited { retry_after: None } => "wait a minute, then".to_owned(),
                    _ => format!("{} Then", cause.remedy()),
                };
                format!("{wait} look at what is there and preview what wasn't done again: this plan is used up")
            }
        })
    }

    /// The error as JSON, as `call` and the tools give it: `kind`, `reason`, `remedy`, and if
    /// present `layer`, `cause`, `retryAfter`, `httpStatus` and `requestId`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut body = serde_json::json!({ "kind": self.kind(), "reason": self.reason(), "remedy": self.remedy() });
        if let Some(object) = body.as_object_mut() {
            if let Some(layer) = self.layer() {
                object.insert("layer".to_owned(), serde_json::json!(layer));
            }
            let cause = if let Self::Applying { cause, .. } = self { cause } else { self };
            if let Self::LoginRefused { cause, .. } = cause {
                object.insert("cause".to_owned(), serde_json::json!(cause));
            }
            if let Self::RateLimited { retry_after: Some(seconds) } = cause {
                object.insert("retryAfter".to_owned(), serde_json::json!(seconds));
            }
            if let Some(HttpFailure { status, request_id }) = self.http() {
                object.insert("httpStatus".to_owned(), serde_json::json!(status));
                if let Some(id) = request_id {
                    object.insert("requestId".to_owned(), serde_json::json!(id));
                }
            }
        }
        serde_json::json!({ "error": body })
    }
}

/// What to do with a plan of which nothing was sent.
fn applied_again(cause: &Error, until: &str) -> String {
    match cause {
        Error::RateLimited { retry_after: Some(seconds) } => {
            format!("the plan can be applied again in {}, until {until}", count_of_seconds(*seconds))
        }
        Error::RateLimited { retry_after: None } => {
            format!("wait a minute; the plan can be applied again until {until}")
        }
        _ => format!("{} The plan can be applied again until {until}", cause.remedy()),
    }
}

fn count_of_seconds(seconds: u32) -> String {
    if seconds == 1 { "1 second".to_owned() } else { format!("{seconds} seconds") }
}

/// `text` with a capital letter and a full stop, so that texts from several sources look alike. A
/// URL at the start stays as it is.
fn sentence(text: String) -> String {
    let mut chars = text.chars();
    let begins_with_url = text.split(' ').next().is_some_and(|word| word.contains("://"));
    let mut out: String = match chars.next() {
        Some(first) if !begins_with_url => first.to_uppercase().chain(chars).collect(),
        _ => text,
    };
    if !out.is_empty() && !out.ends_with(['.', '!', '?', '…']) {
        out.push('.');
    }
    out
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(layer) = self.layer() {
            write!(f, "Refused by the {layer}. ")?;
        }
        write!(f, "{} {}", self.reason(), self.remedy())
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KillSwitch => "kill switch",
            Self::TwoPhaseConfirm => "two-phase confirm",
            Self::BlastRadius => "blast-radius check",
            Self::AuditTrail => "audit trail",
            Self::RevealGate => "reveal gate",
            Self::Scope => "operator's scopes",
            Self::Identity => "identity check",
            Self::Input => "input check",
            Self::Egress => "egress check",
            Self::Budget => "budget",
        })
    }
}

#[cfg(test)]
mod tests;
