#!/usr/bin/env bash
# Tests the MCP server with the official SDKs for Python and TypeScript, in the newest version and
# in one for each revision of MCP, and with the official conformance suite. Validates the format of
# the agent skill. Needs python3 with venv, node and npm.
#
#   tests/clients/run.sh [DIRECTORY]
#
# DIRECTORY (or INFISICAL_SKILL_BIN_DIR) contains the binaries infisical-skill and
# infisical-emulator. Without it, cargo builds them. The SDKs are installed into
# ${XDG_CACHE_HOME:-$HOME/.cache}/infisical-skill-ci/clients (or INFISICAL_CLIENTS_CACHE).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${INFISICAL_CLIENTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/infisical-skill-ci/clients}
bin=${1:-${INFISICAL_SKILL_BIN_DIR:-}}

if [ -z "$bin" ]; then
  (cd "$root" && cargo build --locked -p infisical-skill -p infisical-emulator --bins)
  bin=${CARGO_TARGET_DIR:-$root/target}/debug
fi
for program in infisical-skill infisical-emulator; do
  [ -x "$bin/$program" ] || { echo "no $program in $bin: build it with \`cargo build -p $program\`" >&2; exit 2; }
done
export INFISICAL_SKILL_BIN_DIR=$bin INFISICAL_SKILL_ROOT=$root
# The servers are on loopback, so use no proxy.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

# Install once for each set of pinned versions.
mkdir -p "$cache"
stamp=$(cksum < "$here/python/requirements.txt")
if [ "$(cat "$cache/python.stamp" 2>/dev/null || true)" != "$stamp" ]; then
  rm -rf "$cache/python"
  python3 -m venv "$cache/python"
  "$cache/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/python/requirements.txt"
  echo "$stamp" > "$cache/python.stamp"
fi
# The 1.x line of the Python SDK, one version for each revision. They have the same dependencies,
# and each has its own directory.
python_1=(1.8.1 1.9.4 1.21.2 1.27.2)
stamp=$(echo "${python_1[@]}" | cat - "$here/python-1/requirements.txt" | cksum)
if [ "$(cat "$cache/python-1.stamp" 2>/dev/null || true)" != "$stamp" ]; then
  rm -rf "$cache/python-1" "$cache/python-1-sdks"
  python3 -m venv "$cache/python-1"
  pip=("$cache/python-1/bin/pip" install --quiet --disable-pip-version-check)
  "${pip[@]}" --requirement "$here/python-1/requirements.txt"
  for version in "${python_1[@]}"; do
    "${pip[@]}" --no-deps --target "$cache/python-1-sdks/$version" "mcp==$version"
  done
  echo "$stamp" > "$cache/python-1.stamp"
fi
stamp=$(cat "$here/typescript/package.json" "$here/typescript/package-lock.json" | cksum)
if [ "$(cat "$cache/typescript.stamp" 2>/dev/null || true)" != "$stamp" ]; then
  rm -rf "$cache/typescript"
  mkdir -p "$cache/typescript"
  cp "$here/typescript/package.json" "$here/typescript/package-lock.json" "$cache/typescript/"
  (cd "$cache/typescript" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  echo "$stamp" > "$cache/typescript.stamp"
fi

echo "== the agent skill"
"$cache/python/bin/agentskills" validate "$root/skills/infisical"
echo "== Python"
(cd "$here/python" && "$cache/python/bin/python" -B -m pytest -q -p no:cacheprovider)
for version in "${python_1[@]}"; do
  echo "== Python, SDK $version"
  (cd "$here/python-1" && MCP_SDK_VERSION=$version PYTHONPATH=$cache/python-1-sdks/$version:$here/python \
    "$cache/python-1/bin/python" -B -m pytest -q -p no:cacheprovider)
done
echo "== TypeScript, and the conformance suite"
# Node looks for packages next to the scripts.
find "$cache/typescript" -maxdepth 1 -name '*.mjs' -delete
cp "$here"/typescript/*.mjs "$cache/typescript/"
(cd "$cache/typescript" && node --test --test-reporter=spec)
