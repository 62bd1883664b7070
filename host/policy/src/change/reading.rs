//! A change in the host's own words: what stands beside whatever the component says about it.

use super::Change;
use super::acknowledgement::{is_plain, listed, plain};
use crate::operation::Place;
use crate::text::escape;

/// The most characters of a name or path that are shown: so many from its beginning, so many from its end.
const MAX_NAME: (usize, usize) = (60, 40);

/// One line: the target first, values never. `folder` is the name of the folder that the change has by its id, if it is known.
#[must_use]
pub fn reading(change: &Change, folder: Option<&str>) -> String {
    let at = place(change);
    let name = |name: &str| shown(name);
    let folder_name = |place: &Place, id: &str| match folder {
        Some(folder) => name(&place.path.child(folder)),
        None => format!("with the id {id}"),
    };
    match change {
        Change::CreateSecret { name: new, value, comment, tags, .. } => {
            let mut parts = vec![if value.has_references() { "a value with references" } else { "a value" }.to_owned()];
            if comment.is_some() {
                parts.push("a comment".to_owned());
            }
            parts.extend(tags.as_ref().map(|tags| count(tags.len())));
            format!("create secret {} {at} with {}", name(new.as_str()), parts.join(", "))
        }
        Change::UpdateSecret { name: old, value, new_name, comment, tags, .. } => {
            let mut parts = Vec::new();
            parts.extend(new_name.as_ref().map(|new| format!("rename it to {}", name(new.as_str()))));
            parts.extend(value.as_ref().map(|value| {
                let what = if value.is_blank() {
                    "blank its value"
                } else if value.has_references() {
                    "replace its value by one with references"
                } else {
                    "replace its value"
                };
                what.to_owned()
            }));
            parts.extend(comment.as_ref().map(|comment| {
                if comment.is_empty() { "remove its comment" } else { "replace its comment" }.to_owned()
            }));
            parts.extend(tags.as_ref().map(|tags| format!("give it {} in place of those it has", count(tags.len()))));
            format!("update secret {} {at}: {}", name(old.as_str()), parts.join(", "))
        }
        Change::DeleteSecret { name: old, .. } => format!("PERMANENTLY delete secret {} {at}", name(old.as_str())),
        Change::DeleteSecretByKey { key, .. } => format!("PERMANENTLY delete secret {} {at}", name(key.as_str())),
        Change::CreateFolder { place, name: new } => {
            format!("create folder {} {at}", name(&place.path.child(new.as_str())))
        }
        Change::RenameFolder { place, id, name: new } => {
            format!("rename folder {} to {} {at}", folder_name(place, id.as_str()), name(new.as_str()))
        }
        Change::DeleteFolder { place, id } => {
            format!("PERMANENTLY delete folder {} with everything in it {at}", folder_name(place, id.as_str()))
        }
        Change::CreateProject { name: title, slug } => {
            format!("create project {} with the slug {slug}", name(title.as_str()))
        }
        Change::CreateEnvironment { name: title, slug, .. } => {
            format!("create environment {slug} ({}) {at}", name(title.as_str()))
        }
        Change::InviteMembers { emails, roles, .. } => {
            format!("invite {} {at} as {}", listed(emails), listed(roles))
        }
    }
}

/// What a person types to say that they mean this target: its name, as it stands in phrases.
#[must_use]
pub fn target(changes: &[Change], folder: impl Fn(&Change) -> Option<String>) -> String {
    let [change] = changes else { return format!("{} changes", changes.len()) };
    match change {
        Change::CreateSecret { name, .. } => plain(name.as_str()),
        Change::UpdateSecret { name, .. } | Change::DeleteSecret { name, .. } => plain(name.as_str()),
        Change::DeleteSecretByKey { key, .. } => plain(key.as_str()),
        Change::CreateFolder { place, name } => plain(&place.path.child(name.as_str())),
        Change::RenameFolder { place, id, .. } | Change::DeleteFolder { place, id } => {
            plain(&folder(change).map_or_else(|| id.as_str().to_owned(), |name| place.path.child(&name)))
        }
        Change::CreateProject { slug, .. } => slug.to_string(),
        Change::CreateEnvironment { slug, .. } => slug.to_string(),
        Change::InviteMembers { emails, .. } => match emails.as_slice() {
            [email] => email.to_string(),
            emails => format!("{} members", emails.len()),
        },
    }
}

fn count(tags: usize) -> String {
    if tags == 1 { "1 tag".to_owned() } else { format!("{tags} tags") }
}

/// Where it happens. Nothing for a new project.
fn place(change: &Change) -> String {
    match (change.place(), change.project()) {
        (Some(Place { project, environment, path }), _) => {
            format!("[project {project}, env={environment}, path={}]", shown(path.as_str()))
        }
        (None, Some(project)) => format!("[project {project}]"),
        (None, None) => String::new(),
    }
}

/// A name or path as it stands in a reading: in quotes unless it is plain, so that nothing in it passes for the reading's own words. A long one is
/// cut in its middle, marked outside of the quotes: the end of a path says which folder is meant.
#[must_use]
pub fn shown(text: &str) -> String {
    let (first, last) = MAX_NAME;
    let length = text.chars().count();
    if length <= first + last {
        return quoted(text);
    }
    let (head, tail): (String, String) =
        (text.chars().take(first).collect(), text.chars().skip(length - last).collect());
    format!("{}…{}", quoted(&head), quoted(&tail))
}

fn quoted(text: &str) -> String {
    if text.chars().all(is_plain) { text.to_owned() } else { format!("\"{}\"", escape(text).replace('"', "\\\"")) }
}
