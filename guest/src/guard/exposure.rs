//! Refuses changes that would make something visible to more people. Permissions are granted by
//! place, so a secret in another place has other permissions. The host refuses such changes too,
//! with separate code.

use super::grammar::{FolderPath, ProjectRef, Word, covers};
use super::places::Target;
use super::validated_change::{NewValue, ValidatedChange};
use crate::error::{Error, Layer};
use crate::types::{Policy, Scope};

/// Refuses a change that moves something to a less restricted place. If the project is still a
/// slug, the caller repeats the check once the id is known.
pub(crate) fn check(at: &Target, change: &ValidatedChange<'_>, policy: &Policy) -> Result<(), Error> {
    let ProjectRef::Id(_) = at.project else { return Ok(()) };
    match change {
        ValidatedChange::RenameFolder { name, new_name } => {
            let (from, to) = (at.path.child(name.as_str()), at.path.child(new_name.as_str()));
            check_rename(at, policy.reveal_scopes.as_deref(), &from, &to)
        }
        change => match change.value() {
            Some(NewValue::Literal(value)) => {
                references(value).try_for_each(|reference| check_reference(at, policy, reference))
            }
            _ => Ok(()),
        },
    }
}

/// A path below the new name may be revealable only if it was revealable below the old name.
fn check_rename(at: &Target, reveal_scopes: Option<&[Scope]>, from: &str, to: &str) -> Result<(), Error> {
    for root in roots(reveal_scopes, at) {
        let below = match root {
            root if covers(root, to) => "",
            root if covers(to, root) => root.get(to.len()..).unwrap_or(""),
            _ => continue,
        };
        let before = [from, below].concat();
        if !roots(reveal_scopes, at).any(|root| covers(root, &before)) {
            return Err(Error::refused(
                Layer::Scope,
                "Under its new name, the folder would be in `reveal_scopes`, so values that can't be revealed now \
                 could be.",
                "Choose a name outside of `reveal_scopes`, or ask the operator, who can rename the folder in Infisical.",
            ));
        }
    }
    Ok(())
}

/// The folders of the target's environment whose whole content may be revealed. Without
/// `reveal_scopes` there are none.
fn roots<'a>(scopes: Option<&'a [Scope]>, at: &'a Target) -> impl Iterator<Item = &'a str> {
    let of_here = scopes.unwrap_or_default().iter().filter(|scope| is_of(scope, at, at.environment.as_str()));
    of_here.flat_map(|scope| {
        let whole = scope.paths.is_empty().then_some("/");
        scope.paths.iter().map(String::as_str).chain(whole)
    })
}

fn is_of(scope: &Scope, at: &Target, environment: &str) -> bool {
    let (ProjectRef::Id(project) | ProjectRef::Slug(project)) = &at.project;
    scope.project == project.as_str()
        && (scope.environments.is_empty() || scope.environments.iter().any(|slug| slug == environment))
}

/// The texts of the references in a value.
fn references(value: &str) -> impl Iterator<Item = &str> {
    value.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(text, _)| text.trim()))
}

fn check_reference(at: &Target, policy: &Policy, reference: &str) -> Result<(), Error> {
    // A reference without a folder points to the same folder.
    let Some((place, _)) = reference.rsplit_once('.') else { return Ok(()) };
    let is_elsewhere = place.starts_with('@');
    let (environment, folders) = match place.split_once('.') {
        Some((_, rest)) if is_elsewhere => rest.split_once('.').unwrap_or((rest, "")),
        Some((environment, folders)) => (environment, folders),
        None if is_elsewhere => ("", ""),
        None => (place, ""),
    };
    if !is_elsewhere && Word::parse(environment).is_err() {
        // No environment can have such a slug, so Infisical finds nothing there.
        return Ok(());
    }
    // Scopes contain project ids, and the id behind this slug isn't known here.
    let path = FolderPath::parse(&["/", &folders.replace('.', "/")].concat()).ok().filter(|_| !is_elsewhere);
    let allows = |scopes: Option<&[Scope]>| {
        let Some(scopes) = scopes else { return true };
        let Some(path) = &path else { return false };
        let has_path =
            |scope: &Scope| scope.paths.is_empty() || scope.paths.iter().any(|root| covers(root, path.as_str()));
        scopes.iter().any(|scope| is_of(scope, at, environment) && has_path(scope))
    };
    let is_revealable = policy
        .reveal_scopes
        .as_deref()
        .is_none_or(|_| roots(policy.reveal_scopes.as_deref(), at).any(|root| covers(root, at.path.as_str())));
    let is_protected = |slug: &str| policy.protected.iter().any(|protected| protected == slug);
    let wrong = if !allows(policy.scopes.as_deref()) {
        "The value refers to a place that is outside of `scopes`."
    } else if is_revealable && !allows(policy.reveal_scopes.as_deref()) {
        "The value could be revealed, and refers to a place outside of `reveal_scopes`."
    } else if is_protected(environment) && !is_protected(at.environment.as_str()) {
        "The value refers to a protected environment, and its own environment isn't protected."
    } else {
        return Ok(());
    };
    Err(Error::refused(
        Layer::Scope,
        wrong,
        "Leave the reference out, or ask the operator, who can write the value in Infisical.",
    ))
}

#[cfg(test)]
#[path = "exposure_tests.rs"]
mod tests;
