//! Counts the calls in flight over HTTP, independently of the connections that they arrived on.

use super::authenticator::ClientContext;
use super::in_flight::MAX_IN_FLIGHT;
use crate::model::session::Session;
use rmcp::model::RequestId;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The calls in flight.
#[derive(Default)]
pub(super) struct HttpInFlight {
    taken: Mutex<HashMap<String, Taken>>,
}

/// The calls in flight of one client.
#[derive(Default)]
struct Taken {
    calls: usize,
    bytes: usize,
    /// The ids in use in each session. In a session, the SDK distinguishes answers by their id
    /// alone.
    ids: HashSet<(Session, RequestId)>,
}

/// A counted call, until this is dropped.
pub(super) struct HttpCall {
    http_in_flight: Arc<HttpInFlight>,
    client: String,
    bytes: usize,
    id: Option<(Session, RequestId)>,
}

impl HttpInFlight {
    /// Counts a call, if the client is within its share and no call with this id is in flight in
    /// its session.
    pub(super) fn enter(self: &Arc<Self>, client_context: &ClientContext, id: &RequestId) -> Option<HttpCall> {
        let mut all = self.taken();
        let taken = all.entry(client_context.client.clone()).or_default();
        let (calls, bytes) = MAX_IN_FLIGHT;
        let id = client_context.is_in_session.then(|| (client_context.session.clone(), id.clone()));
        if taken.calls >= calls
            || taken.bytes + client_context.bytes > bytes
            || id.as_ref().is_some_and(|id| taken.ids.contains(id))
        {
            return None;
        }
        taken.calls += 1;
        taken.bytes += client_context.bytes;
        taken.ids.extend(id.clone());
        Some(HttpCall {
            http_in_flight: Arc::clone(self),
            client: client_context.client.clone(),
            bytes: client_context.bytes,
            id,
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HttpCall {
    fn drop(&mut self) {
        if let Some(taken) = self.http_in_flight.taken().get_mut(&self.client) {
            taken.calls -= 1;
            taken.bytes -= self.bytes;
            if let Some(id) = &self.id {
                taken.ids.remove(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_context(client: &str, session: &Session, is_in_session: bool, bytes: usize) -> ClientContext {
        ClientContext { client: client.to_owned(), session: session.clone(), is_in_session, bytes, takes_stream: true }
    }

    #[test]
    fn bounds_each_clients_calls_independently() {
        let (http_in_flight, session) = (Arc::new(HttpInFlight::default()), Session::new().unwrap());
        let enter = |client, bytes| {
            http_in_flight.enter(&client_context(client, &session, false, bytes), &RequestId::Number(1))
        };
        let mut held: Vec<_> = (0..MAX_IN_FLIGHT.0).map(|_| enter("one", 1).unwrap()).collect();
        assert!(enter("one", 1).is_none(), "no calls left");
        assert!(enter("two", 1).is_some());
        held.pop();
        assert!(enter("one", MAX_IN_FLIGHT.1).is_none(), "no bytes left");
        assert!(enter("one", MAX_IN_FLIGHT.1 - held.len()).is_some());
        drop(held);
        assert!(enter("one", MAX_IN_FLIGHT.1).is_some());
    }

    #[test]
    fn rejects_an_id_in_use_only_within_its_session() {
        let http_in_flight = Arc::new(HttpInFlight::default());
        let (ours, other) = (Session::new().unwrap(), Session::new().unwrap());
        let enter = |session, is_in_session, id| {
            http_in_flight.enter(&client_context("one", session, is_in_session, 0), &RequestId::Number(id))
        };
        let first = enter(&ours, true, 1);
        assert!(first.is_some() && enter(&ours, true, 1).is_none());
        assert!(enter(&ours, true, 2).is_some() && enter(&other, true, 1).is_some());
        let alone = (enter(&ours, false, 1), enter(&ours, false, 1));
        assert!(alone.0.is_some() && alone.1.is_some());
        drop(first);
        assert!(enter(&ours, true, 1).is_some());
    }
}
