//! The places that the operator allows.

use super::grammar::{FolderPath, ProjectRef, Word, covers};
use super::places::Target;
use super::quote::quote;
use crate::error::{Error, Layer};
use crate::types::{Project, Scope};

const REMEDY: &str = "Use a place that is allowed (listing the projects shows the allowed projects and environments), \
     or ask the operator to extend the scopes.";
const REVEAL_REMEDY: &str = "Work without the value, or ask the operator to allow revealing there (`reveal_scopes`).";

/// The operator's scopes. If absent, everything is allowed. If empty, nothing is.
#[derive(Clone, Copy)]
pub(crate) struct Scopes<'a> {
    allowed: Option<&'a [Scope]>,
    layer: Layer,
}

impl<'a> Scopes<'a> {
    pub(crate) fn new(scopes: Option<&'a [Scope]>) -> Self {
        Self { allowed: scopes, layer: Layer::Scope }
    }

    /// The places whose values may be revealed. They are checked in addition to the scopes.
    pub(crate) fn to_reveal(scopes: Option<&'a [Scope]>) -> Self {
        Self { allowed: scopes, layer: Layer::RevealGate }
    }

    /// Refuses if no place is allowed.
    pub(crate) fn check_any(self) -> Result<(), Error> {
        if self.any(|_| true) { Ok(()) } else { Err(self.refused("The scopes allow no project.".to_owned())) }
    }

    /// Refuses a place that isn't allowed. If the project is `None` because its id isn't known yet,
    /// refuses a place that no project's scope contains.
    pub(crate) fn check(self, project: Option<&Word>, environment: &Word, path: &FolderPath) -> Result<(), Error> {
        self.check_any()?;
        let in_project = |scope: &Scope| project.is_none_or(|project| scope.project == project.as_str());
        let in_environment = |scope: &Scope| in_project(scope) && has_environment(scope, environment.as_str());
        let in_path = |scope: &Scope| in_environment(scope) && has_path(scope, path.as_str());
        let outside = |what: &str, name: &str| {
            Err(self.refused([what, &quote(name), " is outside of the allowed scopes."].concat()))
        };
        if self.any(in_path) {
            Ok(())
        } else if self.any(in_environment) {
            outside("The path ", path.as_str())
        } else if self.any(in_project) {
            outside("The environment ", environment.as_str())
        } else {
            outside("The project ", project.map_or("", Word::as_str))
        }
    }

    /// Refuses a project of which nothing is allowed. If it is still a slug, the caller repeats the
    /// check once the id is known.
    pub(crate) fn check_project(self, project: &ProjectRef) -> Result<(), Error> {
        self.check_any()?;
        let ProjectRef::Id(id) = project else { return Ok(()) };
        if self.any(|scope| scope.project == id.as_str()) {
            return Ok(());
        }
        Err(self.refused(["The project ", &quote(id.as_str()), " is outside of the allowed scopes."].concat()))
    }

    /// Refuses a project of which not everything is allowed. If it is still a slug, the caller
    /// repeats the check once the id is known.
    pub(crate) fn check_whole(self, project: &ProjectRef) -> Result<(), Error> {
        let ProjectRef::Id(id) = project else { return self.check_any() };
        let is_whole =
            |scope: &Scope| scope.project == id.as_str() && scope.environments.is_empty() && scope.paths.is_empty();
        if self.any(is_whole) {
            return Ok(());
        }
        Err(self.refused(["Not all of the project ", &quote(id.as_str()), " is in the allowed scopes."].concat()))
    }

    /// Refuses a target that isn't allowed. If its project is still a slug, the caller repeats the
    /// check once the id is known.
    pub(crate) fn check_target(self, target: &Target) -> Result<(), Error> {
        let project = match &target.project {
            ProjectRef::Id(id) => Some(id),
            ProjectRef::Slug(_) => None,
        };
        self.check(project, &target.environment, &target.path)
    }

    /// Removes the environments that aren't allowed. Returns whether the project itself is allowed.
    pub(crate) fn keep(self, project: &mut Project) -> bool {
        let Some(scopes) = self.allowed else { return true };
        let of_project = || scopes.iter().filter(|scope| scope.project == project.id);
        let is_allowed = |slug: &str| of_project().any(|scope| has_environment(scope, slug));
        project.environments.retain(|environment| is_allowed(&environment.slug));
        of_project().next().is_some()
    }

    /// The ids of the projects that the scopes name.
    pub(crate) fn projects(self) -> impl Iterator<Item = &'a str> {
        self.allowed.unwrap_or_default().iter().map(|scope| scope.project.as_str())
    }

    /// Whether scopes are set.
    pub(crate) fn are_limited(self) -> bool {
        self.allowed.is_some()
    }

    fn any(self, allows: impl Fn(&Scope) -> bool) -> bool {
        self.allowed.is_none_or(|scopes| scopes.iter().any(allows))
    }

    fn refused(self, reason: String) -> Error {
        let remedy = if self.layer == Layer::RevealGate { REVEAL_REMEDY } else { REMEDY };
        Error::refused(self.layer, reason, remedy)
    }
}

fn has_environment(scope: &Scope, environment: &str) -> bool {
    scope.environments.is_empty() || scope.environments.iter().any(|allowed| allowed == environment)
}

fn has_path(scope: &Scope, path: &str) -> bool {
    scope.paths.is_empty() || scope.paths.iter().any(|allowed| covers(allowed, path))
}

#[cfg(test)]
#[path = "scopes_tests.rs"]
mod tests;
