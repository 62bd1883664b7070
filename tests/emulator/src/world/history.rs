//! Changes of secrets and their history: versions, and a snapshot of the folder after each write.

use crate::ApiVersion;
use crate::failure::Failure;

use super::World;
use super::clock::Millis;
use super::ids::Ids;
use super::project::Project;
use super::secret::{Secret, Version};

/// One change of one secret. Ids, numbers and times are assigned when it is made.
#[derive(Debug)]
pub(crate) enum Change {
    Create { folder_id: String, state: Version },
    Update { id: String, state: Version },
    Delete { id: String },
}

/// The state of a folder after a write.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) environment_id: String,
    pub(crate) folder_id: String,
    pub(crate) parent_folder_id: Option<String>,
    pub(crate) created: Millis,
    /// The id and the state of each secret.
    pub(crate) secrets: Vec<(String, Version)>,
    /// The id and name of each folder in it.
    pub(crate) folders: Vec<(String, String)>,
}

impl World {
    /// Makes changes of a project's secrets as one write. Returns the secrets' ids in order.
    pub(crate) fn commit(&mut self, project_id: &str, changes: Vec<Change>) -> Result<Vec<String>, Failure> {
        let now = self.now();
        self.take_due_snapshots();
        let (changed, folders) = self.apply(project_id, changes)?;
        let World { projects, ids, .. } = self;
        if let Some(project) = projects.iter_mut().find(|project| project.id == project_id) {
            for folder_id in folders {
                project.take_snapshot(ids, now, &folder_id);
            }
        }
        Ok(changed)
    }

    /// As [`Self::commit`], for a change by a test. The snapshot is postponed until it could be
    /// seen.
    pub(crate) fn commit_planted(&mut self, project_id: &str, changes: Vec<Change>) -> Result<Vec<String>, Failure> {
        let now = self.now();
        let (changed, folders) = self.apply(project_id, changes)?;
        if let Some(project) = self.projects.iter_mut().find(|project| project.id == project_id) {
            project.snapshots_due.extend(folders.into_iter().map(|folder_id| (folder_id, now)));
        }
        Ok(changed)
    }

    /// Takes the postponed snapshots.
    pub(crate) fn take_due_snapshots(&mut self) {
        let World { projects, ids, .. } = self;
        projects.iter_mut().for_each(|project| project.take_due_snapshots(ids));
    }

    /// Applies the changes. Returns the ids of the changed secrets and of their folders.
    fn apply(&mut self, project_id: &str, changes: Vec<Change>) -> Result<(Vec<String>, Vec<String>), Failure> {
        let now = self.now();
        let missing = || Failure::not_found(format!("Project with ID '{project_id}' not found"));
        let api_version = self.api_version;
        let World { projects, ids, .. } = self;
        let project = projects.iter_mut().find(|project| project.id == project_id).ok_or_else(missing)?;
        let (mut changed, mut folders) = (Vec::new(), Vec::new());
        for change in changes {
            if let Some((id, folder_id)) = project.change(ids, now, change) {
                changed.push(id);
                if !folders.contains(&folder_id) {
                    folders.push(folder_id);
                }
            }
        }
        for folder_id in &folders {
            if let Some(folder) = project.folder_mut(folder_id) {
                folder.last_secret_modified = Some(now);
                // An old server doesn't have this time and leaves the folder unchanged.
                folder.updated = if api_version == ApiVersion::V4 { now } else { folder.updated };
            }
        }
        Ok((changed, folders))
    }
}

impl World {
    /// Removes folders of one parent with their content.
    pub(crate) fn remove_folders(&mut self, project_id: &str, parent_id: &str, gone: &[String]) {
        let now = self.now();
        self.take_due_snapshots();
        let World { projects, ids, .. } = self;
        let Some(project) = projects.iter_mut().find(|project| project.id == project_id) else { return };
        project.folders.retain(|folder| !gone.contains(&folder.id));
        project.imports.retain(|import| !gone.contains(&import.folder_id));
        let is_gone = |secret: &Secret| gone.contains(&secret.folder_id);
        let (removed, left) = std::mem::take(&mut project.secrets).into_iter().partition(is_gone);
        project.secrets = left;
        project.deleted.extend::<Vec<Secret>>(removed);
        project.take_snapshot(ids, now, parent_id);
    }
}

