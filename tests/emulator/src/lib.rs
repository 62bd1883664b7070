//! An in-memory Infisical over plain HTTP on loopback, for tests and demonstrations.
//!
//! It speaks both generations of the API with their oddities, as servers of 2024 and of 2026 were recorded. It has machine
//! identities with roles and privileges, keeps a log of every request and, with a licence, the server's own audit log. A
//! test can look at and change what is stored, make time pass, and plan faults.
//!
//! ```
//! use infisical_emulator::{Emulator, Fault, ApiVersion, RequestMatch, SecretSeed, Seed};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let emulator = Emulator::builder().generation(ApiVersion::V4).seed(Seed::demo()).start().await?;
//!
//! // What a client needs to know.
//! let reader = emulator.reader();
//! println!("{} {} {}", emulator.origin(), reader.client_id, reader.client_secret);
//!
//! // What is stored, and a change from outside.
//! let stored = emulator.secret("dev", "/app", "STRIPE_API_KEY").expect("the seed has it");
//! assert_eq!((stored.version, stored.value.as_str()), (1, "sk_test_canary-value-dev-stripe"));
//! emulator.put_secret("dev", "/app", &SecretSeed::new("STRIPE_API_KEY", "sk_test_canary-value-new"));
//! assert_eq!(emulator.secret("dev", "/app", "STRIPE_API_KEY").expect("it is still there").version, 2);
//!
//! // The next write is done, but its answer never comes.
//! emulator.fail_next_matching(1, RequestMatch::any().method("PATCH"), Fault::DropConnectionAfterHandling);
//!
//! // What the client asked.
//! assert!(emulator.log().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! It is not for real secrets: everything is in memory, over HTTP, under ids and client secrets that can be guessed.

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
