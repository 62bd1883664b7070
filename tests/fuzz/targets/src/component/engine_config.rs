//! The engine's settings. The build script includes this file too: code runs only in an engine that is set up the way it was compiled for.

use wasmtime::Config;

/// Fuel instead of a deadline: the same input ends at the same place, on every machine.
pub(crate) fn code_config() -> Config {
    let mut config = Config::new();
    config.consume_fuel(true);
    config.max_wasm_stack(512 * 1024);
    config
}
