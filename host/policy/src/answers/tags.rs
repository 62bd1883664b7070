//! The tags of a project, in both API versions.

use super::fields::{Object, PlainText, Text};
use super::{AnswerRefusal, transcribe};
use crate::names::TagId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// The spelling of v4, and that of v3.
#[derive(Debug, Deserialize, Serialize)]
struct Tags<'a> {
    #[serde(borrow, alias = "workspaceTags")]
    tags: Vec<Object<Tag<'a>>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Tag<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    slug: Text<'a>,
}

pub(super) fn list(body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    transcribe::<Tags<'_>>(body, |_| {})
}

/// Reads slugs and ids from an answer to [`crate::Operation::ListTags`] that [`super::rewrite`]
/// wrote. It leaves out a tag without a valid id.
#[must_use]
pub fn tag_ids(written: &[u8]) -> Vec<(String, TagId)> {
    let tags = serde_json::from_slice::<Tags<'_>>(written).map(|answer| answer.tags).unwrap_or_default();
    let named =
        |Object(tag): Object<Tag<'_>>| TagId::new(tag.id.0.into_owned()).ok().map(|id| (tag.slug.0.into_owned(), id));
    tags.into_iter().filter_map(named).collect()
}

/// A tag, as a server's answer names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTag {
    /// Its id.
    pub id: TagId,
    /// Its slug.
    pub slug: String,
    /// What people call it, where the server has a name for it.
    pub name: Option<String>,
}

/// The server's answer, in the v4 or the v3 spelling.
#[derive(Deserialize)]
struct AnsweredTags<'a> {
    #[serde(borrow, alias = "workspaceTags")]
    tags: Vec<Object<AnsweredTag<'a>>>,
}

#[derive(Deserialize)]
struct AnsweredTag<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    slug: Text<'a>,
    #[serde(default)]
    name: PlainText<'a>,
}

/// The tags in a server's answer to [`crate::Operation::ListTags`] that [`super::rewrite`] took. It
/// leaves out a tag without a valid id.
#[must_use]
pub fn listed(body: &[u8]) -> Vec<ListedTag> {
    let tags = serde_json::from_slice::<Object<AnsweredTags<'_>>>(body).map(|Object(answer)| answer.tags);
    let listed = |Object(tag): Object<AnsweredTag<'_>>| {
        let (slug, name) = (tag.slug.0.into_owned(), tag.name.0.map(Cow::into_owned));
        TagId::new(tag.id.0.into_owned()).ok().map(|id| ListedTag { id, slug, name })
    };
    tags.unwrap_or_default().into_iter().filter_map(listed).collect()
}
