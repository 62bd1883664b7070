//! A rogue, let loose: where it tries to get through, and the assertion that shows that it didn't.

use crate::tally::{Finding, note};
use infisical_emulator::ApiVersion;
use infisical_skill::{ComponentRefusal, Error, Layer};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a rogue tries to get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Boundary {
    /// What a component may import.
    Imports,
    /// The canonical ABI.
    Abi,
    /// What it may have of memory, of its own and of the host's.
    Memory,
    /// Its deadline.
    Time,
    /// Which requests leave, and what comes back.
    Network,
    /// What the call was made for.
    Grant,
    /// That nothing is planned but what was asked for, and that what is shown is what would leave.
    Preview,
    /// That nothing leaves but the plan.
    Plan,
    /// Whom a value that it was given gets to.
    Values,
    /// What it says, and what it keeps.
    Words,
}

impl Boundary {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imports => "imports",
            Self::Abi => "abi",
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Network => "network",
            Self::Grant => "grant",
            Self::Preview => "preview",
            Self::Plan => "plan",
            Self::Values => "values",
            Self::Words => "words",
        }
    }

    /// Whether an old server makes another attack of it: it has other routes, and sends values whatever it is asked.
    #[must_use]
    pub fn is_of_the_generation(self) -> bool {
        matches!(self, Self::Network | Self::Grant | Self::Preview | Self::Plan | Self::Values)
    }
}

/// How a rogue was contained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Containment {
    /// The host doesn't take it.
    AtLoad,
    /// It trapped, or went over a limit.
    BrokenOff,
    /// Its time was up.
    Deadline,
    /// What it asked for didn't leave.
    Gate,
    /// The operator's rules, or those of its plan, stood in its way.
    Policy,
    /// It was let go on, within bounds.
    Bounded,
    /// What it got had no value in it.
    Hidden,
    /// What it said didn't count.
    Overruled,
    /// Nothing of it was left.
    Forgotten,
}

impl Containment {
    /// In a few words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtLoad => "refused at load",
            Self::BrokenOff => "broken off",
            Self::Deadline => "stopped at the deadline",
            Self::Gate => "refused at the gate",
            Self::Policy => "refused by policy",
            Self::Bounded => "held to its bounds",
            Self::Hidden => "shown no value",
            Self::Overruled => "its word didn't count",
            Self::Forgotten => "nothing of it was left",
        }
    }
}

/// One rogue at one boundary. It ends with an assertion that holds, or the rogue isn't contained.
#[derive(Debug)]
pub struct Trial {
    rogue: &'static str,
    boundary: Boundary,
    api_version: Option<ApiVersion>,
    held: Mutex<(BTreeSet<Containment>, usize)>,
}

impl Trial {
    pub(crate) fn new(rogue: &'static str, boundary: Boundary, api_version: Option<ApiVersion>) -> Self {
        Self { rogue, boundary, api_version, held: Mutex::default() }
    }

    /// An attempt of its was contained in this way, as the evidence shows; what was seen is said if it doesn't.
    ///
    /// # Panics
    /// If it doesn't.
    #[track_caller]
    pub fn holds(&self, how: Containment, evidence: bool, seen: impl Debug) {
        assert!(evidence, "{} isn't {}: {seen:?}", self.rogue, how.as_str());
        let mut held = self.held();
        held.0.insert(how);
        held.1 += 1;
    }

    /// The host doesn't load it, for the reason that is expected.
    ///
    /// # Panics
    /// If it does, or for another reason.
    #[track_caller]
    pub fn is_refused_at_load<T: Debug>(
        &self,
        outcome: &Result<T, ComponentRefusal>,
        is_expected: impl Fn(&ComponentRefusal) -> bool,
    ) {
        self.holds(Containment::AtLoad, outcome.as_ref().is_err_and(is_expected), outcome);
    }

    /// It trapped, or went over a limit: the sandbox says so.
    ///
    /// # Panics
    /// If that isn't so.
    #[track_caller]
    pub fn is_broken_off<T: Debug>(&self, outcome: &Result<T, Error>) {
        self.holds(Containment::BrokenOff, outcome.as_ref().is_err_and(|error| error.kind() == "sandbox"), outcome);
    }

    /// What it asked for didn't leave: the gate says so, and what can be done.
    ///
    /// # Panics
    /// If that isn't so.
    #[track_caller]
    pub fn is_refused<T: Debug>(&self, outcome: &Result<T, Error>) {
        self.is_refused_by(Layer::Egress, outcome);
    }

    /// This layer refused it, and says what can be done.
    ///
    /// # Panics
    /// If that isn't so.
    #[track_caller]
    pub fn is_refused_by<T: Debug>(&self, layer: Layer, outcome: &Result<T, Error>) {
        let how = if layer == Layer::Egress { Containment::Gate } else { Containment::Policy };
        let is_so = |error: &Error| error.layer() == Some(layer) && !error.remedy().is_empty();
        self.holds(how, outcome.as_ref().is_err_and(is_so), (layer, outcome));
    }

    fn held(&self) -> MutexGuard<'_, (BTreeSet<Containment>, usize)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finding(&self) -> Finding {
        let (containments, attempts) = self.held().clone();
        let escape = if std::thread::panicking() {
            Some("a test of its failed")
        } else if attempts == 0 {
            Some("nothing shows how it was contained")
        } else {
            None
        };
        let (rogue, boundary, api_version) = (self.rogue, self.boundary, self.api_version);
        Finding { rogue, boundary, api_version, containments, attempts, escape }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        note(self.finding());
    }
}
