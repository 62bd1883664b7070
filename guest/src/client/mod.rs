//! The client of Infisical's REST API. It has one method for each kind of request, for both API
//! versions.

pub(crate) mod administration;
mod answers;
pub(crate) mod asked;
mod audit_logs;
mod body;
mod change_answers;
pub(crate) mod change_failures;
pub(crate) mod change_requests;
pub(crate) mod failures;
mod folder_tree;
mod imports;
mod known_texts;
mod refused;
pub(crate) mod requests;

use crate::error::Error;
use crate::guard::audit_logs::Wanted;
use crate::guard::grammar::{PathName, Word};
use crate::guard::validated_change::Kind;
use crate::ports::{Request, Transport};
use crate::types::{ApiVersion, AuditLog, Folder, Project, RevealedSecret, Secret};
use asked::{Asked, Identity};
use change_failures::Sent;
use requests::{Located, View};
use std::num::NonZeroU32;

/// The server, reached through a transport.
pub(crate) struct Client<'a, T> {
    transport: &'a mut T,
    api_version: ApiVersion,
}

impl<'a, T: Transport> Client<'a, T> {
    pub(crate) fn new(transport: &'a mut T, api_version: ApiVersion) -> Self {
        Self { transport, api_version }
    }

    pub(crate) fn api_version(&self) -> ApiVersion {
        self.api_version
    }

    /// Returns the projects that the identity sees. Needs a current server.
    pub(crate) fn projects(&mut self) -> Result<Vec<Project>, Error> {
        answers::projects(&self.ask(&requests::list_projects(), Asked::Projects)?)
    }

    /// Returns the projects of an organization that the identity sees. Needs an older server.
    pub(crate) fn projects_of(&mut self, organization: &Word) -> Result<Vec<Project>, Error> {
        answers::projects(&self.ask(&requests::list_projects_of(organization), Asked::ProjectsOf(organization))?)
    }

    pub(crate) fn project_by_id(&mut self, id: &Word) -> Result<Project, Error> {
        answers::project_by_id(&self.ask(&requests::project_by_id(self.api_version, id), Asked::Project(id))?, id)
    }

    pub(crate) fn project_by_slug(&mut self, slug: &Word) -> Result<(Word, Project), Error> {
        answers::project_by_slug(
            &self.ask(&requests::project_by_slug(self.api_version, slug), Asked::Project(slug))?,
            slug,
        )
    }

    /// Returns the folders in a folder, or all below it.
    pub(crate) fn folders(&mut self, at: &Located, recursive: bool) -> Result<Vec<Folder>, Error> {
        let found = self.folders_in(at, recursive)?;
        if found.is_empty() && !at.path.is_root() {
            // Both API versions list no folders for a missing folder. The listing of its secrets
            // fails if the folder is missing.
            self.secrets(at, false, &[])?;
        }
        Ok(found)
    }

    /// Does the same for a folder that is known to exist. For a missing folder it returns an empty
    /// list.
    pub(crate) fn folders_in(&mut self, at: &Located, recursive: bool) -> Result<Vec<Folder>, Error> {
        match self.api_version {
            ApiVersion::V3 if recursive => folder_tree::all_below(at, |at| self.listed_folders(at, false)),
            ApiVersion::V3 => self.listed_folders(at, false),
            ApiVersion::V4 => self.listed_folders(at, recursive),
        }
    }

    /// Returns the folders of one listing.
    fn listed_folders(&mut self, at: &Located, recursive: bool) -> Result<Vec<Folder>, Error> {
        let body = self.ask(&requests::list_folders(self.api_version, at, recursive), Asked::Folder(at))?;
        answers::folders(&body, at, recursive)
    }

    /// Returns the secrets in a folder, or also all below it.
    pub(crate) fn secrets(&mut self, at: &Located, recursive: bool, tags: &[Word]) -> Result<Vec<Secret>, Error> {
        let body = self.ask(&requests::list_secrets(self.api_version, at, recursive, tags), Asked::Folder(at))?;
        let answers::Secrets { secrets, has_imports } = answers::secrets(&body, at, recursive)?;
        // This is an older server's only sign of a missing folder or environment.
        if self.api_version == ApiVersion::V3 && secrets.is_empty() && has_imports {
            return Err(failures::not_found(Asked::Folder(at)));
        }
        Ok(secrets)
    }

    /// Returns the newest version of a secret.
    pub(crate) fn secret(&mut self, at: &Located, name: &PathName) -> Result<Secret, Error> {
        self.secret_viewed(at, name, None)
    }

    fn secret_viewed(&mut self, at: &Located, name: &PathName, version: Option<NonZeroU32>) -> Result<Secret, Error> {
        let request = requests::get_secret(self.api_version, at, name, View::Hidden(version));
        answers::secret(&self.ask(&request, Asked::Secret(at, name.as_str()))?, at, name.as_str())
    }

