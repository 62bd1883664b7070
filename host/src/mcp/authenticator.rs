//! Authenticates clients over HTTP by their token, limits their rate, and admits them only to their
//! own sessions. `rebinding` and the SDK check the headers Host and Origin afterwards.

use super::quota::Bound;
use super::token::Tokens;
use crate::model::session::Session;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use http::{Request, StatusCode};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The only path.
const PATH: &str = "/mcp";

/// The header that names a session, in revisions that have sessions.
pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// The header that names the protocol revision.
const REVISION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The first revision without sessions.
const WITHOUT_SESSIONS: &str = "2026-07-28";

/// The maximum number of sessions in total and of one client.
const SESSIONS: Bound = Bound { all: 64, one: 16 };

/// How many requests a client may make in a burst, and how many per second.
const RATE: (f64, f64) = (100.0, 50.0);

/// The client that sent a request. It is stored in the request's extensions.
#[derive(Debug, Clone)]
pub(super) struct ClientContext {
    pub(super) client: String,
    pub(super) session: Session,
    /// Whether the request belongs to a session, in a revision that has sessions.
    pub(super) is_in_session: bool,
    /// The message's length in bytes.
    pub(super) bytes: usize,
    /// Whether the answer may be a stream. Without one, the client can't be asked anything before
    /// the answer.
    pub(super) takes_stream: bool,
}

/// Why a request is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) status: StatusCode,
    /// What to do.
    pub(super) text: &'static str,
}

impl Rejection {
    /// The header that the answer must contain.
    pub(super) fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED => Some((http::header::ALLOW, HeaderValue::from_static("POST, DELETE"))),
            StatusCode::UNAUTHORIZED => Some((http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            StatusCode::TOO_MANY_REQUESTS => Some((http::header::RETRY_AFTER, HeaderValue::from_static("1"))),
            StatusCode::SERVICE_UNAVAILABLE => Some((http::header::RETRY_AFTER, HeaderValue::from_static("60"))),
            _ => None,
        }
    }

    /// Whether the connection is closed after the answer, because connections are limited.
    pub(super) fn ends_connection(self) -> bool {
        self == TOO_MANY_CONNECTIONS || matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT)
    }
}

/// The rejection if there is no room for another session.
pub(super) const CROWDED: Rejection =
    rejected(StatusCode::SERVICE_UNAVAILABLE, "too many sessions: end some, or try again later");

/// The rejection of a connection beyond a client's share.
pub(super) const TOO_MANY_CONNECTIONS: Rejection =
    rejected(StatusCode::SERVICE_UNAVAILABLE, "too many connections: close some, or try again later");

pub(super) const fn rejected(status: StatusCode, text: &'static str) -> Rejection {
    Rejection { status, text }
}

/// Authenticates the clients.
pub(super) struct Authenticator {
    tokens: Tokens,
    /// The session that other sessions are derived from.
    root_session: Session,
    session_table: Mutex<SessionTable>,
}

#[derive(Default)]
struct SessionTable {
    /// The client of each session.
    sessions: HashMap<String, String>,
    /// The clients of sessions that are about to begin.
    begin: Vec<String>,
    /// What is left of each client's rate, and when that was computed.
    left: HashMap<String, (f64, Instant)>,
}

impl Authenticator {
    pub(super) fn new(tokens: Tokens, root_session: Session) -> Self {
        Self { tokens, root_session, session_table: Mutex::default() }
    }

    /// Admits or rejects a request.
    pub(super) fn admit<B>(&self, request: &Request<B>) -> Result<ClientContext, Rejection> {
        let headers = request.headers();
        let client = bearer(headers).and_then(|token| self.tokens.client(token)).ok_or(rejected(
            StatusCode::UNAUTHORIZED,
            "send a bearer token of this server in the header Authorization",
        ))?;
        if request.uri().path() != PATH {
            return Err(rejected(StatusCode::NOT_FOUND, "this server answers MCP at /mcp: use that path"));
        }
        let mut session_table = self.session_table();
        if !session_table.take(client) {
            return Err(rejected(StatusCode::TOO_MANY_REQUESTS, "too many requests: slow down"));
        }
        let named = headers.get(SESSION);
        let name = match named.map(HeaderValue::to_str) {
            // Another client's session is treated like one that has ended.
            Some(Ok(name)) if session_table.sessions.get(name).is_some_and(|of| of == client) => name,
            Some(_) => return Err(rejected(StatusCode::NOT_FOUND, "there is no such session: begin a new one")),
            None if session_table.sessions.len() >= SESSIONS.all && begins_a_session(headers) => {
                return Err(CROWDED);
            }
            None => "",
        };
        let session = self.root_session.derived(&[client, name]);
        Ok(ClientContext {
            client: client.to_owned(),
            session,
            is_in_session: named.is_some(),
            bytes: 0,
            takes_stream: false,
        })
    }

