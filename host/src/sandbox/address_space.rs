//! How much address space the sandbox reserves: as much as concurrent calls can need, but at most
//! half of what the process may have.
//!
//! Reserving is free if address space isn't limited. Under `ulimit -v`, or if the system refuses,
//! fewer calls run at a time. The others wait within their deadline.

use super::engine_config::{MEMORY_GUARD, MEMORY_RESERVATION};
use crate::model::limits::Limits;

/// The size of one instance: its memory with a guard at both ends, its stack, its tables.
const SLOT: u64 = MEMORY_RESERVATION + 2 * MEMORY_GUARD + 4 * 1024 * 1024;

/// How instances get their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allocation {
    /// From a pool that is reserved at the start, which makes calls fast.
    Pool {
        /// How many instances can run at a time.
        slots: usize,
    },
    /// From the system, anew for each call.
    OnDemand {
        /// How many instances can run at a time.
        slots: usize,
    },
}

impl Allocation {
    /// A process with less address space than this can't run a component at all.
    pub(super) const LEAST: u64 = 512 * 1024 * 1024;

    pub(super) fn slots(self) -> usize {
        match self {
            Self::Pool { slots } | Self::OnDemand { slots } => slots,
        }
    }

    /// The memory plan that fits into a process with this much address space.
    fn within(limit: Option<u64>) -> Self {
        let most = Limits::MAX_CONCURRENT_CALLS;
        let Some(limit) = limit else { return Self::Pool { slots: most } };
        match usize::try_from(limit / 2 / SLOT).unwrap_or(most).min(most) {
            0 => Self::OnDemand { slots: 1 },
            slots => Self::Pool { slots },
        }
    }
}

/// The plans to try one after the other. The system may refuse one that should fit, because another
/// limit may apply.
#[derive(Debug)]
pub(super) struct Attempts(Option<Allocation>);

impl Attempts {
    pub(super) fn within(limit: Option<u64>) -> Self {
        Self(Some(Allocation::within(limit)))
    }
}

impl Iterator for Attempts {
    type Item = Allocation;

    fn next(&mut self) -> Option<Allocation> {
        let next = self.0?;
        self.0 = match next {
            Allocation::Pool { slots } if slots > 4 => Some(Allocation::Pool { slots: slots / 4 }),
            Allocation::Pool { .. } => Some(Allocation::OnDemand { slots: 1 }),
            Allocation::OnDemand { .. } => None,
        };
        Some(next)
    }
}

/// The address space that this process may have, if it is limited.
#[cfg(unix)]
pub(super) fn limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::As).current
}

/// This platform has no such limit.
#[cfg(not(unix))]
pub(super) fn limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_calls_into_half_of_the_address_space() {
        const GIB: u64 = 1 << 30;
        let pool = |slots| Allocation::Pool { slots };
        for (limit, allocation) in [
            (None, pool(64)),
            (Some(u64::MAX), pool(64)),
            (Some(64 * GIB), pool(64)),
            (Some(4 * GIB), pool(7)),
            (Some(2 * GIB), pool(3)),
            (Some(GIB), pool(1)),
            (Some(2 * SLOT), pool(1)),
            (Some(2 * SLOT - 1), Allocation::OnDemand { slots: 1 }),
            (Some(0), Allocation::OnDemand { slots: 1 }),
        ] {
            assert_eq!(Allocation::within(limit), allocation, "{limit:?}");
        }
    }

    #[test]
    fn tries_smaller_pools_and_then_on_demand() {
        let tried: Vec<_> = Attempts::within(None).map(Allocation::slots).collect();
        assert_eq!(tried, [64, 16, 4, 1]);
        assert_eq!(Attempts::within(None).last(), Some(Allocation::OnDemand { slots: 1 }));
        assert_eq!(Attempts::within(Some(1)).count(), 1);
    }
}
