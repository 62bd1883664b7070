//! Prepares a machine for building the project. This crate's build script does the work. It has no
//! dependencies, so cargo runs it before it compiles wasmtime and the rest. A machine that can't
//! build the component therefore fails within seconds.
