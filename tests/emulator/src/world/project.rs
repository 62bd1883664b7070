//! A project: environments, folders, secrets, imports, tags and members.

use std::collections::BTreeMap;

use crate::ApiVersion;
use crate::failure::Failure;

use super::clock::Millis;
use super::history::Snapshot;
use super::ids::Ids;
use super::membership::Membership;
use super::secret::Secret;
use super::user::Member;

/// An environment of a project.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) position: u32,
    pub(crate) created: Millis,
    /// Set if it is deleted and can be restored.
    pub(crate) deleted: Option<DeletedEnvironment>,
}

/// When an environment was deleted, and by whom.
#[derive(Debug, Clone)]
pub(crate) struct DeletedEnvironment {
    pub(crate) at: Millis,
    pub(crate) by_identity: String,
}

/// A folder. The root folder of an environment has no parent.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) environment_id: String,
    pub(crate) parent_id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) last_secret_modified: Option<Millis>,
}

/// A folder whose secrets another folder also shows.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) id: String,
    pub(crate) folder_id: String,
    pub(crate) environment: String,
    pub(crate) path: String,
    pub(crate) position: u32,
    pub(crate) version: u32,
    pub(crate) is_replication: bool,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

/// A tag of a project.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) color: String,
    pub(crate) created_by: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

/// A custom role of the project.
#[derive(Debug, Clone)]
pub(crate) struct CustomRole {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) name: String,
    /// Subject and action.
    pub(crate) permissions: Vec<(String, String)>,
}

/// A project.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// The API version of the server.
    pub(crate) api_version: ApiVersion,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) slug: String,
    /// The id of the key that encrypts the project's secrets.
    pub(crate) key_id: String,
    pub(crate) created: Millis,
    pub(crate) environments: Vec<Environment>,
    pub(crate) folders: Vec<Folder>,
    pub(crate) secrets: Vec<Secret>,
    /// Deleted secrets, whose versions can still be read.
    pub(crate) deleted: Vec<Secret>,
    /// Oldest first.
    pub(crate) snapshots: Vec<Snapshot>,
    /// Folders changed by a test since their last snapshot, with the time. Inserting thousands of
    /// secrets takes one snapshot.
    pub(crate) snapshots_due: BTreeMap<String, Millis>,
    pub(crate) imports: Vec<Import>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) roles: Vec<CustomRole>,
    /// Memberships of identities.
    pub(crate) memberships: Vec<Membership>,
    /// Memberships of users.
    pub(crate) members: Vec<Member>,
}

impl Project {
    /// Returns an environment that isn't deleted.
    pub(crate) fn environment(&self, slug: &str) -> Option<&Environment> {
        self.active_environments().find(|environment| environment.slug == slug)
    }

    /// The environments that aren't deleted, in order.
    pub(crate) fn active_environments(&self) -> impl Iterator<Item = &Environment> {
        self.environments.iter().filter(|environment| environment.deleted.is_none())
    }

    /// The position of a new environment, at the end. Deleted environments keep their positions.
    pub(crate) fn next_position(&self) -> u32 {
        self.environments.iter().map(|environment| environment.position).max().unwrap_or(0).saturating_add(1)
    }

