//! Makes sure that the active toolchain can compile for WebAssembly, as `rust-toolchain.toml`
//! requires. If the target is missing, this script installs it with rustup. That happens if
//! rustup's auto-install is off, or if the toolchain came without the target. Without rustup, the
//! build fails with an error of one sentence.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const TARGET: &str = "wasm32-unknown-unknown";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTUP_TOOLCHAIN");
    println!("cargo::rerun-if-env-changed=RUSTUP_HOME");
    match ensure_target() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Cargo prints this line as the build's error.
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn ensure_target() -> Result<(), String> {
    let sysroot = sysroot()?;
    let installed = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    // If the target is removed later, the next build runs this script again.
    println!("cargo::rerun-if-changed={}", installed.display());
    if installed.is_dir() {
        return Ok(());
    }
    let missing = format!("the Rust target {TARGET} isn't installed in {}", sysroot.display());
    let Some(toolchain) = rustup_toolchain(&sysroot) else {
        return Err(format!(
            "{missing}, and rustup doesn't manage this toolchain: install the target, then build again"
        ));
    };
    let Some(rustup) = find_rustup() else {
        return Err(format!(
            "{missing}, and rustup isn't on the PATH: run `rustup target add {TARGET}`, then build again"
        ));
    };
    let output = Command::new(&rustup).args(["target", "add", "--toolchain", &toolchain, TARGET]).output();
    let reason = match output {
        Ok(output) if output.status.success() && installed.is_dir() => {
            println!(
                "cargo::warning=installed the Rust target {TARGET} for {toolchain} with rustup, because rust-toolchain.toml requires it"
            );
            return Ok(());
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("no reason given").to_owned(),
        Err(error) => error.to_string(),
    };
    Err(format!("{missing}, and `rustup target add {TARGET}` failed ({reason}): run it yourself, then build again"))
}

fn sysroot() -> Result<PathBuf, String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output();
    let output = output.map_err(|error| format!("rustc doesn't run: {error}"))?;
    let text = String::from_utf8(output.stdout).map_err(|_| "the path of rustc's folder isn't UTF-8".to_owned())?;
    Ok(PathBuf::from(text.trim()))
}

/// Returns the name of the toolchain in this folder, if rustup manages it.
fn rustup_toolchain(sysroot: &Path) -> Option<String> {
    let is_rustups = sysroot.parent()?.file_name()? == "toolchains";
    is_rustups.then(|| sysroot.file_name()?.to_str().map(str::to_owned)).flatten()
}

/// Finds rustup. Cargo's proxies put its folder on the path.
fn find_rustup() -> Option<PathBuf> {
    let name = format!("rustup{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(&name)).find(|it| it.is_file())
}
