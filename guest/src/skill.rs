//! The operations. Each runs the guard first and then asks the server.

use crate::client::Client;
use crate::client::asked::Asked;
use crate::client::failures;
use crate::client::requests::Located;
use crate::error::Error;
use crate::guard::grammar::{ProjectRef, SecretName};
use crate::guard::places::{Target, place};
use crate::guard::scopes::Scopes;
use crate::guard::{arguments, audit_logs, preconditions};
use crate::ports::{HostPort, Transport};
use crate::types::{
    ApiVersion, AuditLogFilter, AuditLogPage, FolderListing, Place, Project, ResolvedPlace, RevealedSecret, Secret,
    SecretFilter, SecretListing,
};

/// The skill, over its two ports.
#[derive(Debug)]
pub struct Skill<T, W> {
    pub(crate) transport: T,
    pub(crate) host: W,
}

impl<T: Transport, W: HostPort> Skill<T, W> {
    /// Creates a skill that sends through `transport` what the policy of `host` allows.
    pub const fn new(transport: T, host: W) -> Self {
        Self { transport, host }
    }

    /// Lists the projects that the read identity sees and the operator's scopes allow.
    ///
    /// # Errors
    /// [`Error`] says what went wrong and what to do next.
    pub fn list_projects(&mut self) -> Result<Vec<Project>, Error> {
        let policy = self.host.policy();
        let scopes = Scopes::new(policy.scopes.as_deref());
        scopes.check_any()?;
        let mut client = self.client()?;
        let mut projects = match (client.api_version(), policy.organization.as_deref()) {
            (ApiVersion::V4, _) => client.projects()?,
            (ApiVersion::V3, Some(organization)) => client.projects_of(&arguments::organization(organization)?)?,
            (ApiVersion::V3, None) => projects_one_by_one(&mut client, &arguments::known_projects(&policy)?)?,
        };
        projects.retain_mut(|project| scopes.keep(project));
        Ok(projects)
    }

    /// Lists the folders in a folder, or with `recursive` all below it.
    ///
    /// # Errors
    /// [`Error`] says what went wrong and what to do next.
    pub fn list_folders(&mut self, at: &Place, recursive: bool) -> Result<FolderListing, Error> {
        let policy = self.host.policy();
        let target = place(at, &policy)?;
        let (mut client, at) = self.locate(&[Scopes::new(policy.scopes.as_deref())], target)?;
        let mut folders = client.folders(&at, recursive).map_err(|error| client.explained(&at, error))?;
        // Servers sort by id, which doesn't help a reader.
        folders.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(FolderListing { place: resolved(at), folders })
    }

    /// Lists the secrets in a folder.
    ///
    /// # Errors
    /// [`Error`] says what went wrong and what to do next.
    pub fn list_secrets(&mut self, at: &Place, filter: &SecretFilter) -> Result<SecretListing, Error> {
        let policy = self.host.policy();
        let target = place(at, &policy)?;
        let tags = arguments::tags(filter)?;
        let (mut client, at) = self.locate(&[Scopes::new(policy.scopes.as_deref())], target)?;
        let secrets = client.secrets(&at, filter.recursive, &tags);
        let mut secrets = secrets.map_err(|error| client.explained(&at, error))?;
        if let Some(part) = &filter.name_contains {
            let part = lower_case(part);
            secrets.retain(|secret| lower_case(&secret.name).contains(&part));
        }
        secrets.sort_unstable_by(|a, b| (&a.path, &a.name, &a.id).cmp(&(&b.path, &b.name, &b.id)));
        Ok(SecretListing { place: resolved(at), secrets })
    }

    /// Returns one secret by its exact name: this version, or the newest.
    ///
    /// # Errors
    /// [`Error`] says what went wrong and what to do next.
    pub fn get_secret(&mut self, at: &Place, name: &str, version: Option<u32>) -> Result<Secret, Error> {
        let policy = self.host.policy();
        let target = place(at, &policy)?;
        let (name, version) = arguments::versioned_name(name, version)?;
        let (mut client, at) = self.locate(&[Scopes::new(policy.scopes.as_deref())], target)?;
        let found = match (name, version) {
            (SecretName::Addressable(name), Some(version)) => client.version(&at, &name, version),
            (SecretName::Addressable(name), None) => client.secret(&at, &name),
            (SecretName::Listed(name), _) => secret_by_listing(&mut client, &at, &name),
        };
        found.map_err(|error| {
            let error = client.explained(&at, error);
            if version.is_none() { client.with_import_hint(error, &at) } else { error }
        })
    }

