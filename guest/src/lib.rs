//! The Infisical skill's component: the guard, which refuses early and explains well, and the client of Infisical's
//! REST API.
//!
//! The core is plain Rust: it knows neither WIT nor WASI. It is generic over two ports ([`Transport`] and [`Warden`]),
//! so that it tests and fuzzes natively. The glue that makes a component of it exists on wasm32 alone.
//!
//! ```text
//! skill ──► guard    what is refused before anything is sent, and why
//!   │
//!   └─────► client   requests (docs/routes.md), answers, failures ──► Transport
//! ```

mod client;
mod error;
mod guard;
mod ports;
mod skill;
#[cfg(test)]
mod testing;
mod types;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::{Error, Layer, Missing, Refusal};
pub use ports::{Answer, Method, Request, Transport, TransportError, Warden};
pub use skill::Skill;
pub use types::{
    Actor, Environment, Folder, FolderListing, Generation, Origin, Place, Policy, Project, ResolvedPlace,
    RevealedSecret, Scheme, Scope, Secret, SecretFilter, SecretListing,
};
