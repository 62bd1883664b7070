//! The payload of a plan. The preview writes it, the host stores it, and `apply` reads it.
//!
//! Its format is JSON: for each change a list of texts and nulls, and a last list with the
//! confirmation phrase.

use super::Task;
use super::observe::{Below, Observed};
use crate::client::json::{Reader, parse};
use crate::client::json_writer::Array;
use crate::client::requests::Located;
use crate::error::{Error, Layer};
use crate::guard::grammar::{FolderPath, Word};
use crate::guard::validated_change::Kind;

/// A planned change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) task: Task,
    pub(super) summary: String,
    pub(super) observed: Observed,
}

/// A plan's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) changes: Vec<Planned>,
    pub(super) acknowledge: Option<String>,
}

impl Payload {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut lists = Array::new();
        for change in &self.changes {
            lists.json(&change.write());
        }
        lists.json(&list(&[self.acknowledge.as_deref()]));
        lists.close().into_bytes()
    }

    pub(super) fn read(payload: &[u8]) -> Result<Self, Error> {
        let lists = parse(payload, |reader| reader.list(|reader| reader.list(|reader| reader.nullable(Reader::text))));
        lists.ok().and_then(Self::of).ok_or_else(unreadable)
    }

    fn of(mut lists: Vec<Vec<Option<String>>>) -> Option<Self> {
        let mut last = lists.pop()?;
        let acknowledge = last.pop()?;
        if !last.is_empty() {
            return None;
        }
        let mut changes = Vec::new();
        for fields in lists {
            changes.push(Planned::of(fields)?);
        }
        Some(Self { changes, acknowledge })
    }
}

/// The number of fields of a planned change.
const FIELDS: usize = 12;

/// Writes a list of texts and nulls.
fn list(fields: &[Option<&str>]) -> String {
    let mut list = Array::new();
    for field in fields {
        list.text(*field);
    }
    list.close()
}

/// The payload wasn't written by this component.
pub(super) fn unreadable() -> Error {
    Error::refused(
        Layer::TwoPhaseConfirm,
        "The stored plan can't be read: this component didn't write it.",
        "Preview the change again.",
    )
}

impl Planned {
    fn write(&self) -> String {
        let Self { task: Task { kind, at, name, new_name }, summary, observed: Observed { id, version, below } } = self;
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let below = below.as_ref();
        let (version, secrets) = (number(*version), number(below.map(|below| below.secrets)));
        let folders = number(below.map(|below| below.folders));
        let fields: [_; FIELDS] = [
            Some(kind.as_str()),
            Some(at.project.as_str()),
            Some(at.environment.as_str()),
            Some(at.path.as_str()),
            Some(name),
            new_name.as_deref(),
            Some(summary),
            id.as_deref(),
            version.as_deref(),
            secrets.as_deref(),
            folders.as_deref(),
            below.map(|below| below.fingerprint.as_str()),
        ];
        list(&fields)
    }

    fn of(fields: Vec<Option<String>>) -> Option<Self> {
        if fields.len() != FIELDS {
            return None;
        }
        let mut fields = fields.into_iter();
        let mut next = || fields.next().flatten();
        let (kind, project, environment, path, name) = (next(), next(), next(), next(), next());
        let (new_name, summary, id, version) = (next(), next(), next(), next());
        let (secrets, folders, fingerprint) = (next(), next(), next());
        let word = |text: Option<String>| Word::parse(&text?).ok();
        let number = |text: Option<String>| text.map(|text| text.parse::<u32>().ok());
        let below = match (number(secrets), number(folders), fingerprint) {
            (Some(secrets), Some(folders), Some(fingerprint)) => {
                Some(Below { secrets: secrets?, folders: folders?, fingerprint })
            }
            (None, None, None) => None,
            _ => return None,
        };
        let version = match number(version) {
            Some(version) => Some(version?),
            None => None,
        };
        let kind = Kind::ALL.into_iter().find(|known| Some(known.as_str()) == kind.as_deref())?;
        let at =
            Located { project: word(project)?, environment: word(environment)?, path: FolderPath::parse(&path?).ok()? };
        let task = Task { kind, at, name: name?, new_name };
        Some(Self { task, summary: summary?, observed: Observed { id, version, below } })
    }
}

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;
