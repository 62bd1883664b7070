//! Changes, in two calls: the preview looks, computes and files a plan; applying redeems it and sends what was planned,
//! and nothing else.
//!
//! ```text
//! preview   guard ─ look ─ requests, effects, phrase ─► warden.file
//! apply     guard ─ warden.redeem ─ look again ─ drift? ─ send each ─ read back ─► receipt
//! ```
//!
//! `administration` does the same for projects, environments and members: one to a plan.
//!
//! What a plan has to know of itself travels in its payload, which never has a value in it.

mod administration;
mod apply;
mod drift;
mod effects;
mod generate;
mod observe;
mod payload;
mod preview;
mod read_back;
mod requests;

use crate::client::failures::Asked;
use crate::client::requests::Located;
use crate::guard::grammar::ProjectRef;
use crate::guard::intents::Intent;
use crate::guard::quote::quote;
use crate::guard::validated_change::Kind;

/// What a change is about, without what it writes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    kind: Kind,
    at: Located,
    name: String,
    new_name: Option<String>,
}

impl Task {
    /// What an intent is about, once its project's id is known.
    fn of(intent: &Intent<'_>) -> Self {
        let at = &intent.at;
        let (ProjectRef::Id(project) | ProjectRef::Slug(project)) = &at.project;
        Self {
            kind: intent.deed.kind(),
            at: Located { project: project.clone(), environment: at.environment.clone(), path: at.path.clone() },
            name: intent.deed.name().to_owned(),
            new_name: intent.deed.new_name().map(str::to_owned),
        }
    }

    /// What a failure of it is about.
    fn asked(&self) -> Asked<'_> {
        if self.kind.is_administrative() {
            Asked::Project(&self.at.project)
        } else if self.kind.is_of_secrets() {
            Asked::Secret(&self.at, &self.name)
        } else {
            Asked::FolderIn(&self.at, &self.name)
        }
    }

    /// `secret "X"`.
    fn thing_named(&self, name: &str) -> String {
        [self.kind.thing(), " ", &quote(name)].concat()
    }
}