    pub(crate) fn environment_by_id(&self, id: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.id == id)
    }

    pub(crate) fn folder(&self, id: &str) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.id == id)
    }

    pub(crate) fn folder_mut(&mut self, id: &str) -> Option<&mut Folder> {
        self.folders.iter_mut().find(|folder| folder.id == id)
    }

    pub(crate) fn root(&self, environment_id: &str) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.environment_id == environment_id && folder.parent_id.is_none())
    }

    pub(crate) fn child(&self, parent_id: &str, name: &str) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.parent_id.as_deref() == Some(parent_id) && folder.name == name)
    }

    pub(crate) fn children<'p>(&'p self, parent_id: &'p str) -> impl Iterator<Item = &'p Folder> {
        self.folders.iter().filter(move |folder| folder.parent_id.as_deref() == Some(parent_id))
    }

    /// Returns the folder at a path. An old server requires the leading slash. It builds a query
    /// from the path, so a segment that isn't plain causes an internal error. A current server
    /// reports such a segment.
    pub(crate) fn folder_at(&self, environment: &str, path: &str) -> Result<Option<&Folder>, Failure> {
        let plain = |segment: &str| segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
        if segments.clone().any(|segment| !plain(segment)) {
            return Err(match self.api_version {
                ApiVersion::V3 => Failure::internal("Find by secret path"),
                ApiVersion::V4 => Failure::bad_request(
                    "Invalid secret path. Only alphanumeric characters, dashes, and underscores are allowed.",
                ),
            });
        }
        if self.api_version == ApiVersion::V3 && segments.peek().is_some() && !path.starts_with('/') {
            return Ok(None);
        }
        let mut found = self.environment(environment).and_then(|environment| self.root(&environment.id));
        for segment in segments {
            found = found.and_then(|folder| self.child(&folder.id, segment));
        }
        Ok(found)
    }

    /// The path of a folder.
    pub(crate) fn path_of(&self, folder_id: &str) -> String {
        let mut names = Vec::new();
        let mut at = self.folder(folder_id);
        while let Some(folder) = at {
            let Some(parent) = &folder.parent_id else { break };
            names.push(folder.name.as_str());
            at = self.folder(parent);
        }
        names.reverse();
        format!("/{}", names.join("/"))
    }

    /// The folder and everything under it, parents first.
    pub(crate) fn subtree(&self, folder_id: &str) -> Vec<String> {
        let mut found = vec![folder_id.to_owned()];
        let mut index = 0;
        while let Some(id) = found.get(index).cloned() {
            found.extend(self.children(&id).map(|folder| folder.id.clone()));
            index += 1;
        }
        found
    }

    /// Returns the folder at a path. Creates it and its parents if needed.
    pub(crate) fn ensure_folder(
        &mut self,
        ids: &mut Ids,
        now: Millis,
        environment: &str,
        path: &str,
    ) -> Option<String> {
        let environment_id = self.environment(environment)?.id.clone();
        let mut at = self.root(&environment_id)?.id.clone();
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            at = match self.child(&at, segment) {
                Some(folder) => folder.id.clone(),
                None => self.add_folder(ids, now, &environment_id, Some(at), segment, None),
            };
        }
        Some(at)
    }

    /// Adds a folder. Returns its id.
    pub(crate) fn add_folder(
        &mut self,
        ids: &mut Ids,
        now: Millis,
        environment_id: &str,
        parent_id: Option<String>,
        name: &str,
        description: Option<String>,
    ) -> String {
        let id = ids.uuid();
        self.folders.push(Folder {
            id: id.clone(),
            name: name.to_owned(),
            version: 1,
            environment_id: environment_id.to_owned(),
            parent_id: parent_id.clone(),
            description,
            created: now,
            updated: now,
            last_secret_modified: None,
        });
        if let Some(parent_id) = parent_id {
            self.take_due_snapshots(ids);
            self.take_snapshot(ids, now, &parent_id);
        }
        id
    }

    /// The slug of a folder's environment.
    pub(crate) fn environment_of(&self, folder: &Folder) -> &str {
        self.environment_by_id(&folder.environment_id).map_or("", |environment| environment.slug.as_str())
    }

    /// The secrets of a folder, sorted by id like the server's query.
    pub(crate) fn secrets_in(&self, folder_id: &str) -> Vec<&Secret> {
        let mut found: Vec<&Secret> = self.secrets.iter().filter(|secret| secret.folder_id == folder_id).collect();
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found
    }

    pub(crate) fn secret(&self, folder_id: &str, key: &str) -> Option<&Secret> {
        self.secrets.iter().find(|secret| secret.folder_id == folder_id && secret.now.key == key)
    }

    pub(crate) fn secret_mut(&mut self, id: &str) -> Option<&mut Secret> {
        self.secrets.iter_mut().find(|secret| secret.id == id)
    }

    pub(crate) fn imports_of(&self, folder_id: &str) -> Vec<&Import> {
        let mut found: Vec<&Import> = self.imports.iter().filter(|import| import.folder_id == folder_id).collect();
        found.sort_by_key(|import| import.position);
        found
    }

    pub(crate) fn membership(&self, identity_id: &str) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.identity_id == identity_id)
    }

    pub(crate) fn membership_mut(&mut self, identity_id: &str) -> Option<&mut Membership> {
        self.memberships.iter_mut().find(|membership| membership.identity_id == identity_id)
    }
}
