//! Where the component runs: an instance of its own for every call, with nothing but policy, plans and the gate, within bounds on time, memory,
//! handles and what it may pass to the host.
//!
//! - `engine`: the engine that all components share.
//! - `component`: the one that was compiled ahead of time and, for those who test their own, others.
//! - `imports`: what a component may ask for, checked when it is loaded.
//! - `deadline`: what stops a component that doesn't stop by itself.
//! - `call`: one call, from a fresh store to its answer.
//! - `answering`: what the component asks of the host in between.

mod address_space;
mod answering;
pub(crate) mod bindings;
pub(crate) mod call;
pub mod component;
mod deadline;
mod engine;
mod engine_config;
mod imports;

pub use component::ComponentRefusal;
pub(crate) use component::Sandbox;
