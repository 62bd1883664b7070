//! The engine's settings. The build script includes this file too, because code that is compiled
//! ahead of time runs only in an engine with the settings that it was compiled for.

use wasmtime::Config;

/// The address space of one component's memory, in bytes: the largest that can be allowed
/// (`Limits::MAX_MEMORY`). wasmtime's default of 4 GiB saves bounds checks, but a process with
/// limited address space doesn't have that much.
pub(crate) const MEMORY_RESERVATION: u64 = 256 * 1024 * 1024;

/// The inaccessible address space behind it. The processor catches accesses with small offsets
/// there, so the code needs no checks for them.
pub(crate) const MEMORY_GUARD: u64 = 64 * 1024;

/// Settings that determine the compiled code. They are the same at build time and at run time.
///
/// `target` is given at build time. It keeps Cranelift from using features that only the build
/// machine's processor has.
pub(crate) fn code_config(target: Option<&str>) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    // Stops a component that never returns: see `deadline.rs`.
    config.epoch_interruption(true);
    // Fresh instances share the initial memory's pages until they write to them.
    config.memory_init_cow(true);
    config.memory_reservation(MEMORY_RESERVATION);
    config.memory_guard_size(MEMORY_GUARD);
    // Deep recursion in the component traps after this many bytes, well before the fiber's stack is
    // full.
    config.max_wasm_stack(512 * 1024);
    config.wasm_multi_memory(false);
    config.wasm_memory64(false);
    config.wasm_relaxed_simd(false);
    if let Some(target) = target {
        config.target(target)?;
    }
    Ok(config)
}
