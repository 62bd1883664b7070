#!/usr/bin/env bash
# Tests the emulator with Infisical's own SDKs, in both API versions. Needs python3 with venv, node
# and npm.
#
#   tests/sdk/run.sh [EMULATOR]
#
# EMULATOR (or INFISICAL_EMULATOR) is the emulator's binary. Without it, cargo builds it. The SDKs
# are installed into ${XDG_CACHE_HOME:-$HOME/.cache}/infisical-skill-ci/sdk (or
# INFISICAL_SDK_CACHE). The last line says how many checks passed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${INFISICAL_SDK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/infisical-skill-ci/sdk}
emulator=${1:-${INFISICAL_EMULATOR:-}}

if [ -z "$emulator" ]; then
  (cd "$root" && cargo build --locked -p infisical-emulator --bin infisical-emulator)
  emulator=${CARGO_TARGET_DIR:-$root/target}/debug/infisical-emulator
fi
if [ ! -x "$emulator" ]; then
  echo "no emulator at $emulator: build it with \`cargo build -p infisical-emulator\`, or name another one" >&2
  exit 2
fi

# Install once for each set of pinned versions.
mkdir -p "$cache"
python_stamp=$(cksum < "$here/requirements.txt")
if [ "$(cat "$cache/python.stamp" 2>/dev/null || true)" != "$python_stamp" ]; then
  rm -rf "$cache/python"
  python3 -m venv "$cache/python"
  "$cache/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  echo "$python_stamp" > "$cache/python.stamp"
fi
node_stamp=$(cat "$here/node/package.json" "$here/node/package-lock.json" | cksum)
if [ "$(cat "$cache/node.stamp" 2>/dev/null || true)" != "$node_stamp" ]; then
  rm -rf "$cache/node"
  mkdir -p "$cache/node"
  cp "$here/node/package.json" "$here/node/package-lock.json" "$cache/node/"
  (cd "$cache/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  echo "$node_stamp" > "$cache/node.stamp"
fi
# Node looks for packages next to the script.
cp "$here/node/check.mjs" "$cache/node/check.mjs"

scratch=$(mktemp -d)
pid=
finish() {
  if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi
  pid=
}
trap 'finish; rm -rf "$scratch"' EXIT

# The emulator is on loopback, so use no proxy.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
: > "$scratch/results"
# Runs one check against a new emulator. A check prints `ok` or `not ok` for each thing that it
# tests.
check() {
  local generation=$1 name=$2
  shift 2
  "$emulator" --api-version "$generation" --seed demo > "$scratch/where.json" &
  pid=$!
  for _ in $(seq 100); do
    [ -s "$scratch/where.json" ] && break
    sleep 0.1
  done
  echo "== $name, $generation"
  local status=0
  "$@" "$scratch/where.json" 2>&1 | tee "$scratch/output" || status=$?
  grep -E '^(not )?ok ' "$scratch/output" >> "$scratch/results" || true
  if [ "$status" != 0 ] && ! grep -q '^not ok ' "$scratch/output"; then
    echo "not ok $name, $generation: ended with status $status" | tee -a "$scratch/results"
  fi
  finish
  : > "$scratch/where.json"
}

for generation in v3 v4; do
  check "$generation" "infisicalsdk (Python)" "$cache/python/bin/python" "$here/check.py"
  check "$generation" "@infisical/sdk (Node)" node "$cache/node/check.mjs"
done

passed=$(grep -c '^ok ' "$scratch/results" || true)
failed=$(grep -c '^not ok ' "$scratch/results" || true)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
