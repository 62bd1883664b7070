//! Adds changes up over plans, clients, sessions and processes.
//!
//! A plan can look harmless and be one of many. A dozen updates of one password push the original
//! out of Infisical's history. Many small plans overwrite a whole project. Beyond a limit, the next
//! plan needs a person.

use super::Observed;
use crate::change::{ParsedChange, acknowledgement};
use crate::switch::Millis;
use std::fmt;
use std::time::Duration;

/// How much may change within a time before the next plan needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SumLimits {
    /// How many times the value of one secret may be overwritten.
    pub overwrites_per_secret: u32,
    /// How many times one secret may be updated, including its value. Each update creates a
    /// version, and Infisical drops old ones.
    pub updates_per_secret: u32,
    /// The time within which both count.
    pub secret_window: Duration,
    /// How many changes one project may have.
    pub changes_per_project: u32,
    /// The time within which they count.
    pub project_window: Duration,
}

impl SumLimits {
    /// The longest window.
    pub const MAX_WINDOW: Duration = Duration::from_secs(7 * 24 * 3_600);
}

impl Default for SumLimits {
    fn default() -> Self {
        Self {
            overwrites_per_secret: 1,
            updates_per_secret: 5,
            secret_window: Duration::from_secs(24 * 3_600),
            changes_per_project: 20,
            project_window: Duration::from_secs(3_600),
        }
    }
}

/// The parts of a change that count towards the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedChange {
    /// The project's id, or the slug of a new project.
    pub project: String,
    /// The id of the secret that it updates. The id stays when the secret or its folder is renamed.
    pub updates: Option<String>,
    /// Whether it overwrites the value.
    pub overwrites: bool,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastChange {
    /// When it was made.
    pub at: Millis,
    /// Its counted parts. `None` if the record can't be read: it then counts towards every limit.
    pub counted: Option<CountedChange>,
}

/// A limit that a plan exceeds together with earlier changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// A secret as `secret ENV:/path/NAME`, or a project.
    pub about: String,
    /// Which limit it exceeds.
    pub what: String,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.about, self.what)
    }
}

/// Returns the counted parts of these changes. `observed` is what the host observed of each target.
#[must_use]
pub fn counted_changes(changes: &[ParsedChange], observed: &[Observed]) -> Vec<CountedChange> {
    let counted = |(at, change): (usize, &ParsedChange)| {
        let project = match change {
            ParsedChange::CreateProject { slug, .. } => slug.as_str(),
            _ => change.project().map_or("", |project| project.as_str()),
        };
        let (updates, overwrites) = match change {
            ParsedChange::UpdateSecret { value, .. } => {
                let id = observed.get(at).and_then(|observed| observed.id.clone());
                (id.or_else(|| acknowledgement::target(change, None)), value.is_some())
            }
            _ => (None, false),
        };
        CountedChange { project: project.to_owned(), updates, overwrites }
    };
    changes.iter().enumerate().map(counted).collect()
}

/// Returns the limits that these changes exceed together with earlier ones. `planned` holds their
/// counted parts.
#[must_use]
pub fn beyond(
    limits: &SumLimits,
    done: &[PastChange],
    changes: &[ParsedChange],
    planned: &[CountedChange],
    now: Millis,
) -> Vec<Excess> {
    let millis = |window: Duration| u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    // Future times count as now, so a clock that was set back makes no room.
    let within = |window: Duration| done.iter().filter(move |it| now.saturating_sub(it.at) < millis(window));
    let count = |window: Duration, is: &dyn Fn(&CountedChange) -> bool| {
        let before = within(window).filter(|it| it.counted.as_ref().is_none_or(is)).count();
        u32::try_from(before + planned.iter().filter(|it| is(it)).count()).unwrap_or(u32::MAX)
    };
    let mut all: Vec<Excess> = Vec::new();
    let mut add = |about: String, what: String| {
        if !all.iter().any(|excess| excess.about == about) {
            all.push(Excess { about, what });
        }
    };
    for (change, counted) in changes.iter().zip(planned) {
        if counted.updates.is_some() {
            let about = format!("secret {}", acknowledgement::target(change, None).unwrap_or_default());
            let window = humane(limits.secret_window);
            let overwrites = count(limits.secret_window, &|it| it.overwrites && it.updates == counted.updates);
            let updates = count(limits.secret_window, &|it| it.updates == counted.updates);
            if counted.overwrites && overwrites > limits.overwrites_per_secret {
                add(about, format!("would be overwritten {overwrites} times within {window}"));
            } else if updates > limits.updates_per_secret {
                add(about, format!("would be updated {updates} times within {window}"));
            }
        }
        let of_project = count(limits.project_window, &|it| it.project == counted.project);
        if of_project > limits.changes_per_project {
            let window = humane(limits.project_window);
            add(format!("project {}", counted.project), format!("would have {of_project} changes within {window}"));
        }
    }
    all
}

/// Writes a time in the largest unit that divides it.
fn humane(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds > 0 && seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
#[path = "sums_tests.rs"]
mod tests;
