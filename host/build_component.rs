//! Builds a package as a WebAssembly component. Two build scripts share this file: the host's
//! builds the shipped component, and that of the rogues builds the rogue components.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// What to build, in cargo's terms.
pub(crate) struct Guests<'a> {
    pub(crate) package: &'a str,
    pub(crate) profile: &'a str,
    /// The options that select targets. Without options, the library is built.
    pub(crate) targets: &'a [&'a str],
}

pub(crate) fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("cargo didn't set {name}"))
}

impl Guests<'_> {
    /// Builds them, and returns the folder that contains the modules. It runs another cargo in
    /// another target folder, so that it doesn't wait for the lock of the cargo that runs this. All
    /// build scripts share that folder, so the guests' dependencies are compiled only once,
    /// whatever the features of the host.
    pub(crate) fn compile(&self, workspace: &Path, out: &Path) -> Result<PathBuf, Box<dyn Error>> {
        check_target()?;
        let (package, target_dir) = (self.package, shared_target_dir(out));
        let cargo_home =
            env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")));
        let mut flags = vec![remap(workspace, "skill")];
        flags.extend(cargo_home.map(|home| remap(&home, "cargo")));
        let status = Command::new(variable("CARGO")?)
            .current_dir(workspace)
            .args(["build", "--locked", "--quiet", "--profile", self.profile])
            .args(["--target", WASM_TARGET, "--package", package])
            .args(self.targets)
            .arg("--target-dir")
            .arg(&target_dir)
            .env_clear()
            .envs(env::vars_os().filter(|(name, _)| is_for_any_build(name)))
            // Makes the build reproducible in every folder: panic messages would otherwise contain
            // this folder's paths.
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            .status()?;
        if !status.success() {
            return Err(format!(
                "{package} doesn't build: see above, or run `cargo build --target {WASM_TARGET} -p {package}`"
            )
            .into());
        }
        Ok(target_dir.join(WASM_TARGET).join(self.profile))
    }
}

/// Returns the folder `guests` beside cargo's own folders for profiles. That is four levels above
/// `OUT_DIR`, which is usually `PROFILE/build/PACKAGE-HASH/out`. If it isn't, the folder is in
/// `OUT_DIR` itself.
fn shared_target_dir(out: &Path) -> PathBuf {
    let is_cargos = out.ancestors().nth(2).is_some_and(|build| build.ends_with("build"));
    let target_dir = out.ancestors().nth(4).filter(|_| is_cargos);
    target_dir.unwrap_or(out).join("guests")
}

/// Encodes a core module, which contains its WIT world, as a component.
pub(crate) fn encode(module: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    encode_module(&fs::read(module)?).map_err(|error| format!("{} {error}", module.display()).into())
}

/// Like [`encode`], for a module in memory.
#[allow(dead_code, reason = "the host encodes only files")]
pub(crate) fn encode_module(module: &[u8]) -> Result<Vec<u8>, String> {
    wit_component::ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| format!("doesn't encode as a component: {error:#}"))
}

/// Reports a missing target in one sentence. Otherwise the compiler prints a page of "can't find
/// crate for `core`". `infisical-skill-setup` runs earlier and installs the target, so this catches
/// a target that was removed since.
fn check_target() -> Result<(), Box<dyn Error>> {
    let sysroot = Command::new(variable("RUSTC")?).args(["--print", "sysroot"]).output()?.stdout;
    let sysroot = PathBuf::from(String::from_utf8(sysroot)?.trim());
    if sysroot.join("lib/rustlib").join(WASM_TARGET).is_dir() {
        Ok(())
    } else {
        Err(format!(
            "the Rust target {WASM_TARGET} isn't installed: run `rustup target add {WASM_TARGET}` in the project's folder, then build again"
        )
        .into())
    }
}

fn remap(from: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}=/{to}", from.display())
}

/// Whether the inner cargo may see a variable. It keeps those about registries and tools. It drops
/// those that belong to the outer build (flags, wrappers, profiles).
fn is_for_any_build(name: &OsString) -> bool {
    const KEPT: [&str; 6] = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_", "RUSTUP_"];
    let name = name.to_string_lossy();
    let shapes_this_build =
        ["CARGO", "RUST", "TARGET", "HOST", "PROFILE", "OPT_LEVEL", "DEBUG", "NUM_JOBS", "OUT_DIR", "DEP_"];
    KEPT.iter().any(|kept| name.starts_with(kept)) || !shapes_this_build.iter().any(|prefix| name.starts_with(prefix))
}
