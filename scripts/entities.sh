#!/usr/bin/env bash
# `write` generates crates/entity/src/generated and docs/SCHEMA.md from the migrated schema; `check` fails where they are not
# what they would be.
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
"$built/xtask" diagram "$url" "$folder/SCHEMA.md"
if [ "$1" = write ]; then
  rm -f crates/entity/src/generated/*.rs
  cp "$folder"/src/*.rs crates/entity/src/generated/
  cp "$folder/SCHEMA.md" docs/SCHEMA.md
elif ! { diff -ru crates/entity/src/generated "$folder/src" && diff -u docs/SCHEMA.md "$folder/SCHEMA.md"; }; then
  echo 'crates/entity or docs/SCHEMA.md is not what the migrations make: run `make entities` and commit the result' >&2
  exit 1
fi
