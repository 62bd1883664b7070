//! The HTTP side: connections, routing, answers.

pub(crate) mod answer;
pub(crate) mod connection;
pub(crate) mod limit;
pub(crate) mod router;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::world::World;

/// The world, as the server and the test that holds the emulator share it.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world, alone. A handler that panicked has left it whole enough to go on with.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
