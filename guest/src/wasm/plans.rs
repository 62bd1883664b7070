//! Converts planned requests. The host stores them as texts, and the core sends them like others.

use crate::bindings::plans::{self, PlannedRequest, WriteMethod};
use crate::ports::{Method, Redeemed, Request};

/// Converts a request to the form in which the host stores it. Returns `None` for a GET, or if the
/// body isn't text.
pub(super) fn planned(request: &Request) -> Option<PlannedRequest> {
    let method = match request.method {
        Method::Get => return None,
        Method::Post => WriteMethod::Post,
        Method::Patch => WriteMethod::Patch,
        Method::Delete => WriteMethod::Delete,
    };
    let body = request.body.as_deref().and_then(|body| std::str::from_utf8(body).ok())?.to_owned();
    Some(PlannedRequest { method, path: request.path_with_query.clone(), body })
}

impl From<PlannedRequest> for Request {
    fn from(PlannedRequest { method, path, body }: PlannedRequest) -> Self {
        let method = match method {
            WriteMethod::Post => Method::Post,
            WriteMethod::Patch => Method::Patch,
            WriteMethod::Delete => Method::Delete,
        };
        Self { method, path_with_query: path, body: Some(body.into_bytes()) }
    }
}

impl From<plans::Redeemed> for Redeemed {
    fn from(plans::Redeemed { requests, payload }: plans::Redeemed) -> Self {
        Self { requests: requests.into_iter().map(Into::into).collect(), payload }
    }
}
