//! The protocol over Streamable HTTP.

use super::doorman::{Doorman, QUIET, Rejection, SESSION};
use super::server::{Handler, MAX_APPLYING};
use super::{MAX_MESSAGE, McpServer, Tokens};
use crate::session::Session;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The most connections at once. More wait until one ends.
const MAX_CONNECTIONS: usize = 128;

/// How long a client may take for a request's head, and be silent between two requests.
const HEAD: Duration = Duration::from_secs(15);

/// How long connections may take to end, once the server is told to.
const ENDING: Duration = Duration::from_secs(5);

/// How long answers are kept for a client whose connection broke. They may hold a value: not long.
const KEPT: Duration = Duration::from_secs(5);

type Body = BoxBody<Bytes, Infallible>;
type Mcp = StreamableHttpService<Handler, LocalSessionManager>;

/// How the server is reached over HTTP.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpSettings {
    /// Who may use it.
    pub tokens: Tokens,
    /// Names, or names with ports, under which it is reached beside `localhost` and the loopback addresses: a proxy's, a container's.
    pub hosts: Vec<String>,
    /// Origins of web pages that may use it. No page may, if there are none.
    pub origins: Vec<String>,
}

impl HttpSettings {
    /// On this machine alone, for these clients and no web page.
    #[must_use]
    pub fn new(tokens: Tokens) -> Self {
        Self { tokens, hosts: Vec::new(), origins: Vec::new() }
    }
}

/// Serves clients at `/mcp` until `stop` is done: then no new requests are taken, and plans that are being applied are brought to their end.
///
/// # Errors
/// [`io::Error`] if the address is reached from other machines and no host is named, or if listening fails.
pub async fn serve_http(
    server: McpServer,
    listener: TcpListener,
    settings: HttpSettings,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() && settings.hosts.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "this address is reached from other machines, and tokens would travel in clear: listen on 127.0.0.1, or put a proxy with TLS before it and name the host that it asks for",
        ));
    }
    let HttpSettings { tokens, hosts, origins } = settings;
    let handler = Handler::new(server)?;
    let (applying, deadline) = (Arc::clone(&handler.applying), handler.skill.longest_call());
    let mut sessions = LocalSessionManager::default();
    sessions.session_config.keep_alive = Some(QUIET);
    sessions.session_config.completed_cache_ttl = KEPT;
    let sessions = Arc::new(sessions);
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter().chain(hosts);
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(names)
        .with_allowed_origins(origins)
        .enforce_origin_validation()
        .with_max_request_body_bytes(MAX_MESSAGE);
    let cancel = config.cancellation_token.clone();
    let mcp = StreamableHttpService::new(move || Ok(handler.clone()), Arc::clone(&sessions), config);
    let house = House { doorman: Arc::new(Doorman::new(tokens, Session::new()?)), sessions, mcp };
    accept(listener, house, stop, || cancel.cancel()).await;
    let _ = timeout(deadline, applying.acquire_many(MAX_APPLYING)).await;
    Ok(())
}

/// Takes connections until `stop` is done; `end` ends what goes on in them.
async fn accept(listener: TcpListener, house: House, stop: impl Future<Output = ()> + Send, end: impl FnOnce()) {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    tokio::pin!(stop);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, or gone already: the next may be better.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let house = house.clone();
        let service = service_fn(move |request| house.clone().enter(request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(64 * 1024)
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A client's broken connection is the client's matter.
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
struct House {
    doorman: Arc<Doorman>,
    sessions: Arc<LocalSessionManager>,
    mcp: Mcp,
}

impl House {
    async fn enter(self, mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        if self.doorman.is_crowded() {
            let there = self.sessions.sessions.read().await;
            self.doorman.forget(|id| there.contains_key(id));
        }
        let visitor = match self.doorman.admit(&request) {
            Ok(visitor) => visitor,
            Err(rejection) => return Ok(reject(rejection)),
        };
        let is_new = !request.headers().contains_key(SESSION);
        let client = visitor.client.clone();
        request.extensions_mut().insert(visitor);
        let response = self.mcp.handle(request).await;
        if is_new && let Some(Ok(id)) = response.headers().get(SESSION).map(|id| id.to_str()) {
            let there = self.sessions.sessions.read().await;
            self.doorman.note(id, &client, |id| there.contains_key(id));
        }
        Ok(response)
    }
}

fn reject(rejection: Rejection) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from_static(rejection.text.as_bytes())).boxed());
    *response.status_mut() = rejection.status;
    if let Some((name, value)) = rejection.header() {
        response.headers_mut().insert(name, value);
    }
    response
}
