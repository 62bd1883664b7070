//! Planned changes: what each is about, and what was there at the preview.

use crate::client::asked::Asked;
use crate::client::requests::Located;
use crate::guard::grammar::ProjectRef;
use crate::guard::intents::Intent;
use crate::guard::quote::quote;
use crate::guard::validated_change::Kind;

/// A planned change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) task: Task,
    pub(super) summary: String,
    pub(super) observed: Observed,
}

/// What a change is about, without the content that it writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) kind: Kind,
    pub(super) at: Located,
    pub(super) name: String,
    pub(super) new_name: Option<String>,
}

/// The observed state of a change's target. It must be the same when the change is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// The server's id. `None` if the target doesn't exist.
    pub(super) id: Option<String>,
    /// A secret's version.
    pub(super) version: Option<u32>,
    /// The content of a folder that will be deleted.
    pub(super) below: Option<Below>,
}

/// A summary of a folder's content at any depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Below {
    pub(super) secrets: u32,
    pub(super) folders: u32,
    /// Fingerprint of the ids and versions.
    pub(super) fingerprint: String,
}

impl Task {
    /// Builds the task of an intent whose project id is known.
    pub(super) fn of(intent: &Intent<'_>) -> Self {
        let at = &intent.at;
        let (ProjectRef::Id(project) | ProjectRef::Slug(project)) = &at.project;
        Self {
            kind: intent.validated.kind(),
            at: Located { project: project.clone(), environment: at.environment.clone(), path: at.path.clone() },
            name: intent.validated.name().to_owned(),
            new_name: intent.validated.new_name().map(str::to_owned),
        }
    }

    /// What a failure of the change names as missing or refused.
    pub(super) fn asked(&self) -> Asked<'_> {
        if self.kind.is_administrative() {
            Asked::Project(&self.at.project)
        } else if self.kind.is_of_secrets() {
            Asked::Secret(&self.at, &self.name)
        } else {
            Asked::FolderIn(&self.at, &self.name)
        }
    }

    /// `secret "X"`.
    pub(super) fn thing_named(&self, name: &str) -> String {
        [self.kind.thing(), " ", &quote(name)].concat()
    }
}
