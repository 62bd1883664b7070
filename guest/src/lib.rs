//! The component of the Infisical skill: the guard, which refuses early and explains why, and the
//! client of Infisical's REST API.
//!
//! The core is plain Rust and uses neither WIT nor WASI. It is generic over two ports
//! ([`Transport`] and [`HostPort`]), so that tests and fuzzers run natively. The glue code that
//! makes it a component exists only on wasm32.
//!
//! ```text
//! skill, changes ──► guard    what is refused before anything is sent, and why
//!   │
//!   └──────────────► client   requests (docs/routes.md), answers, failures ──► Transport
//! ```

mod changes;
mod client;
mod error;
mod guard;
mod lean;
mod letter_case;
mod ports;
mod skill;
#[cfg(test)]
mod testing;
mod types;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::{Error, Layer, Missing, Refusal};
pub use ports::{Answer, Draft, Filed, HostPort, Method, Redeemed, Request, Transport, TransportError};
pub use skill::Skill;
pub use types::{
    Actor, Administration, ApiVersion, AuditLog, AuditLogFilter, AuditLogPage, BlastRadius, Change, Effect,
    Environment, EnvironmentCreation, Folder, FolderListing, FolderRename, Invitation, Origin, Outcome, Place, Policy,
    Preview, Project, ProjectCreation, Receipt, Recipe, ResolvedPlace, RevealedSecret, Reveals, Scheme, Scope, Secret,
    SecretCreation, SecretFilter, SecretListing, SecretUpdate, State, Step, Target, Value, Writes,
};
