//! Prepares a machine for building the project. The work is done in this crate's build script,
//! which depends on nothing: cargo runs it before wasmtime and the rest are compiled, so a machine
//! that can't build the component learns it in seconds.
