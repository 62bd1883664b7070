//! The kill switch: changes are off until somebody turns them on, and then for a limited time.

use std::fmt;
use std::time::Duration;

/// Milliseconds since 1970.
pub type Millis = u64;

/// What the operator's configuration says about changes at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WritePolicy {
    /// The switch decides; it can be on for so long at a time.
    Switchable {
        /// The longest time.
        max: Duration,
    },
    /// Changes are off, and nothing turns them on at run time.
    Never,
}

/// What was switched last. Without any, changes are off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchedOn {
    /// When it was switched on.
    pub since: Millis,
    /// Until when it is on.
    pub until: Millis,
}

/// Changes are on, at the moment that was asked about. Only [`writes_on`] gives it.
#[derive(Debug)]
pub struct WritesOn {
    since: Millis,
    until: Millis,
}

impl WritesOn {
    /// Until when.
    #[must_use]
    pub fn until(&self) -> Millis {
        self.until
    }

    /// Whether that is still so at `now`, as far as time goes.
    #[must_use]
    pub fn holds(&self, now: Millis) -> bool {
        (self.since..self.until).contains(&now)
    }
}

/// Why changes are off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WritesOff {
    /// By configuration.
    Never,
    /// Nobody turned them on, or somebody turned them off.
    Off,
    /// The time is over.
    Over,
    /// The clock is before the moment at which they were turned on.
    ClockWentBack,
    /// They were turned on for longer than is allowed.
    TooLong,
}

impl fmt::Display for WritesOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "the configuration says `writes = \"never\"`",
            Self::Off => "changes are switched off",
            Self::Over => "changes were switched on, and the time is over",
            Self::ClockWentBack => "the clock went back since changes were switched on",
            Self::TooLong => "changes were switched on for longer than the configuration allows",
        })
    }
}

impl std::error::Error for WritesOff {}

/// Whether changes are on at `now`.
///
/// # Errors
/// [`WritesOff`] says why not.
pub fn writes_on(policy: WritePolicy, switched: Option<SwitchedOn>, now: Millis) -> Result<WritesOn, WritesOff> {
    let WritePolicy::Switchable { max } = policy else { return Err(WritesOff::Never) };
    let SwitchedOn { since, until } = switched.ok_or(WritesOff::Off)?;
    if now < since {
        Err(WritesOff::ClockWentBack)
    } else if now >= until {
        Err(WritesOff::Over)
    } else if u128::from(until - since) > max.as_millis() {
        Err(WritesOff::TooLong)
    } else {
        Ok(WritesOn { since, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_on_only_between_being_switched_on_and_the_end_of_the_time() {
        let policy = WritePolicy::Switchable { max: Duration::from_secs(60) };
        let on = |since, until| Some(SwitchedOn { since, until });
        for (policy, switched, now, expected) in [
            (policy, None, 5, Err(WritesOff::Off)),
            (policy, on(1_000, 2_000), 999, Err(WritesOff::ClockWentBack)),
            (policy, on(1_000, 2_000), 1_000, Ok(2_000)),
            (policy, on(1_000, 2_000), 1_999, Ok(2_000)),
            (policy, on(1_000, 2_000), 2_000, Err(WritesOff::Over)),
            (policy, on(1_000, 61_000), 1_000, Ok(61_000)),
            (policy, on(1_000, 61_001), 1_000, Err(WritesOff::TooLong)),
            (policy, on(2_000, 1_000), 1_500, Err(WritesOff::ClockWentBack)),
            (policy, on(0, u64::MAX), 1, Err(WritesOff::TooLong)),
            (WritePolicy::Never, on(1_000, 2_000), 1_500, Err(WritesOff::Never)),
        ] {
            assert_eq!(writes_on(policy, switched, now).map(|on| on.until()), expected, "{switched:?} {now}");
        }
    }
}
