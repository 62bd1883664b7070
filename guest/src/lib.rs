//! The component of the Infisical skill: the guard, which refuses early and explains why, and the
//! client of Infisical's REST API.
//!
//! The core is plain Rust. It uses the types of `wit/`, and no function of WIT or WASI. It is
//! generic over two ports ([`Transport`] and [`HostPort`]), so that tests and fuzzers run natively.
//! The glue code that makes it a component exists only on wasm32, and only with the feature
//! `component`.
//!
//! ```text
//! wasm             connects the ports and exports to WIT and WASI
//! changes          previews and applies changes
//! skill            the operations
//! client           requests (docs/routes.md), answers, failures ──► Transport
//! guard            what is refused before anything is sent, and why
//! ports            what the core needs from its environment
//! json, encoding   JSON and percent-encoding
//! error            the errors of a call
//! types, bindings  the types of `wit/`
//! ```
//!
//! A module imports only from modules below it. A test checks this
//! (`imports_in_the_guest_go_down`).

mod bindings;
mod changes;
mod client;
mod encoding;
mod error;
mod guard;
mod json;
mod ports;
mod skill;
#[cfg(test)]
mod testing;
mod types;
#[cfg(all(target_arch = "wasm32", feature = "component"))]
mod wasm;

pub use error::{Error, Layer, Missing, Refusal};
pub use ports::{Answer, Draft, HostPort, Method, Redeemed, Request, Transport, TransportError};
pub use skill::Skill;
pub use types::{
    Actor, ApiVersion, AuditLog, AuditLogFilter, AuditLogPage, BlastRadius, Change, Effect, Environment,
    EnvironmentCreation, Filed, Folder, FolderListing, FolderRename, Invitation, Origin, Outcome, Place, PlanPreview,
    Policy, Project, ProjectCreation, Receipt, Recipe, ResolvedPlace, RevealedSecret, Reveals, Scheme, Scope, Secret,
    SecretCreation, SecretFilter, SecretListing, SecretUpdate, State, Step, Target, Value, Writes,
};
