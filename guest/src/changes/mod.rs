//! Changes, in two calls. The preview observes the current state, computes the requests and files a
//! plan. `apply` redeems the plan and sends its requests, and nothing else.
//!
//! ```text
//! preview   guard ─ observe ─ requests, effects, phrase ─► host.file
//! apply     guard ─ host.redeem ─ observe again ─ drift? ─ send each ─ read back ─► receipt
//! ```
//!
//! The module `administration` does the same for projects, environments and members. Such a plan
//! has only one change.
//!
//! What `apply` needs to know is stored in the plan's payload, which never contains a value.

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

/// What a change is about, without the content that it writes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    kind: Kind,
    at: Located,
    name: String,
    new_name: Option<String>,
}

impl Task {
    /// Builds the task of an intent whose project id is known.
    fn of(intent: &Intent<'_>) -> Self {
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
