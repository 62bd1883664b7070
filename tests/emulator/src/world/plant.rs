//! Loads a seed into a world, and makes changes for a test.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ApiVersion;
use crate::credentials::{Credentials, StoredSecret};
use crate::seed::{IdentitySeed, ProjectSeed, SecretSeed};

use super::World;
use super::auth_method::{AuthMethod, Settings, TokenRules, TrustedIp, UniversalAuth};
use super::clock::to_millis;
use super::history::Change;
use super::identity::NewIdentity;
use super::membership::Membership;
use super::plant_rights::privilege;
use super::project::{Environment, Import, Project, Tag};
use super::secret::{Metadata, Version};

impl World {
    /// Adds a project with all its content. Returns its id.
    pub(crate) fn plant_project(&mut self, seed: &ProjectSeed) -> String {
        let now = self.now();
        let id = self.ids.uuid();
        let key_id = self.ids.uuid();
        self.projects.push(Project {
            api_version: self.api_version,
            id: id.clone(),
            name: seed.name.clone(),
            slug: seed.slug.clone(),
            key_id,
            created: now,
            environments: Vec::new(),
            folders: Vec::new(),
            secrets: Vec::new(),
            deleted: Vec::new(),
            snapshots: Vec::new(),
            snapshots_due: BTreeMap::new(),
            imports: Vec::new(),
            tags: Vec::new(),
            roles: Vec::new(),
            memberships: Vec::new(),
            members: Vec::new(),
        });
        for (slug, name) in &seed.environments {
            self.plant_environment(&id, slug, name);
        }
        for (environment, path) in &seed.folders {
            self.plant_folder(&id, environment, path);
        }
        for (environment, path, secret) in &seed.secrets {
            self.plant_secret(&id, environment, path, secret);
        }
        for (environment, path, from_environment, from_path) in &seed.imports {
            self.plant_import(&id, (environment, path), (from_environment, from_path));
        }
        id
    }

    /// Adds an environment with its root folder, unless the project has one with that slug.
    pub(crate) fn plant_environment(&mut self, project_id: &str, slug: &str, name: &str) {
        let (now, id) = (self.now(), self.ids.uuid());
        let Some(project) = self.projects.iter_mut().find(|project| project.id == project_id) else { return };
        if project.environment(slug).is_some() {
            return;
        }
        let environment = Environment {
            id: id.clone(),
            slug: slug.to_owned(),
            name: name.to_owned(),
            position: project.next_position(),
            created: now,
            deleted: None,
        };
        project.environments.push(environment);
        project.add_folder(&mut self.ids, now, &id, None, "root", None);
    }

    /// Returns the folder's id. Creates the environment and the folder if needed.
    pub(crate) fn plant_folder(&mut self, project_id: &str, environment: &str, path: &str) -> Option<String> {
        self.plant_environment(project_id, environment, environment);
        let now = self.now();
        let project = self.projects.iter_mut().find(|project| project.id == project_id)?;
        project.ensure_folder(&mut self.ids, now, environment, path)
    }

    fn plant_import(&mut self, project_id: &str, into: (&str, &str), from: (&str, &str)) {
        self.plant_folder(project_id, from.0, from.1);
        let Some(folder_id) = self.plant_folder(project_id, into.0, into.1) else { return };
        let (now, id) = (self.now(), self.ids.uuid());
        let Some(project) = self.project_mut(project_id) else { return };
        let position = project.imports_of(&folder_id).last().map_or(1, |last| last.position + 1);
        project.imports.push(Import {
            id,
            folder_id,
            environment: from.0.to_owned(),
            path: from.1.to_owned(),
            position,
            version: 1,
            is_replication: false,
            created: now,
            updated: now,
        });
    }

    /// Returns the ids of tags by slug. Creates missing tags.
    fn plant_tags(&mut self, project_id: &str, slugs: &[String]) -> Vec<String> {
        let now = self.now();
        let Some(project) = self.projects.iter_mut().find(|project| project.id == project_id) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for slug in slugs {
            match project.tags.iter().find(|tag| tag.slug == *slug) {
                Some(tag) => found.push(tag.id.clone()),
                None => {
                    let id = self.ids.uuid();
                    found.push(id.clone());
                    project.tags.push(Tag {
                        id,
                        slug: slug.clone(),
                        color: "#336699".to_owned(),
                        created_by: String::new(),
                        created: now,
                        updated: now,
                    });
                }
            }
        }
        found
    }

    /// Creates a secret, or adds a version to the existing one.
    pub(crate) fn plant_secret(&mut self, project_id: &str, environment: &str, path: &str, seed: &SecretSeed) {
        let Some(folder_id) = self.plant_folder(project_id, environment, path) else { return };
        let tag_ids = self.plant_tags(project_id, &seed.tags);
        let metadata = seed.metadata.iter().cloned();
        let state = Version {
            key: seed.name.clone(),
            value: seed.value.clone(),
            comment: seed.comment.clone(),
            metadata: metadata.map(|(key, value)| Metadata { key, value, is_encrypted: false }).collect(),
            reminder_note: seed.reminder_note.clone(),
            reminder_days: seed.reminder_note.as_ref().map(|_| 90),
            tag_ids,
            ..Version::default()
        };
        let found = self.project(project_id).and_then(|project| project.secret(&folder_id, &seed.name));
        let change = match found.map(|secret| secret.id.clone()) {
            Some(id) => Change::Update { id, state },
            None => Change::Create { folder_id, state },
        };
        // The project exists, because it was found above.
        let _ = self.commit_planted(project_id, vec![change]);
    }

