//! The host's own requests when a plan is filed, for names and for what depends on a change. They
//! are limited in number and time, use the read identity, and stay within the scopes.

use super::dependents::{Coverage, why_nothing};
use super::gate::Gate;
use crate::client::exchange::failure_of;
use crate::client::transport::Answer;
use infisical_skill_policy::answers::{self, EnvironmentFolders, ImportSource, NamedEnvironment, ProjectEnvironments};
use infisical_skill_policy::dependents::Import;
use infisical_skill_policy::headers::is_json;
use infisical_skill_policy::{
    ApiVersion, Environment, Operation, Place, Project, SecretPath, folder_tree_path, values_path,
};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// The most requests of one preview's search.
const MAX_REQUESTS: u32 = 64;

/// If this many folders refuse to list their imports and none lists them, the search stops.
const MAX_REFUSALS: usize = 8;

pub(super) const OUT_OF_SCOPE: &str = "outside of the scopes";
pub(super) const ONLY_IN_SCOPE: &str = "only the folders in scope were";
const NO_PERMISSION: &str =
    "the read identity may not read imports: the operator can give its role `secret-imports` `read`";
const ENOUGH: &str = "the preview has sent as many requests as it may";

/// A search in progress.
pub(super) struct Search<'g> {
    gate: &'g Gate,
    api_version: ApiVersion,
    left: u32,
    until: Instant,
    /// Why the search stopped.
    stopped: Option<String>,
    /// The projects that were requested, each once, whatever the answer.
    projects: Vec<(Project, Result<ProjectEnvironments, NoProject>)>,
}

/// Why nothing is known about a project.
#[derive(Clone)]
pub(super) enum NoProject {
    /// The server doesn't show it to the read identity.
    Hidden,
    /// The answer can't be read.
    Unread,
    Failed(String),
}

impl NoProject {
    /// The reason as text, where its environments were to be searched.
    fn of_environments(self) -> String {
        match self {
            Self::Hidden => "Infisical doesn't list the project's environments for the read identity".to_owned(),
            Self::Unread => "Infisical's list of environments couldn't be read".to_owned(),
            Self::Failed(reason) => reason,
        }
    }

    /// The reason as text, where its names were to be found.
    pub(super) fn of_names(self) -> String {
        match self {
            Self::Hidden => "Infisical doesn't show the project to the read identity".to_owned(),
            Self::Unread => "Infisical's answer about the project couldn't be read".to_owned(),
            Self::Failed(reason) => reason,
        }
    }
}

/// What there is to search in a project.
pub(super) struct Area {
    /// The project's slug, if it is known.
    pub(super) slug: Option<String>,
    pub(super) environments: Vec<Searched>,
}

/// An environment to search.
pub(super) struct Searched {
    pub(super) environment: Environment,
    pub(super) is_in_scope: bool,
    pub(super) is_wholly_in_scope: bool,
    /// Its folders in scope. `None`: the search finds them one by one.
    folders: Option<Vec<SecretPath>>,
    /// It has folders that no request can name.
    has_unnameable: bool,
}

/// The result of a request.
pub(super) enum SearchReply {
    Body(Zeroizing<Vec<u8>>),
    /// There is no such place.
    Nothing,
    /// The identity lacks the permission.
    Refused,
    Failed(String),
}

impl<'g> Search<'g> {
    /// A search takes at most half of the time that the call has left.
    pub(super) fn new(gate: &'g Gate, api_version: ApiVersion) -> Self {
        let now = Instant::now();
        let until = now + gate.deadline().saturating_duration_since(now) / 2;
        Self { gate, api_version, left: MAX_REQUESTS, until, stopped: None, projects: Vec::new() }
    }

    pub(super) fn is_in_scope(&self, place: &Place) -> bool {
        self.gate.scopes().check_place(place).is_ok()
    }

    pub(super) fn roots(&self, project: &Project, environment: &Environment) -> Vec<SecretPath> {
        self.gate.scopes().roots(project, environment)
    }

