//! Builds the component that the host embeds. It compiles `guest/` for `wasm32-unknown-unknown`,
//! encodes it as a component and compiles that ahead of time with Cranelift. The runtime contains
//! no compiler.

use build_component::{Guests, encode, variable};
use sha2::{Digest, Sha256};
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

mod build_component;
#[path = "src/sandbox/engine_config.rs"]
mod engine_config;

const GUEST: Guests<'_> = Guests { package: "infisical-skill-guest", profile: "component", targets: &[] };

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Cargo prints this line as the build error.
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let workspace = manifest.parent().ok_or("the host crate has no parent folder")?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    for input in ["guest/src", "guest/Cargo.toml", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(input).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build_component.rs");
    println!("cargo::rerun-if-changed=src/sandbox/engine_config.rs");

    let modules = GUEST.compile(workspace, &out)?;
    let component = encode(&modules.join("infisical_skill_guest.wasm"))?;
    let component = without_names(&component).ok_or("the encoded component isn't made of sections")?;
    let compiled = engine_config::code_config(Some(&variable("TARGET")?))
        .and_then(|config| wasmtime::Engine::new(&config))
        .and_then(|engine| engine.precompile_component(&component))
        .map_err(|error| format!("the component doesn't compile: {error:#}"))?;

    fs::write(out.join("skill.wasm"), &component)?;
    fs::write(out.join("skill.cwasm"), compiled)?;
    let digest: String = Sha256::digest(&component).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::metadata=COMPONENT={}", out.join("skill.wasm").display());
    println!("cargo::rustc-env=INFISICAL_SKILL_COMPONENT_SHA256={digest}");
    Ok(())
}

/// Removes the `component-name` and `producers` custom sections, 7 KB that only debuggers use. The
/// result is validated when it is compiled.
fn without_names(component: &[u8]) -> Option<Vec<u8>> {
    const CUSTOM: u8 = 0;
    let (header, mut rest) = component.split_at_checked(8)?;
    let mut kept = header.to_vec();
    while let Some((id, after)) = rest.split_first() {
        let (length, content) = leb128(after)?;
        let (content, next) = content.split_at_checked(length)?;
        let is_names = || {
            leb128(content)
                .is_some_and(|(_, name)| [&b"component-name"[..], b"producers"].iter().any(|it| name.starts_with(it)))
        };
        if *id != CUSTOM || !is_names() {
            kept.extend_from_slice(rest.get(..rest.len() - next.len())?);
        }
        rest = next;
    }
    Some(kept)
}

/// Reads a LEB128 number, and returns it with the remaining bytes.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    None
}
