//! The payload of a plan. The preview writes it, the host stores it, and `apply` reads it.
//!
//! Its format is JSON: for each change a list of texts and nulls, and a last list with the
//! confirmation phrase.

use super::planned::{Below, Observed, Planned, Task};
use crate::client::requests::Located;
use crate::error::{Error, Layer};
use crate::guard::grammar::{FolderPath, Word};
use crate::guard::validated_change::Kind;
use crate::json;
use std::borrow::Cow;

/// A plan's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) changes: Vec<Planned>,
    pub(super) acknowledge: Option<String>,
}

impl Payload {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut lists: Vec<Vec<Option<Cow<'_, str>>>> = self.changes.iter().map(Planned::fields).collect();
        lists.push(vec![self.acknowledge.as_deref().map(Cow::Borrowed)]);
        json::write(&lists)
    }

    pub(super) fn read(payload: &[u8]) -> Result<Self, Error> {
        json::parse(payload).ok().and_then(Self::of).ok_or_else(unreadable)
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

/// The payload wasn't written by this component.
pub(super) fn unreadable() -> Error {
    Error::refused(
        Layer::TwoPhaseConfirm,
        "The stored plan can't be read: this component didn't write it.",
        "Preview the change again.",
    )
}

impl Planned {
    fn fields(&self) -> Vec<Option<Cow<'_, str>>> {
        fn text(text: &str) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed(text))
        }
        fn number<'a>(number: u32) -> Option<Cow<'a, str>> {
            Some(Cow::Owned(number.to_string()))
        }
        let Self { task: Task { kind, at, name, new_name }, summary, observed: Observed { id, version, below } } = self;
        let below = below.as_ref();
        let fields: [_; FIELDS] = [
            text(kind.as_str()),
            text(at.project.as_str()),
            text(at.environment.as_str()),
            text(at.path.as_str()),
            text(name),
            new_name.as_deref().and_then(text),
            text(summary),
            id.as_deref().and_then(text),
            version.and_then(number),
            below.and_then(|below| number(below.secrets)),
            below.and_then(|below| number(below.folders)),
            below.and_then(|below| text(&below.fingerprint)),
        ];
        fields.into()
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