    /// Reserves room for one more session of this client. The reservation is held until the session
    /// is noted.
    pub(super) fn reserve(self: &Arc<Self>, client: &str) -> Option<Reservation> {
        let mut session_table = self.session_table();
        let held = session_table.sessions.values().chain(&session_table.begin).map(String::as_str);
        if !SESSIONS.has_room(held, client, self.tokens.count()) {
            return None;
        }
        session_table.begin.push(client.to_owned());
        Some(Reservation { authenticator: Arc::clone(self), client: client.to_owned() })
    }

    /// Notes a session that began for a client. `is_there` tells which others still exist.
    pub(super) fn note(&self, id: &str, client: &str, is_there: impl Fn(&str) -> bool) {
        let mut session_table = self.session_table();
        session_table.sessions.retain(|id, _| is_there(id));
        session_table.sessions.insert(id.to_owned(), client.to_owned());
    }

    /// Whether there may be sessions that ended without notice.
    pub(super) fn is_crowded(&self) -> bool {
        self.session_table().sessions.len() >= SESSIONS.all
    }

    /// Removes sessions that no longer exist.
    pub(super) fn forget(&self, is_there: impl Fn(&str) -> bool) {
        self.session_table().sessions.retain(|id, _| is_there(id));
    }

    fn session_table(&self) -> MutexGuard<'_, SessionTable> {
        self.session_table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for a session that is about to begin.
pub(super) struct Reservation {
    authenticator: Arc<Authenticator>,
    client: String,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut session_table = self.authenticator.session_table();
        if let Some(at) = session_table.begin.iter().position(|client| *client == self.client) {
            session_table.begin.swap_remove(at);
        }
    }
}

impl SessionTable {
    /// Takes one request off a client's rate, and returns whether that was possible.
    fn take(&mut self, client: &str) -> bool {
        let (at_once, a_second) = RATE;
        let now = Instant::now();
        let (left, since) = self.left.get(client).copied().unwrap_or((at_once, now));
        let left = now.duration_since(since).as_secs_f64().mul_add(a_second, left).min(at_once);
        let is_some_left = left >= 1.0;
        self.left.insert(client.to_owned(), (if is_some_left { left - 1.0 } else { left }, now));
        is_some_left
    }
}

/// How long a session may be idle before it ends.
pub(super) const QUIET: Duration = Duration::from_secs(3_600);

/// Returns a request's token, if there is exactly one.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = one.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

