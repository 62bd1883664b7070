//! Builds the component that the host embeds: compiles `guest/` for `wasm32-unknown-unknown`, encodes it as a component, compiles that
//! ahead of time with Cranelift. What runs later contains no compiler.

use sha2::{Digest, Sha256};
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[path = "src/sandbox/engine_config.rs"]
mod engine_config;

const WASM_TARGET: &str = "wasm32-unknown-unknown";
const GUEST: &str = "infisical-skill-guest";

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
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let workspace = manifest.parent().ok_or("the host crate has no parent folder")?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    for input in ["guest/src", "guest/Cargo.toml", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(input).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/sandbox/engine_config.rs");

    check_target()?;
    let module = compile_guest(workspace, &out)?;
    let component = wit_component::ComponentEncoder::default()
        .module(&fs::read(&module)?)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| format!("the guest doesn't encode as a component: {error:#}"))?;
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

/// The component without the names of its parts, which only debuggers look at, and who made them: 7 KB of it. What is left is validated when it is
/// compiled.
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

/// A number as WebAssembly has it, and what comes after.
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

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("cargo didn't set {name}"))
}

/// One sentence beats a page of "can't find crate for `core`".
fn check_target() -> Result<(), Box<dyn Error>> {
    let sysroot = Command::new(variable("RUSTC")?).args(["--print", "sysroot"]).output()?.stdout;
    let sysroot = PathBuf::from(String::from_utf8(sysroot)?.trim());
    if sysroot.join("lib/rustlib").join(WASM_TARGET).is_dir() {
        Ok(())
    } else {
        Err(format!(
            "the Rust target {WASM_TARGET} is not installed: run `rustup toolchain install` in the project's folder, then build again"
        )
        .into())
    }
}

/// Runs a cargo of its own in a target folder of its own, so that it waits for no lock of the cargo that runs this.
fn compile_guest(workspace: &Path, out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let target_dir = out.join("guest");
    let cargo_home =
        env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = vec![remap(workspace, "skill")];
    flags.extend(cargo_home.map(|home| remap(&home, "cargo")));
    let status = Command::new(variable("CARGO")?)
        .current_dir(workspace)
        .args(["build", "--locked", "--quiet", "--profile", "component", "--target", WASM_TARGET, "--package", GUEST])
        .arg("--target-dir")
        .arg(&target_dir)
        .env_clear()
        .envs(env::vars_os().filter(|(name, _)| is_for_any_build(name)))
        // The same bytes from every folder: panic messages would otherwise hold the paths of this one.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .status()?;
    if !status.success() {
        return Err(format!(
            "the component doesn't build: see above, or run `cargo build --target {WASM_TARGET} -p {GUEST}`"
        )
        .into());
    }
    Ok(target_dir.join(WASM_TARGET).join("component").join(GUEST.replace('-', "_")).with_extension("wasm"))
}

fn remap(from: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}=/{to}", from.display())
}

/// Variables that say how to reach a registry or where tools are stay; those that shape this build (flags, wrappers, profiles) go.
fn is_for_any_build(name: &OsString) -> bool {
    const KEPT: [&str; 6] = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_", "RUSTUP_"];
    let name = name.to_string_lossy();
    let shapes_this_build =
        ["CARGO", "RUST", "TARGET", "HOST", "PROFILE", "OPT_LEVEL", "DEBUG", "NUM_JOBS", "OUT_DIR", "DEP_"];
    KEPT.iter().any(|kept| name.starts_with(kept)) || !shapes_this_build.iter().any(|prefix| name.starts_with(prefix))
}