    /// Returns one secret with its value, if the operator allows it.
    ///
    /// # Errors
    /// [`Error`] says what went wrong and what to do next.
    pub fn reveal_secret(&mut self, at: &Place, name: &str) -> Result<RevealedSecret, Error> {
        let policy = self.host.policy();
        preconditions::may_reveal(&policy)?;
        let target = place(at, &policy)?;
        let name = arguments::name_to_reveal(name)?;
        let scopes = [Scopes::new(policy.scopes.as_deref()), Scopes::to_reveal(policy.reveal_scopes.as_deref())];
        let (mut client, at) = self.locate(&scopes, target)?;
        client.revealed(&at, &name).map_err(|error| client.with_import_hint(error, &at))
    }

    /// Returns Infisical's own audit log of a project, newest first.
    ///
    /// # Errors
    /// [`Error`] says what went wrong and what to do next.
    pub fn list_audit_logs(&mut self, filter: &AuditLogFilter) -> Result<AuditLogPage, Error> {
        let policy = self.host.policy();
        let mut wanted = audit_logs::wanted(filter, &policy)?;
        let scopes = Scopes::new(policy.scopes.as_deref());
        scopes.check_project(&wanted.project)?;
        let mut client = self.client()?;
        if let ProjectRef::Slug(slug) = &wanted.project {
            let (id, _) = client.project_by_slug(slug)?;
            wanted.project = ProjectRef::Id(id);
            scopes.check_project(&wanted.project)?;
        }
        let (ProjectRef::Id(project) | ProjectRef::Slug(project)) = &wanted.project;
        let (mut logs, count) = client.audit_logs(project, &wanted)?;
        // Servers interpret an actor differently, so the component filters.
        if let Some(wanted) = &filter.actor {
            let is = |text: &Option<String>| text.as_ref() == Some(wanted);
            logs.retain(|log| is(&log.actor.name) || is(&log.actor.id));
        }
        let next = if count >= wanted.limit as usize { wanted.offset.checked_add(wanted.limit) } else { None };
        Ok(AuditLogPage { project: project.as_str().to_owned(), logs, next })
    }

    /// Checks the place against these scopes and looks up the project's id if needed. Returns the
    /// place and a client.
    fn locate(&mut self, scopes: &[Scopes<'_>], mut target: Target) -> Result<(Client<'_, T>, Located), Error> {
        let check = |target: &Target| scopes.iter().try_for_each(|scopes| scopes.check_target(target));
        // A place that no project's scope contains is refused before the slug is looked up.
        check(&target)?;
        let mut client = self.client()?;
        if let ProjectRef::Slug(slug) = &target.project {
            let (id, _) = client.project_by_slug(slug)?;
            target.project = ProjectRef::Id(id);
            check(&target)?;
        }
        let Target { project: ProjectRef::Id(project) | ProjectRef::Slug(project), environment, path } = target;
        Ok((client, Located { project, environment, path }))
    }

    /// Returns a client for the server's API version. Finding it out may cost a request, so the
    /// guard must run first.
    fn client(&mut self) -> Result<Client<'_, T>, Error> {
        let api_version = self.host.find_api_version().ok_or_else(failures::api_version_unknown)?;
        Ok(Client::new(&mut self.transport, api_version))
    }
}

/// Returns the text in small letters. Folds each letter by itself: `to_lowercase` would look at its
/// neighbours, and a part of a name could differ from the same part in the name.
fn lower_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Finds a secret whose name can't be written in a URL.
fn secret_by_listing<T: Transport>(client: &mut Client<'_, T>, at: &Located, name: &str) -> Result<Secret, Error> {
    let mut matching = client.secrets(at, false, &[])?.into_iter().filter(|secret| secret.name == name);
    match (matching.next(), matching.next()) {
        (None, _) => Err(failures::not_found(Asked::Secret(at, name))),
        (Some(secret), None) => Ok(secret),
        (Some(_), Some(_)) => Err(Error::Conflict(
            "Two secrets in this folder have this name. Ask the operator to rename one of them.".to_owned(),
        )),
    }
}

/// Returns the readable ones of these projects. An older server lists projects only by
/// organization.
fn projects_one_by_one<T: Transport>(client: &mut Client<'_, T>, known: &[ProjectRef]) -> Result<Vec<Project>, Error> {
    let mut projects = Vec::new();
    let mut unreadable = None;
    for project in known {
        let answer = match project {
            ProjectRef::Id(id) => client.project_by_id(id),
            ProjectRef::Slug(slug) => client.project_by_slug(slug).map(|(_, project)| project),
        };
        match answer {
            Ok(project) => projects.push(project),
            Err(error @ (Error::NotFound(_) | Error::Denied(_))) => unreadable = Some(error),
            Err(error) => return Err(error),
        }
    }
    match unreadable {
        Some(error) if projects.is_empty() => Err(error),
        _ => Ok(projects),
    }
}

pub(crate) fn resolved(at: Located) -> ResolvedPlace {
    ResolvedPlace {
        project: at.project.into_string(),
        environment: at.environment.into_string(),
        path: at.path.into_string(),
    }
}

#[cfg(test)]
#[path = "skill_tests/mod.rs"]
mod tests;
