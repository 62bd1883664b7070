//! The unanswered calls of a client on two pipes.
//!
//! A call keeps its place, its bytes and its id until its answer was handed over, or until it ended
//! without one. So a client that doesn't read its answers, or that withdraws calls, has no more
//! calls than any other. Calls are withdrawn here, without the SDK's knowledge. The SDK would
//! forget the id at once, and answer the next call of that id with the first one's answer.

use super::MAX_MESSAGE;
use rmcp::model::RequestId;
use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The maximum number of calls in flight, and the maximum total size of their messages in bytes.
pub(super) const MAX_IN_FLIGHT: (usize, usize) = (32, 4 * MAX_MESSAGE);

/// The unanswered calls.
#[derive(Default)]
pub(super) struct InFlight {
    calls: Mutex<HashMap<RequestId, Call>>,
}

struct Call {
    /// The size of the request, or of its answer once there is one, in bytes.
    bytes: usize,
    withdrawn: watch::Sender<bool>,
}

/// Tells a call that it was withdrawn. It is stored in the request's extensions.
#[derive(Clone)]
pub(super) struct Ticket(watch::Receiver<bool>);

impl Ticket {
    /// Completes when the call is withdrawn.
    pub(super) async fn withdrawn(&self) {
        let mut withdrawn = self.0.clone();
        if withdrawn.wait_for(|it| *it).await.is_err() {
            // The call was answered.
            pending().await
        }
    }
}

impl InFlight {
    /// Counts a call, if there is room for it.
    pub(super) fn enter(&self, id: &RequestId, bytes: usize) -> Option<Ticket> {
        let mut open = self.open();
        let (calls, sum) = MAX_IN_FLIGHT;
        let taken: usize = open.values().map(|call| call.bytes).sum();
        // An id that is in use can't identify another answer.
        if open.len() >= calls || taken + bytes > sum || open.contains_key(id) {
            return None;
        }
        let (withdrawn, ticket) = watch::channel(false);
        open.insert(id.clone(), Call { bytes, withdrawn });
        Some(Ticket(ticket))
    }

    /// Withdraws a call: its client doesn't want an answer any more.
    pub(super) fn withdraw(&self, id: &RequestId) {
        if let Some(call) = self.open().get(id) {
            call.withdrawn.send_replace(true);
        }
    }

    /// Notes that a call ended with an answer of this many bytes. Its place is free when the
    /// returned value is dropped.
    pub(super) fn answered(self: &Arc<Self>, id: &RequestId, bytes: usize) -> EndedCall {
        let mut open = self.open();
        let is_wanted = open.get_mut(id).is_none_or(|call| {
            call.bytes = bytes;
            !*call.withdrawn.borrow()
        });
        EndedCall { open: Arc::clone(self), id: id.clone(), is_wanted }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<RequestId, Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that ended, until its answer was handed over.
pub(super) struct EndedCall {
    open: Arc<InFlight>,
    id: RequestId,
    /// Whether the client still wants the answer.
    pub(super) is_wanted: bool,
}

impl Drop for EndedCall {
    fn drop(&mut self) {
        self.open.open().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_calls_in_number_and_bytes_and_refuses_ids_in_use() {
        let open = Arc::new(InFlight::default());
        let id = |number| RequestId::Number(number);
        let enter = |number, bytes| open.enter(&id(number), bytes).is_some();
        assert!(enter(1, MAX_IN_FLIGHT.1));
        assert!(!enter(2, 1), "no bytes left");
        drop(open.answered(&id(1), 0));
        for number in 0..MAX_IN_FLIGHT.0 {
            assert!(enter(i64::try_from(number).unwrap(), 1));
        }
        assert!(!enter(1_000, 1), "no calls left");
        drop(open.answered(&id(3), 0));
        assert!(!enter(4, 1), "in use");
        assert!(enter(3, 1));
    }

    #[test]
    fn an_answer_counts_with_its_bytes_until_it_was_handed_over() {
        let open = Arc::new(InFlight::default());
        let id = |number| RequestId::Number(number);
        assert!(open.enter(&id(1), 1).is_some());
        let leaving = open.answered(&id(1), MAX_IN_FLIGHT.1);
        assert!(leaving.is_wanted);
        assert!(open.enter(&id(2), 1).is_none(), "no bytes left");
        drop(leaving);
        assert!(open.enter(&id(2), MAX_IN_FLIGHT.1).is_some());
    }
}
