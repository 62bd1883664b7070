//! The calls that clients have open over HTTP, whatever became of the connections that they came by.

use super::doorman::Visitor;
use super::open::MAX_OPEN;
use crate::session::Session;
use rmcp::model::RequestId;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places that are taken.
#[derive(Default)]
pub(super) struct Places {
    taken: Mutex<HashMap<String, Taken>>,
}

/// What one client has open.
#[derive(Default)]
struct Taken {
    calls: usize,
    bytes: usize,
    /// Ids in sessions that have some: there the SDK tells answers apart by them alone.
    ids: HashSet<(Session, RequestId)>,
}

/// A call's place, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    client: String,
    bytes: usize,
    id: Option<(Session, RequestId)>,
}

impl Places {
    /// A place for a call of this client, if it has one left, and no call of that id is open in its session.
    pub(super) fn enter(self: &Arc<Self>, visitor: &Visitor, id: &RequestId) -> Option<Place> {
        let mut all = self.taken();
        let taken = all.entry(visitor.client.clone()).or_default();
        let (calls, bytes) = MAX_OPEN;
        let id = visitor.is_in_session.then(|| (visitor.session.clone(), id.clone()));
        if taken.calls >= calls
            || taken.bytes + visitor.bytes > bytes
            || id.as_ref().is_some_and(|id| taken.ids.contains(id))
        {
            return None;
        }
        taken.calls += 1;
        taken.bytes += visitor.bytes;
        taken.ids.extend(id.clone());
        Some(Place { places: Arc::clone(self), client: visitor.client.clone(), bytes: visitor.bytes, id })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(taken) = self.places.taken().get_mut(&self.client) {
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

    fn visitor(client: &str, session: &Session, is_in_session: bool, bytes: usize) -> Visitor {
        Visitor { client: client.to_owned(), session: session.clone(), is_in_session, bytes, takes_stream: true }
    }

    #[test]
    fn each_clients_calls_are_bounded_in_number_and_bytes_and_another_clients_are_not_in_its_way() {
        let (places, session) = (Arc::new(Places::default()), Session::new().unwrap());
        let enter = |client, bytes| places.enter(&visitor(client, &session, false, bytes), &RequestId::Number(1));
        let mut held: Vec<_> = (0..MAX_OPEN.0).map(|_| enter("one", 1).unwrap()).collect();
        assert!(enter("one", 1).is_none(), "no calls left");
        assert!(enter("two", 1).is_some());
        held.pop();
        assert!(enter("one", MAX_OPEN.1).is_none(), "no bytes left");
        assert!(enter("one", MAX_OPEN.1 - held.len()).is_some());
        drop(held);
        assert!(enter("one", MAX_OPEN.1).is_some());
    }

    #[test]
    fn an_id_is_used_once_at_a_time_in_a_session_and_means_nothing_without_one() {
        let places = Arc::new(Places::default());
        let (ours, other) = (Session::new().unwrap(), Session::new().unwrap());
        let enter = |session, is_in_session, id| {
            places.enter(&visitor("one", session, is_in_session, 0), &RequestId::Number(id))
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
