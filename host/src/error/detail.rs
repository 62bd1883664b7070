//! What an error says beside its kind.

use std::fmt;
use std::ops::Deref;

/// The HTTP answer that an error comes from, as the host saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpFailure {
    /// The status.
    pub status: u16,
    /// Infisical's own name for the request, where it gave one: with it, the operator finds the cause in the server's log.
    pub request_id: Option<String>,
}

impl HttpFailure {
    pub(crate) fn new(status: u16, request_id: Option<String>) -> Self {
        Self { status, request_id }
    }
}

impl From<u16> for HttpFailure {
    fn from(status: u16) -> Self {
        Self { status, request_id: None }
    }
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        self.request_id.as_ref().map_or(Ok(()), |id| write!(f, ", request {id}"))
    }
}

/// What is to be said of an error beside its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// What happened, or what to do next: the case says which.
    pub text: String,
    /// What to do next, where it isn't what the case says anyway.
    pub remedy: Option<String>,
    /// The answer that it comes from, if one does.
    pub http: Option<HttpFailure>,
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self { text, remedy: None, http: None }
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Deref for Detail {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// How a plan stands after an attempt to apply it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanAfter {
    /// Nothing was sent: it can be applied again, until then (RFC 3339).
    Kept(String),
    /// It is used up.
    UsedUp,
}