    pub(super) async fn ask(&mut self, operation: &Operation) -> SearchReply {
        self.request(
            operation.name(),
            &operation.path_and_query(self.api_version),
            operation.is_answered_with_values(self.api_version),
        )
        .await
    }

    /// Whether values are requested, or sent anyway.
    pub(super) fn sees_values(&self) -> bool {
        self.api_version == ApiVersion::V3 || self.gate.shared.plan_service.rules().find_references
    }

    /// All secrets of a folder and below, with their values. An older server sends those in any
    /// case.
    pub(super) async fn values(&mut self, place: Place) -> SearchReply {
        match self.api_version {
            ApiVersion::V3 => self.ask(&Operation::ListSecrets { place, recursive: true, tags: Vec::new() }).await,
            ApiVersion::V4 => self.request("list values", &values_path(&place), true).await,
        }
    }

    /// The project's slug, if it can be found out.
    pub(super) async fn slug(&mut self, project: &Project) -> Option<String> {
        self.project(project).await.ok().map(|found| found.slug)
    }

    /// What Infisical says about a project. Requested once.
    pub(super) async fn project(&mut self, project: &Project) -> Result<ProjectEnvironments, NoProject> {
        if let Some((_, found)) = self.projects.iter().find(|(known, _)| known == project) {
            return found.clone();
        }
        let found = match self.ask(&Operation::ProjectById { project: project.clone() }).await {
            SearchReply::Body(body) => answers::project_environments(project, &body).ok_or(NoProject::Unread),
            SearchReply::Failed(reason) => Err(NoProject::Failed(reason)),
            SearchReply::Nothing | SearchReply::Refused => Err(NoProject::Hidden),
        };
        self.projects.push((project.clone(), found.clone()));
        found
    }

    async fn request(&mut self, name: &'static str, path_and_query: &str, with_values: bool) -> SearchReply {
        if let Some(reason) = &self.stopped {
            return SearchReply::Failed(reason.clone());
        }
        let Some(left) = self.left.checked_sub(1) else { return self.stop(ENOUGH.to_owned()) };
        self.left = left;
        let sent = timeout_at(self.until, self.gate.ask_for_itself(name, path_and_query, with_values)).await;
        match sent {
            Err(_) => self.stop("there was no more time".to_owned()),
            Ok(None) => self.stop("Infisical couldn't be asked".to_owned()),
            Ok(Some(answer)) => self.understand(answer),
        }
    }

    fn understand(&mut self, answer: Answer) -> SearchReply {
        match answer.status {
            200 if answer.content_type.as_deref().is_some_and(is_json) => SearchReply::Body(answer.body),
            403 if failure_of(&answer).is_from_infisical() => SearchReply::Refused,
            404 if failure_of(&answer).is_from_infisical() => SearchReply::Nothing,
            429 => self.stop("Infisical accepts no more requests for now (HTTP 429)".to_owned()),
            status => SearchReply::Failed(format!("Infisical answered with HTTP status {status}")),
        }
    }

    fn stop(&mut self, reason: String) -> SearchReply {
        self.stopped = Some(reason.clone());
        SearchReply::Failed(reason)
    }

    /// The environments of a project with their folders, `first` before the others.
    pub(super) async fn area(&mut self, project: &Project, first: Option<&Environment>) -> Result<Area, String> {
        let mut area = match self.api_version {
            ApiVersion::V4 => self.area_by_tree(project).await,
            ApiVersion::V3 => self.area_by_project(project).await,
        }?;
        area.environments.sort_by(|a, b| a.environment.cmp(&b.environment));
        area.environments.sort_by_key(|it| Some(&it.environment) != first);
        Ok(area)
    }