impl Project {
    /// Applies one change. Returns the id of the secret and of its folder.
    fn change(&mut self, ids: &mut Ids, now: Millis, change: Change) -> Option<(String, String)> {
        let numbered =
            |ids: &mut Ids, number: u32, state: Version| Version { id: ids.uuid(), number, updated: now, ..state };
        match change {
            Change::Create { folder_id, state } => {
                let id = ids.uuid();
                let now_at = numbered(ids, 1, state);
                let secret = Secret {
                    id: id.clone(),
                    folder_id: folder_id.clone(),
                    created: now,
                    now: now_at,
                    before: Vec::new(),
                };
                self.secrets.push(secret);
                Some((id, folder_id))
            }
            Change::Update { id, state } => {
                let secret = self.secret_mut(&id)?;
                let next = numbered(ids, secret.now.number.saturating_add(1), state);
                secret.become_version(next);
                Some((id, secret.folder_id.clone()))
            }
            Change::Delete { id } => {
                let index = self.secrets.iter().position(|secret| secret.id == id)?;
                let secret = self.secrets.remove(index);
                let folder_id = secret.folder_id.clone();
                self.deleted.push(secret);
                Some((id, folder_id))
            }
        }
    }

    /// Takes the postponed snapshots.
    pub(crate) fn take_due_snapshots(&mut self, ids: &mut Ids) {
        for (folder_id, planted) in std::mem::take(&mut self.snapshots_due) {
            self.take_snapshot(ids, planted, &folder_id);
        }
    }

    /// Saves the current state of the folder. Returns the snapshot's id.
    pub(crate) fn take_snapshot(&mut self, ids: &mut Ids, now: Millis, folder_id: &str) -> Option<String> {
        let folder = self.folder(folder_id)?;
        let snapshot = Snapshot {
            id: ids.uuid(),
            environment_id: folder.environment_id.clone(),
            folder_id: folder_id.to_owned(),
            parent_folder_id: folder.parent_id.clone(),
            created: now,
            secrets: self
                .secrets_in(folder_id)
                .into_iter()
                .map(|secret| (secret.id.clone(), secret.now.clone()))
                .collect(),
            folders: self.children(folder_id).map(|folder| (folder.id.clone(), folder.name.clone())).collect(),
        };
        let id = snapshot.id.clone();
        self.snapshots.push(snapshot);
        Some(id)
    }

    /// Restores a folder's content from a snapshot: secrets with their ids and versions.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot, now: Millis) {
        let is_here = |secret: &Secret| secret.folder_id == snapshot.folder_id;
        let (here, others) = std::mem::take(&mut self.secrets).into_iter().partition(is_here);
        self.secrets = others;
        let (mut known, rest): (Vec<Secret>, Vec<Secret>) =
            std::mem::take(&mut self.deleted).into_iter().partition(is_here);
        self.deleted = rest;
        known.extend::<Vec<Secret>>(here);
        for (id, version) in &snapshot.secrets {
            let index = known.iter().position(|secret| secret.id == *id);
            let before = index.map(|index| known.swap_remove(index));
            let state = Version { updated: now, ..version.clone() };
            let folder_id = snapshot.folder_id.clone();
            let before = before.map(|secret| secret.before).unwrap_or_default();
            self.secrets.push(Secret { id: id.clone(), folder_id, created: now, now: state, before });
        }
        self.deleted.extend(known);
    }

    /// A version by its number and the name at that time, including versions of deleted secrets. Of
    /// several, returns the oldest.
    pub(crate) fn version(&self, folder_id: &str, key: &str, number: u64) -> Option<(&Secret, &Version)> {
        let secrets = self.deleted.iter().chain(&self.secrets).filter(|secret| secret.folder_id == folder_id);
        let versions = secrets.filter_map(|secret| Some((secret, secret.version(number, key)?)));
        versions.min_by_key(|(_, version)| version.updated)
    }
}
