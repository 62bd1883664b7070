//! Precompiles the host's component with fuel metering. The build script does it because an
//! instrumented Cranelift takes too long when a target starts.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

#[path = "src/component/engine_config.rs"]
mod engine_config;

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Cargo prints this line as the build's error.
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let shipped = env::var("DEP_INFISICAL_SKILL_COMPONENT")?;
    println!("cargo::rerun-if-changed={shipped}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/component/engine_config.rs");
    let mut config = engine_config::code_config();
    config.target(&env::var("TARGET")?)?;
    let compiled = wasmtime::Engine::new(&config)?.precompile_component(&fs::read(&shipped)?)?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("component.cwasm"), compiled)?;
    Ok(())
}
