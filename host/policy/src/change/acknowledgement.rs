//! The phrase that changes need which can't be undone, or go further than they look (docs/routes.md, "Acknowledgement").

use super::Change;
use crate::operation::{Generation, Place};

/// The most characters of a name that stand in a phrase.
const MAX_NAME: usize = 80;

/// The phrase that these changes need together, or none. `folder` says a folder's name by the change that has its id; `above` is the number
/// of changes that need no phrase of their own.
#[must_use]
pub fn phrase<'a>(
    generation: Generation,
    changes: &'a [Change],
    above: u32,
    folder: impl Fn(&'a Change) -> Option<&'a str>,
) -> Option<String> {
    let mut parts: Vec<String> = changes.iter().flat_map(|change| parts(generation, change, folder(change))).collect();
    if u32::try_from(changes.len()).unwrap_or(u32::MAX) > above {
        parts.push(format!("apply {} changes", changes.len()));
    }
    if parts.is_empty() { None } else { Some(parts.join("; ")) }
}

fn parts(generation: Generation, change: &Change, folder: Option<&str>) -> Vec<String> {
    let part = |what: &str, name: &str, place: &Place| format!("{what} {} in {}", plain(name), place.environment);
    let mut parts = Vec::new();
    match change {
        Change::DeleteSecret { place, name } => parts.push(part("delete secret", name.as_str(), place)),
        Change::DeleteSecretByKey { place, key } => parts.push(part("delete secret", key.as_str(), place)),
        Change::DeleteFolder { place, id } => {
            parts.push(part("delete folder", &place.path.child(folder.unwrap_or(id.as_str())), place));
        }
        Change::UpdateSecret { place, name, value, new_name, .. } => {
            if let Some(value) = value {
                if value.is_blank() {
                    parts.push(part("blank secret", name.as_str(), place));
                } else if generation == Generation::V3 {
                    parts.push(part("overwrite secret", name.as_str(), place));
                }
                if value.has_references() {
                    parts.push(part("write references into", name.as_str(), place));
                }
            }
            // A current server rewrites the references to it, in places too that the writer may not change.
            if new_name.is_some() {
                parts.push(part("rename secret", name.as_str(), place));
            }
        }
        Change::CreateSecret { place, name, value, .. } if value.has_references() => {
            parts.push(part("write references into", name.as_str(), place));
        }
        // Whole: nothing in them needs replacing, and an address that is cut could be anybody's.
        Change::CreateProject { slug, .. } => parts.push(format!("create project {slug}")),
        Change::CreateEnvironment { project, slug, .. } => {
            parts.push(format!("create environment {slug} in project {project}"));
        }
        Change::InviteMembers { project, emails, roles } => {
            parts.push(format!("invite {} to project {project} as {}", listed(emails), listed(roles)));
        }
        Change::CreateSecret { .. } | Change::CreateFolder { .. } | Change::RenameFolder { .. } => {}
    }
    parts
}

/// Names that a change has several of.
pub(super) fn listed<T: ToString>(names: &[T]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A name as it stands in a phrase: plain characters, so that a phrase can be typed and means one thing.
#[must_use]
pub fn plain(name: &str) -> String {
    name.chars().take(MAX_NAME).map(|c| if is_plain(c) { c } else { '?' }).collect()
}

pub(super) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@' | '+')
}