    async fn area_by_tree(&mut self, project: &Project) -> Result<Area, String> {
        let answered = self.request("folder tree", &folder_tree_path(project), false).await;
        let tree = match answered {
            SearchReply::Body(body) => {
                answers::folder_tree(&body).ok_or_else(|| "Infisical's list of folders couldn't be read".to_owned())?
            }
            SearchReply::Failed(reason) => return Err(reason),
            SearchReply::Nothing | SearchReply::Refused => {
                return Err("Infisical doesn't list the project's folders for the read identity".to_owned());
            }
        };
        let scopes = self.gate.scopes();
        let environments = tree.into_iter().map(|EnvironmentFolders { environment, mut folders, unnameable }| {
            let is_in_scope = scopes.allows_environment(project.as_str(), environment.as_str());
            let count = folders.len();
            folders.retain(|path| {
                let place = Place { project: project.clone(), environment: environment.clone(), path: path.clone() };
                scopes.check_place(&place).is_ok()
            });
            Searched {
                is_in_scope,
                is_wholly_in_scope: folders.len() == count,
                folders: Some(folders),
                has_unnameable: unnameable > 0,
                environment,
            }
        });
        Ok(Area { slug: None, environments: environments.collect() })
    }

    async fn area_by_project(&mut self, project: &Project) -> Result<Area, String> {
        let found = self.project(project).await.map_err(NoProject::of_environments)?;
        let scopes = self.gate.scopes();
        let environments = found.environments.into_iter().map(|NamedEnvironment { slug: environment, .. }| Searched {
            is_in_scope: scopes.allows_environment(project.as_str(), environment.as_str()),
            is_wholly_in_scope: scopes.roots(project, &environment) == [SecretPath::root()],
            folders: None,
            has_unnameable: false,
            environment,
        });
        Ok(Area { slug: Some(found.slug), environments: environments.collect() })
    }

    /// What the folders of a project import, and which folders were requested.
    pub(super) async fn imports(&mut self, project: &Project, area: &Area) -> (Vec<Import>, Result<Coverage, String>) {
        let (mut imports, mut coverage) = (Vec::new(), Coverage::default());
        let (mut refused, mut allowed) = (0, 0);
        for here in &area.environments {
            let told = here.environment.as_str();
            if !here.is_in_scope {
                coverage.gap(told, OUT_OF_SCOPE);
                continue;
            }
            let mut walk = Walk::of(here, self.roots(project, &here.environment));
            while let Some(path) = walk.next() {
                if allowed == 0 && refused >= MAX_REFUSALS {
                    walk.missing = Some(NO_PERMISSION.to_owned());
                    break;
                }
                let place = Place { project: project.clone(), environment: here.environment.clone(), path };
                match self.sources_of(&place).await {
                    Ok(sources) => {
                        (allowed, walk.looked) = (allowed + 1, walk.looked + 1);
                        imports.extend(sources.into_iter().map(|from| Import { by: place.clone(), from }));
                    }
                    Err(Unread::Refused) => {
                        refused += 1;
                        walk.missing = Some(NO_PERMISSION.to_owned());
                    }
                    Err(Unread::Failed(reason)) => walk.missing = Some(reason),
                }
                if self.stopped.is_some() {
                    break;
                }
                if here.folders.is_none() {
                    self.look_below(&place, &mut walk).await;
                }
            }
            coverage.any |= walk.looked > 0;
            match walk.gap(here) {
                Some(reason) => coverage.gap(told, reason),
                None => coverage.searched.push(told.to_owned()),
            }
        }
        let looked = if coverage.any { Ok(coverage) } else { Err(why_nothing(&coverage)) };
        (imports, looked)
    }

    /// Lists the folders below this one. An older server lists the folders of one folder at a time.
    async fn look_below(&mut self, place: &Place, walk: &mut Walk) {
        let operation = Operation::ListFolders { place: place.clone(), recursive: false };
        match self.ask(&operation).await {
            SearchReply::Body(body) => match answers::rewrite(&operation, self.gate.scopes(), &body) {
                Ok(body) => {
                    for folder in answers::listed_folders(&body) {
                        match SecretPath::new(place.path.child(&folder.name)) {
                            Ok(path) => walk.push(path),
                            Err(_) => walk.missing = Some(UNNAMEABLE.to_owned()),
                        }
                    }
                }
                Err(_) => walk.missing = Some("Infisical's list of folders couldn't be read".to_owned()),
            },
            SearchReply::Nothing => {}
            SearchReply::Refused => walk.missing = Some("the read identity may not list its folders".to_owned()),
            SearchReply::Failed(reason) => walk.missing = Some(reason),
        }
    }

