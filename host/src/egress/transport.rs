//! Sending a request and taking its answer whole.
//!
//! No redirects are followed, no proxies asked, no encodings accepted, no cookies kept. One deadline covers name resolution, connecting,
//! the handshake, sending, and the last byte of the body.

use super::tls::{TlsRefusal, TrustRoots, client_config};
use crate::audit::{Noted, NotedChange, identity, micros};
use crate::error::{Detail, Error};
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use infisical_skill_policy::answers::request_id;
use infisical_skill_policy::change::{ChangeRequest, Method};
use infisical_skill_policy::plan::Departure;
use infisical_skill_policy::text::escape_capped;
use infisical_skill_policy::{IdentityKind, Origin};
use std::error::Error as StdError;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// What a request is, for the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// Its name in the route table, or what the host itself asks for.
    pub(crate) name: &'static str,
    /// The identity whose credential is on it.
    pub(crate) identity: IdentityKind,
}

/// What becomes of a request's connection once it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    /// It is kept for the next request.
    Kept,
    /// It is the request's own, and closed: the answer has values in it, which TLS would keep in its buffer until the next one comes.
    Own,
}

/// A request of the host's own writing.
pub(crate) struct Outgoing<'a> {
    pub(crate) route: Route,
    pub(crate) method: http::Method,
    /// Written by us, never by a component.
    pub(crate) path_and_query: &'a str,
    pub(crate) headers: &'a [(HeaderName, HeaderValue)],
    pub(crate) body: Bytes,
    pub(crate) connection: Connection,
}

/// An answer, whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// When the server says that it answered, for the doctor.
    #[cfg(feature = "cli")]
    pub(crate) date: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// May hold values: zeroed when dropped.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransportError {
    /// The deadline passed.
    TimedOut,
    /// No connection.
    Unreachable,
    /// The server's certificate isn't one to believe.
    Certificate,
    /// Something else about TLS went wrong.
    Tls,
    /// The connection ended before the answer did.
    CutShort,
    /// The answer isn't HTTP, or has more or larger headers than an answer of Infisical's.
    NotHttp,
    /// The body is larger than allowed.
    TooLarge,
    /// The body is compressed, which wasn't asked for.
    Encoded,
    /// The request can't be written.
    Unsendable,
}

impl TransportError {
    /// Whether nothing can have left: there was no connection.
    pub(crate) fn is_before_sending(self) -> bool {
        matches!(self, Self::Unreachable | Self::Certificate | Self::Tls | Self::Unsendable)
    }

    /// The same, once there was a connection: from then on something may have left.
    fn once_connected(self) -> Self {
        if self.is_before_sending() { Self::CutShort } else { self }
    }

    /// The case's name, for the record.
    fn name(self) -> &'static str {
        match self {
            Self::TimedOut => "timed-out",
            Self::Unreachable => "unreachable",
            Self::Certificate => "certificate",
            Self::Tls => "tls",
            Self::CutShort => "cut-short",
            Self::NotHttp => "not-http",
            Self::TooLarge => "too-large",
            Self::Encoded => "encoded",
            Self::Unsendable => "unsendable",
        }
    }

    /// The case in words for a person.
    pub(crate) fn into_error(self, origin: &Origin) -> Error {
        match self {
            Self::TimedOut => Error::TimedOut,
            Self::Unreachable => Error::Unreachable(format!(
                "no connection to {origin}: check that the URL is right, that the server runs, and that this machine may reach it"
            )),
            Self::Certificate => Error::Unreachable(format!(
                "the certificate of {origin} isn't trusted: check the host name and the certificate's dates, or configure `ca_file` with the \
                 authority that issued it"
            )),
            Self::Tls => Error::Unreachable(format!(
                "the server at {origin} doesn't speak TLS as expected: check the scheme and port of the URL"
            )),
            Self::CutShort => Error::Unreachable(format!("the connection to {origin} ended before the answer did: try again")),
            Self::NotHttp => Error::UnexpectedAnswer("the answer isn't HTTP as Infisical speaks it".into()),
            Self::TooLarge => Error::TooLarge(
                "ask for less: a subfolder instead of a recursive listing, or by tag; or raise `limits.answer_bytes` in the configuration"
                    .to_owned(),
            ),
            Self::Unsendable => Error::Sandbox("a request can't be written".to_owned()),
            Self::Encoded => Error::UnexpectedAnswer(Detail {
                remedy: Some(
                    "ask the operator to turn compression off for /api in what is in front of Infisical (in nginx `gzip off;`)".to_owned(),
                ),
                ..Detail::from("something in front of Infisical compresses the answers, which wasn't asked for and isn't taken")
            }),
        }
    }
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Connections to the one server, kept alive between calls.
pub(crate) struct Transport {
    client: HttpClient,
    /// For changes, and for answers with values: a connection of its own for each, and nothing repeated, not even what a dead connection swallowed.
    once: HttpClient,
    origin: Origin,
    max_answer: usize,
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
            // Below the usual keep-alive of servers and proxies, so that it is us who close.
            .pool_idle_timeout(Duration::from_secs(4))
            .pool_max_idle_per_host(8)
            .http1_max_buf_size(64 * 1024)
            .http1_max_headers(64)
            // Repeats only what never reached a connection, and nothing but reads and logins goes through here.
            .retry_canceled_requests(true)
            .build(https);
        Ok(Self { client, once, origin, max_answer })
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Sends a request to the origin, for a call whose intent is recorded.
    pub(crate) async fn send(
        &self,
        noted: Noted<'_>,
        Outgoing { route, method, path_and_query, headers, body, connection }: Outgoing<'_>,
        deadline: Instant,
    ) -> Result<Answer, TransportError> {
        let request = self.request(method, path_and_query, headers, body)?;
        let mut record = record(route, &request);
        let on_its_way = noted.leaves(record.clone());
        let began = std::time::Instant::now();
        let client = match connection {
            Connection::Kept => &self.client,
            Connection::Own => &self.once,
        };
        let exchange = timeout_at(deadline, self.exchange(client, request));
        let answer = exchange.await.unwrap_or(Err(TransportError::TimedOut));
        complete(&mut record, began, &answer);
        on_its_way.came_back(record);
        answer
    }

