//! Shares limited resources, so that one client can't use all of them while there are others.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The limits of a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    /// The limit for all clients together.
    pub(super) all: usize,
    /// The limit for one client, however many there are, or its even share if that is more.
    pub(super) one: usize,
}

impl Bound {
    /// Whether `client`, one of `clients`, may hold one more. `held` names a client once for each
    /// that it holds. The last ones are reserved for clients that hold none.
    pub(super) fn has_room<'c>(self, held: impl Iterator<Item = &'c str>, client: &str, clients: usize) -> bool {
        let (mut all, mut own, mut holders) = (0, 0, HashSet::new());
        for holder in held {
            all += 1;
            own += usize::from(holder == client);
            holders.insert(holder);
        }
        let share = (self.all / clients.max(1)).max(self.one);
        let free = self.all.saturating_sub(all);
        free > 0 && (own == 0 || own < share && free > clients.saturating_sub(holders.len()))
    }
}

/// The connections whose client is known.
pub(super) struct Connections {
    bound: Bound,
    clients: usize,
    held: Mutex<Vec<String>>,
}

/// A connection, counted towards its client.
pub(super) struct Connection {
    connections: Arc<Connections>,
    client: String,
}

impl Connections {
    pub(super) fn new(bound: Bound, clients: usize) -> Self {
        Self { bound, clients, held: Mutex::default() }
    }

    /// Counts a connection towards this client, until the returned value is dropped. Returns `None`
    /// if the client has used its share.
    pub(super) fn take(self: &Arc<Self>, client: &str) -> Option<Connection> {
        let mut held = self.held();
        if !self.bound.has_room(held.iter().map(String::as_str), client, self.clients) {
            return None;
        }
        held.push(client.to_owned());
        Some(Connection { connections: Arc::clone(self), client: client.to_owned() })
    }

    fn held(&self) -> MutexGuard<'_, Vec<String>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// The connection's client.
    pub(super) fn client(&self) -> &str {
        &self.client
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut held = self.connections.held();
        if let Some(at) = held.iter().position(|client| *client == self.client) {
            held.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_evenly_and_reserves_the_last_for_new_clients() {
        let bound = Bound { all: 64, one: 16 };
        for (clients, first) in [(1, 64), (2, 32), (5, 16), (20, 16), (64, 1)] {
            let names: Vec<String> = (0..clients).map(|client| client.to_string()).collect();
            let mut held: Vec<&str> = Vec::new();
            for name in &names {
                let before = held.len();
                while bound.has_room(held.iter().copied(), name, clients) {
                    held.push(name);
                }
                assert!(held.len() > before, "{name} of {clients}");
                if before == 0 {
                    assert_eq!(held.len(), first, "of {clients}");
                }
            }
            assert!(held.len() <= 64);
        }
    }

    #[test]
    fn a_connection_is_its_clients_as_long_as_it_is_kept() {
        let connections = Arc::new(Connections::new(Bound { all: 4, one: 1 }, 2));
        let take = |client| connections.take(client);
        let ours = [take("one").unwrap(), take("one").unwrap()];
        assert!(take("one").is_none() && take("two").is_some());
        assert_eq!(ours[0].client(), "one");
        drop(ours);
        assert!(take("one").is_some());
    }
}
