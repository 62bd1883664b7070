//! Parses arguments of calls that read.

use super::grammar::{PathName, ProjectRef, SecretName, Word};
use super::places::NAMES;
use super::refusals::{RENAME, input, malformed, not_addressable};
use super::scopes::Scopes;
use crate::error::Error;
use crate::types::{Policy, SecretFilter};
use std::num::NonZeroU32;

/// Parses a secret's name to find it.
pub(super) fn secret_name(name: &str) -> Result<SecretName, Error> {
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
pub(super) fn tag_words(slugs: &[String]) -> Result<Vec<Word>, Error> {
    words("The tag", slugs, "Name at most 20 tags by their slugs: letters, digits, `-` and `_`.")
}

/// Parses at most 20 words and drops duplicates.
pub(super) fn words(what: &str, texts: &[String], remedy: &str) -> Result<Vec<Word>, Error> {
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
