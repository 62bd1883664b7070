//! Sends any request, where the shipped component would send one of its own.

use crate::bindings::infisical::skill::plans::{PlannedRequest, WriteMethod};
use crate::bindings::infisical::skill::policy;
use crate::bindings::wasi::http::outgoing_handler::{self, RequestOptions};
use crate::bindings::wasi::http::types::{
    Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};

/// An arbitrary request.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The method, which may be unknown.
    pub method: String,
    /// The scheme, which may be unknown.
    pub scheme: String,
    /// The authority.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// Headers, in this order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, if there is one.
    pub body: Option<Vec<u8>>,
}

impl Attempt {
    /// A request to the configured server, as the shipped component sends it.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        let origin = policy::get_policy().origin;
        let scheme = match origin.scheme {
            policy::Scheme::Http => "http",
            policy::Scheme::Https => "https",
        };
        Self {
            method: method.to_owned(),
            scheme: scheme.to_owned(),
            authority: origin.authority,
            path: path.to_owned(),
            headers: vec![("accept".to_owned(), b"application/json".to_vec())],
            body: None,
        }
    }

    /// A request of a filed plan.
    #[must_use]
    pub fn planned(request: &PlannedRequest) -> Self {
        let method = match request.method {
            WriteMethod::Post => "POST",
            WriteMethod::Patch => "PATCH",
            WriteMethod::Delete => "DELETE",
        };
        let mut attempt = Self::new(method, &request.path);
        attempt.headers.push(("content-type".to_owned(), b"application/json".to_vec()));
        attempt.body = Some(request.body.clone().into_bytes());
        attempt
    }

    /// Sends the request and waits for the answer. Returns a short result: the status and the body,
    /// or where it was stopped.
    #[must_use]
    pub fn send(&self) -> String {
        match self.start() {
            Ok(answer) => finish(&answer),
            Err(stopped) => stopped,
        }
    }

    /// Sends the request without waiting for the answer.
    ///
    /// # Errors
    /// The step at which the request was stopped.
    pub fn start(&self) -> Result<FutureIncomingResponse, String> {
        self.start_with(None)
    }

    /// Sends the request with these timeouts.
    ///
    /// # Errors
    /// The step at which the request was stopped.
    pub fn start_with(&self, options: Option<RequestOptions>) -> Result<FutureIncomingResponse, String> {
        let request = self.request()?;
        let body = self.body.as_ref().map(|_| request.body()).transpose().map_err(|()| "no body is taken")?;
        let answer = outgoing_handler::handle(request, options).map_err(|code| format!("refused: {code:?}"))?;
        if let (Some(body), Some(bytes)) = (body, &self.body) {
            write(body, bytes);
        }
        Ok(answer)
    }

    /// The request itself.
    ///
    /// # Errors
    /// The part that the host refused.
    pub fn request(&self) -> Result<OutgoingRequest, String> {
        let headers = Fields::new();
        for (name, value) in &self.headers {
            headers.append(name, value).map_err(|error| format!("header {name:?} refused: {error:?}"))?;
        }
        let method = match self.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            "HEAD" => Method::Head,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "CONNECT" => Method::Connect,
            other => Method::Other(other.to_owned()),
        };
        let scheme = match self.scheme.as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => Scheme::Other(other.to_owned()),
        };
        let request = OutgoingRequest::new(headers);
        request.set_method(&method).map_err(|()| "method refused")?;
        request.set_scheme(Some(&scheme)).map_err(|()| "scheme refused")?;
        request.set_authority(Some(&self.authority)).map_err(|()| "authority refused")?;
        request.set_path_with_query(Some(&self.path)).map_err(|()| "path refused")?;
        Ok(request)
    }
}

/// Writes as much of the body as the host accepts.
fn write(body: OutgoingBody, bytes: &[u8]) {
    let Ok(stream) = body.write() else { return };
    for chunk in bytes.chunks(4096) {
        if stream.blocking_write_and_flush(chunk).is_err() {
            return;
        }
    }
    drop(stream);
    // If the host refused it, the answer says so.
    let _ = OutgoingBody::finish(body, None);
}

fn finish(answer: &FutureIncomingResponse) -> String {
    loop {
        match answer.get() {
            Some(Ok(Ok(response))) => return read(&response),
            Some(Ok(Err(code))) => return format!("refused: {code:?}"),
            Some(Err(())) => return "taken twice".to_owned(),
            None => answer.subscribe().block(),
        }
    }
}

fn read(response: &IncomingResponse) -> String {
    let status = response.status();
    let mut bytes = Vec::new();
    if let Ok(body) = response.consume()
        && let Ok(stream) = body.stream()
    {
        while let Ok(chunk) = stream.blocking_read(65_536) {
            bytes.extend_from_slice(&chunk);
        }
    }
    format!("{status} {}", String::from_utf8_lossy(&bytes))
}
