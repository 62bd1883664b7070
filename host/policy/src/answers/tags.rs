//! The tags of a project, in both API versions.

use super::fields::{Object, Text};
use super::{AnswerRefusal, transcribe};
use crate::names::TagId;
use serde::{Deserialize, Serialize};
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
