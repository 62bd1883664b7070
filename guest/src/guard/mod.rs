//! The guard refuses calls before anything is sent, and says why.
//!
//! The host enforces the same limits without relying on this code. A refusal here comes with an
//! explanation.

pub(crate) mod acknowledgement;
pub(crate) mod administration;
pub(crate) mod audit_logs;
pub(crate) mod conflicts;
pub(crate) mod exposure;
pub(crate) mod fingerprint;
pub(crate) mod generator;
pub(crate) mod grammar;
pub(crate) mod intents;
pub(crate) mod names;
pub(crate) mod preconditions;
pub(crate) mod quote;
pub(crate) mod scopes;
pub(crate) mod validated_change;
pub(crate) mod values;

use crate::error::{Error, Layer};
use crate::types::{Place, Policy, Reveals, SecretFilter};
use grammar::{FolderPath, PathName, ProjectRef, SecretName, Word};
use quote::quote;
use scopes::Scopes;
use std::num::NonZeroU32;

const NAMES: &str = "Ids and slugs are 1 to 64 letters, digits, `-` and `_`; listing the projects shows them.";
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

/// Parses a secret's name to find it.
pub(crate) fn secret_name(name: &str) -> Result<SecretName, Error> {
    SecretName::parse(name).map_err(|wrong| {
        malformed("The secret's name", name, wrong, "List the folder to see the names that are there.")
    })
}

/// Parses a secret's name to reveal it. The name must fit into a URL, because the host lets a value
/// in only in the answer to a request for one secret.
pub(crate) fn name_to_reveal(name: &str) -> Result<PathName, Error> {
    match secret_name(name)? {
        SecretName::Addressable(name) => Ok(name),
        SecretName::Listed(name) => Err(not_addressable(&name, RENAME)),
    }
}

/// Parses a secret's name and the requested version, if any.
pub(crate) fn versioned_name(name: &str, version: Option<u32>) -> Result<(SecretName, Option<NonZeroU32>), Error> {
    let name = secret_name(name)?;
    let Some(version) = version else { return Ok((name, None)) };
    let Some(version) = NonZeroU32::new(version) else {
        return Err(input("There is no version 0.", "Versions count from 1; leave `version` out for the newest."));
    };
    match name {
        SecretName::Addressable(_) => Ok((name, Some(version))),
        SecretName::Listed(name) => Err(not_addressable(&name, "Leave `version` out: the newest version can be read.")),
    }
}

/// Checks the conditions of a listing and parses its tags.
pub(crate) fn tags(filter: &SecretFilter) -> Result<Vec<Word>, Error> {
    const MAX_PART: usize = 1024;
    if filter.name_contains.as_ref().is_some_and(|part| part.len() > MAX_PART) {
        return Err(input("The part of a name to look for is longer than 1,024 bytes.", "Pass a shorter part."));
    }
    tag_words(&filter.tags)
}

/// Parses the slugs of tags and drops duplicates.
pub(crate) fn tag_words(slugs: &[String]) -> Result<Vec<Word>, Error> {
    words("The tag", slugs, "Name at most 20 tags by their slugs: letters, digits, `-` and `_`.")
}

/// Parses at most 20 words and drops duplicates.
fn words(what: &str, texts: &[String], remedy: &str) -> Result<Vec<Word>, Error> {
    const MAX: usize = 20;
    let mut words = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let wrong = |wrong| malformed(what, text, wrong, remedy);
        if at == MAX {
            return Err(wrong("is one too many"));
        }
        let word = Word::parse(text).map_err(wrong)?;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Ok(words)
}

/// Parses the organization id from the configuration.
pub(crate) fn organization(text: &str) -> Result<Word, Error> {
    Word::parse(text).map_err(|wrong| {
        malformed("The configured organization id", text, wrong, "Ask the operator to correct it (INFISICAL_ORG_ID).")
    })
}

/// The projects that the operator named. An older server without an organization lists no others.
pub(crate) fn known_projects(policy: &Policy) -> Result<Vec<ProjectRef>, Error> {
    const MAX_PROJECTS: usize = 20;
    const REMEDY: &str = "Ask the operator to set the organization's id (INFISICAL_ORG_ID).";
    let scopes = Scopes::new(policy.scopes.as_deref());
    let mut known: Vec<ProjectRef> = Vec::new();
    for id in scopes.projects() {
        let id = Word::parse(id)
            .map(ProjectRef::Id)
            .map_err(|wrong| malformed("The scopes' project", id, wrong, "Ask the operator to correct the scopes."))?;
        if !known.contains(&id) {
            known.push(id);
        }
    }
    // Scopes hide a default project outside of them, and already name one inside.
    if let Some(default) = policy.project.as_deref().filter(|_| !scopes.are_limited()) {
        known.push(
            ProjectRef::parse(default)
                .map_err(|wrong| malformed("The operator's default project", default, wrong, NAMES))?,
        );
    }
    if known.is_empty() {
        return Err(input(
            "An older server lists projects only by organization, and no organization is configured.",
            REMEDY,
        ));
    }
    if known.len() > MAX_PROJECTS {
        return Err(input("The scopes name more than 20 projects, too many to look up one by one.", REMEDY));
    }
    Ok(known)
}

/// Refuses unless the operator turned revealing on.
pub(crate) fn reveal_gate(policy: &Policy) -> Result<(), Error> {
    let (reason, remedy) = match policy.reveal {
        Reveals::On => return Ok(()),
        Reveals::Off => (
            "Plain values are hidden: revealing is switched off.",
            "Work without the value, or ask the operator to run `infisical-skill reveal on --for 10m --reason ...`.",
        ),
        Reveals::Never => (
            "Plain values are hidden: the operator doesn't allow revealing them.",
            "Work without the value. This can't be lifted at run time: the operator must change the configuration.",
        ),
    };
    Err(Error::refused(Layer::RevealGate, reason, remedy))
}

/// A refusal of an argument.
pub(crate) fn input(reason: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::refused(Layer::Input, reason, remedy)
}

fn malformed(what: &str, text: &str, wrong: &str, remedy: &str) -> Error {
    input([what, " ", &quote(text), " ", wrong, "."].concat(), remedy)
}

/// What to do about a name that no request can contain.
const RENAME: &str = "Rename the secret in Infisical first.";

fn not_addressable(name: &str, remedy: &str) -> Error {
    input(
        [
            "The name ",
            &quote(name),
            " can't be sent safely: the server, or a proxy in front of it, could read it as another name.",
        ]
        .concat(),
        remedy,
    )
}