    /// What one folder imports.
    pub(super) async fn sources(&mut self, at: &Place) -> Result<Vec<ImportSource>, String> {
        self.sources_of(at).await.map_err(|unread| match unread {
            Unread::Refused => NO_PERMISSION.to_owned(),
            Unread::Failed(reason) => reason,
        })
    }

    async fn sources_of(&mut self, at: &Place) -> Result<Vec<ImportSource>, Unread> {
        match self.ask(&Operation::ListImports { place: at.clone() }).await {
            SearchReply::Body(body) => answers::import_sources(&body, &at.project)
                .ok_or_else(|| Unread::Failed("Infisical's list of imports couldn't be read".to_owned())),
            // A folder that an earlier change of the plan creates doesn't exist yet.
            SearchReply::Nothing => Ok(Vec::new()),
            SearchReply::Refused => Err(Unread::Refused),
            SearchReply::Failed(reason) => Err(Unread::Failed(reason)),
        }
    }

    /// Whether a folder has a secret of this name.
    pub(super) async fn has_secret(&mut self, at: Place, name: &str) -> Result<bool, String> {
        match self.ask(&Operation::ListSecrets { place: at, recursive: false, tags: Vec::new() }).await {
            SearchReply::Body(body) => answers::has_secret(&body, name)
                .ok_or_else(|| "Infisical's list of secrets couldn't be read".to_owned()),
            SearchReply::Nothing => Ok(false),
            SearchReply::Refused => Err("the read identity may not list it".to_owned()),
            SearchReply::Failed(reason) => Err(reason),
        }
    }
}

/// Why a folder's imports aren't known.
enum Unread {
    Refused,
    Failed(String),
}

const UNNAMEABLE: &str = "some folders have names that can't stand in a request";

/// The folders of an environment, one after the other.
struct Walk {
    next: VecDeque<SecretPath>,
    /// How many there are, if that was known from the beginning.
    total: Option<usize>,
    looked: usize,
    /// Why a part of it wasn't searched.
    missing: Option<String>,
}

impl Walk {
    fn of(here: &Searched, roots: Vec<SecretPath>) -> Self {
        let missing = here.has_unnameable.then(|| UNNAMEABLE.to_owned());
        let (next, total) = match &here.folders {
            Some(folders) => (folders.clone(), Some(folders.len())),
            None => (roots, None),
        };
        Self { next: next.into(), total, looked: 0, missing }
    }

    fn next(&mut self) -> Option<SecretPath> {
        self.next.pop_front()
    }

    fn push(&mut self, path: SecretPath) {
        self.next.push_back(path);
    }

    /// What is missing from the environment, and why.
    fn gap(&self, here: &Searched) -> Option<String> {
        let only = match self.total {
            Some(total) => format!("only {} of {total} folders", self.looked),
            None => format!("only {} folders", self.looked),
        };
        match &self.missing {
            Some(reason) if self.looked == 0 => Some(reason.clone()),
            Some(reason) => Some(format!("{only}; {reason}")),
            None if self.total == Some(0) => Some("none of its listed folders is in scope".to_owned()),
            None if !here.is_wholly_in_scope => Some(ONLY_IN_SCOPE.to_owned()),
            None => None,
        }
    }
}

impl Gate {
    /// Sends one of the host's own reads and gives its answer. `None` means that there is none,
    /// which isn't a failure of the call.
    async fn ask_for_itself(&self, name: &'static str, path_and_query: &str, with_values: bool) -> Option<Answer> {
        let _turn = Arc::clone(&self.call.turn).acquire_owned().await.ok()?;
        self.without_cause(self.send_read(name, path_and_query, with_values)).await.ok()
    }
}
