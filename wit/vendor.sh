#!/usr/bin/env bash
# Vendors the WASI packages that the world uses into wit/deps, byte for byte as the pinned wasmtime-wasi-http ships them, so that
# guest and host are built from one definition. `wit/vendor.sh --check` changes nothing and fails where the two differ.
#
# wasi:http's own `proxy` world names cli, random and, through them, filesystem and sockets: they are here so that the package
# resolves, not because the component imports them (it doesn't: tests/contract checks its import list).
set -euo pipefail
cd "$(dirname "$0")/.."

manifest=$(cargo metadata --format-version 1 --locked |
  python3 -c 'import json,sys; print(next(p["manifest_path"] for p in json.load(sys.stdin)["packages"] if p["name"] == "wasmtime-wasi-http"))')
upstream=$(dirname "$manifest")/wit/deps

if [ "${1:-}" = --check ]; then
  diff -r "$upstream" wit/deps && echo "wit/deps is what wasmtime-wasi-http ships"
else
  rm -rf wit/deps
  mkdir wit/deps
  cp "$upstream"/*.wit wit/deps/
  chmod 644 wit/deps/*.wit
fi
