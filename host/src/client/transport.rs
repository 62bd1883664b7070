//! Sends a request and reads its whole answer.
//!
//! It follows no redirects, uses no proxies, accepts no content encodings, and keeps no cookies.
//! One deadline covers DNS, connecting, the TLS handshake, sending, and the last byte of the body.

use super::tls::{TlsRefusal, TrustRoots, client_config};
pub(crate) use super::transport_error::TransportError;
use super::transport_error::classify;
use crate::audit::{AuditedCall, AuditedChange, InFlightRequest, identity, micros};
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
    TRANSFER_ENCODING, USER_AGENT,
};
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{HttpConnector, HttpInfo, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use infisical_skill_policy::answers::request_id;
use infisical_skill_policy::change::{ChangeRequest, Method};
use infisical_skill_policy::plan::AuthorizedRequest;
use infisical_skill_policy::text::escape_capped;
use infisical_skill_policy::{IdentityKind, Origin};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// What the audit trail records about a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// Its name in the route table, or the name of a request of the host's own.
    pub(crate) name: &'static str,
    /// The identity whose credential it carries.
    pub(crate) identity: IdentityKind,
}

/// Which connection a request uses, and what happens to it after the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    /// A kept-alive connection, kept for the next request. A GET is sent once more if it is lost on
    /// a connection that answered earlier requests.
    Kept,
    /// A connection that hasn't answered anything yet. The server isn't about to close it, so a
    /// request that isn't idempotent can't get lost that way.
    Unused,
    /// The request's own connection, closed after the answer. The answer holds values, which TLS
    /// would otherwise keep in its buffer until the next answer.
    Own,
}

/// A request that the host wrote.
pub(crate) struct Outgoing<'a> {
    pub(crate) route: Route,
    pub(crate) method: http::Method,
    /// Written by the host, never by a component.
    pub(crate) path_and_query: &'a str,
    pub(crate) headers: &'a [(HeaderName, HeaderValue)],
    pub(crate) body: Bytes,
    pub(crate) connection: Connection,
}

/// A complete answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The time at which the server says that it answered, for `doctor`.
    #[cfg(feature = "cli")]
    pub(crate) date: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// May hold values: zeroed when dropped.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// How many answered connections are remembered. More than are ever kept or in use at a time.
const REMEMBERED: usize = 256;

/// Connections to the one server, kept alive between calls.
pub(crate) struct Transport {
    client: HttpClient,
    /// For changes, and for answers with values. Each request gets its own connection, and nothing
    /// is repeated, not even a request that a dead connection lost.
    once: HttpClient,
    /// The local addresses of connections that have answered, newest last. The pool doesn't say
    /// whether a connection is new.
    answered: Mutex<VecDeque<SocketAddr>>,
    /// Whether a kept-alive connection was ever requested. Before that, none can be in use already.
    has_kept: AtomicBool,
    origin: Origin,
    max_answer: usize,
}

/// An exchange without an answer.
struct Lost {
    error: TransportError,
    /// Whether an idempotent request may be sent once more: a connection that had answered before
    /// ended before a complete response head arrived.
    on_reused: bool,
}

impl From<TransportError> for Lost {
    fn from(error: TransportError) -> Self {
        Self { error, on_reused: false }
    }
}

