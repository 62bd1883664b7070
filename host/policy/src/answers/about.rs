//! Checks whether the answer to a change is about that change. Otherwise it says nothing about the
//! outcome.

use super::fields::{Object, Text};
use crate::change::ParsedChange;
use crate::operation::Place;
use serde::Deserialize;

/// What an answer to any change names.
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
    environment: Text<'a>,
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
pub(super) fn is_about(change: &ParsedChange, written: &[u8]) -> bool {
    let Ok(named) = serde_json::from_slice::<Named<'_>>(written) else { return false };
    let is_there = |it: &Object<Secret<'_>>, place: &Place| *it.0.environment.0 == *place.environment.as_str();
    let secret = |place: &Place| named.secret.as_ref().filter(|it| is_there(it, place)).map(|it| &*it.0.key.0);
    let folder = named.folder.as_ref().map(|it| &it.0);
    match change {
        ParsedChange::CreateSecret { place, name, .. } => secret(place).is_some_and(|key| is_new(key, name.as_str())),
        ParsedChange::DeleteSecret { place, name } => secret(place) == Some(name.as_str()),
        // It depends on the server which of its two names a renamed secret has in the answer.
        ParsedChange::UpdateSecret { place, name, new_name, .. } => secret(place).is_some_and(|key| {
            key == name.as_str() || new_name.as_ref().is_some_and(|new_name| is_new(key, new_name.as_str()))
        }),
        ParsedChange::DeleteSecretByKey { place, key } => match named.secrets.as_slice() {
            [one] => is_there(one, place) && *one.0.key.0 == *key.as_str(),
            _ => false,
        },
        ParsedChange::CreateFolder { name, .. } => folder.is_some_and(|it| is_new(&it.name.0, name.as_str())),
        ParsedChange::RenameFolder { id, .. } | ParsedChange::DeleteFolder { id, .. } => {
            folder.is_some_and(|it| it.id.0 == id.as_str())
        }
        ParsedChange::CreateProject { slug, .. } => named.project.is_some_and(|it| is_new(&it.0.slug.0, slug.as_str())),
        ParsedChange::CreateEnvironment { slug, .. } => {
            named.environment.is_some_and(|it| is_new(&it.0.slug.0, slug.as_str()))
        }
        // The answer doesn't name those who were members already.
        ParsedChange::InviteMembers { .. } => true,
    }
}

/// Whether this is a name that was just given. A project can be set up to write names in capitals.
fn is_new(text: &str, name: &str) -> bool {
    text.eq_ignore_ascii_case(name)
}
