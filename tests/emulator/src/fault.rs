//! Faults that a test plans.

use std::time::Duration;

/// A fault of one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Answers this status with the server's error of that kind (a 429 with `retry-after: 1`),
    /// without handling the request.
    Status(u16),
    /// Answers exactly this, without handling the request.
    Answer {
        /// The status.
        status: u16,
        /// The `content-type`.
        content_type: String,
        /// The body.
        body: String,
    },
    /// Handles the request after this delay.
    Delay(Duration),
    /// Closes the connection without handling the request.
    DropConnectionBeforeAnswer,
    /// Handles the request, then closes the connection without an answer.
    DropConnectionAfterHandling,
    /// Answers this status with a web page, as a proxy in between does, without handling the
    /// request.
    HtmlAnswer(u16),
    /// Handles the request and sends half of the answer's body, then closes the connection.
    TruncatedBody,
    /// Redirects with this status to this location, without handling the request.
    Redirect(u16, String),
}

/// Selects the requests of a fault.
#[derive(Debug, Clone, Default)]
pub struct RequestMatch {
    method: Option<String>,
    path_prefix: String,
}

impl RequestMatch {
    /// Every request.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Limits the match to this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        self
    }

    /// Limits the match to paths with this prefix, such as `/api/v4/secrets`.
    #[must_use]
    pub fn path_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.path_prefix);
        self
    }

    fn covers(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method) && path.starts_with(&self.path_prefix)
    }
}

/// A fault and how often it will still happen.
#[derive(Debug)]
pub(crate) struct PlannedFault {
    pub(crate) left: u32,
    pub(crate) requests: RequestMatch,
    pub(crate) fault: Fault,
}

/// Returns the planned fault for this request, if any. The one planned first comes first.
pub(crate) fn take(planned: &mut Vec<PlannedFault>, method: &str, path: &str) -> Option<Fault> {
    let found = planned.iter_mut().find(|planned| planned.left > 0 && planned.requests.covers(method, path))?;
    found.left -= 1;
    let fault = found.fault.clone();
    planned.retain(|planned| planned.left > 0);
    Some(fault)
}
