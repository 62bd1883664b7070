//! Describes a change in the host's own words. The description stands beside what the component
//! says.

use super::ParsedChange;
use super::acknowledgement::{self, child, listed};
use crate::names::{Project, TagId};
use crate::operation::Place;
use crate::text::{exact, exact_path, exact_title};

/// Writes one line: the target first, and never a value. `folder` is the name of the folder that
/// the change names by its id, if it is known.
#[must_use]
pub fn describe(change: &ParsedChange, folder: Option<&str>) -> String {
    let at = place(change);
    let name = exact;
    let folder_name = |place: &Place, id: &str| match folder {
        Some(folder) => child(place.path.as_str(), folder),
        None => format!("with the id {id}"),
    };
    match change {
        ParsedChange::CreateSecret { name: new, value, comment, tags, .. } => {
            let mut parts = vec![if value.has_references() { "a value with references" } else { "a value" }.to_owned()];
            if comment.is_some() {
                parts.push("a comment".to_owned());
            }
            parts.extend(tags.as_ref().map(|tags| tagged(tags)));
            format!("create secret {} {at} with {}", name(new.as_str()), parts.join(", "))
        }
        ParsedChange::UpdateSecret { name: old, value, new_name, comment, tags, .. } => {
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
            parts.extend(tags.as_ref().map(|tags| format!("give it {} in place of those it has", tagged(tags))));
            format!("update secret {} {at}: {}", name(old.as_str()), parts.join(", "))
        }
        ParsedChange::DeleteSecret { name: old, .. } => {
            format!("PERMANENTLY delete secret {} {at}", name(old.as_str()))
        }
        ParsedChange::DeleteSecretByKey { key, .. } => format!("PERMANENTLY delete secret {} {at}", name(key.as_str())),
        ParsedChange::CreateFolder { place, name: new } => {
            format!("create folder {} {at}", child(place.path.as_str(), new.as_str()))
        }
        ParsedChange::RenameFolder { place, id, name: new } => {
            format!("rename folder {} to {} {at}", folder_name(place, id.as_str()), name(new.as_str()))
        }
        ParsedChange::DeleteFolder { place, id } => {
            format!("PERMANENTLY delete folder {} with everything in it {at}", folder_name(place, id.as_str()))
        }
        ParsedChange::CreateProject { name: title, slug } => {
            format!("create project {} with the slug {slug}", exact_title(title.as_str()))
        }
        ParsedChange::CreateEnvironment { name: title, slug, .. } => {
            format!("create environment {slug} ({}) {at}", exact_title(title.as_str()))
        }
        ParsedChange::InviteMembers { emails, roles, .. } => {
            format!("invite {} {at} as {}", listed(emails), listed(roles))
        }
    }
}

/// Returns what a person types to approve these changes: `ENV:/path/NAME` for one change.
#[must_use]
pub fn target(changes: &[ParsedChange], folder: impl Fn(&ParsedChange) -> Option<String>) -> String {
    let [change] = changes else { return format!("{} changes", changes.len()) };
    match change {
        ParsedChange::CreateProject { slug, .. } => slug.to_string(),
        ParsedChange::CreateEnvironment { slug, .. } => slug.to_string(),
        ParsedChange::InviteMembers { emails, .. } => match emails.as_slice() {
            [email] => email.to_string(),
            emails => format!("{} members", emails.len()),
        },
        change => acknowledgement::target(change, folder(change).as_deref()).unwrap_or_default(),
    }
}

/// The projects of a plan with several changes, as a person types them: each by its slug, or by its
/// id where the slug isn't known or could be taken for something else.
#[must_use]
pub fn typed_projects(projects: &[(Project, Option<String>)]) -> String {
    let typed = |(at, (id, slug)): (usize, &(Project, Option<String>))| {
        let of_another = |slug: &str| {
            let mut others = projects.iter().enumerate().filter(|(other, _)| *other != at);
            others.any(|(_, (id, other))| id.as_str() == slug || other.as_deref() == Some(slug))
        };
        let is_plain = |slug: &&String| Project::new(slug.as_str()).is_ok_and(|slug| !slug.looks_like_id());
        slug.as_ref().filter(is_plain).filter(|slug| !of_another(slug)).cloned().unwrap_or_else(|| id.to_string())
    };
    projects.iter().enumerate().map(typed).collect::<Vec<_>>().join("+")
}

/// How many tags, and which.
fn tagged(tags: &[TagId]) -> String {
    match tags {
        [] => "no tags".to_owned(),
        [tag] => format!("1 tag ({tag})"),
        tags => format!("{} tags ({})", tags.len(), listed(tags)),
    }
}

/// Writes the place. Empty for a new project.
fn place(change: &ParsedChange) -> String {
    match (change.place(), change.project()) {
        (Some(Place { project, environment, path }), _) => {
            format!("[project {project}, env={environment}, path={}]", exact_path(path.as_str()))
        }
        (None, Some(project)) => format!("[project {project}]"),
        (None, None) => String::new(),
    }
}
