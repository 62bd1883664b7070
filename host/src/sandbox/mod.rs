//! Where the component runs: an instance of its own for every call, with nothing but the warden and the gate, within bounds on time, memory,
//! handles and what it may pass to the host.
//!
//! - `engine`: the engine, with no compiler in it, and the component that was compiled ahead of time.
//! - `imports`: what a component may ask for, checked when it is loaded.
//! - `deadline`: what stops a component that doesn't stop by itself.
//! - `call`: one call, from a fresh store to its answer.
//! - `warden`: what the component asks of the host in between.

pub(crate) mod bindings;
pub(crate) mod call;
mod deadline;
mod engine;
mod engine_config;
mod imports;
mod warden;

pub use engine::ComponentRefusal;
pub(crate) use engine::Sandbox;

/// The component as it was built, for those who want to run it elsewhere or look inside.
pub mod component {
    pub use super::imports::{exports, imports};

    /// The component, encoded (WASI 0.2).
    pub static WASM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/skill.wasm"));

    /// The SHA-256 of [`WASM`], in hexadecimal.
    pub static SHA256: &str = env!("INFISICAL_SKILL_COMPONENT_SHA256");
}