impl Transport {
    pub(crate) fn new(origin: Origin, roots: &TrustRoots, max_answer: usize) -> Result<Self, TlsRefusal> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(client_config(roots)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let once = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .http1_max_buf_size(64 * 1024)
            .http1_max_headers(64)
            .retry_canceled_requests(false)
            .build(https.clone());
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            // Shorter than the usual keep-alive of servers and proxies, so that the host closes
            // first.
            .pool_idle_timeout(Duration::from_secs(4))
            .pool_max_idle_per_host(8)
            .http1_max_buf_size(64 * 1024)
            .http1_max_headers(64)
            // Repeats only what never reached a connection. Only reads and logins use this client.
            .retry_canceled_requests(true)
            .build(https);
        let (answered, has_kept) = (Mutex::default(), AtomicBool::new(false));
        Ok(Self { client, once, answered, has_kept, origin, max_answer })
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Sends a request to the origin, for a call whose intent is recorded.
    ///
    /// A server or proxy may close a kept-alive connection just when the host reuses it. A GET that
    /// is lost this way is sent once more, on its own connection (RFC 9112, 9.3.1). Nothing else is
    /// ever repeated. Each attempt is recorded as a request that left.
    pub(crate) async fn send(
        &self,
        audited: AuditedCall<'_>,
        outgoing: Outgoing<'_>,
        deadline: Instant,
    ) -> Result<Answer, TransportError> {
        let Outgoing { route, method, path_and_query, headers, body, connection } = outgoing;
        let request = self.request(method, path_and_query, headers, body)?;
        let client = match connection {
            Connection::Kept => {
                self.has_kept.store(true, Ordering::Relaxed);
                &self.client
            }
            Connection::Unused if !self.has_kept.swap(true, Ordering::Relaxed) => &self.client,
            Connection::Unused | Connection::Own => &self.once,
        };
        let again = (request.method() == http::Method::GET && connection == Connection::Kept).then(|| request.clone());
        let record = record(route, &request);
        let first = self.send_once(client, request, record.clone(), audited.leaves(record.clone()), deadline).await;
        let was_closed = match &first {
            Err(lost) => lost.on_reused,
            // Some proxies close an idle connection this way: they answer that no request arrived
            // in time (RFC 9110, 15.5.9).
            Ok((answer, on_reused)) => *on_reused && answer.status == 408,
        };
        let answer = match again {
            Some(request) if was_closed => {
                tracing::debug!("the server closed a kept-alive connection on reuse: the request is sent once more");
                self.send_once(&self.once, request, record.clone(), audited.leaves(record), deadline).await
            }
            _ => first,
        };
        answer.map(|(answer, _)| answer).map_err(|lost| lost.error)
    }

    /// Sends a request once and completes its record. Gives the answer, and whether its connection
    /// had answered before.
    async fn send_once(
        &self,
        client: &HttpClient,
        request: Request<Full<Bytes>>,
        mut record: infisical_skill_audit::Request,
        on_its_way: InFlightRequest<'_>,
        deadline: Instant,
    ) -> Result<(Answer, bool), Lost> {
        let began = std::time::Instant::now();
        let exchange = timeout_at(deadline, self.exchange(client, request));
        let answer = exchange.await.unwrap_or(Err(TransportError::TimedOut.into()));
        complete(&mut record, began, answer.as_ref().map(|(answer, _)| answer).map_err(|lost| lost.error));
        on_its_way.came_back(record);
        answer
    }

    /// Sends a request that changes something, once. This is the only way to send one, and it
    /// consumes the authorized request. The disk already has the record that it is about to leave.
    pub(crate) async fn send_change(
        &self,
        audited: AuditedChange<'_>,
        authorized: AuthorizedRequest,
        headers: &[(HeaderName, HeaderValue)],
        deadline: Instant,
    ) -> Result<Answer, TransportError> {
        let route = Route { name: authorized.change().name(), identity: IdentityKind::Write };
        let ChangeRequest { method, path, body } = authorized.into_request();
        let method = match method {
            Method::Post => http::Method::POST,
            Method::Patch => http::Method::PATCH,
            Method::Delete => http::Method::DELETE,
        };
        let request = self.request(method, &path, headers, Bytes::from_owner(Body(body)))?;
        let record = record(route, &request);
        let on_its_way = audited.leaves(record.clone());
        self.send_once(&self.once, request, record, on_its_way, deadline)
            .await
            .map(|(answer, _)| answer)
            .map_err(|lost| lost.error)
    }

    /// Sends a request once, on its own connection, with an administrator's token that an operator
    /// gave for it.
    #[cfg(feature = "cli")]
    pub(crate) async fn send_for_operator(
        &self,
        audited: AuditedCall<'_>,
        name: &'static str,
        outgoing: (http::Method, &str, &[(HeaderName, HeaderValue)], Bytes),
        deadline: Instant,
    ) -> Result<Answer, TransportError> {
        let (method, path_and_query, headers, body) = outgoing;
        let request = self.request(method, path_and_query, headers, body)?;
        let route = Route { name, identity: IdentityKind::Read };
        let identity = infisical_skill_audit::Identity::Administrator;
        let record = infisical_skill_audit::Request { identity, ..record(route, &request) };
        let on_its_way = audited.leaves(record.clone());
        let answered = self.send_once(&self.once, request, record, on_its_way, deadline).await;
        answered.map(|(answer, _)| answer).map_err(|lost| lost.error)
    }

    fn request(
        &self,
        method: http::Method,
        path_and_query: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, TransportError> {
        let uri = Uri::builder()
            .scheme(self.origin.scheme().as_str())
            .authority(self.origin.authority())
            .path_and_query(path_and_query)
            .build()
            .map_err(|_| TransportError::Unsendable)?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let all = request.headers_mut();
        all.insert(USER_AGENT, HeaderValue::from_static(concat!("infisical-skill/", env!("CARGO_PKG_VERSION"))));
        all.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        all.extend(headers.iter().cloned());
        Ok(request)
    }

    async fn exchange(&self, client: &HttpClient, mut request: Request<Full<Bytes>>) -> Result<(Answer, bool), Lost> {
        let connection = capture_connection(&mut request);
        let response = client.request(request).await.map_err(|error| self.lost(&error))?;
        let on_reused = self.has_answered(response.extensions().get());
        let (head, mut body) = response.into_parts();
        if is_length_ambiguous(&head.headers) {
            // If the end of this answer is ambiguous, so is the start of the next one.
            if let Some(connection) = connection.connection_metadata().as_ref() {
                connection.poison();
            }
            return Err(TransportError::NotHttp.into());
        }
        if head.headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
            return Err(TransportError::Encoded.into());
        }
        let announced = hyper::body::Body::size_hint(&body).lower();
        if announced > self.max_answer as u64 {
            return Err(TransportError::TooLarge.into());
        }
        // The answer may hold values. A buffer that grows leaves copies behind, so this one starts
        // with the announced size.
        let mut whole = Zeroizing::new(Vec::with_capacity(usize::try_from(announced).unwrap_or_default()));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| classify(&error).once_connected())?;
            if let Some(chunk) = frame.data_ref() {
                if whole.len() + chunk.len() > self.max_answer {
                    return Err(TransportError::TooLarge.into());
                }
                grow(&mut whole, chunk.len());
                whole.extend_from_slice(chunk);
            }
        }
        let answer = Answer {
            status: head.status.as_u16(),
            #[cfg(feature = "cli")]
            date: text(&head.headers, &http::header::DATE),
            content_type: text(&head.headers, &CONTENT_TYPE),
            retry_after: text(&head.headers, &RETRY_AFTER),
            body: whole,
        };
        Ok((answer, on_reused))
    }

    /// Why no response head arrived.
    fn lost(&self, error: &hyper_util::client::legacy::Error) -> Lost {
        let class = classify(error);
        if error.is_connect() {
            return class.into();
        }
        let mut extras = http::Extensions::new();
        if let Some(connection) = error.connect_info() {
            connection.get_extras(&mut extras);
        }
        let error = class.once_connected();
        let address = extras.get::<HttpInfo>().map(HttpInfo::local_addr);
        let on_reused =
            error == TransportError::CutShort && address.is_some_and(|address| self.answered().contains(&address));
        Lost { error, on_reused }
    }

    /// Remembers that a connection answered. Gives whether it had answered before.
    fn has_answered(&self, connection: Option<&HttpInfo>) -> bool {
        let Some(address) = connection.map(HttpInfo::local_addr) else { return false };
        let mut answered = self.answered();
        let before = answered.iter().position(|it| *it == address).and_then(|at| answered.remove(at));
        answered.push_back(address);
        if answered.len() > REMEMBERED {
            answered.pop_front();
        }
        before.is_some()
    }

    fn answered(&self) -> MutexGuard<'_, VecDeque<SocketAddr>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most characters of a path that are recorded.
