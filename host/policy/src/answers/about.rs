//! Whether the answer to a change is about what was changed. One about something else says nothing of what became of it.

use super::fields::{Object, Text};
use crate::change::Change;
use serde::Deserialize;

/// What an answer names, whatever it is to.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    secret: Option<Object<Secret<'a>>>,
    #[serde(borrow, default)]
    secrets: Vec<Object<Secret<'a>>>,
    #[serde(borrow, default)]
    folder: Option<Object<Folder<'a>>>,
    #[serde(borrow, default)]
    project: Option<Object<Slug<'a>>>,
    #[serde(borrow, default)]
    environment: Option<Object<Slug<'a>>>,
}

#[derive(Deserialize)]
struct Secret<'a> {
    #[serde(borrow, rename = "secretKey")]
    key: Text<'a>,
}

#[derive(Deserialize)]
struct Folder<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    name: Text<'a>,
}

#[derive(Deserialize)]
struct Slug<'a> {
    #[serde(borrow)]
    slug: Text<'a>,
}

/// `written` is the answer as it was written anew.
pub(super) fn is_about(change: &Change, written: &[u8]) -> bool {
    let Ok(named) = serde_json::from_slice::<Named<'_>>(written) else { return false };
    let is_secret =
        |names: &[&str]| named.secret.as_ref().is_some_and(|it| names.iter().any(|name| is(&it.0.key, name)));
    let folder = named.folder.as_ref().map(|it| &it.0);
    match change {
        Change::CreateSecret { name, .. } => is_secret(&[name.as_str()]),
        Change::DeleteSecret { name, .. } => is_secret(&[name.as_str()]),
        // Which of its two names a renamed secret has in the answer depends on the server.
        Change::UpdateSecret { name, new_name, .. } => {
            is_secret(&[name.as_str(), new_name.as_ref().map_or(name.as_str(), |name| name.as_str())])
        }
        Change::DeleteSecretByKey { key, .. } => named.secrets.iter().any(|it| is(&it.0.key, key.as_str())),
        Change::CreateFolder { name, .. } => folder.is_some_and(|it| is(&it.name, name.as_str())),
        Change::RenameFolder { id, .. } | Change::DeleteFolder { id, .. } => {
            folder.is_some_and(|it| it.id.0 == id.as_str())
        }
        Change::CreateProject { slug, .. } => named.project.is_some_and(|it| is(&it.0.slug, slug.as_str())),
        Change::CreateEnvironment { slug, .. } => named.environment.is_some_and(|it| is(&it.0.slug, slug.as_str())),
        // Those who were members already aren't named.
        Change::InviteMembers { .. } => true,
    }
}

/// Projects can be set up to write names in capitals.
fn is(text: &Text<'_>, name: &str) -> bool {
    text.0.eq_ignore_ascii_case(name)
}