    /// Returns this version of a secret. The server searches by the name that the version had. So
    /// the version can belong to a secret that was deleted or renamed.
    pub(crate) fn version(&mut self, at: &Located, name: &PathName, version: NonZeroU32) -> Result<Secret, Error> {
        let wanted = version.get();
        let found = self.secret_viewed(at, name, Some(version));
        match &found {
            Ok(secret) if secret.version != wanted => {
                return Err(Error::Conflict(
                    "The server returned another version. An older server shows only the newest version of a secret, and \
                     no history. Leave out `version`."
                        .to_owned(),
                ));
            }
            // An older server ignores the version and returns the newest.
            Ok(_) if self.api_version == ApiVersion::V4 => {}
            Err(Error::NotFound(missing)) if missing.kind == failures::SECRET => {}
            _ => return found,
        }
        match (found, self.secret(at, name)) {
            (Ok(secret), Ok(newest)) if secret.id == newest.id => Ok(secret),
            (Ok(_), Ok(newest)) => Err(failures::version_of_earlier_secret(wanted, Some(&newest))),
            (Ok(_), Err(Error::NotFound(missing))) if missing.kind == failures::SECRET => {
                Err(failures::version_of_earlier_secret(wanted, None))
            }
            (Err(_), Ok(newest)) => Err(failures::no_version(name.as_str(), wanted, newest.version)),
            (Err(error), Err(_)) | (Ok(_), Err(error)) => Err(error),
        }
    }

    /// Explains a missing place. A server names the root folder even if the environment is missing.
    /// In that case the error names the project's environments instead.
    pub(crate) fn explained(&mut self, at: &Located, error: Error) -> Error {
        let is_of_place = |kind: &str| matches!(kind, failures::FOLDER | failures::ENVIRONMENT);
        match &error {
            Error::NotFound(missing) if is_of_place(&missing.kind) => match self.project_by_id(&at.project) {
                Ok(Project { environments, .. })
                    if environments.iter().all(|it| it.slug != at.environment.as_str()) =>
                {
                    failures::no_environment(at, &environments)
                }
                _ => error,
            },
            _ => error,
        }
    }

    /// Returns one secret with its value.
    pub(crate) fn revealed(&mut self, at: &Located, name: &PathName) -> Result<RevealedSecret, Error> {
        let request = requests::get_secret(self.api_version, at, name, View::Plain);
        let body = self.ask_as(Identity::Reveal, &request, Asked::Secret(at, name.as_str()))?;
        answers::revealed(&body, at, name.as_str())?.ok_or_else(refused::value_hidden)
    }

    /// Returns the server's audit log entries of a project, and how many entries the answer had.
    pub(crate) fn audit_logs(&mut self, project: &Word, wanted: &Wanted<'_>) -> Result<(Vec<AuditLog>, usize), Error> {
        let request = requests::list_audit_logs(project, wanted);
        audit_logs::audit_logs(&self.ask(&request, Asked::AuditLogs(project))?)
    }

    /// Extends a failure to find a secret: if its folder imports others, the error names them.
    pub(crate) fn with_import_hint(&mut self, error: Error, at: &Located) -> Error {
        match error {
            Error::NotFound(missing) if missing.kind == "secret" => match self.imports(at) {
                Ok(sources) if !sources.is_empty() => imports::import_hint(missing, &sources),
                // If the imports can't be read, the error doesn't mention them.
                _ => Error::NotFound(missing),
            },
            error => error,
        }
    }

    fn imports(&mut self, at: &Located) -> Result<Vec<imports::Source>, Error> {
        imports::sources(&self.ask(&requests::list_imports(self.api_version, at), Asked::Folder(at))?)
    }

    /// Returns the ids and slugs of the project's tags.
    pub(crate) fn tags(&mut self, project: &Word) -> Result<Vec<(String, String)>, Error> {
        change_answers::tags(&self.ask(&requests::list_tags(self.api_version, project), Asked::Project(project))?)
    }

    /// Sends a request of a redeemed plan, once.
    pub(crate) fn change(&mut self, request: &Request, kind: Kind, asked: Asked<'_>) -> Sent {
        change_failures::classify(self.transport.send(request), kind, asked)
    }

    /// Returns the body of a successful JSON answer.
    fn ask(&mut self, request: &Request, asked: Asked<'_>) -> Result<Vec<u8>, Error> {
        self.ask_as(Identity::Read, request, asked)
    }

    fn ask_as(&mut self, identity: Identity, request: &Request, asked: Asked<'_>) -> Result<Vec<u8>, Error> {
        let answer = self.transport.send(request).map_err(failures::from_transport)?;
        if !matches!(answer.status, 200..=299) {
            return Err(failures::from_answer_to(identity, &answer, asked));
        }
        if failures::is_json(&answer) { Ok(answer.body) } else { Err(failures::not_json()) }
    }
}
