//! A trial of a rogue: the boundary that it tries to cross, and the assertion that shows that it
//! failed.

use crate::tally::{Finding, note};
use infisical_emulator::ApiVersion;
use infisical_skill::{ComponentRefusal, Error, Layer};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The boundary that a rogue tries to cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Boundary {
    /// What a component may import.
    Imports,
    /// The canonical ABI.
    Abi,
    /// The limits on memory: its own and the host's.
    Memory,
    /// The deadline of a call.
    Time,
    /// The requests that leave, and the answers that come back.
    Network,
    /// The purpose of the call.
    Grant,
    /// Only requested changes are planned, and the preview shows what would be sent.
    Preview,
    /// Only the plan's requests are sent.
    Plan,
    /// Who can see a value that the component received.
    Values,
    /// The component's text, and what it remembers.
    Words,
}

impl Boundary {
    /// The name of the boundary.
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

    /// Whether the attack differs with an old server, which has other routes and always sends
    /// values.
    #[must_use]
    pub fn depends_on_api_version(self) -> bool {
        matches!(self, Self::Network | Self::Grant | Self::Preview | Self::Plan | Self::Values)
    }
}

/// How a rogue was contained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Containment {
    /// The host refused to load it.
    AtLoad,
    /// It trapped, or exceeded a limit.
    BrokenOff,
    /// It exceeded the deadline.
    Deadline,
    /// The gate didn't send its request.
    Gate,
    /// The operator's rules or those of its plan stopped it.
    Policy,
    /// It continued within bounds.
    Bounded,
    /// It received no value.
    Hidden,
    /// The host ignored what it said.
    Overruled,
    /// Nothing of it remained.
    Forgotten,
}

impl Containment {
    /// A short description.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtLoad => "refused at load",
            Self::BrokenOff => "broken off",
            Self::Deadline => "stopped at the deadline",
            Self::Gate => "refused at the gate",
            Self::Policy => "refused by policy",
            Self::Bounded => "limited to its bounds",
            Self::Hidden => "shown no value",
            Self::Overruled => "its statement was ignored",
            Self::Forgotten => "nothing of it remained",
        }
    }
}

/// One rogue at one boundary. The rogue counts as contained only if an assertion held.
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

    /// Asserts that the evidence shows containment in this way. The failure message shows what was
    /// seen.
    ///
    /// # Panics
    /// If the evidence doesn't show it.
    #[track_caller]
    pub fn holds(&self, how: Containment, evidence: bool, seen: impl Debug) {
        assert!(evidence, "{} isn't {}: {seen:?}", self.rogue, how.as_str());
        let mut held = self.held();
        held.0.insert(how);
        held.1 += 1;
    }

    /// Asserts that the host refuses to load it, for the expected reason.
    ///
    /// # Panics
    /// If the host loads it, or refuses it for another reason.
    #[track_caller]
    pub fn is_refused_at_load<T: Debug>(
        &self,
        outcome: &Result<T, ComponentRefusal>,
        is_expected: impl Fn(&ComponentRefusal) -> bool,
    ) {
        self.holds(Containment::AtLoad, outcome.as_ref().is_err_and(is_expected), outcome);
    }

    /// Asserts that it trapped or exceeded a limit, and that the sandbox's error says so.
    ///
    /// # Panics
    /// If the outcome is another one.
    #[track_caller]
    pub fn is_broken_off<T: Debug>(&self, outcome: &Result<T, Error>) {
        self.holds(Containment::BrokenOff, outcome.as_ref().is_err_and(|error| error.kind() == "sandbox"), outcome);
    }

    /// Asserts that the gate refused its request, and that the error says so and what to do.
    ///
    /// # Panics
    /// If the outcome is another one.
    #[track_caller]
    pub fn is_refused<T: Debug>(&self, outcome: &Result<T, Error>) {
        self.is_refused_by(Layer::Egress, outcome);
    }

    /// Asserts that this layer refused it, and that the error says what to do.
    ///
    /// # Panics
    /// If the outcome is another one.
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
            Some("one of its tests failed")
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
