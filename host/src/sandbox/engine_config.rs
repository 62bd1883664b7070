//! The engine's settings. The build script includes this file too: code is compiled ahead of time, and it runs only in an engine that
//! was set up the way it was compiled for.

use wasmtime::Config;

/// The address space of one component's memory, in bytes: as much as can be allowed to one (`Limits::MAX_MEMORY`). wasmtime's default is 4 GiB, which
/// saves bounds checks, and which a process whose address space is limited doesn't have.
pub(crate) const MEMORY_RESERVATION: u64 = 256 * 1024 * 1024;

/// The address space behind it that can't be touched: checks of small offsets are left to the processor.
pub(crate) const MEMORY_GUARD: u64 = 64 * 1024;

/// Settings that shape the compiled code, the same at build time and at run time.
///
/// `target` is given at build time: naming it keeps Cranelift from using what only the building machine's processor has.
pub(crate) fn code_config(target: Option<&str>) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    // What stops a component that spins: see `deadline.rs`.
    config.epoch_interruption(true);
    // Fresh instances share the initial memory's pages until they write to them.
    config.memory_init_cow(true);
    config.memory_reservation(MEMORY_RESERVATION);
    config.memory_guard_size(MEMORY_GUARD);
    // A deep recursion in the component ends in a trap after this many bytes, well before the fiber's stack does.
    config.max_wasm_stack(512 * 1024);
    config.wasm_multi_memory(false);
    config.wasm_memory64(false);
    config.wasm_relaxed_simd(false);
    if let Some(target) = target {
        config.target(target)?;
    }
    Ok(config)
}
