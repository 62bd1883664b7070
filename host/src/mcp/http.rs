//! Serves the protocol over Streamable HTTP.

use super::accept;
use super::accept::AnswerType;
use super::authenticator::{Authenticator, CROWDED, Rejection, Reservation, SESSION, TOO_MANY_CONNECTIONS, rejected};
use super::quota::{Bound, Connection, Connections};
use super::server::{Handler, MAX_APPLYING};
use super::sessions::Sessions;
use super::{MAX_MESSAGE, McpServer, Tokens, one_message, rebinding};
use crate::model::session::Session;
use bytes::Bytes;
use http::header::{CONNECTION, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// The maximum number of connections in total and of one client. Further connections wait until one
/// ends.
const CONNECTIONS: Bound = Bound { all: 128, one: 32 };

/// How long a client may take to send a request's head, and how long it may be idle between two
/// requests.
const HEAD: Duration = Duration::from_secs(15);

/// How long a client may take to send a request's body.
const BODY: Duration = Duration::from_secs(30);

/// How long connections may take to end once the server is told to stop.
const ENDING: Duration = Duration::from_secs(5);

type Body = BoxBody<Bytes, Infallible>;
/// The client of a connection, once it is known.
type ConnectionClient = Arc<Mutex<Option<Connection>>>;
type Mcp = StreamableHttpService<Handler, Sessions>;

/// The settings for serving over HTTP.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpSettings {
    /// The tokens of the clients that may use the server.
    pub tokens: Tokens,
    /// Additional names, or names with ports, under which the server is reached, such as a proxy's
    /// or a container's. `localhost` and the loopback addresses are always accepted.
    pub hosts: Vec<String>,
    /// Additional origins of web pages that may use the server. Origins on this machine
    /// (`http://localhost`, any port) are always accepted. Every page needs a token.
    pub origins: Vec<String>,
}

impl HttpSettings {
    /// Settings for these clients on this machine only, with no web pages from elsewhere.
    #[must_use]
    pub fn new(tokens: Tokens) -> Self {
        Self { tokens, hosts: Vec::new(), origins: Vec::new() }
    }
}

/// Serves clients at `/mcp` until `stop` completes. Then it accepts no new requests, and completes
/// the plans that are being applied.
///
/// # Errors
/// [`io::Error`] if the address is reachable from other machines and no host is named, or if
/// listening fails.
pub async fn serve_http(
    server: McpServer,
    listener: TcpListener,
    settings: HttpSettings,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() && settings.hosts.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "this address is reached from other machines, and tokens would be sent unencrypted: listen on 127.0.0.1, or put a TLS proxy in front and name its host",
        ));
    }
    let HttpSettings { tokens, hosts, origins } = settings;
    let handler = Handler::new(server)?;
    let (applying, deadline) = (Arc::clone(&handler.applying), handler.skill.longest_call());
    let sessions = Arc::new(Sessions::new());
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter().chain(hosts);
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(names)
        .with_allowed_origins(rebinding::OWN_ORIGINS.map(str::to_owned).into_iter().chain(origins))
        .enforce_origin_validation()
        // `Sessions` decides which streams begin with an event without data.
        .with_sse_retry(None)
        .with_max_request_body_bytes(MAX_MESSAGE);
    let cancel = config.cancellation_token.clone();
    let mcp = StreamableHttpService::new(move || Ok(handler.clone()), Arc::clone(&sessions), config);
    let connections = Arc::new(Connections::new(CONNECTIONS, tokens.count()));
    let http_server =
        HttpServer { authenticator: Arc::new(Authenticator::new(tokens, Session::new()?)), connections, sessions, mcp };
    accept(listener, http_server, stop, || cancel.cancel()).await;
    let _ = timeout(deadline, applying.acquire_many(MAX_APPLYING)).await;
    Ok(())
}

