#!/usr/bin/env bash
# Tests `cargo run --example tour` and `cargo test --workspace` on a machine without the WebAssembly
# target. With rustup, they install the target, even if rustup's auto-install is off. Without
# rustup, they fail within seconds with one sentence. Uses a copy of the active toolchain, so yours
# keeps its target.
#
#   tests/fresh_machine.sh          test both failures in an empty target directory, and then the
#                                   tour in the current one
#   tests/fresh_machine.sh --full   test both commands in an empty target directory as well, which
#                                   takes as long as a first build
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
rustup=$(command -v rustup)
sysroot=$(rustc --print sysroot)
toolchain=$(rustup show active-toolchain | cut -d" " -f1)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir -p "$scratch/rustup/toolchains"
copy=$scratch/rustup/toolchains/$toolchain
# Use hard links if the file system allows them. Copy rustup's lists of installed components,
# because rustup changes them in place.
cp -al "$sysroot" "$copy" 2>/dev/null || { rm -rf "$copy"; cp -a "$sysroot" "$copy"; }
find "$copy/lib/rustlib" -maxdepth 1 -type f -exec sh -c 'cp -p "$1" "$1.copy" && mv "$1.copy" "$1"' _ {} \;
cp "$(rustup show home)/settings.toml" "$scratch/rustup/" 2>/dev/null || true
export RUSTUP_HOME=$scratch/rustup RUSTUP_AUTO_INSTALL=0
unset RUSTUP_TOOLCHAIN

# Does nothing on a machine that never had the target.
remove_target() {
  [ ! -d "$copy/lib/rustlib/$target" ] || "$rustup" target remove --toolchain "$toolchain" "$target"
}
# check_failure COMMAND...: checks that the command fails with the sentence, before cargo compiles
# the crates that take minutes.
check_failure() {
  local began=$SECONDS log=$scratch/log
  rm -rf "$scratch/target"
  if CARGO_TARGET_DIR=$scratch/target PATH=$copy/bin:/usr/bin:/bin "$@" >"$log" 2>&1; then
    echo "\`$*\` succeeded without the target" >&2
    exit 1
  fi
  if ! grep -q "the Rust target $target isn't installed" "$log"; then
    tail -n 20 "$log" >&2
    exit 1
  fi
  echo "without rustup, \`$*\` fails after $((SECONDS - began)) s: $(grep -m1 "the Rust target $target isn't installed" "$log")"
  if grep -E 'Compiling (cranelift-codegen|wasmtime|wasmtime-environ) v' "$log"; then
    echo "that is too late: the sandbox's crates were compiled first" >&2
    exit 1
  fi
}

if [ -x /usr/bin/rustup ] || [ -x /bin/rustup ]; then
  echo "rustup is one of the system's programs here: the failures without it aren't tried"
else
  remove_target
  check_failure cargo run --example tour
  check_failure cargo test --workspace
fi

[ "${1:-}" != --full ] || export CARGO_TARGET_DIR=$scratch/target-full
remove_target
cargo run --example tour
test -d "$copy/lib/rustlib/$target/lib"
echo "with rustup, \`cargo run --example tour\` installs the target and succeeds"
if [ "${1:-}" = --full ]; then
  remove_target
  cargo test --workspace
  test -d "$copy/lib/rustlib/$target/lib"
  echo "with rustup, \`cargo test --workspace\` installs the target and succeeds"
fi
