//! Stops a component that doesn't stop by itself.
//!
//! Compiled code checks the engine's epoch in every loop and function. A thread of the host
//! advances the epoch while calls run. At each step, a call that is past its deadline traps, and
//! any other yields to the executor. The thread sleeps while no call runs.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmtime::EngineWeak;

/// The time between two epochs.
const STEP: Duration = Duration::from_millis(10);

/// Advances an engine's epoch while there are [`EpochGuard`]es.
pub(super) struct Ticker {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    running: Mutex<usize>,
    changed: Condvar,
}

/// While it exists, the epoch advances.
pub(super) struct EpochGuard {
    shared: Arc<Shared>,
}

impl Ticker {
    pub(super) fn start(engine: EngineWeak) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = Arc::clone(&shared);
        std::thread::Builder::new().name("infisical-skill-epoch".to_owned()).spawn(move || {
            loop {
                let running = thread.lock();
                let waited = thread.changed.wait_while(running, |running| *running == 0);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
                // Pauses first, so that a call that ends within that time is never interrupted.
                std::thread::sleep(STEP);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })?;
        Ok(Self { shared })
    }

    pub(super) fn watch(&self) -> EpochGuard {
        *self.shared.lock() += 1;
        self.shared.changed.notify_one();
        EpochGuard { shared: Arc::clone(&self.shared) }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EpochGuard {
    fn drop(&mut self) {
        *self.shared.lock() -= 1;
    }
}
