//! What one call may use up.

use std::time::Duration;

/// Bounds on one call. Each is enforced by the host, whatever the component or the server does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// From the call to its answer, with everything in between: login, connecting, the component's own work. 30 s; at most
    /// [`Limits::MAX_DEADLINE`].
    pub deadline: Duration,
    /// The component's memory, in bytes. 64 MiB; at most [`Limits::MAX_MEMORY`].
    pub memory: usize,
    /// The body of one answer of the server's, in bytes. 8 MiB: about 14,000 secrets.
    pub answer: usize,
    /// Calls that run at the same time; others wait, within their deadline. 16; at most [`Limits::MAX_CONCURRENT_CALLS`].
    pub concurrent_calls: usize,
}

impl Limits {
    /// The longest deadline.
    pub const MAX_DEADLINE: Duration = Duration::from_secs(3600);
    /// The most memory that can be allowed to a component, in bytes.
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