/// Accepts connections until `stop` completes. `end` ends the requests on them.
async fn accept(
    listener: TcpListener,
    http_server: HttpServer,
    stop: impl Future<Output = ()> + Send,
    end: impl FnOnce(),
) {
    let connections = GracefulShutdown::new();
    let http_in_flight = Arc::new(Semaphore::new(CONNECTIONS.all));
    tokio::pin!(stop);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&http_in_flight).acquire_owned() => place,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            // The process is out of descriptors, or the client is gone already. The next connection
            // may succeed.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let http_server = http_server.clone();
        // The client is known only after the first request.
        let whose = Arc::new(Mutex::new(None));
        let service = service_fn(move |request| http_server.clone().enter(request, Arc::clone(&whose)));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(64 * 1024)
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A broken connection concerns only its client.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    end();
    let _ = timeout(ENDING, connections.shutdown()).await;
}

/// What all connections share.
#[derive(Clone)]
struct HttpServer {
    authenticator: Arc<Authenticator>,
    connections: Arc<Connections>,
    sessions: Arc<Sessions>,
    mcp: Mcp,
}

impl HttpServer {
    async fn enter(self, request: Request<Incoming>, whose: ConnectionClient) -> Result<Response<Body>, Infallible> {
        Ok(self.answer(request, &whose).await.unwrap_or_else(reject))
    }

    async fn answer(self, request: Request<Incoming>, whose: &ConnectionClient) -> Result<Response<Body>, Rejection> {
        if self.authenticator.is_crowded() {
            self.forget().await;
        }
        let mut client_context = self.authenticator.admit(&request)?;
        rebinding::check(request.uri(), request.headers())?;
        self.count(whose, &client_context.client)?;
        let answer_type = answer_type(request.method(), request.headers())?;
        let is_end = request.method() == Method::DELETE;
        let mut request = whole(request).await?;
        client_context.bytes = request.body().len();
        client_context.takes_stream = answer_type == AnswerType::Stream;
        let client = client_context.client.clone();
        accept::name_both(request.headers_mut());
        request.extensions_mut().insert(client_context);
        let mut response = if may_begin_a_session(&request) {
            self.forget().await;
            let reserve = self.authenticator.reserve(&client).ok_or(CROWDED)?;
            self.begin(reserve, client, request).await?
        } else {
            self.mcp.handle(request.map(Full::new)).await
        };
        if is_end && response.status() == StatusCode::ACCEPTED {
            // The session has ended. Some SDKs report 202 Accepted to their users as an unfinished
            // operation.
            *response.status_mut() = StatusCode::OK;
        }
        match answer_type {
            AnswerType::Stream => Ok(response),
            AnswerType::Json => one_message::from_stream(response).await.ok_or(BROKE_OFF),
        }
    }

    /// Counts a connection towards the client that sends requests on it. On a proxy's connection,
    /// the client can change.
    fn count(&self, whose: &ConnectionClient, client: &str) -> Result<(), Rejection> {
        let mut whose = whose.lock().unwrap_or_else(PoisonError::into_inner);
        if whose.as_ref().is_none_or(|it| it.client() != client) {
            *whose = Some(self.connections.take(client).ok_or(TOO_MANY_CONNECTIONS)?);
        }
        Ok(())
    }

    /// Answers a request that may begin a session. If the client disconnects meanwhile, the new
    /// session is closed, because it would be in nobody's count.
    async fn begin(
        self,
        reserve: Reservation,
        client: String,
        request: Request<Bytes>,
    ) -> Result<Response<Body>, Rejection> {
        let (answer, answered) = oneshot::channel();
        tokio::spawn(async move {
            let response = self.mcp.handle(request.map(Full::new)).await;
            let began = response.headers().get(SESSION).and_then(|id| id.to_str().ok()).map(str::to_owned);
            if let Some(id) = &began {
                let there = self.sessions.all().await;
                self.authenticator.note(id, &client, |id| there.contains(id));
            }
            drop(reserve);
            if answer.send(response).is_err()
                && let Some(id) = began
            {
                // Closing a session that is already gone is harmless.
                let _ = self.sessions.close_session(&id.into()).await;
                self.forget().await;
            }
        });
        answered.await.map_err(|_| BROKE_OFF)
    }

    /// Removes the sessions that ended without notice.
    async fn forget(&self) {
        let there = self.sessions.all().await;
        self.authenticator.forget(|id| there.contains(id));
    }
}

const BROKE_OFF: Rejection =
    rejected(StatusCode::INTERNAL_SERVER_ERROR, "the session ended before the answer: begin a new one and try again");

