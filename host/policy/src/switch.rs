//! The switches of changes and of reveals. They are off until somebody turns them on, for a limited
//! time.

use std::fmt;
use std::time::Duration;

/// Milliseconds since 1970.
pub type Millis = u64;

/// The purpose of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SwitchKind {
    /// Changes: the kill switch.
    Writes,
    /// Reveals of plain values.
    Reveals,
}

/// What the operator's configuration says about a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchPolicy {
    /// It can be turned on for a limited time.
    Switchable {
        /// The longest time.
        max: Duration,
    },
    /// It is off, and nothing can turn it on at run time.
    Never,
}

/// The last time that the switch was turned on. If there is none, the switch is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchedOn {
    /// When it was turned on.
    pub since: Millis,
    /// When it ends.
    pub until: Millis,
}

/// Changes were on at the time of the check. Only [`writes_on`] returns it.
#[derive(Debug)]
pub struct WritesOn {
    since: Millis,
    until: Millis,
}

impl WritesOn {
    /// Returns when the switch ends.
    #[must_use]
    pub fn until(&self) -> Millis {
        self.until
    }

    /// Whether the switch is still on at `now`, according to its times.
    #[must_use]
    pub fn holds(&self, now: Millis) -> bool {
        (self.since..self.until).contains(&now)
    }
}

/// Reveals were on at the time of the check. Only [`reveals_on`] returns it.
#[derive(Debug)]
pub struct RevealsOn {
    until: Millis,
}

impl RevealsOn {
    /// Returns when the switch ends.
    #[must_use]
    pub fn until(&self) -> Millis {
        self.until
    }
}

/// Why a switch is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SwitchOff {
    /// The configuration says so.
    Never,
    /// Nobody turned it on, or somebody turned it off.
    Off,
    /// The time has ended.
    Over,
    /// The clock is before the time at which the switch was turned on.
    ClockWentBack,
    /// It was turned on for longer than the configuration allows.
    TooLong,
}

impl SwitchOff {
    /// Describes the reason for one of the switches.
    #[must_use]
    pub fn describe(self, kind: SwitchKind) -> &'static str {
        match (kind, self) {
            (SwitchKind::Writes, Self::Never) => "the configuration says `writes = \"never\"`",
            (SwitchKind::Writes, Self::Off) => "changes are switched off",
            (SwitchKind::Writes, Self::Over) => "changes were switched on, and the time is over",
            (SwitchKind::Writes, Self::ClockWentBack) => "the clock went back since changes were switched on",
            (SwitchKind::Writes, Self::TooLong) => "changes were switched on for longer than the configuration allows",
            (SwitchKind::Reveals, Self::Never) => "the configuration says `reveals = \"never\"`, which is the default",
            (SwitchKind::Reveals, Self::Off) => "revealing is switched off",
            (SwitchKind::Reveals, Self::Over) => "revealing was switched on, and the time is over",
            (SwitchKind::Reveals, Self::ClockWentBack) => "the clock went back since revealing was switched on",
            (SwitchKind::Reveals, Self::TooLong) => {
                "revealing was switched on for longer than the configuration allows"
            }
        }
    }
}

impl fmt::Display for SwitchOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe(SwitchKind::Writes))
    }
}

impl std::error::Error for SwitchOff {}

/// Checks whether changes are on at `now`.
///
/// # Errors
/// [`SwitchOff`] says why they aren't.
pub fn writes_on(policy: SwitchPolicy, switched: Option<SwitchedOn>, now: Millis) -> Result<WritesOn, SwitchOff> {
    is_on(policy, switched, now).map(|SwitchedOn { since, until }| WritesOn { since, until })
}

/// Checks whether the switch of reveals is on at `now`.
///
/// # Errors
/// [`SwitchOff`] says why it isn't.
pub fn reveals_on(policy: SwitchPolicy, switched: Option<SwitchedOn>, now: Millis) -> Result<RevealsOn, SwitchOff> {
    is_on(policy, switched, now).map(|SwitchedOn { until, .. }| RevealsOn { until })
}

fn is_on(policy: SwitchPolicy, switched: Option<SwitchedOn>, now: Millis) -> Result<SwitchedOn, SwitchOff> {
    let SwitchPolicy::Switchable { max } = policy else { return Err(SwitchOff::Never) };
    let SwitchedOn { since, until } = switched.ok_or(SwitchOff::Off)?;
    if now < since {
        Err(SwitchOff::ClockWentBack)
    } else if now >= until {
        Err(SwitchOff::Over)
    } else if u128::from(until - since) > max.as_millis() {
        Err(SwitchOff::TooLong)
    } else {
        Ok(SwitchedOn { since, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_on_only_from_switch_on_to_expiry() {
        let policy = SwitchPolicy::Switchable { max: Duration::from_secs(60) };
        let on = |since, until| Some(SwitchedOn { since, until });
        for (policy, switched, now, expected) in [
            (policy, None, 5, Err(SwitchOff::Off)),
            (policy, on(1_000, 2_000), 999, Err(SwitchOff::ClockWentBack)),
            (policy, on(1_000, 2_000), 1_000, Ok(2_000)),
            (policy, on(1_000, 2_000), 1_999, Ok(2_000)),
            (policy, on(1_000, 2_000), 2_000, Err(SwitchOff::Over)),
            (policy, on(1_000, 61_000), 1_000, Ok(61_000)),
            (policy, on(1_000, 61_001), 1_000, Err(SwitchOff::TooLong)),
            (policy, on(2_000, 1_000), 1_500, Err(SwitchOff::ClockWentBack)),
            (policy, on(0, u64::MAX), 1, Err(SwitchOff::TooLong)),
            (SwitchPolicy::Never, on(1_000, 2_000), 1_500, Err(SwitchOff::Never)),
        ] {
            assert_eq!(writes_on(policy, switched, now).map(|on| on.until()), expected, "{switched:?} {now}");
            assert_eq!(reveals_on(policy, switched, now).map(|on| on.until()), expected, "{switched:?} {now}");
        }
    }

    #[test]
    fn each_switch_explains_why_it_is_off() {
        for off in [SwitchOff::Never, SwitchOff::Off, SwitchOff::Over, SwitchOff::ClockWentBack, SwitchOff::TooLong] {
            let (writes, reveals) = (off.describe(SwitchKind::Writes), off.describe(SwitchKind::Reveals));
            assert!(!writes.contains("reveal") && !reveals.contains("changes"), "{writes}; {reveals}");
            assert_eq!(off.to_string(), writes);
        }
    }
}
