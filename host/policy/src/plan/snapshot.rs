//! The state of a plan's targets, as the server's answers show it. The host observes it at the
//! preview and seals it with the plan. Before the plan's first request leaves, the host observes it
//! again and compares. The component compares, too, but the host doesn't rely on that.

use crate::answers::{ListedFolder, ListedProject, ListedSecret};
use crate::change::ParsedChange;
use crate::names::{Environment, Project, SecretPath};
use crate::operation::{Operation, Place};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The observed state of a change's target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Observed {
    /// The server's id of the target. `None` if it doesn't exist, can't be looked up, or isn't
    /// shown to the read identity.
    pub id: Option<String>,
    /// Everything that must be the same when the change is sent. It is compared as text and never
    /// parsed.
    pub state: String,
}

/// How many objects a plan affects, as far as they were observed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AffectedCounts {
    /// Secrets that are created, changed, deleted or moved, each counted once.
    pub secrets: u32,
    /// Folders, each counted once.
    pub folders: u32,
    /// There may be more: a folder's listing leaves out what the read identity may not see.
    pub is_at_least: bool,
    /// The numbers, from 1, of the folder changes whose content wasn't observed and isn't counted.
    pub unseen: Vec<u32>,
}

/// Identifies an affected object, so that it is counted once.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum ItemKey<'a> {
    /// An object on the server, by its id.
    There { project: &'a Project, environment: &'a Environment, id: &'a str, name: &'a str },
    /// An object that doesn't exist yet or wasn't observed, by its place and name.
    Named { project: &'a Project, environment: &'a Environment, path: &'a str, name: &'a str },
}

impl<'a> ItemKey<'a> {
    fn of(place: &'a Place, name: &'a str, item: Option<&'a Item>) -> Self {
        let Place { project, environment, path } = place;
        match item {
            Some(Item { id, name, .. }) => Self::There { project, environment, id, name },
            None => Self::Named { project, environment, path: path.as_str(), name },
        }
    }
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

/// The answer to a request for a project.
#[derive(Debug, Clone)]
struct ProjectAnswer {
    /// The request: the project by its id or by its slug.
    operation: Operation,
    /// `None` if the server shows no such project to the read identity.
    project: Option<ListedProject>,
}

/// The listings and projects of one call. Of two answers to the same request, the later counts.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    listings: Vec<Listing>,
    projects: Vec<ProjectAnswer>,
}

impl Snapshot {
    /// Notes an answered listing of secrets. A listing of some tags only doesn't count.
    pub fn note_secrets(&mut self, place: &Place, recursive: bool, secrets: Vec<ListedSecret>) {
        let item = |it: ListedSecret| Item { id: it.id, name: it.name, version: it.version };
        self.note(place, recursive, true, secrets.into_iter().map(item).collect());
    }

    /// Notes a listing of folders.
    pub fn note_folders(&mut self, place: &Place, recursive: bool, folders: Vec<ListedFolder>) {
        let item = |it: ListedFolder| Item { id: it.id, name: it.name, version: 0 };
        self.note(place, recursive, false, folders.into_iter().map(item).collect());
    }

    /// Notes the answer to a request for a project by its id or slug. `None`: it doesn't exist, or
    /// the read identity may not see it.
    pub fn note_project(&mut self, operation: &Operation, project: Option<ListedProject>) {
        if matches!(operation, Operation::ProjectById { .. } | Operation::ProjectBySlug { .. }) {
            self.projects.retain(|it| it.operation != *operation);
            self.projects.push(ProjectAnswer { operation: operation.clone(), project });
        }
    }

    fn note(&mut self, place: &Place, recursive: bool, of_secrets: bool, items: Vec<Item>) {
        self.listings.retain(|it| it.place != *place || it.recursive != recursive || it.of_secrets != of_secrets);
        self.listings.push(Listing { place: place.clone(), recursive, of_secrets, items });
    }

    fn listing(&self, place: &Place, recursive: bool, of_secrets: bool) -> Option<&[Item]> {
        let is = |it: &&Listing| it.place == *place && it.recursive == recursive && it.of_secrets == of_secrets;
        self.listings.iter().find(is).map(|it| it.items.as_slice())
    }

