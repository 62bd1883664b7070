#!/usr/bin/env bash
# Runs mutation tests of the code that makes decisions. A test must catch every mutant, or
# .cargo/mutants.toml must list it with a reason. This takes hours, so .ci/run doesn't do it.
#
#   tests/mutants.sh                  all parts: policy, guard, audit, owners, egress
#   tests/mutants.sh policy guard     the parts that you name
#   tests/mutants.sh --diff [REF]     only what changed since REF (default: origin/main)
#
# MUTANTS_OUT sets the directory for the results. The default is target/mutants.
set -euo pipefail
cd "$(dirname "$0")/.."

version=27.1.0
if ! command -v cargo-mutants >/dev/null || [[ $(cargo mutants --version) != "cargo-mutants $version" ]]; then
  echo "tests/mutants.sh: cargo-mutants $version is needed: cargo install --locked cargo-mutants@$version" >&2
  exit 2
fi

# So many cases are enough to catch a mutant. Shrinking a failure and keeping it would only take
# time.
export PROPTEST_CASES=${PROPTEST_CASES:-64} PROPTEST_MAX_SHRINK_ITERS=0 PROPTEST_DISABLE_FAILURE_PERSISTENCE=true RUST_BACKTRACE=0

missed=0
# part NAME PACKAGE TESTS FILE...: runs the tests TESTS of the crate PACKAGE against the mutants of
# each FILE. A mutant that only the contract tests would catch counts as missed.
part() {
  local name=$1 package=$2 tests=$3 files=()
  shift 3
  for file in "$@"; do files+=(--file "$file"); done
  echo "=== $name"
  # shellcheck disable=SC2086 # TESTS are several words
  cargo mutants --package "$package" --test-package "$package" "${files[@]}" "${diff[@]}" --output "$out/$name" --timeout 120 -- $tests || {
    # Status 3 means that tests hung, and nothing worse. That counts as caught.
    [[ $? == 3 ]] || missed=1
  }
}

diff=()
if [[ ${1:-} == --diff ]]; then
  patch=$(mktemp)
  trap 'rm -f "$patch"' EXIT
  git diff "${2:-origin/main}" >"$patch"
  diff=(--in-diff "$patch")
  set --
fi
out=${MUTANTS_OUT:-target/mutants}
mkdir -p "$out"
for name in ${*:-policy guard audit owners egress}; do
  case $name in
  policy) part policy infisical-skill-policy "--lib --tests" 'host/policy/src/**' ;;
  guard) part guard infisical-skill-guest "--lib" 'guest/src/guard/**' 'guest/src/changes/**' 'guest/src/client/**' guest/src/skill.rs guest/src/json.rs guest/src/encoding.rs ;;
  audit) part audit infisical-skill-audit "--lib --tests" 'host/audit/src/**' ;;
  owners) part owners infisical-skill-owners "--lib" 'host/owners/src/**' ;;
  egress) part egress infisical-skill "--lib" 'host/src/boundary/gate.rs' 'host/src/boundary/call.rs' 'host/src/boundary/call_rules.rs' 'host/src/boundary/admission.rs' 'host/src/boundary/sending.rs' 'host/src/boundary/delivery.rs' 'host/src/boundary/changes.rs' 'host/src/boundary/purpose.rs' 'host/src/boundary/hooks.rs' 'host/src/client/transport.rs' 'host/src/client/tls.rs' 'host/src/state/**' 'host/src/plans/kill_switch.rs' 'host/src/plans/accept_clock.rs' 'host/src/plans/service.rs' 'host/src/plans/service/**' 'host/src/plans/receipt.rs' ;;
  *)
    echo "tests/mutants.sh: no part is called $name" >&2
    exit 2
    ;;
  esac
done
exit $missed
