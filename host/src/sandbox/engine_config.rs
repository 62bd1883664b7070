//! The engine's settings. The build script includes this file too: code is compiled ahead of time, and it runs only in an engine that
//! was set up the way it was compiled for.

use wasmtime::Config;

/// Settings that shape the compiled code, the same at build time and at run time.
///
/// `target` is given at build time: naming it keeps Cranelift from using what only the building machine's processor has.
pub(crate) fn code_config(target: Option<&str>) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    // What stops a component that spins: see `deadline.rs`.
    config.epoch_interruption(true);
    // Fresh instances share the initial memory's pages until they write to them.
    config.memory_init_cow(true);
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
