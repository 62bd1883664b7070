//! Folders, in both API versions.

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

/// A folder, as an answer names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFolder {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The path from the start of the listing, including the name. Only recursive listings have it.
    pub relative_path: Option<String>,
}

/// Reads the folders in an answer that [`super::rewrite`] wrote.
#[must_use]
pub fn listed(body: &[u8]) -> Vec<ListedFolder> {
    let answer: Option<Folders<'_>> = serde_json::from_slice(body).ok();
    let folders = answer.map(|answer| answer.folders).unwrap_or_default();
    let owned = |text: Text<'_>| text.0.into_owned();
    let listed = folders.into_iter().map(|Object(folder)| ListedFolder {
        id: owned(folder.id),
        name: owned(folder.name),
        relative_path: folder.relative_path.map(owned),
    });
    listed.collect()
}
