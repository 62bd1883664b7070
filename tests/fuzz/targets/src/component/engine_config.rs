//! The engine's settings. The build script includes this file too, because precompiled code runs
//! only in an engine with the same settings.

use wasmtime::Config;

/// Fuel instead of a deadline, so that an input ends at the same point on every machine.
pub(crate) fn code_config() -> Config {
    let mut config = Config::new();
    config.consume_fuel(true);
    config.max_wasm_stack(512 * 1024);
    config
}
