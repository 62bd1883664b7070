//! Faults that a test plans ahead.

use std::time::Duration;

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Answers this status with an error of that kind in the server's shape (a 429 with `retry-after: 1`); nothing is
    /// handled.
    Status(u16),
    /// Answers exactly this; nothing is handled.
    Answer {
        /// The status.
        status: u16,
        /// The `content-type`.
        content_type: String,
        /// The body.
        body: String,
    },
    /// Handles the request after a while.
    Delay(Duration),
    /// Closes the connection; nothing is handled.
    DropConnectionBeforeAnswer,
    /// Handles the request, then closes the connection without an answer.
    DropConnectionAfterHandling,
    /// Answers this status with a web page, as a proxy in between does; nothing is handled.
    HtmlAnswer(u16),
    /// Handles the request and sends half of the answer's body, then closes the connection.
    TruncatedBody,
    /// Redirects with this status to that location; nothing is handled.
    Redirect(u16, String),
}

/// Which requests a fault is for.
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

    /// Requests by this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        self
    }

    /// Requests whose path begins so, such as `/api/v4/secrets`.
    #[must_use]
    pub fn path_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.path_prefix);
        self
    }

    fn covers(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method) && path.starts_with(&self.path_prefix)
    }
}

/// A fault and how often it is still to happen.
#[derive(Debug)]
pub(crate) struct PlannedFault {
    pub(crate) left: u32,
    pub(crate) requests: RequestMatch,
    pub(crate) fault: Fault,
}

/// The fault for this request, if one is planned: the one planned first.
pub(crate) fn take(planned: &mut Vec<PlannedFault>, method: &str, path: &str) -> Option<Fault> {
    let found = planned.iter_mut().find(|planned| planned.left > 0 && planned.requests.covers(method, path))?;
    found.left -= 1;
    let fault = found.fault.clone();
    planned.retain(|planned| planned.left > 0);
    Some(fault)
}