    /// Returns the next request that is needed to observe the targets of these changes.
    /// `walks` means that the server lists one folder at a time. Then only the observed folders
    /// count.
    #[must_use]
    pub fn missing(&self, changes: &[ParsedChange], walks: bool) -> Option<Operation> {
        changes.iter().enumerate().filter(|(at, it)| !is_made_by(changes, *at, it)).find_map(|(_, change)| {
            let Some(place) = change.place() else {
                return project_of(change).filter(|asked| self.projects.iter().all(|it| it.operation != *asked));
            };
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

    /// Returns the observed state of each change's target.
    #[must_use]
    pub fn of(&self, changes: &[ParsedChange]) -> Vec<Observed> {
        changes
            .iter()
            .enumerate()
            .map(
                |(at, change)| {
                    if is_made_by(changes, at, change) { Observed::default() } else { self.observed(change) }
                },
            )
            .collect()
    }

    /// Counts the objects that these changes affect. Administrative ones affect neither secrets nor
    /// folders.
    #[must_use]
    pub fn affected_counts(&self, changes: &[ParsedChange]) -> AffectedCounts {
        let (mut secrets, mut folders) = (BTreeSet::new(), BTreeSet::new());
        let (mut is_at_least, mut unseen) = (false, Vec::new());
        for ((at, change), number) in changes.iter().enumerate().zip(1..) {
            let (Some(place), Some(name)) = (change.place(), name_of(change)) else { continue };
            let item = if is_made_by(changes, at, change) { None } else { self.target(place, change) };
            let touched = ItemKey::of(place, name, item);
            if is_of_secrets(change) {
                secrets.insert(touched)
            } else {
                folders.insert(touched)
            };
            if change.folder_id().is_none() {
                continue;
            }
            is_at_least = true;
            let below = self.folder(change);
            match below.and_then(|below| Some((self.all_below(&below, true)?, self.all_below(&below, false)?))) {
                Some((more_secrets, more_folders)) => {
                    secrets.extend(more_secrets.into_iter().map(|it| ItemKey::of(place, &it.name, Some(it))));
                    folders.extend(more_folders.into_iter().map(|it| ItemKey::of(place, &it.name, Some(it))));
                }
                None => unseen.push(number),
            }
        }
        let count = |touched: BTreeSet<ItemKey<'_>>| u32::try_from(touched.len()).unwrap_or(u32::MAX);
        AffectedCounts { secrets: count(secrets), folders: count(folders), is_at_least, unseen }
    }

    /// The target of a change, as the listing of its place showed it.
    fn target(&self, place: &Place, change: &ParsedChange) -> Option<&Item> {
        self.listing(place, false, is_of_secrets(change))?.iter().find(|it| is_target(change, it))
    }

    /// All secrets, or all folders, at any depth in a folder: by one listing of all, or by one of
    /// each folder. `None` if a part wasn't listed.
    fn all_below(&self, at: &Place, of_secrets: bool) -> Option<Vec<&Item>> {
        if let Some(items) = self.listing(at, true, of_secrets) {
            return Some(items.iter().collect());
        }
        let mut all: Vec<&Item> = self.listing(at, false, of_secrets)?.iter().collect();
        // Of two folders of one name, requests reach only one.
        let names: BTreeSet<&str> = self.listing(at, false, false)?.iter().map(|it| it.name.as_str()).collect();
        for name in names {
            let path = SecretPath::new(at.path.child(name)).ok()?;
            all.extend(self.all_below(&Place { path, ..at.clone() }, of_secrets)?);
        }
        Some(all)
    }

    fn observed(&self, change: &ParsedChange) -> Observed {
        let Some(place) = change.place() else { return self.observe_project(change) };
        let items = self.listing(place, false, is_of_secrets(change)).unwrap_or_default();
        let named = |name: &str| lines(items.iter().filter(|it| it.name == name));
        let is_it = |it: &&Item| is_target(change, it);
        let mut state = lines(items.iter().filter(is_it));
        match change {
            ParsedChange::UpdateSecret { new_name: Some(name), .. } => {
                state.push_str(&format!("new:\n{}", named(name.as_str())))
            }
            ParsedChange::RenameFolder { name, .. } => state.push_str(&format!("new:\n{}", named(name.as_str()))),
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
        Observed { id, state }
    }

    /// Returns the observed state for an administrative change: the project, and for a new
    /// environment whether its slug is taken. It doesn't include members, because the read identity
    /// needs no permission to list them.
    fn observe_project(&self, change: &ParsedChange) -> Observed {
        let asked = project_of(change);
        let is_it = |it: &&ProjectAnswer| asked.as_ref() == Some(&it.operation);
        let Some(project) = self.projects.iter().find(is_it).and_then(|it| it.project.as_ref()) else {
            return Observed::default();
        };
        let mut state = format!("project {:?}\n", project.id);
        if let ParsedChange::CreateEnvironment { slug, .. } = change {
            let named = project.environments.iter().filter(|it| **it == slug.as_str()).count();
            state.push_str(&format!("environments of this slug: {named}\n"));
        }
        let id = matches!(change, ParsedChange::CreateProject { .. }).then(|| project.id.clone());
        Observed { id, state }
    }

    /// Returns the folder that a change deletes with everything in it.
    fn below(&self, change: &ParsedChange) -> Option<Place> {
        if matches!(change, ParsedChange::DeleteFolder { .. }) { self.folder(change) } else { None }
    }

    /// The folder that a change names by its id.
    fn folder(&self, change: &ParsedChange) -> Option<Place> {
        let (place, id) = (change.place()?, change.folder_id()?);
        let folder = self.listing(place, false, false)?.iter().find(|it| it.id == id.as_str())?;
        let path = SecretPath::new(place.path.child(&folder.name)).ok()?;
        Some(Place { path, ..place.clone() })
    }
}

/// Whether an item in the listing of a change's place is the change's target.
fn is_target(change: &ParsedChange, item: &Item) -> bool {
    match change.folder_id() {
        Some(id) => item.id == id.as_str(),
        None => name_of(change) == Some(item.name.as_str()),
    }
}

/// The name of a change's secret or folder, or its id if the change uses that. `None` for an
/// administrative change.
fn name_of(change: &ParsedChange) -> Option<&str> {
    match change {
        ParsedChange::CreateSecret { name, .. } => Some(name.as_str()),
        ParsedChange::UpdateSecret { name, .. } | ParsedChange::DeleteSecret { name, .. } => Some(name.as_str()),
        ParsedChange::DeleteSecretByKey { key, .. } => Some(key.as_str()),
        ParsedChange::CreateFolder { name, .. } => Some(name.as_str()),
        ParsedChange::RenameFolder { id, .. } | ParsedChange::DeleteFolder { id, .. } => Some(id.as_str()),
        ParsedChange::CreateProject { .. }
        | ParsedChange::CreateEnvironment { .. }
        | ParsedChange::InviteMembers { .. } => None,
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

/// The request that shows the target of an administrative change.
fn project_of(change: &ParsedChange) -> Option<Operation> {
    match change {
        ParsedChange::CreateProject { slug, .. } => {
            Project::new(slug.as_str()).ok().map(|slug| Operation::ProjectBySlug { slug })
        }
        ParsedChange::CreateEnvironment { project, .. } | ParsedChange::InviteMembers { project, .. } => {
            Some(Operation::ProjectById { project: project.clone() })
        }
        _ => None,
    }
}

fn list(place: Place, recursive: bool, of_secrets: bool) -> Operation {
    if of_secrets {
        Operation::ListSecrets { place, recursive, tags: Vec::new() }
    } else {
        Operation::ListFolders { place, recursive }
    }
}

fn is_of_secrets(change: &ParsedChange) -> bool {
    matches!(
        change,
        ParsedChange::CreateSecret { .. }
            | ParsedChange::UpdateSecret { .. }
            | ParsedChange::DeleteSecret { .. }
            | ParsedChange::DeleteSecretByKey { .. }
    )
}

/// Whether an earlier change of the plan creates the folder of this change, or one above it. Then
/// there is nothing to observe yet.
fn is_made_by(changes: &[ParsedChange], at: usize, change: &ParsedChange) -> bool {
    let Some(place) = change.place() else { return false };
    changes.iter().take(at).any(|earlier| match earlier {
        ParsedChange::CreateFolder { place: above, name } => {
            above.project == place.project
                && above.environment == place.environment
                && SecretPath::new(above.path.child(name.as_str())).is_ok_and(|made| made.covers(&place.path))
        }
        _ => false,
    })
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
