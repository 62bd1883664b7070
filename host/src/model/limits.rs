//! The resource limits of one call.

use std::time::Duration;

/// Limits of one call. The host enforces each, whatever the component or the server does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The time from the call to its answer, including login, connecting and the component's own
    /// work. Default: 30 s; at most [`Limits::MAX_DEADLINE`].
    pub deadline: Duration,
    /// The component's memory, in bytes. Default: 64 MiB; at most [`Limits::MAX_MEMORY`].
    pub memory: usize,
    /// The body of one answer from the server, in bytes. Default: 8 MiB, about 14,000 secrets.
    pub answer: usize,
    /// Calls that run at the same time. Others wait, within their deadline. Default: 16; at most
    /// [`Limits::MAX_CONCURRENT_CALLS`].
    pub concurrent_calls: usize,
}

impl Limits {
    /// The longest deadline.
    pub const MAX_DEADLINE: Duration = Duration::from_secs(3600);
    /// The most memory that a component can be allowed, in bytes.
    pub const MAX_MEMORY: usize = 256 * 1024 * 1024;
    /// The most calls that can be allowed to run at once.
    pub const MAX_CONCURRENT_CALLS: usize = 64;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            memory: 64 * 1024 * 1024,
            answer: 8 * 1024 * 1024,
            concurrent_calls: 16,
        }
    }
}
