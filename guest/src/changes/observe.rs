//! Lists the places where changes happen. It sends only listings, each once.

use super::planned::{Below, Observed, Planned, Task};
use crate::client::Client;
use crate::client::requests::Located;
use crate::error::Error;
use crate::guard::fingerprint::fingerprint;
use crate::guard::grammar::{FolderPath, covers};
use crate::guard::validated_change::Kind;
use crate::ports::Transport;
use crate::types::{Folder, Secret};
use std::collections::BinaryHeap;

/// A secret or a folder in a listing.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) version: Option<u32>,
    pub(super) secret: Option<&'a Secret>,
}

/// What was listed of one folder. `None` if it wasn't listed.
struct FolderSnapshot {
    at: Located,
    secrets: Option<Vec<Secret>>,
    folders: Option<Vec<Folder>>,
}

/// The content of a folder at any depth.
struct Inside {
    id: String,
    secrets: Vec<Secret>,
    folders: Vec<Folder>,
}

/// Everything that was listed.
#[derive(Default)]
pub(super) struct Snapshot {
    folders_seen: Vec<FolderSnapshot>,
    insides: Vec<Inside>,
}

impl Snapshot {
    /// Lists everything that the changes are about. A folder that an earlier change creates counts
    /// as an empty folder.
    pub(super) fn of<T: Transport>(client: &mut Client<'_, T>, changes: &[Planned]) -> Result<Self, Error> {
        let mut snapshot = Self::default();
        for (number, Planned { task, .. }) in changes.iter().enumerate() {
            if changes.iter().take(number).any(|earlier| creates_parent(&earlier.task, task)) {
                let (secrets, folders) = (Some(Vec::new()), Some(Vec::new()));
                snapshot.folders_seen.push(FolderSnapshot { at: task.at.clone(), secrets, folders });
            }
            snapshot.observe(client, task)?;
            snapshot.list_content(client, task)?;
        }
        Ok(snapshot)
    }

    /// Lists the folder in which the task happens, unless it is listed already.
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

    /// Lists everything that is deleted together with a folder.
    fn list_content<T: Transport>(&mut self, client: &mut Client<'_, T>, task: &Task) -> Result<(), Error> {
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

    /// Returns the secrets or the folders in the task's folder.
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

    /// Returns the one item of this name in the task's folder. Fails if there is more than one.
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

    /// Returns the observed state of the task's target.
    pub(super) fn observed(&self, task: &Task) -> Result<Observed, Error> {
        let Some(item) = self.find(task, &task.name)? else { return Ok(Observed::default()) };
        let below = self.insides.iter().find(|inside| inside.id == item.id && task.kind == Kind::DeleteFolder);
        Ok(Observed { id: Some(item.id.to_owned()), version: item.version, below: below.map(Inside::below) })
    }

    /// Whether a listed folder has this name.
    pub(super) fn has_folder_named(&self, name: &str) -> bool {
        let folders_seen = self.folders_seen.iter().flat_map(|folder| folder.folders.iter().flatten());
        let insides = self.insides.iter().flat_map(|inside| &inside.folders);
        folders_seen.chain(insides).any(|folder| folder.name == name)
    }
}

/// Whether `creator` creates the folder in which `task` happens, or a folder above it.
fn creates_parent(creator: &Task, task: &Task) -> bool {
    creator.kind == Kind::CreateFolder
        && creator.at.project == task.at.project
        && creator.at.environment == task.at.environment
        && covers(&creator.at.path.child(&creator.name), task.at.path.as_str())
}

impl Inside {
    fn below(&self) -> Below {
        let mut lines = BinaryHeap::new();
        for Secret { id, version, .. } in &self.secrets {
            lines.push([id.as_str(), ":", &version.to_string()].concat());
        }
        for folder in &self.folders {
            lines.push(folder.id.clone());
        }
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Below {
            secrets: count(self.secrets.len()),
            folders: count(self.folders.len()),
            fingerprint: fingerprint(&lines.into_sorted_vec()),
        }
    }
}
