//! Projects, in both API versions.

use super::fields::{Object, Text};
use super::{AnswerRefusal, transcribe, write};
use crate::names::Project as AskedProject;
use crate::scope::Scopes;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

#[derive(Debug, Deserialize, Serialize)]
struct Project<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    slug: Text<'a>,
    name: Text<'a>,
    environments: Vec<Object<Environment<'a>>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Environment<'a> {
    #[serde(borrow)]
    slug: Text<'a>,
    name: Text<'a>,
}

/// The spelling of v4, and that of v3.
#[derive(Debug, Deserialize, Serialize)]
struct Projects<'a> {
    #[serde(borrow, alias = "workspaces")]
    projects: Vec<Object<Project<'a>>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Wrapped<'a> {
    #[serde(borrow, alias = "workspace")]
    project: Object<Project<'a>>,
}

impl Project<'_> {
    /// Removes the environments out of scope. Returns whether the project is in scope at all.
    fn retain_scope(&mut self, scopes: &Scopes) -> bool {
        let id = &self.id.0;
        self.environments.retain(|Object(environment)| scopes.allows_environment(id, &environment.slug.0));
        scopes.allows_project(id)
    }
}

pub(super) fn list(scopes: &Scopes, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    transcribe::<Projects<'_>>(body, |answer| {
        answer.projects.retain_mut(|Object(project)| project.retain_scope(scopes))
    })
}

pub(super) fn wrapped(scopes: &Scopes, asked: &AskedProject, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    let Object(mut answer): Object<Wrapped<'_>> = serde_json::from_slice(body).map_err(|_| AnswerRefusal::Malformed)?;
    if answer.project.0.id.0 != asked.as_str() {
        return Err(AnswerRefusal::OtherProject);
    }
    if answer.project.0.retain_scope(scopes) { write(&answer) } else { Err(AnswerRefusal::OutOfScope) }
}

pub(super) fn bare(scopes: &Scopes, asked: &AskedProject, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    let Object(mut project): Object<Project<'_>> =
        serde_json::from_slice(body).map_err(|_| AnswerRefusal::Malformed)?;
    if project.slug.0 != asked.as_str() {
        return Err(AnswerRefusal::OtherProject);
    }
    if project.retain_scope(scopes) { write(&project) } else { Err(AnswerRefusal::OutOfScope) }
}

/// A project, as named by an answer about this one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProject {
    /// Its id.
    pub id: String,
    /// The slugs of its environments in scope.
    pub environments: Vec<String>,
}

/// Reads the project from an answer to [`crate::Operation::ProjectById`] or
/// [`crate::Operation::ProjectBySlug`] that [`super::rewrite`] wrote.
#[must_use]
pub fn listed(written: &[u8]) -> Option<ListedProject> {
    let wrapped = serde_json::from_slice::<Wrapped<'_>>(written).map(|Wrapped { project: Object(project) }| project);
    let project = wrapped.or_else(|_| serde_json::from_slice::<Project<'_>>(written)).ok()?;
    Some(ListedProject {
        id: project.id.0.into_owned(),
        environments: project.environments.into_iter().map(|Object(it)| it.slug.0.into_owned()).collect(),
    })
}

/// Reads the id from an answer to [`crate::Operation::ProjectBySlug`] that [`super::rewrite`]
/// wrote.
#[must_use]
pub fn project_id(written: &[u8]) -> Option<crate::Project> {
    let Object(project): Object<Project<'_>> = serde_json::from_slice(written).ok()?;
    crate::Project::new(project.id.0.into_owned()).ok()
}
