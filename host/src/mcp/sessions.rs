//! The clients' sessions. The SDK manages them; this module adds which of them support events
//! without data.
//!
//! From revision 2025-11-25 on, a stream begins with an event that has an id and no data, so that a
//! client can resume after its connection breaks. Clients of earlier revisions try to parse it as a
//! message, and fail.

use super::authenticator::QUIET;
use futures_util::stream::{self, Stream, StreamExt};
use rmcp::model::{ClientJsonRpcMessage, ProtocolVersion, ServerJsonRpcMessage, ServerResult};
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError, SessionConfig,
};
use rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionId, SessionManager};
use std::collections::HashSet;
use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long answers are kept for a client whose connection broke. It is short, because they may
/// hold a value.
const KEPT: Duration = Duration::from_secs(5);

/// All sessions.
pub(super) struct Sessions {
    local: LocalSessionManager,
    /// The sessions whose streams begin with an event without data.
    primed: Mutex<HashSet<SessionId>>,
}

impl Sessions {
    pub(super) fn new() -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(QUIET);
        local.session_config.completed_cache_ttl = KEPT;
        Self { local, primed: Mutex::default() }
    }

    /// The sessions that still exist.
    pub(super) async fn all(&self) -> HashSet<SessionId> {
        self.local.sessions.read().await.keys().cloned().collect()
    }

    fn is_primed(&self, id: &SessionId) -> bool {
        self.primed().contains(id)
    }

    fn primed(&self) -> MutexGuard<'_, HashSet<SessionId>> {
        self.primed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the session that began with this answer supports events without data.
fn has_empty_events(answer: &ServerJsonRpcMessage) -> bool {
    let ServerJsonRpcMessage::Response(response) = answer else { return false };
    matches!(&response.result, ServerResult::InitializeResult(it) if it.protocol_version >= ProtocolVersion::V_2025_11_25)
}

/// Removes the events that the client doesn't support from the stream.
fn known<S>(events: S, is_primed: bool) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static
where
    S: Stream<Item = ServerSseMessage> + Send + Sync + 'static,
{
    events.filter(move |event| ready(is_primed || event.message.is_some()))
}

type Events<E> = Result<E, LocalSessionManagerError>;

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        self.local.create_session().await
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        let answer = self.local.initialize_session(id, message).await?;
        if has_empty_events(&answer) {
            self.primed().insert(id.clone());
        }
        Ok(answer)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.local.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.primed().remove(id);
        self.local.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Events<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        Ok(known(self.local.create_stream(id, message).await?, self.is_primed(id)))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Events<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let events = self.local.create_standalone_stream(id).await?;
        let first = ServerSseMessage::priming("0", SessionConfig::DEFAULT_SSE_RETRY);
        Ok(known(stream::iter([first]).chain(events), self.is_primed(id)))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Events<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        Ok(known(self.local.resume(id, last_event_id).await?, self.is_primed(id)))
    }
}
