# One line a target. `make help` lists them.
# Dependencies are built once: CARGO_TARGET_DIR, when it is set, is shared by everything here.
TARGET := $(or $(CARGO_TARGET_DIR),target)
CARGO  := cargo --locked
.DEFAULT_GOAL := help
.PHONY: help run test check lint advisories unit contract entities openapi baseline examples bench rig postgres-stop clean

help: ## Show this help.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Build Palestra and serve it with the demo school (http://127.0.0.1:8080, ./data).
	$(CARGO) build --release -p api
	exec $(TARGET)/release/palestra serve --demo

test: ## Set up what the tests need, and run everything on SQLite and PostgreSQL.
	scripts/test.sh

check: lint ## The checks that need no running Palestra: lint, and whether entities and diagrams are what the migrations make.
	scripts/entities.sh check

lint: ## Formatting, clippy, who may know whom, and the checks of scripts/lint.
	cargo fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	scripts/imports.sh
	scripts/lint.sh

advisories: ## Ask the RustSec database about every dependency: needs the network, and is not part of `make test`.
	scripts/tools.sh lint
	.tools/lint/bin/cargo-deny --locked check advisories

unit: ## The Rust tests alone, on both databases.
	scripts/test.sh unit

contract: ## The contract's checks alone: document, lint, schemathesis, TypeScript client, browser.
	scripts/test.sh contract

entities: ## Generate crates/entity and docs/SCHEMA.md from the migrated PostgreSQL schema.
	scripts/entities.sh write

openapi: ## Write openapi/openapi.json from the code.
	$(CARGO) run -q -p openapi > openapi/openapi.json.new && mv openapi/openapi.json.new openapi/openapi.json

baseline: openapi ## Take the document as released: from then on it may only be added to.
	cp openapi/openapi.json openapi/released.json

examples: openapi ## Write examples/client.js, the generated client of the pages there, from the document.
	scripts/tools.sh
	cd contract/journey && PATH="$$(echo ../node_modules/node-*-*/bin):$$PATH" ../node_modules/.bin/openapi-ts
	cd contract && PATH="$$(echo node_modules/node-*-*/bin):$$PATH" node_modules/.bin/esbuild examples/client.ts \
	  --bundle --format=esm --target=es2022 --log-level=warning --outfile=../examples/client.js

bench: ## Measure: cold start, memory, size, reads under a flood of logins, searches, heartbeats.
	$(CARGO) build --release -p api -p bench
	$(TARGET)/release/bench --binary $(TARGET)/release/palestra --postgres "$$(scripts/postgres.sh start | tail -1)"

rig: ## Measure beside hand-written servers: `make rig RIG=FOLDER ARGS="-t limit,palestra -o list"`, see bench/rig.
	@test -d "$(RIG)/targets" || { echo "RIG has to name the rig's folder: see bench/rig/README.md"; exit 1; }
	$(CARGO) build --release -p api
	cp bench/rig/*.toml "$(RIG)/targets/"
	cd "$(RIG)" && RIG_BINARY="$(abspath $(TARGET)/release/palestra)" RIG_OURS="$(CURDIR)/bench/rig" ./run.py $(ARGS)

postgres-stop: ## Stop the tests' own PostgreSQL.
	scripts/postgres.sh stop

clean: ## Remove what was built and the tests' tools; ./data stays.
	cargo clean
	rm -rf .tools contract/node_modules
