//! Resolves places: the caller's arguments, and the operator's defaults for absent ones.

use super::grammar::{FolderPath, ProjectRef, Word};
use super::refusals::{input, malformed};
use crate::error::Error;
use crate::types::{Place, Policy};

/// What to do about an invalid id or slug.
pub(super) const NAMES: &str =
    "Ids and slugs are 1 to 64 letters, digits, `-` and `_`; listing the projects shows them.";
const PATHS: &str = "A path is absolute and has no final slash, such as `/app/db`; `/` is the root.";

/// A place whose project may still be a slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) project: ProjectRef,
    pub(crate) environment: Word,
    pub(crate) path: FolderPath,
}

/// Resolves a place: the caller's arguments, and the operator's defaults for absent ones.
pub(crate) fn place(at: &Place, policy: &Policy) -> Result<Target, Error> {
    let project = project(&at.project, policy)?;
    let environment = Part::of("environment", &at.environment, &policy.environment, None, NAMES)?;
    let path = Part::of("path", &at.path, &policy.path, Some("/"), PATHS)?;
    Ok(Target {
        project,
        environment: Word::parse(environment.text).map_err(|wrong| environment.malformed(wrong))?,
        path: FolderPath::parse(path.text).map_err(|wrong| path.malformed(wrong))?,
    })
}

/// Resolves a project: the caller's argument, or the operator's default if it is absent.
pub(crate) fn project(named: &Option<String>, policy: &Policy) -> Result<ProjectRef, Error> {
    let project = Part::of("project", named, &policy.project, None, NAMES)?;
    ProjectRef::parse(project.text).map_err(|wrong| project.malformed(wrong))
}

/// One part of a place, as a text that isn't parsed yet.
struct Part<'a> {
    what: &'static str,
    text: &'a str,
    is_default: bool,
    grammar: &'static str,
}

impl<'a> Part<'a> {
    fn of(
        what: &'static str,
        argument: &'a Option<String>,
        default: &'a Option<String>,
        otherwise: Option<&'a str>,
        grammar: &'static str,
    ) -> Result<Self, Error> {
        let is_default = argument.is_none();
        let text = argument.as_deref().or(default.as_deref()).or(otherwise).ok_or_else(|| {
            let remedy = ["Pass `", what, "`, or ask the operator to set a default for it."].concat();
            input(["No ", what, " is named, and no default is set."].concat(), remedy)
        })?;
        Ok(Self { what, text, is_default, grammar })
    }

    fn malformed(&self, wrong: &str) -> Error {
        let Self { what, text, is_default, grammar } = self;
        if *is_default {
            let remedy = ["Pass `", what, "`, or ask the operator to correct the default. ", grammar].concat();
            malformed(&["The operator's default ", what].concat(), text, wrong, &remedy)
        } else {
            malformed(&["The ", what].concat(), text, wrong, grammar)
        }
    }
}
