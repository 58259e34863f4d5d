#!/usr/bin/env bash
# `write` generates crates/entity/src/generated from the migrated schema; `check` fails where it is not what it would be.
set -euo pipefail
cd "$(dirname "$0")/.."

admin=$(scripts/postgres.sh start)
database="palestra_entities_$$"
psql -q "$admin" -c "CREATE DATABASE $database"
folder=$(mktemp -d)
trap 'psql -q "$admin" -c "DROP DATABASE IF EXISTS $database WITH (FORCE)"; rm -rf "$folder"' EXIT

url="${admin%/*}/$database"
# The whole workspace: the features of its dependencies are then the same in every step, and built once.
cargo build --locked --workspace --all-targets
built=${CARGO_TARGET_DIR:-target}/debug
DATABASE_URL="$url" PALESTRA_DATA_DIR="$folder/data" "$built/palestra" migrate
"$built/xtask" entities "$url" "$folder/src"
if [ "$1" = write ]; then
  rm -f crates/entity/src/generated/*.rs
  cp "$folder"/src/*.rs crates/entity/src/generated/
elif ! diff -ru crates/entity/src/generated "$folder/src"; then
  echo 'crates/entity is not what the migrations make: run `make entities` and commit the result' >&2
  exit 1
fi
