//! From a package to a component: what build scripts share that build one. The host's builds the
//! shipped component, that of the rogues the rogues.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// What to build, in cargo's words.
pub(crate) struct Guests<'a> {
    pub(crate) package: &'a str,
    pub(crate) profile: &'a str,
    /// Which of its targets; the library if there are none.
    pub(crate) targets: &'a [&'a str],
}

pub(crate) fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("cargo didn't set {name}"))
}

impl Guests<'_> {
    /// Builds them, and gives the folder that the modules are in. Runs a cargo of its own in a
    /// target folder of its own, so that it waits for no lock of the cargo that runs this. All
    /// build scripts share that folder: whichever features the host is built with, the guests'
    /// dependencies are compiled once.
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
            // The same bytes from every folder: panic messages would otherwise hold the paths of
            // this one.
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

/// The folder `guests` beside cargo's own folders for profiles: four levels above `OUT_DIR`, which
/// is `PROFILE/build/PACKAGE-HASH/out`. In `OUT_DIR` itself where that isn't so.
fn shared_target_dir(out: &Path) -> PathBuf {
    let is_cargos = out.ancestors().nth(2).is_some_and(|build| build.ends_with("build"));
    let target_dir = out.ancestors().nth(4).filter(|_| is_cargos);
    target_dir.unwrap_or(out).join("guests")
}

/// A core module that has its world in it, as a component.
pub(crate) fn encode(module: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    encode_module(&fs::read(module)?).map_err(|error| format!("{} {error}", module.display()).into())
}

/// As [`encode`], from bytes.
#[allow(dead_code, reason = "the host has files only")]
pub(crate) fn encode_module(module: &[u8]) -> Result<Vec<u8>, String> {
    wit_component::ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| format!("doesn't encode as a component: {error:#}"))
}

/// One sentence beats a page of "can't find crate for `core`". `infisical-skill-setup` comes first
/// and installs the target; this is for a target that went since.
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

/// Variables that say how to reach a registry or where tools are stay; those that shape this build
/// (flags, wrappers, profiles) go.
fn is_for_any_build(name: &OsString) -> bool {
    const KEPT: [&str; 6] = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_", "RUSTUP_"];
    let name = name.to_string_lossy();
    let shapes_this_build =
        ["CARGO", "RUST", "TARGET", "HOST", "PROFILE", "OPT_LEVEL", "DEBUG", "NUM_JOBS", "OUT_DIR", "DEP_"];
    KEPT.iter().any(|kept| name.starts_with(kept)) || !shapes_this_build.iter().any(|prefix| name.starts_with(prefix))
}
