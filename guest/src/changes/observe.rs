//! What is there now, where changes are to happen: listings alone, each once.

use super::Task;
use super::payload::Planned;
use crate::client::Client;
use crate::client::requests::Located;
use crate::error::Error;
use crate::guard::fingerprint::fingerprint;
use crate::guard::grammar::{FolderPath, covers};
use crate::guard::validated_change::Kind;
use crate::lean;
use crate::ports::Transport;
use crate::types::{Folder, Secret};

/// What was seen of a change's target: what must still be so when the change is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// The server's id. None: it isn't there.
    pub(super) id: Option<String>,
    /// A secret's version.
    pub(super) version: Option<u32>,
    /// What is in a folder that is to be deleted.
    pub(super) below: Option<Below>,
}

/// What is in a folder, at any depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Below {
    pub(super) secrets: u32,
    pub(super) folders: u32,
    /// Of the ids and versions of it all.
    pub(super) fingerprint: String,
}

/// A secret or a folder in a listing.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) version: Option<u32>,
    pub(super) secret: Option<&'a Secret>,
}

/// One folder, as far as it was looked at.
struct FolderSnapshot {
    at: Located,
    secrets: Option<Vec<Secret>>,
    folders: Option<Vec<Folder>>,
}

/// All that is in a folder.
struct Inside {
    id: String,
    secrets: Vec<Secret>,
    folders: Vec<Folder>,
}

/// What was seen.
#[derive(Default)]
pub(super) struct Snapshot {
    folders_seen: Vec<FolderSnapshot>,
    insides: Vec<Inside>,
}

impl Snapshot {
    /// Looks at all that the changes are about. A folder that an earlier one creates counts as there and empty.
    pub(super) fn of<T: Transport>(client: &mut Client<'_, T>, changes: &[Planned]) -> Result<Self, Error> {
        let mut snapshot = Self::default();
        for (number, Planned { task, .. }) in changes.iter().enumerate() {
            if changes.iter().take(number).any(|earlier| makes_room(&earlier.task, task)) {
                let (secrets, folders) = (Some(Vec::new()), Some(Vec::new()));
                snapshot.folders_seen.push(FolderSnapshot { at: task.at.clone(), secrets, folders });
            }
            snapshot.observe(client, task)?;
            snapshot.look_inside(client, task)?;
        }
        Ok(snapshot)
    }

    /// Lists the folder that the task happens in, unless that was done.
    pub(super) fn observe<T: Transport>(&mut self, client: &mut Client<'_, T>, task: &Task) -> Result<(), Error> {
        let known = self.folders_seen.iter().position(|folder| folder.at == task.at);
        let mut folder = match known {
            Some(known) => self.folders_seen.swap_remove(known),
            None => FolderSnapshot { at: task.at.clone(), secrets: None, folders: None },
        };
        if task.kind.is_of_secrets() && folder.secrets.is_none() {
            folder.secrets = Some(client.secrets(&folder.at, false, &[])?);
        }
        if !task.kind.is_of_secrets() && folder.folders.is_none() {
            let is_there = folder.secrets.is_some();
            folder.folders = Some(if is_there {
                client.folders_in(&folder.at, false)?
            } else {
                client.folders(&folder.at, false)?
            });
        }
        self.folders_seen.push(folder);
        Ok(())
    }

    /// Lists all that goes with a folder.
    fn look_inside<T: Transport>(&mut self, client: &mut Client<'_, T>, task: &Task) -> Result<(), Error> {
        if task.kind != Kind::DeleteFolder {
            return Ok(());
        }
        let (Some(folder), Ok(path)) =
            (self.find(task, &task.name)?, FolderPath::parse(&task.at.path.child(&task.name)))
        else {
            return Ok(());
        };
        let (id, at) = (folder.id.to_owned(), Located { path, ..task.at.clone() });
        let secrets = client.secrets(&at, true, &[])?;
        let folders = client.folders_in(&at, true)?;
        self.insides.push(Inside { id, secrets, folders });
        Ok(())
    }

    /// The secrets, or the folders, where the task happens.
    pub(super) fn items<'a>(&'a self, task: &Task) -> Vec<Item<'a>> {
        let mut items = Vec::new();
        let Some(folder) = self.folders_seen.iter().find(|folder| folder.at == task.at) else { return items };
        if task.kind.is_of_secrets() {
            for secret in folder.secrets.iter().flatten() {
                let Secret { id, name, version, .. } = secret;
                items.push(Item { id, name, version: Some(*version), secret: Some(secret) });
            }
        } else {
            for Folder { id, name, .. } in folder.folders.iter().flatten() {
                items.push(Item { id, name, version: None, secret: None });
            }
        }
        items
    }

    /// The one thing of this name where the task happens.
    pub(super) fn find(&self, task: &Task, name: &str) -> Result<Option<Item<'_>>, Error> {
        let mut named = self.items(task).into_iter().filter(|item| item.name == name);
        let found = named.next();
        if named.next().is_none() {
            return Ok(found);
        }
        Err(Error::Conflict(
            [
                "There is more than one ",
                &task.thing_named(name),
                " in this folder, and a change could hit the wrong one. Ask the operator to sort that out in Infisical.",
            ]
            .concat(),
        ))
    }

    /// What there is to see of the task's target.
    pub(super) fn observed(&self, task: &Task) -> Result<Observed, Error> {
        let Some(item) = self.find(task, &task.name)? else { return Ok(Observed::default()) };
        let below = self.insides.iter().find(|inside| inside.id == item.id && task.kind == Kind::DeleteFolder);
        Ok(Observed { id: Some(item.id.to_owned()), version: item.version, below: below.map(Inside::below) })
    }

    /// Whether any folder that was seen has this name.
    pub(super) fn has_folder_named(&self, name: &str) -> bool {
        let folders_seen = self.folders_seen.iter().flat_map(|folder| folder.folders.iter().flatten());
        let insides = self.insides.iter().flat_map(|inside| &inside.folders);
        folders_seen.chain(insides).any(|folder| folder.name == name)
    }
}

/// Whether `maker` creates the folder in which `task` happens, or one above it.
fn makes_room(maker: &Task, task: &Task) -> bool {
    maker.kind == Kind::CreateFolder
        && maker.at.project == task.at.project
        && maker.at.environment == task.at.environment
        && covers(&maker.at.path.child(&maker.name), task.at.path.as_str())
}

impl Inside {
    fn below(&self) -> Below {
        let mut lines = Vec::new();
        for Secret { id, version, .. } in &self.secrets {
            lines.push([id.as_str(), ":", &version.to_string()].concat());
        }
        for folder in &self.folders {
            lines.push(folder.id.clone());
        }
        lean::sort(&mut lines, |a, b| a < b);
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Below {
            secrets: count(self.secrets.len()),
            folders: count(self.folders.len()),
            fingerprint: fingerprint(&lines),
        }
    }
}
