//! What the core needs of the world around it.

use crate::types::{ApiVersion, Policy};
use std::fmt;

/// Sends requests to the one server.
pub trait Transport {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`TransportError`] if there is no whole answer. An answer of whatever status is a success here.
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError>;
}

/// Knows what the operator decided, and keeps plans.
pub trait HostPort {
    /// The facts for this call.
    fn policy(&self) -> Policy;

    /// Which API the server speaks, if that can be found out. It may cost a request, so nothing may be left to refuse
    /// when it is asked.
    fn find_api_version(&self) -> Option<ApiVersion>;

    /// Keeps a plan. Only in a preview, once. `None`: the host refuses, and says why.
    fn file(&self, draft: &Draft) -> Option<Filed>;

    /// Opens a plan: its requests may leave in this call, and the first that does uses it up, once ever. Only in an apply,
    /// once. `None`: the host refuses, and says why.
    fn redeem(&self, plan: &str, acknowledge: Option<&str>) -> Option<Redeemed>;

    /// So many random bytes, from a source fit for making up passwords.
    fn random_bytes(&self, count: usize) -> Vec<u8>;
}

/// A plan to keep.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// What would leave, in order: one request for each change.
    pub requests: Vec<Request>,
    /// What is wanted back when the plan is redeemed. There is no value in it.
    pub payload: Vec<u8>,
    /// The phrase that the plan needs.
    pub acknowledge: Option<String>,
}

/// Shows nothing of the payload, nor of the requests' bodies.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("requests", &self.requests)
            .field("acknowledge", &self.acknowledge)
            .finish_non_exhaustive()
    }
}

/// A plan that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Names it.
    pub plan: String,
    /// Until when it can be redeemed, RFC 3339.
    pub expires: String,
    /// The host's own reading of each request.
    pub requests: Vec<String>,
    /// What depends on what is changed, as the host found it.
    pub dependents: Vec<String>,
    /// What a person has to do before it can be redeemed.
    pub approval: Option<String>,
}

/// A plan that was redeemed.
#[derive(Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// What may leave now, in this order, each once.
    pub requests: Vec<Request>,
    /// What came with the draft.
    pub payload: Vec<u8>,
}

/// Shows nothing of the payload, nor of the requests' bodies.
impl fmt::Debug for Redeemed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redeemed").field("requests", &self.requests).finish_non_exhaustive()
    }
}

/// The methods that the core uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reading.
    Get,
    /// Creating.
    Post,
    /// Updating.
    Patch,
    /// Deleting.
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

/// Shows nothing of the body: it may hold a value, whose length is nobody's business either.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path_with_query", &self.path_with_query)
            .finish_non_exhaustive()
    }
}

/// The server's answer, unread.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header `content-type`, if there is exactly one and it is text.
    pub content_type: Option<String>,
    /// The header `retry-after`, if there is exactly one and it is text.
    pub retry_after: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Shows nothing of the body: it may hold a value.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportError {
    /// The host didn't let the request out.
    Refused,
    /// No connection.
    Unreachable,
    /// The deadline passed.
    TimedOut,
    /// The answer is larger than the operator allows.
    TooLarge,
    /// The answer ended before it was whole.
    CutShort,
    /// The connection couldn't be secured.
    Tls,
    /// What came back isn't an HTTP answer that is understood.
    BadAnswer,
}
