//! A clock that tests can set, forward and back, for the thread that they run in.

use infisical_skill_policy::switch::Millis;
use std::cell::Cell;

thread_local! {
    static STANDS_AT: Cell<Option<Millis>> = const { Cell::new(None) };
}

/// Sets this thread's clock.
pub(crate) fn set(now: Millis) {
    STANDS_AT.set(Some(now));
}

/// The time that was set. `None`: the machine's clock is used.
pub(super) fn stands_at() -> Option<Millis> {
    STANDS_AT.get()
}
