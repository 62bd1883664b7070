//! Folders, of both generations.

use super::fields::{Object, Text};
use super::{AnswerRefusal, transcribe};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

#[derive(Debug, Deserialize, Serialize)]
struct Folders<'a> {
    #[serde(borrow)]
    folders: Vec<Object<Folder<'a>>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Folder<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    name: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    relative_path: Option<Text<'a>>,
}

pub(super) fn list(body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    transcribe::<Folders<'_>>(body, |_| {})
}

/// The ids and names of the folders in an answer that [`super::rewrite`] wrote.
#[must_use]
pub fn names(body: &[u8]) -> Vec<(String, String)> {
    let answer: Option<Folders<'_>> = serde_json::from_slice(body).ok();
    let folders = answer.map(|answer| answer.folders).unwrap_or_default();
    folders.into_iter().map(|Object(folder)| (folder.id.0.into_owned(), folder.name.0.into_owned())).collect()
}
