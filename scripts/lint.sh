#!/usr/bin/env bash
# The checks that read sources and Cargo's files, after their own tests: `scripts/lint.sh` runs all of them,
# `scripts/lint.sh tables 'file circles'` those that are named.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh lint

export PYTHONPATH=$PWD/scripts PYTHONDONTWRITEBYTECODE=1
python=.tools/lint/bin/python
[ $# -gt 0 ] || $python -m unittest -q lint.test_lint
exec $python -m lint "$@"
