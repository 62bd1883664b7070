//! A project's tags, of both generations.

use super::fields::Text;
use super::{AnswerRefusal, transcribe};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The v4 and the v3 spelling.
#[derive(Debug, Deserialize, Serialize)]
struct Tags<'a> {
    #[serde(borrow, alias = "workspaceTags")]
    tags: Vec<Tag<'a>>,
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