const MAX_RECORDED_PATH: usize = 600;

/// What is recorded about a request before it leaves: no header, no body.
fn record(route: Route, request: &Request<Full<Bytes>>) -> infisical_skill_audit::Request {
    let path = request.uri().path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
    infisical_skill_audit::Request {
        route: route.name.to_owned(),
        method: request.method().as_str().to_owned(),
        path: escape_capped(path, MAX_RECORDED_PATH),
        identity: identity(route.identity),
        status: None,
        // Replaced by the answer or by a network error.
        failure: Some("abandoned".to_owned()),
        req_id: None,
        micros: 0,
    }
}

/// Completes the record with the result.
fn complete(
    record: &mut infisical_skill_audit::Request,
    began: std::time::Instant,
    answer: Result<&Answer, TransportError>,
) {
    record.micros = micros(began);
    match answer {
        Ok(answer) => {
            record.failure = None;
            record.status = Some(answer.status);
            record.req_id = (answer.status >= 400).then(|| request_id(&answer.body)).flatten();
        }
        Err(error) => record.failure = Some(error.name().to_owned()),
    }
}

/// A body that may hold a value: zeroed once it is sent.
struct Body(Zeroizing<String>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Makes room for `more` bytes, and zeroes the old buffer.
fn grow(whole: &mut Zeroizing<Vec<u8>>, more: usize) {
    if whole.capacity() - whole.len() < more {
        let mut larger =
            Zeroizing::new(Vec::with_capacity((whole.capacity() * 2).max(whole.len() + more).max(16 * 1024)));
        larger.extend_from_slice(whole);
        *whole = larger;
    }
}

/// Whether two readers of an answer could disagree about its end (RFC 9112, 6.3). That is so if its
/// length is given twice, or if its transfer coding is more than `chunked`. HTTP/1.1 allows nothing
/// else here, because the host asks for no other coding. hyper accepts both.
fn is_length_ambiguous(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return false };
    let is_chunked = coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
    !is_chunked || codings.next().is_some() || headers.contains_key(CONTENT_LENGTH)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
