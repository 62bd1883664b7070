//! A clock that tests can set, forward and back, for the thread that they run in.

use infisical_skill_policy::switch::Millis;
use std::cell::Cell;

thread_local! {
    static STANDS_AT: Cell<Option<Millis>> = const { Cell::new(None) };
}

/// From now on it is this time, in this thread.
pub(crate) fn set(now: Millis) {
    STANDS_AT.set(Some(now));
}

/// What it was set to. None: it is the machine's.
pub(super) fn stands_at() -> Option<Millis> {
    STANDS_AT.get()
}