fn begins_a_session(headers: &HeaderMap) -> bool {
    headers.get(REVISION).and_then(|revision| revision.to_str().ok()).is_none_or(|revision| revision < WITHOUT_SESSIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    const TOKENS: [(&str, &str); 2] =
        [("one", "11111111111111111111111111111111"), ("two", "22222222222222222222222222222222")];

    fn authenticator() -> Authenticator {
        let tokens = TOKENS.map(|(name, token)| (name.to_owned(), SecretString::from(token)));
        Authenticator::new(Tokens::new(tokens.to_vec()).unwrap(), Session::new().unwrap())
    }

    fn request(path: &str, headers: &[(&str, &str)]) -> Request<()> {
        let builder = headers.iter().fold(Request::post(path), |builder, (name, value)| builder.header(*name, *value));
        builder.body(()).unwrap()
    }

    fn of(client: usize) -> (&'static str, String) {
        ("authorization", format!("Bearer {}", TOKENS[client].1))
    }

    fn status(authenticator: &Authenticator, path: &str, headers: &[(&str, &str)]) -> u16 {
        authenticator.admit(&request(path, headers)).map_or_else(|rejection| rejection.status.as_u16(), |_| 200)
    }

    #[tokio::test]
    async fn only_a_clients_token_gets_in_and_only_to_mcp() {
        let authenticator = authenticator();
        let (name, token) = of(0);
        assert_eq!(status(&authenticator, "/mcp", &[(name, &token)]), 200);
        assert_eq!(status(&authenticator, "/mcp", &[(name, &token.replace("Bearer", "bearer"))]), 200);
        for path in ["/", "/mcp/", "/mcp2", "/health"] {
            assert_eq!(status(&authenticator, path, &[(name, &token)]), 404, "{path}");
            assert_eq!(status(&authenticator, path, &[]), 401, "what is there is nobody's business: {path}");
        }
        for wrong in ["", "Bearer", "Bearer ", "Basic abc", TOKENS[0].1, &format!("{token} "), &token[..20]] {
            assert_eq!(status(&authenticator, "/mcp", &[(name, wrong)]), 401, "{wrong}");
        }
        assert_eq!(status(&authenticator, "/mcp", &[(name, &token), (name, &token)]), 401, "twice");
    }

    #[tokio::test]
    async fn a_session_is_its_clients_alone() {
        let authenticator = authenticator();
        let (name, ours) = of(0);
        let (_, theirs) = of(1);
        let session =
            |token: &str, id: &str| authenticator.admit(&request("/mcp", &[(name, token), ("mcp-session-id", id)]));
        assert_eq!(session(&ours, "s").unwrap_err().status, 404, "it never began");
        authenticator.note("s", "one", |_| true);
        assert!(session(&ours, "s").is_ok());
        assert_eq!(session(&theirs, "s").unwrap_err().status, 404);
        authenticator.note("t", "one", |_| true);
        authenticator.note("t2", "two", |_| true);
        let ids: Vec<Session> = [(&ours, "s"), (&ours, "t"), (&theirs, "t2")]
            .map(|(token, id)| session(token, id).unwrap().session)
            .to_vec();
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        assert_eq!(ids[0], session(&ours, "s").unwrap().session, "and stays the same");
        authenticator.forget(|id| id != "s");
        assert_eq!(session(&ours, "s").unwrap_err().status, 404, "it ended");
    }

    #[tokio::test]
    async fn without_sessions_each_client_is_one() {
        let authenticator = authenticator();
        let client_context = |client: usize| {
            let (name, token) = of(client);
            authenticator
                .admit(&request("/mcp", &[(name, &token), ("mcp-protocol-version", "2026-07-28")]))
                .unwrap()
                .session
        };
        assert_eq!(client_context(0), client_context(0));
        assert_ne!(client_context(0), client_context(1));
    }

    #[tokio::test]
    async fn sessions_are_bounded_and_those_without_need_none() {
        let authenticator = authenticator();
        let (name, token) = of(0);
        for id in 0..SESSIONS.all {
            authenticator.note(&id.to_string(), "one", |_| true);
        }
        assert!(authenticator.is_crowded());
        assert_eq!(status(&authenticator, "/mcp", &[(name, &token)]), 503);
        assert_eq!(status(&authenticator, "/mcp", &[(name, &token), ("mcp-protocol-version", "2025-11-25")]), 503);
        assert_eq!(status(&authenticator, "/mcp", &[(name, &token), ("mcp-protocol-version", "2026-07-28")]), 200);
        assert_eq!(status(&authenticator, "/mcp", &[(name, &token), ("mcp-session-id", "3")]), 200);
    }

    #[tokio::test]
    async fn one_clients_sessions_do_not_keep_out_anothers() {
        let authenticator = Arc::new(authenticator());
        let mut reservations: Vec<Reservation> =
            (0..SESSIONS.all / 2).map(|_| authenticator.reserve("one").unwrap()).collect();
        assert!(authenticator.reserve("one").is_none(), "its share is its share");
        reservations.push(authenticator.reserve("two").unwrap());
        reservations.remove(0);
        authenticator.note("s", "one", |_| true);
        assert!(authenticator.reserve("one").is_none(), "one that goes on counts as one that begins");
        authenticator.forget(|_| false);
        assert!(authenticator.reserve("one").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_asks_too_often_waits_and_others_do_not() {
        let authenticator = authenticator();
        let (name, token) = of(0);
        let ask = || status(&authenticator, "/mcp", &[(name, &token)]);
        assert_eq!((0..100).filter(|_| ask() == 200).count(), 100);
        assert_eq!(ask(), 429);
        assert_eq!(status(&authenticator, "/mcp", &[(name, &of(1).1)]), 200);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((0..100).filter(|_| ask() == 200).count(), 50);
    }
}
