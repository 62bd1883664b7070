//! The confirmation phrase of changes that can't be undone, or that have wider effects than they
//! seem to have (docs/routes.md, "Acknowledgement").
//!
//! Plans that change different things have different phrases. A phrase names each target with its
//! environment, path and project, uncut and in ASCII only.

use super::ParsedChange;
use crate::names::Project;
use crate::operation::{ApiVersion, Place};
use crate::text::{exact, exact_path};

/// Returns the phrase of these changes together, or `None` if they need none. `folder` returns the
/// name of the folder that a change names by its id. For a plan of more than `above` changes, the
/// phrase contains their number and a fingerprint.
#[must_use]
pub fn phrase<'a>(
    api_version: ApiVersion,
    changes: &'a [ParsedChange],
    above: u32,
    folder: impl Fn(&'a ParsedChange) -> Option<&'a str>,
) -> Option<String> {
    let is_bulk = u32::try_from(changes.len()).unwrap_or(u32::MAX) > above;
    let parts: Vec<(String, Option<&Project>)> = changes
        .iter()
        .flat_map(|change| {
            let project = change.place().map(|place| &place.project);
            consequences(api_version, change, folder(change)).into_iter().map(move |part| (part, project))
        })
        .collect();
    let first = parts.first().and_then(|(_, project)| *project);
    let is_same_project = parts.iter().all(|(_, project)| *project == first);
    let last = parts.len().saturating_sub(1);
    let mut said: Vec<String> = parts
        .into_iter()
        .enumerate()
        .map(|(at, (part, project))| match project {
            Some(project) if !is_same_project || at == last => format!("{part} in project {project}"),
            _ => part,
        })
        .collect();
    if is_bulk {
        let all = changes.iter().map(|change| whole(change, folder(change)));
        said.push(format!("apply {} changes ({})", changes.len(), fingerprint(all)));
    }
    if said.is_empty() { None } else { Some(said.join("; ")) }
}

/// Writes a change with its project on one line.
fn whole(change: &ParsedChange, folder: Option<&str>) -> String {
    let project = change.project().map_or("", |project| project.as_str());
    format!("{} in project {project}\n", named(change.name(), change, folder))
}

/// FNV-1a with 64 bits, in hexadecimal. It tells plans apart and authorizes nothing.
fn fingerprint(lines: impl Iterator<Item = String>) -> String {
    let hash = lines.fold(0xcbf2_9ce4_8422_2325_u64, |hash, line| {
        line.bytes().fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    });
    format!("{hash:016x}")
}

/// Describes the part of a change that can't be undone, or that has a wider effect than it seems to
/// have.
fn consequences(api_version: ApiVersion, change: &ParsedChange, folder: Option<&str>) -> Vec<String> {
    let part = |what: &str| named(what, change, folder);
    let mut parts = Vec::new();
    match change {
        ParsedChange::DeleteSecret { .. } | ParsedChange::DeleteSecretByKey { .. } => parts.push(part("delete secret")),
        ParsedChange::DeleteFolder { .. } => parts.push(part("delete folder")),
        ParsedChange::UpdateSecret { value, new_name, tags, .. } => {
            if let Some(value) = value {
                if value.is_blank() {
                    parts.push(part("blank secret"));
                } else if api_version == ApiVersion::V3 {
                    parts.push(part("overwrite secret"));
                }
                if value.has_references() {
                    parts.push(part("write references into"));
                }
            }
            // Infisical's roles can grant permissions by name and by tag. A current server rewrites
            // the references to a renamed secret, also in places that the write identity may not
            // change.
            if let Some(new_name) = new_name {
                parts.push(format!("{} to {}", part("rename secret"), exact(new_name.as_str())));
            }
            if tags.is_some() {
                parts.push(part("change tags of"));
            }
        }
        ParsedChange::CreateSecret { value, .. } if value.has_references() => parts.push(part("write references into")),
        // Permissions are granted by path.
        ParsedChange::RenameFolder { name, .. } => {
            parts.push(format!("{} to {}", part("rename folder"), exact(name.as_str())));
        }
        // These are never cut, because a part of an address could be anybody's. Nothing in them
        // needs an escape.
        ParsedChange::CreateProject { slug, .. } => parts.push(format!("create project {slug}")),
        ParsedChange::CreateEnvironment { project, slug, .. } => {
            parts.push(format!("create environment {slug} in project {project}"));
        }
        ParsedChange::InviteMembers { project, emails, roles } => {
            parts.push(format!("invite {} to project {project} as {}", listed(emails), listed(roles)));
        }
        ParsedChange::CreateSecret { .. } | ParsedChange::CreateFolder { .. } => {}
    }
    parts
}

fn named(what: &str, change: &ParsedChange, folder: Option<&str>) -> String {
    match target(change, folder) {
        Some(target) => format!("{what} {target}"),
        None => what.to_owned(),
    }
}

/// Returns the target of a change as `ENV:/path/NAME`. `None` for an administrative change.
#[must_use]
pub fn target(change: &ParsedChange, folder: Option<&str>) -> Option<String> {
    let Place { environment, path, .. } = change.place()?;
    let name = match change {
        ParsedChange::CreateSecret { name, .. } => name.as_str(),
        ParsedChange::UpdateSecret { name, .. } | ParsedChange::DeleteSecret { name, .. } => name.as_str(),
        ParsedChange::DeleteSecretByKey { key, .. } => key.as_str(),
        ParsedChange::CreateFolder { name, .. } => name.as_str(),
        ParsedChange::RenameFolder { id, .. } | ParsedChange::DeleteFolder { id, .. } => folder.unwrap_or(id.as_str()),
        ParsedChange::CreateProject { .. }
        | ParsedChange::CreateEnvironment { .. }
        | ParsedChange::InviteMembers { .. } => return None,
    };
    Some(format!("{environment}:{}", child(path.as_str(), name)))
}

/// Returns the path of `name` in a folder.
pub(crate) fn child(path: &str, name: &str) -> String {
    let path = if path == "/" { String::new() } else { exact_path(path) };
    format!("{path}/{}", exact(name))
}

/// Joins several names of a change.
pub(super) fn listed<T: ToString>(names: &[T]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
