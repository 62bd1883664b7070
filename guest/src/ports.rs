//! The ports of the core: what it needs from its environment.

use crate::types::{ApiVersion, Filed, Policy};
use std::fmt;

/// Sends requests to the configured server.
pub trait Transport {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`TransportError`] if there is no complete answer. An answer with any status is a success
    /// here.
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError>;
}

/// Knows the operator's policy, and stores plans.
pub trait HostPort {
    /// Returns the policy of this call.
    fn policy(&self) -> Policy;

    /// Returns which API the server speaks, or `None` if the host can't find out. The host may send
    /// a request for it, so call this only after all checks that can refuse.
    fn find_api_version(&self) -> Option<ApiVersion>;

    /// Stores a plan. Call it once, and only in a preview. Returns `None` if the host refuses. The
    /// host reports the reason.
    fn file(&self, draft: &Draft) -> Option<Filed>;

    /// Redeems a plan: its requests may leave in this call. The first request that leaves uses the
    /// plan up for good. Call it once, and only in an apply. Returns `None` if the host refuses.
    /// The host reports the reason.
    fn redeem(&self, plan: &str, acknowledge: Option<&str>) -> Option<Redeemed>;

    /// Returns `count` random bytes that are good enough to generate passwords.
    fn random_bytes(&self, count: usize) -> Vec<u8>;
}

/// A plan to store.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// The requests that would leave, in order: one for each change.
    pub requests: Vec<Request>,
    /// What the component gets back when the plan is redeemed. It contains no value.
    pub payload: Vec<u8>,
    /// The confirmation phrase that the plan needs.
    pub acknowledge: Option<String>,
}

/// Doesn't show the payload or the bodies of the requests.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("requests", &self.requests)
            .field("acknowledge", &self.acknowledge)
            .finish_non_exhaustive()
    }
}

/// A redeemed plan.
#[derive(Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// The requests that may leave now, in this order, each once.
    pub requests: Vec<Request>,
    /// The payload of the draft.
    pub payload: Vec<u8>,
}

/// Doesn't show the payload or the bodies of the requests.
impl fmt::Debug for Redeemed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redeemed").field("requests", &self.requests).finish_non_exhaustive()
    }
}

/// The methods that the core uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Updates.
    Patch,
    /// Deletes.
    Delete,
}

/// A request to the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path with its query, encoded.
    pub path_with_query: String,
    /// A JSON body, if there is one.
    pub body: Option<Vec<u8>>,
}

/// Doesn't show the body. It may contain a value, and its length would tell the value's length.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path_with_query", &self.path_with_query)
            .finish_non_exhaustive()
    }
}

/// The server's answer before it is parsed.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header `content-type`, if it occurs exactly once and is text.
    pub content_type: Option<String>,
    /// The header `retry-after`, if it occurs exactly once and is text.
    pub retry_after: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Doesn't show the body, because it may contain a value.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportError {
    /// The host didn't let the request leave.
    Refused,
    /// There was no connection.
    Unreachable,
    /// The timeout passed.
    TimedOut,
    /// The answer is larger than the operator allows.
    TooLarge,
    /// The answer ended early.
    CutShort,
    /// TLS failed.
    Tls,
    /// The answer isn't valid HTTP.
    BadAnswer,
}
