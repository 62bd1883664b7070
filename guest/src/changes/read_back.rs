//! After the last request: what is there now. A failure here takes nothing back; it leaves a note.

use super::observe::{Observed, Snapshot};
use super::payload::Planned;
use crate::client::Client;
use crate::client::requests::Located;
use crate::guard::validated_change::Kind;
use crate::ports::Transport;
use crate::types::{ApiVersion, Outcome, Step};

/// What reading back shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// It is as it should be after the change; a secret's version.
    Done(Option<u32>),
    /// It is as before; a secret's version.
    AsBefore(Option<u32>),
    /// It is neither.
    Otherwise,
}

/// Fills in what reading back shows of the changes that were made, or may have been.
pub(super) fn read_back<T: Transport>(client: &mut Client<'_, T>, changes: &[Planned], steps: &mut [Step]) {
    let mut snapshot = Snapshot::default();
    // A place that can't be read isn't asked for again for each of its changes.
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

const UNREAD: &str = "The server says that it is done. It couldn't be read back.";
const UNREAD_UNKNOWN: &str = "No answer says what became of it, and it couldn't be read back. It isn't sent again: \
     look at what is there.";

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
        Shown::AsBefore(_) => "Reading back shows no change yet; it may still arrive: look again.".to_owned(),
        Shown::Otherwise => "Reading back shows neither what was before nor what was meant: look again.".to_owned(),
    }
}

/// For each change, how many others of the plan may have raised its secret's version: a current server rewrites the
/// references to a secret that gets another name, in whatever secret they stand.
fn rises(api_version: ApiVersion, changes: &[Planned], steps: &[Step]) -> Vec<u32> {
    let renames = |(change, step): (&Planned, &Step)| {
        let is_made = matches!(step.outcome, Outcome::Applied | Outcome::Unknown);
        u32::from(api_version == ApiVersion::V4 && is_made && is_rename(change))
    };
    let each: Vec<u32> = changes.iter().zip(steps).map(renames).collect();
    let all: u32 = each.iter().sum();
    each.into_iter().map(|own| all - own).collect()
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
            Some("The server says that it is done, but reading back shows otherwise: look again.".to_owned())
        }
    }
}
