//! Checks for drift: whether everything is still as it was at the preview.

use super::observe::Snapshot;
use super::planned::{Observed, Planned, Task};
use crate::error::{Error, Layer};

/// Refuses if the state that the plan depends on has changed. The refusal names the change.
pub(super) fn check(changes: &[Planned], snapshot: &Snapshot) -> Result<(), Error> {
    for Planned { task, observed, .. } in changes {
        let now = snapshot.observed(task).map_err(as_drift)?;
        if let Some(change) = difference(task, observed, &now) {
            return Err(refused(&change));
        }
        if let Some(name) = &task.new_name
            && snapshot.find(task, name).map_err(as_drift)?.is_some()
        {
            return Err(refused(&[&task.thing_named(name), " exists now"].concat()));
        }
    }
    Ok(())
}

/// If a lookup fails because something is gone or ambiguous, that is drift too.
pub(super) fn as_drift(error: Error) -> Error {
    match error {
        Error::NotFound(missing) => {
            refused(&["the ", &missing.kind, " \"", &missing.name, "\" isn't there any more"].concat())
        }
        Error::Conflict(text) => refused(&["what is there is ambiguous now. ", &text].concat()),
        other => other,
    }
}

fn difference(task: &Task, before: &Observed, now: &Observed) -> Option<String> {
    let thing = task.thing_named(&task.name);
    let what = match (&before.id, &now.id) {
        (None, None) => return None,
        (None, Some(_)) => " exists now",
        (Some(_), None) => " is gone",
        (Some(before), Some(now)) if before != now => " is another one now: it was deleted and created again",
        _ if before.version != now.version => {
            let number = |version: Option<u32>| version.unwrap_or_default().to_string();
            let (now, before) = (number(now.version), number(before.version));
            let raised = [&thing, " is version ", &now, " now, it was ", &before, " at the preview"].concat();
            return Some([&raised, " (renaming a secret that it refers to raises it too)"].concat());
        }
        _ if before.below != now.below => return Some(["what is in the ", &thing, " has changed"].concat()),
        _ => return None,
    };
    Some([&thing, what].concat())
}

pub(super) fn refused(change: &str) -> Error {
    Error::refused(
        Layer::TwoPhaseConfirm,
        ["Since the preview something changed: ", change, ". Nothing was sent, and the plan is used up."].concat(),
        "Preview the change again, to see what it would do now.",
    )
}
