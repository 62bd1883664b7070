//! A secret and its versions.

use super::clock::Millis;

/// An entry of a secret's metadata.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) is_encrypted: bool,
}

/// One state of a secret.
#[derive(Debug, Clone, Default)]
pub(crate) struct Version {
    /// The id of the version, not of the secret.
    pub(crate) id: String,
    pub(crate) number: u32,
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) comment: String,
    pub(crate) metadata: Vec<Metadata>,
    pub(crate) reminder_note: Option<String>,
    pub(crate) reminder_days: Option<u64>,
    pub(crate) skip_multiline: bool,
    pub(crate) tag_ids: Vec<String>,
    /// The tags sent with the write. The version stores no others.
    pub(crate) sent_tag_ids: Vec<String>,
    /// When it was written.
    pub(crate) updated: Millis,
}

/// A secret: its current state and its earlier ones.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) id: String,
    pub(crate) folder_id: String,
    pub(crate) created: Millis,
    pub(crate) now: Version,
    pub(crate) before: Vec<Version>,
}

impl Secret {
    /// Makes `next` the current state.
    pub(crate) fn become_version(&mut self, next: Version) {
        let last = std::mem::replace(&mut self.now, next);
        self.before.push(last);
    }

    /// The version with this number, if the secret had this name then.
    pub(crate) fn version(&self, number: u64, key: &str) -> Option<&Version> {
        self.before
            .iter()
            .chain(std::iter::once(&self.now))
            .find(|version| u64::from(version.number) == number && version.key == key)
    }
}
