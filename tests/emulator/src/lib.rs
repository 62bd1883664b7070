//! An in-memory Infisical over plain HTTP on loopback, for tests and demonstrations.
//!
//! It emulates both API versions with their quirks, as recorded from servers of 2024 and 2026. It
//! has machine identities with roles and privileges. It keeps a log of every request and, with a
//! licence, the server's own audit log. A test can read and change what is stored, advance the
//! clock, and plan faults.
//!
//! ```
//! use infisical_emulator::{Emulator, Fault, ApiVersion, RequestMatch, SecretSeed, Seed};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let emulator = Emulator::builder().api_version(ApiVersion::V4).seed(Seed::demo()).start().await?;
//!
//! // The address and credentials that a client needs.
//! let reader = emulator.reader();
//! println!("{} {} {}", emulator.origin(), reader.client_id, reader.client_secret);
//!
//! // A stored secret, and a change by somebody else.
//! let stored = emulator.secret("dev", "/app", "STRIPE_API_KEY").expect("the seed has this secret");
//! assert_eq!((stored.version, stored.value.as_str()), (1, "sk_test_canary-value-dev-stripe"));
//! emulator.put_secret("dev", "/app", &SecretSeed::new("STRIPE_API_KEY", "sk_test_canary-value-new"));
//! assert_eq!(emulator.secret("dev", "/app", "STRIPE_API_KEY").expect("the secret still exists").version, 2);
//!
//! // The server handles the next write but never sends the answer.
//! emulator.fail_next_matching(1, RequestMatch::any().method("PATCH"), Fault::DropConnectionAfterHandling);
//!
//! // The requests of the client.
//! assert!(emulator.log().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! Don't use it for real secrets: everything is in memory, over HTTP, with guessable ids and client
//! secrets.

mod api;
mod auth;
mod builder;
mod call;
mod check;
mod credentials;
mod der;
mod emulator;
mod failure;
mod fault;
mod json;
mod log;
mod outside;
pub mod planted;
mod routes;
mod seed;
mod server;
mod text;
#[cfg(feature = "tls")]
pub mod tls;
mod world;

pub use builder::{ApiVersion, EmulatorBuilder};
pub use credentials::{Credentials, MinimalIdentities, ProjectMember, StoredSecret};
pub use emulator::Emulator;
pub use fault::{Fault, RequestMatch};
pub use log::Exchange;
pub use seed::{
    AuditLogSeed, IdentitySeed, OrgRole, PermissionSeed, PrivilegeSeed, ProjectSeed, Role, SecretSeed, Seed,
};