    /// Sends a request that changes something, once: there is no other way to send one, and a departure is used up by it. That it is about to leave is
    /// on the disk.
    pub(crate) async fn send_change(
        &self,
        noted: NotedChange<'_>,
        departure: Departure,
        headers: &[(HeaderName, HeaderValue)],
        deadline: Instant,
    ) -> Result<Answer, TransportError> {
        let route = Route { name: departure.change().name(), identity: IdentityKind::Write };
        let ChangeRequest { method, path, body } = departure.into_request();
        let method = match method {
            Method::Post => http::Method::POST,
            Method::Patch => http::Method::PATCH,
            Method::Delete => http::Method::DELETE,
        };
        let request = self.request(method, &path, headers, Bytes::from_owner(Body(body)))?;
        let mut record = record(route, &request);
        let on_its_way = noted.leaves(record.clone());
        let began = std::time::Instant::now();
        let exchange = timeout_at(deadline, self.exchange(&self.once, request));
        let answer = exchange.await.unwrap_or(Err(TransportError::TimedOut));
        complete(&mut record, began, &answer);
        on_its_way.came_back(record);
        answer
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

    async fn exchange(&self, client: &HttpClient, request: Request<Full<Bytes>>) -> Result<Answer, TransportError> {
        let response = client.request(request).await.map_err(|error| match classify(&error) {
            class if error.is_connect() => class,
            class => class.once_connected(),
        })?;
        let (head, mut body) = response.into_parts();
        if head.headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
            return Err(TransportError::Encoded);
        }
        let announced = hyper::body::Body::size_hint(&body).lower();
        if announced > self.max_answer as u64 {
            return Err(TransportError::TooLarge);
        }
        // Values may be in it. A buffer that grows leaves copies behind, so it takes its announced size at once.
        let mut whole = Zeroizing::new(Vec::with_capacity(usize::try_from(announced).unwrap_or_default()));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| classify(&error).once_connected())?;
            if let Some(chunk) = frame.data_ref() {
                if whole.len() + chunk.len() > self.max_answer {
                    return Err(TransportError::TooLarge);
                }
                grow(&mut whole, chunk.len());
                whole.extend_from_slice(chunk);
            }
        }
        Ok(Answer {
            status: head.status.as_u16(),
            #[cfg(feature = "cli")]
            date: text(&head.headers, &http::header::DATE),
            content_type: text(&head.headers, &CONTENT_TYPE),
            retry_after: text(&head.headers, &RETRY_AFTER),
            body: whole,
        })
    }
}

/// The most characters of a path that are recorded.
const MAX_RECORDED_PATH: usize = 600;

/// What is recorded of a request before it leaves: no header, no body.
fn record(route: Route, request: &Request<Full<Bytes>>) -> infisical_skill_audit::Request {
    let path = request.uri().path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
    infisical_skill_audit::Request {
        route: route.name.to_owned(),
        method: request.method().as_str().to_owned(),
        path: escape_capped(path, MAX_RECORDED_PATH),
        identity: identity(route.identity),
        status: None,
        // Until there is an answer, or an error of the network's.
        failure: Some("abandoned".to_owned()),
        req_id: None,
        micros: 0,
    }
}

/// What came of it.
fn complete(
    record: &mut infisical_skill_audit::Request,
    began: std::time::Instant,
    answer: &Result<Answer, TransportError>,
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

/// A body that may hold a value: zeroed when it is sent.
struct Body(Zeroizing<String>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Makes room for `more` bytes, zeroing the buffer that is left behind.
fn grow(whole: &mut Zeroizing<Vec<u8>>, more: usize) {
    if whole.capacity() - whole.len() < more {
        let mut larger =
            Zeroizing::new(Vec::with_capacity((whole.capacity() * 2).max(whole.len() + more).max(16 * 1024)));
        larger.extend_from_slice(whole);
        *whole = larger;
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// What kind of failure it was. The error's own text is dropped: it may quote the server.
fn classify(error: &(dyn StdError + 'static)) -> TransportError {
    let mut class = TransportError::Unreachable;
    let mut cause = Some(error);
    while let Some(error) = cause {
        // What an I/O error carries inside isn't among its sources.
        let carried = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return match error {
                rustls::Error::InvalidCertificate(_) => TransportError::Certificate,
                _ => TransportError::Tls,
            };
        } else if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_parse() {
                return TransportError::NotHttp;
            }
            class = TransportError::CutShort;
        }
        cause = carried.map(|carried| carried as &(dyn StdError + 'static)).or_else(|| error.source());
    }
    class
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
