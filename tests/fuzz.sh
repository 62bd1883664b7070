#!/usr/bin/env bash
# Fuzzes one target, and then minimizes its corpus.
#
#   tests/fuzz.sh TARGET SECONDS [CORPUS]
#
# CORPUS is a directory with a subdirectory for each target. The default is tests/fuzz/corpus.
# Prints libFuzzer's statistics: executions, coverage (`cov`, `ft`) and corpus size. FUZZ_TARGET_DIR
# sets another directory for build results.
set -euo pipefail
cd "$(dirname "$0")"

target=$1
seconds=$2
corpus=${3:-$PWD/fuzz/corpus}/$target
mkdir -p "$corpus"
[ -z "${FUZZ_TARGET_DIR:-}" ] || export CARGO_TARGET_DIR=$FUZZ_TARGET_DIR

cargo +nightly fuzz run --fuzz-dir fuzz "$target" "$corpus" "fuzz/seeds/$target" -- \
  -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=60 -print_final_stats=1 -verbosity=1
cargo +nightly fuzz cmin --fuzz-dir fuzz "$target" "$corpus"