    /// A stored secret.
    pub(crate) fn stored(&self, project_id: &str, environment: &str, path: &str, name: &str) -> Option<StoredSecret> {
        let project = self.project(project_id)?;
        let folder = project.folder_at(environment, path).ok()??;
        let secret = project.secret(&folder.id, name)?;
        let slug = |id: &String| project.tags.iter().find(|tag| tag.id == *id).map(|tag| tag.slug.clone());
        Some(StoredSecret {
            id: secret.id.clone(),
            name: secret.now.key.clone(),
            value: secret.now.value.clone(),
            comment: secret.now.comment.clone(),
            version: secret.now.number,
            environment: environment.to_owned(),
            path: path.to_owned(),
            tags: secret.now.tag_ids.iter().filter_map(slug).collect(),
            metadata: secret.now.metadata.iter().map(|it| (it.key.clone(), it.value.clone())).collect(),
        })
    }

    /// Deletes every secret of that name. Returns false if there was none.
    pub(crate) fn uproot(&mut self, project_id: &str, environment: &str, path: &str, name: &str) -> bool {
        let Some(project) = self.project(project_id) else { return false };
        let Ok(Some(folder)) = project.folder_at(environment, path) else { return false };
        let secrets = project.secrets_in(&folder.id).into_iter().filter(|secret| secret.now.key == name);
        let changes = secrets.map(|secret| Change::Delete { id: secret.id.clone() }).collect();
        self.commit_planted(project_id, changes).is_ok_and(|gone| !gone.is_empty())
    }

    /// Adds an identity, to every project if it has a role.
    pub(crate) fn plant_identity(&mut self, seed: &IdentitySeed) -> Credentials {
        let now = self.now();
        let identity_id = self.add_identity(NewIdentity {
            name: seed.name.clone(),
            org_role: seed.org_role(),
            project_id: None,
            has_delete_protection: false,
            metadata: Vec::new(),
        });
        let (method_id, client_id) = (self.ids.uuid(), self.ids.uuid());
        let tokens = TokenRules {
            ttl: to_millis(seed.token_ttl.unwrap_or(self.settings.token_ttl)),
            max_ttl: to_millis(seed.token_max_ttl.unwrap_or(self.settings.token_max_ttl)),
            period: 0,
            uses_limit: seed.token_uses_limit,
            trusted_ips: TrustedIp::everywhere(),
        };
        let settings = Settings::Universal(UniversalAuth::new(client_id.clone()));
        if let Some(identity) = self.identity_mut(&identity_id) {
            identity.methods.push(AuthMethod { id: method_id, tokens, settings, created: now, updated: now });
        }
        let ttl = seed.client_secret_ttl.map_or(0, to_millis);
        let secret = self.add_client_secret(&identity_id, "", ttl, seed.client_secret_uses_limit);
        if let Some(role) = seed.role {
            for project in &mut self.projects {
                let mut membership = Membership::new(&mut self.ids, now, &identity_id, role);
                membership.privileges = seed.privileges.iter().map(|it| privilege(&mut self.ids, now, it)).collect();
                project.memberships.push(membership);
            }
        }
        Credentials { identity_id, client_id, client_secret: secret.map(|held| held.secret).unwrap_or_default() }
    }

    /// Revokes the client secrets of an identity.
    pub(crate) fn revoke_client_secrets(&mut self, identity_id: &str) -> Option<()> {
        let universal = self.identity(identity_id)?.universal()?;
        let held: Vec<String> = universal.client_secrets.iter().map(|held| held.id.clone()).collect();
        for id in held {
            self.revoke_client_secret(identity_id, &id);
        }
        Some(())
    }

    /// Creates another client secret for an identity.
    pub(crate) fn plant_client_secret(&mut self, identity_id: &str, uses: u32, ttl: Duration) -> Option<Credentials> {
        let client_id = self.identity(identity_id)?.universal()?.client_id.clone();
        let client_secret = self.add_client_secret(identity_id, "", to_millis(ttl), uses)?.secret;
        Some(Credentials { identity_id: identity_id.to_owned(), client_id, client_secret })
    }

    /// Gives an identity a new client secret and removes the old ones.
    pub(crate) fn rotate(&mut self, identity_id: &str) -> Option<Credentials> {
        self.revoke_client_secrets(identity_id)?;
        self.plant_client_secret(identity_id, 0, Duration::ZERO)
    }

    /// Limits the addresses where an identity's client secrets and tokens may be used.
    pub(crate) fn trust(&mut self, identity_id: &str, client_secrets: &[&str], tokens: &[&str]) -> Option<()> {
        let ranges = |texts: &[&str]| {
            let read: Option<Vec<TrustedIp>> = texts.iter().map(|text| TrustedIp::parse(text)).collect();
            read.map(|ranges| if ranges.is_empty() { TrustedIp::everywhere() } else { ranges })
        };
        let (client_secrets, tokens) = (ranges(client_secrets)?, ranges(tokens)?);
        let identity = self.identity_mut(identity_id)?;
        for method in &mut identity.methods {
            method.tokens.trusted_ips.clone_from(&tokens);
        }
        identity.universal_mut()?.trusted_ips = client_secrets;
        Some(())
    }

    /// Locks an identity's Universal Auth.
    pub(crate) fn lock_out(&mut self, identity_id: &str) -> Option<()> {
        let (now, is_v4) = (self.now(), self.api_version == ApiVersion::V4);
        let universal = self.identity_mut(identity_id)?.universal_mut().filter(|_| is_v4)?;
        universal.lockout.lock(now);
        Some(())
    }
}