/// The content type that the client accepts for the answer to its request.
fn answer_type(method: &Method, headers: &HeaderMap) -> Result<AnswerType, Rejection> {
    match *method {
        Method::POST => accept::for_message(headers).ok_or(rejected(
            StatusCode::NOT_ACCEPTABLE,
            "answers are application/json or text/event-stream: name one or both in the header Accept",
        )),
        // This is MCP's answer to clients that accept no stream. They know it and continue without
        // one.
        Method::GET if !accept::takes_stream(headers) => Err(rejected(
            StatusCode::METHOD_NOT_ALLOWED,
            "a GET is answered with text/event-stream, which the header Accept rules out",
        )),
        _ => Ok(AnswerType::Stream),
    }
}

/// Reads the whole body of a request, within the limits of size and time.
async fn whole<B>(request: Request<B>) -> Result<Request<Bytes>, Rejection>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let body = match timeout(BODY, Limited::new(body, MAX_MESSAGE).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Err(rejected(StatusCode::PAYLOAD_TOO_LARGE, "the message is larger than 4 MiB: split the request"));
        }
        Ok(Err(_)) => return Err(rejected(StatusCode::BAD_REQUEST, "the message ended early: send it again")),
        Err(_) => {
            return Err(rejected(StatusCode::REQUEST_TIMEOUT, "the message didn't arrive in time: send it again"));
        }
    };
    Ok(Request::from_parts(head, body))
}

/// Whether this is the handshake, or can't be distinguished from it. The revision in the headers
/// doesn't matter, because the SDK treats every `initialize` as the beginning of a session.
fn may_begin_a_session(request: &Request<Bytes>) -> bool {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(default)]
        method: Option<String>,
    }
    let body = request.body().trim_ascii_start();
    // Serde would also read this struct from an array. An array isn't a valid message, so don't
    // guess what the SDK takes it for.
    let envelope = body.starts_with(b"{").then(|| serde_json::from_slice::<Envelope>(body).ok()).flatten();
    request.method() == Method::POST
        && !request.headers().contains_key(SESSION)
        && envelope.is_none_or(|envelope| envelope.method.is_some_and(|method| method == "initialize"))
}

fn reject(rejection: Rejection) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from_static(rejection.text.as_bytes())).boxed());
    *response.status_mut() = rejection.status;
    if let Some((name, value)) = rejection.header() {
        response.headers_mut().insert(name, value);
    }
    if rejection.ends_connection() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// A body that never arrives.
    struct Slow;

    impl http_body::Body for Slow {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_comes_in_time_and_is_bounded() {
        let post = |bytes: usize| Request::post("/mcp").body(Full::new(Bytes::from(vec![b' '; bytes]))).unwrap();
        assert_eq!(whole(post(MAX_MESSAGE)).await.unwrap().body().len(), MAX_MESSAGE);
        let status = |rejection: Option<Rejection>| rejection.unwrap().status.as_u16();
        assert_eq!(status(whole(post(MAX_MESSAGE + 1)).await.err()), 413);
        let began = tokio::time::Instant::now();
        let late = whole(Request::post("/mcp").body(Slow).unwrap()).await.err();
        assert_eq!((status(late), began.elapsed()), (408, BODY));
        assert!(late.unwrap().ends_connection());
    }

    #[test]
    fn possible_handshake_may_begin_a_session_whatever_its_headers() {
        let post = |body: &str| {
            let head = Request::post("/mcp").header("mcp-protocol-version", "2026-07-28");
            head.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
        };
        for may in [
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#,
            r#"{"method":"\u0069nitialize"}"#,
            r#"{"method":"tools/call","method":"initialize"}"#,
            r#"{"method":"initialize","method":"tools/call"}"#,
            "[]",
            r#"["initialize"]"#,
            "",
        ] {
            assert!(may_begin_a_session(&post(may)), "{may}");
        }
        for not in [r#"{"method":"tools/call","params":{"method":"initialize"}}"#, r#"{"id":1,"result":{}}"#] {
            assert!(!may_begin_a_session(&post(not)), "{not}");
        }
        let mut within = post(r#"{"method":"initialize"}"#);
        within.headers_mut().insert(SESSION, HeaderValue::from_static("s"));
        assert!(!may_begin_a_session(&within));
    }
}
