//! What the server's answers showed of the targets of a plan. The host notes it at the preview and
//! seals it with the plan. It compares it with what it sees before the plan's first request leaves.
//! The component compares as well, but isn't believed.

use crate::answers::{ListedFolder, ListedSecret};
use crate::change::Change;
use crate::names::SecretPath;
use crate::operation::{Operation, Place};
use serde::{Deserialize, Serialize};

/// What was seen of a change's target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Seen {
    /// The server's id of the target. `None` if it doesn't exist, or can't be looked up.
    pub id: Option<String>,
    /// Everything that must be the same when the change is sent. It is compared as text and never
    /// read.
    pub state: String,
}

/// One item of a listing.
#[derive(Debug, Clone)]
struct Item {
    id: String,
    name: String,
    version: u32,
}

/// A listing of a folder, or of everything below it.
#[derive(Debug, Clone)]
struct Listing {
    place: Place,
    recursive: bool,
    of_secrets: bool,
    items: Vec<Item>,
}

/// The listings of one call. If there are two of the same place, the later one counts.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    listings: Vec<Listing>,
}

impl Sight {
    /// Notes a listing of secrets, as it was answered. A listing of some tags only doesn't count.
    pub fn note_secrets(&mut self, place: &Place, recursive: bool, secrets: Vec<ListedSecret>) {
        let item = |it: ListedSecret| Item { id: it.id, name: it.name, version: it.version };
        self.note(place, recursive, true, secrets.into_iter().map(item).collect());
    }

    /// Notes a listing of folders.
    pub fn note_folders(&mut self, place: &Place, recursive: bool, folders: Vec<ListedFolder>) {
        let item = |it: ListedFolder| Item { id: it.id, name: it.name, version: 0 };
        self.note(place, recursive, false, folders.into_iter().map(item).collect());
    }

    fn note(&mut self, place: &Place, recursive: bool, of_secrets: bool, items: Vec<Item>) {
        self.listings.retain(|it| it.place != *place || it.recursive != recursive || it.of_secrets != of_secrets);
        self.listings.push(Listing { place: place.clone(), recursive, of_secrets, items });
    }

    fn listing(&self, place: &Place, recursive: bool, of_secrets: bool) -> Option<&[Item]> {
        let is = |it: &&Listing| it.place == *place && it.recursive == recursive && it.of_secrets == of_secrets;
        self.listings.iter().find(is).map(|it| it.items.as_slice())
    }

    /// Returns the next listing that is missing to see the targets of these changes. `walks` means
    /// that the server lists one folder at a time. Then the folders that were seen count.
    #[must_use]
    pub fn missing(&self, changes: &[Change], walks: bool) -> Option<Operation> {
        changes.iter().enumerate().filter(|(at, it)| !is_made_by(changes, *at, it)).find_map(|(_, change)| {
            let place = change.place()?;
            let of_secrets = is_of_secrets(change);
            if self.listing(place, false, of_secrets).is_none() {
                return Some(list(place.clone(), false, of_secrets));
            }
            let below = self.below(change)?;
            let is_missing = |of_secrets| self.listing(&below, true, of_secrets).is_none();
            if is_missing(true) {
                Some(list(below, true, true))
            } else if !walks && is_missing(false) {
                Some(list(below, true, false))
            } else {
                None
            }
        })
    }

    /// Returns what was seen of each change's target.
    #[must_use]
    pub fn of(&self, changes: &[Change]) -> Vec<Seen> {
        changes
            .iter()
            .enumerate()
            .map(|(at, change)| if is_made_by(changes, at, change) { Seen::default() } else { self.seen(change) })
            .collect()
    }

    fn seen(&self, change: &Change) -> Seen {
        let Some(place) = change.place() else { return Seen::default() };
        let items = self.listing(place, false, is_of_secrets(change)).unwrap_or_default();
        let named = |name: &str| lines(items.iter().filter(|it| it.name == name));
        let is_it = |it: &&Item| match change {
            Change::CreateSecret { name, .. } => it.name == name.as_str(),
            Change::UpdateSecret { name, .. } | Change::DeleteSecret { name, .. } => it.name == name.as_str(),
            Change::DeleteSecretByKey { key, .. } => it.name == key.as_str(),
            Change::CreateFolder { name, .. } => it.name == name.as_str(),
            Change::RenameFolder { id, .. } | Change::DeleteFolder { id, .. } => it.id == id.as_str(),
            _ => false,
        };
        let mut state = lines(items.iter().filter(is_it));
        match change {
            Change::UpdateSecret { new_name: Some(name), .. } => {
                state.push_str(&format!("new:\n{}", named(name.as_str())))
            }
            Change::RenameFolder { name, .. } => state.push_str(&format!("new:\n{}", named(name.as_str()))),
            _ => {}
        }
        if let Some(below) = self.below(change) {
            let covered = |it: &&Listing| {
                it.place.project == below.project
                    && it.place.environment == below.environment
                    && below.path.covers(&it.place.path)
            };
            let mut all: Vec<String> =
                self.listings.iter().filter(covered).flat_map(|it| it.items.iter().map(line)).collect();
            all.sort_unstable();
            all.dedup();
            state.push_str(&format!("below:\n{}", all.concat()));
        }
        let id = items.iter().find(is_it).map(|it| it.id.clone());
        Seen { id, state }
    }

    /// Returns the folder that a change deletes with everything in it.
    fn below(&self, change: &Change) -> Option<Place> {
        let Change::DeleteFolder { place, id } = change else { return None };
        let folder = self.listing(place, false, false)?.iter().find(|it| it.id == id.as_str())?;
        let path = SecretPath::new(place.path.child(&folder.name)).ok()?;
        Some(Place { path, ..place.clone() })
    }
}

fn lines<'a>(items: impl Iterator<Item = &'a Item>) -> String {
    let mut lines: Vec<String> = items.map(line).collect();
    lines.sort_unstable();
    lines.concat()
}

fn line(item: &Item) -> String {
    format!("{:?} {:?} {}\n", item.id, item.name, item.version)
}

fn list(place: Place, recursive: bool, of_secrets: bool) -> Operation {
    if of_secrets {
        Operation::ListSecrets { place, recursive, tags: Vec::new() }
    } else {
        Operation::ListFolders { place, recursive }
    }
}

fn is_of_secrets(change: &Change) -> bool {
    matches!(
        change,
        Change::CreateSecret { .. }
            | Change::UpdateSecret { .. }
            | Change::DeleteSecret { .. }
            | Change::DeleteSecretByKey { .. }
    )
}

/// Whether an earlier change of the plan creates the folder of this change, or one above it. Then
/// there is nothing to see yet.
fn is_made_by(changes: &[Change], at: usize, change: &Change) -> bool {
    let Some(place) = change.place() else { return false };
    changes.iter().take(at).any(|earlier| match earlier {
        Change::CreateFolder { place: above, name } => {
            above.project == place.project
                && above.environment == place.environment
                && SecretPath::new(above.path.child(name.as_str())).is_ok_and(|made| made.covers(&place.path))
        }
        _ => false,
    })
}

#[cfg(test)]
#[path = "sight_tests.rs"]
mod tests;
