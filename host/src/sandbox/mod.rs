//! Runs the component. Each call gets its own instance, with nothing but policy, plans and the
//! gate. Time, memory, handles and data passed to the host are limited.
//!
//! - `engine`: the engine that all components share. `engine_config`: its settings, which the build
//!   script uses, too. `address_space`: how much address space it reserves.
//! - `component`: the component that was compiled ahead of time and, for tests, others.
//! - `imports`: the accepted imports, checked when a component is loaded.
//! - `deadline`: stops a component that doesn't stop by itself.
//! - `call`: runs one call, from a fresh store to its answer. `invocation`: the exported functions,
//!   with the host's types.
//! - `answering`: answers the component's calls to the host.

mod address_space;
mod answering;
mod call;
pub mod component;
mod deadline;
mod engine;
mod engine_config;
mod imports;
mod invocation;

pub use component::ComponentRefusal;
pub(crate) use component::Sandbox;
pub(crate) use invocation::Invocation;
