#!/usr/bin/env bash
# Copies the WASI packages that the world uses into wit/deps, byte for byte as the pinned
# wasmtime-wasi-http ships them. So guest and host are built from the same definitions.
# `wit/vendor.sh --check` changes nothing, and fails if the two don't match.
#
# The `proxy` world of wasi:http names cli and random, which name filesystem and sockets. They are
# here so that the package resolves. The component doesn't import them.
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
