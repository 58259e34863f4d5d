#!/usr/bin/env bash
# Everything that `make test` runs. Sets up by itself what it needs; an argument (lint, unit, contract) runs one part.
set -euo pipefail
cd "$(dirname "$0")/.."
part=${1:-all}
wants() { [ "$part" = all ] || [ "$part" = "$1" ]; }
step() { printf '\n== %s\n' "$*"; }

if wants unit || wants contract || [ "$part" = all ]; then
  step 'PostgreSQL for the tests'
  TEST_DATABASE_URL=$(scripts/postgres.sh start)
  export TEST_DATABASE_URL
fi

if [ "$part" = all ]; then
  step 'Formatting, lints, import directions'
  make -s lint
  step 'Entities are what the migrations make'
  scripts/entities.sh check
fi

if wants unit; then
  step 'Tools for the tests'
  scripts/tools.sh
  step 'Tests, on SQLite and on PostgreSQL'
  export PALESTRA_TEST_PYTHON="$PWD/.tools/venv/bin/python" PALESTRA_TEST_REDIS="$PWD/.tools/redis-server"
  # Most of a test is waiting for commits: more of them at once than there are cores.
  RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((3 * $(nproc)))} cargo test --locked --workspace
fi

if wants contract; then
  step 'The contract'
  scripts/tools.sh
  cargo build --locked --workspace --all-targets
  python3 contract/run.py --binary "${CARGO_TARGET_DIR:-target}/debug/palestra"
fi
