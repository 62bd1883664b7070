//! Reads the state after the last request. A failure here undoes nothing and only leaves a note.

use super::observe::Snapshot;
use super::planned::{Observed, Planned};
use crate::client::Client;
use crate::client::requests::Located;
use crate::guard::validated_change::Kind;
use crate::ports::Transport;
use crate::types::{ApiVersion, Outcome, Step};

/// What reading back shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The state is as planned. Holds a secret's version.
    Done(Option<u32>),
    /// The state is as before. Holds a secret's version.
    AsBefore(Option<u32>),
    /// The state is neither as planned nor as before.
    Otherwise,
}

/// Adds what reading back shows to the steps of changes that were made, or that may have been made.
pub(super) fn read_back<T: Transport>(client: &mut Client<'_, T>, changes: &[Planned], steps: &mut [Step]) {
    let mut snapshot = Snapshot::default();
    // Places that couldn't be read. They aren't read again for the other changes in them.
    let mut unreadable: Vec<&Located> = Vec::new();
    let rises = rises(client.api_version(), changes, steps);
    for ((change, step), rises) in changes.iter().zip(steps).zip(rises) {
        let is_unknown = match step.outcome {
            Outcome::Applied => false,
            Outcome::Unknown => true,
            Outcome::WaitingForApproval(_) | Outcome::Failed(_) | Outcome::NotSent => continue,
        };
        let at = &change.task.at;
        let is_read = !unreadable.contains(&at) && snapshot.observe(client, &change.task).is_ok();
        if !is_read {
            unreadable.push(at);
            step.note = Some(if is_unknown { UNREAD_UNKNOWN } else { UNREAD }.to_owned());
            continue;
        }
        let shown = shown(change, &snapshot);
        step.version_after = match shown {
            Shown::Done(version) | Shown::AsBefore(version) => version,
            Shown::Otherwise => None,
        };
        step.note = if is_unknown { Some(unknown_note(shown)) } else { applied_note(shown, &change.observed, rises) };
    }
}

const UNREAD: &str = "The server reports success, but the result couldn't be read back.";
const UNREAD_UNKNOWN: &str = "No answer says what became of the change, and the result couldn't be read back. The \
     request isn't sent again. Check the current state.";

fn shown(Planned { task, observed, .. }: &Planned, snapshot: &Snapshot) -> Shown {
    let items = snapshot.items(task);
    let is_same = |id: &str| observed.id.as_deref() == Some(id);
    let found = match task.kind {
        Kind::CreateSecret | Kind::CreateFolder => items.iter().find(|item| item.name == task.name),
        _ => items.iter().find(|item| is_same(item.id)),
    };
    let version = found.and_then(|item| item.version);
    match (task.kind, found) {
        (Kind::CreateSecret | Kind::CreateFolder, Some(_)) | (Kind::DeleteSecret | Kind::DeleteFolder, None) => {
            Shown::Done(version)
        }
        (Kind::CreateSecret | Kind::CreateFolder, None) | (Kind::DeleteSecret | Kind::DeleteFolder, Some(_)) => {
            Shown::AsBefore(version)
        }
        (_, None) => Shown::Otherwise,
        (_, Some(item)) => {
            let has_name = item.name == task.new_name.as_ref().unwrap_or(&task.name);
            let has_moved = version > observed.version || task.kind == Kind::RenameFolder;
            if has_name && has_moved {
                Shown::Done(version)
            } else if item.name == task.name && version == observed.version {
                Shown::AsBefore(version)
            } else {
                Shown::Otherwise
            }
        }
    }
}

fn unknown_note(shown: Shown) -> String {
    match shown {
        Shown::Done(Some(version)) => {
            ["Reading back shows the change was made (version ", &version.to_string(), ")."].concat()
        }
        Shown::Done(None) => "Reading back shows the change was made.".to_owned(),
        Shown::AsBefore(_) => {
            "Reading back shows no change yet. The change may still arrive, so check again.".to_owned()
        }
        Shown::Otherwise => {
            "Reading back shows neither the old nor the planned state. Check the current state.".to_owned()
        }
    }
}

/// For each change, returns how many other changes of the plan may have raised its secret's
/// version. If a secret is renamed, a current server rewrites the references to it in all other
/// secrets.
fn rises(api_version: ApiVersion, changes: &[Planned], steps: &[Step]) -> Vec<u32> {
    let renames = |(change, step): (&Planned, &Step)| {
        let is_made = matches!(step.outcome, Outcome::Applied | Outcome::Unknown);
        u32::from(api_version == ApiVersion::V4 && is_made && is_rename(change))
    };
    let mut each: Vec<u32> = changes.iter().zip(steps).map(renames).collect();
    let all: u32 = each.iter().sum();
    each.iter_mut().for_each(|rises| *rises = all - *rises);
    each
}

fn is_rename(change: &Planned) -> bool {
    change.task.kind == Kind::UpdateSecret && change.task.new_name.is_some()
}

fn applied_note(shown: Shown, observed: &Observed, rises: u32) -> Option<String> {
    match shown {
        Shown::Done(Some(version)) => {
            let more = version.saturating_sub(observed.version?.saturating_add(1));
            if more == 0 {
                None
            } else if more <= rises {
                Some(
                    "The version is higher than this change makes it: the plan renames a secret, and that rewrites the \
                     references to it."
                        .to_owned(),
                )
            } else {
                Some("The version is higher than this plan makes it: somebody else changed it too.".to_owned())
            }
        }
        Shown::Done(None) => None,
        Shown::AsBefore(_) | Shown::Otherwise => {
            Some("The server reports success, but reading back shows otherwise. Check the current state.".to_owned())
        }
    }
}
