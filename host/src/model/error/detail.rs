//! Details of an error besides its kind.

use std::fmt;
use std::ops::Deref;

/// The HTTP answer that an error comes from, as the host saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpFailure {
    /// The status.
    pub status: u16,
    /// Infisical's id of the request, if it gave one. The operator finds the cause in the server's
    /// log by it.
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

/// Details of an error besides its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// What happened, or what to do next, depending on the case.
    pub text: String,
    /// What to do next, if it differs from the case's usual remedy.
    pub remedy: Option<String>,
    /// The server's answer, if the error comes from one.
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

/// The status of a plan after applying it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanAfter {
    /// Nothing was sent, so it can be applied again until this time (RFC 3339).
    Kept(String),
    /// It is used up.
    UsedUp,
}
