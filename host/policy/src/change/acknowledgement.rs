//! The confirmation phrase of changes that can't be undone, or go further than they look
//! (docs/routes.md, "Acknowledgement").
//!
//! Two plans that change different things have different phrases: a phrase names each target with its
//! environment, path and project, whole, and in ASCII alone.

use super::Change;
use crate::names::Project;
use crate::operation::{Generation, Place};
use crate::text::{exact, exact_path};

/// The phrase that these changes need together, or none. `folder` tells the name of the folder that a
/// change names by its id. The phrase of a plan of more than `above` changes has their number and a
/// fingerprint of what they are about.
#[must_use]
pub fn phrase<'a>(
    generation: Generation,
    changes: &'a [Change],
    above: u32,
    folder: impl Fn(&'a Change) -> Option<&'a str>,
) -> Option<String> {
    let is_bulk = u32::try_from(changes.len()).unwrap_or(u32::MAX) > above;
    let parts: Vec<(String, Option<&Project>)> = changes
        .iter()
        .flat_map(|change| {
            let project = change.place().map(|place| &place.project);
            consequences(generation, change, folder(change)).into_iter().map(move |part| (part, project))
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

/// A change with its project, on a line.
fn whole(change: &Change, folder: Option<&str>) -> String {
    let project = change.project().map_or("", |project| project.as_str());
    format!("{} in project {project}\n", named(change.name(), change, folder))
}

/// FNV-1a, 64 bits, in hexadecimal digits. It tells plans apart; nothing is authorised by it.
fn fingerprint(lines: impl Iterator<Item = String>) -> String {
    let hash = lines.fold(0xcbf2_9ce4_8422_2325_u64, |hash, line| {
        line.bytes().fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    });
    format!("{hash:016x}")
}

/// What of a change can't be undone, or goes further than it looks.
fn consequences(generation: Generation, change: &Change, folder: Option<&str>) -> Vec<String> {
    let part = |what: &str| named(what, change, folder);
    let mut parts = Vec::new();
    match change {
        Change::DeleteSecret { .. } | Change::DeleteSecretByKey { .. } => parts.push(part("delete secret")),
        Change::DeleteFolder { .. } => parts.push(part("delete folder")),
        Change::UpdateSecret { value, new_name, tags, .. } => {
            if let Some(value) = value {
                if value.is_blank() {
                    parts.push(part("blank secret"));
                } else if generation == Generation::V3 {
                    parts.push(part("overwrite secret"));
                }
                if value.has_references() {
                    parts.push(part("write references into"));
                }
            }
            // Infisical's roles can grant rights by name and by tag. A current server rewrites the references to a
            // renamed secret, in places too that the writer may not change.
            if let Some(new_name) = new_name {
                parts.push(format!("{} to {}", part("rename secret"), exact(new_name.as_str())));
            }
            if tags.is_some() {
                parts.push(part("change tags of"));
            }
        }
        Change::CreateSecret { value, .. } if value.has_references() => parts.push(part("write references into")),
        // Rights are granted by path.
        Change::RenameFolder { name, .. } => {
            parts.push(format!("{} to {}", part("rename folder"), exact(name.as_str())));
        }
        // Whole: nothing in them needs escaping, and an address that is cut could be anybody's.
        Change::CreateProject { slug, .. } => parts.push(format!("create project {slug}")),
        Change::CreateEnvironment { project, slug, .. } => {
            parts.push(format!("create environment {slug} in project {project}"));
        }
        Change::InviteMembers { project, emails, roles } => {
            parts.push(format!("invite {} to project {project} as {}", listed(emails), listed(roles)));
        }
        Change::CreateSecret { .. } | Change::CreateFolder { .. } => {}
    }
    parts
}

fn named(what: &str, change: &Change, folder: Option<&str>) -> String {
    match target(change, folder) {
        Some(target) => format!("{what} {target}"),
        None => what.to_owned(),
    }
}

/// What a change is about: `ENV:/path/NAME`. None for an administrative change.
#[must_use]
pub fn target(change: &Change, folder: Option<&str>) -> Option<String> {
    let Place { environment, path, .. } = change.place()?;
    let name = match change {
        Change::CreateSecret { name, .. } => name.as_str(),
        Change::UpdateSecret { name, .. } | Change::DeleteSecret { name, .. } => name.as_str(),
        Change::DeleteSecretByKey { key, .. } => key.as_str(),
        Change::CreateFolder { name, .. } => name.as_str(),
        Change::RenameFolder { id, .. } | Change::DeleteFolder { id, .. } => folder.unwrap_or(id.as_str()),
        Change::CreateProject { .. } | Change::CreateEnvironment { .. } | Change::InviteMembers { .. } => return None,
    };
    Some(format!("{environment}:{}", child(path.as_str(), name)))
}

/// The path of what is called `name` in a folder.
pub(crate) fn child(path: &str, name: &str) -> String {
    let path = if path == "/" { String::new() } else { exact_path(path) };
    format!("{path}/{}", exact(name))
}

/// Names that a change has several of.
pub(super) fn listed<T: ToString>(names: &[T]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
