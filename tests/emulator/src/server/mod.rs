//! The HTTP side: connections, routing, answers.

pub(crate) mod answer;
pub(crate) mod connection;
pub(crate) mod limit;
pub(crate) mod router;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::world::World;

/// The world, shared by the server and the test.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// Locks the world. After a panic in a handler, it is still usable.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
