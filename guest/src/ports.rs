//! What the core needs of the world around it.

use crate::types::{Generation, Policy};
use std::fmt;

/// Sends requests to the one server.
pub trait Transport {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`TransportError`] if there is no whole answer. An answer of whatever status is a success here.
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError>;
}

/// Knows what the operator decided.
pub trait Warden {
    /// The facts for this call.
    fn policy(&self) -> Policy;

    /// Which API the server speaks, if that can be found out. It may cost a request, so nothing may be left to refuse
    /// when it is asked.
    fn find_generation(&self) -> Option<Generation>;
}

/// The methods that the core uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reading.
    Get,
}

/// A request to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path with its query, encoded.
    pub path_with_query: String,
    /// A JSON body, if there is one.
    pub body: Option<Vec<u8>>,
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
