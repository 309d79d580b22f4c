# What a developer and an operator do here. `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin
HOST ?= 127.0.0.1
PORT ?= 8080

.DEFAULT_GOAL := help
.PHONY: help venv demo test corpora check docs bench soak lock clean

help: ## List what can be made.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: .venv/.runtime ## Install the product into .venv.

demo: .venv/.runtime ## Start a demonstration on loopback: a site, its people, and CMaRS asking.
	$(BIN)/lrx demo --host $(HOST) --port $(PORT)

test: .venv/.development ## Run all tests, on SQLite and on PostgreSQL.
	@./.ci/system-packages
	@$(BIN)/python .ci/corpora || echo "The tests that need them are skipped." >&2
	$(BIN)/python -m pytest -n auto --dist worksteal

corpora: .venv/.development ## Fetch the corpora of hostile input that tests use. Needs npm.
	@$(BIN)/python .ci/corpora

check: .venv/.development ## Lint, types, import contracts, current reference pages.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/print_reference.py --check

docs: .venv/.development ## Print the reference pages from the code.
	$(BIN)/python docs/print_reference.py

bench: .venv/.development ## Measure; prints machine, versions and ratios.
	$(BIN)/python -m bench.exchange
	$(BIN)/python -m bench.slow_connections
	$(BIN)/python -m bench.reports
	$(BIN)/python -m bench.diagnosis

soak: .venv/.development ## The long runs: a thousand kills of each kind.
	$(BIN)/python -m bench.soak

lock: ## Pin the newest versions that fit, with hashes. Needs uv.
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --upgrade --extra build -o requirements.lock
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --upgrade --extra build --extra dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove what was made: the environment, caches, and the data of the demonstration.
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@PYTHON=$(PYTHON) ./.ci/make-venv .venv

.venv/.runtime: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.development: .venv/.runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
