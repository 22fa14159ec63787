# Earshot. `make help` lists what can be made; everything happens inside .venv.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ISSUE ?=

.PHONY: help run setup check test prove migrate demo bench format clean

help:  ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

.venv/run: requirements-run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Earshot needs Python 3.11 or newer: make run PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what Earshot runs on (about a minute, once)"
	@$(PIP) -r requirements-run.txt
	@$(PIP) --no-deps --editable .
	@touch $@

.venv/dev: .venv/run requirements.txt requirements-dev.txt
	@echo "Installing torch, transformers and the test tools (some minutes, once)"
	@$(PIP) -r requirements-dev.txt
	@touch $@

run: .venv/run  ## Install what is needed, migrate, serve on http://127.0.0.1:8000
	@$(BIN)/earshot serve

setup: .venv/dev  ## Install everything for development

check: .venv/dev  ## Format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: .venv/dev  ## Run the tests: a seeded cut of everything
	$(BIN)/python -m pytest -n auto --dist loadgroup --timeout 300 -m "not prove"

prove: .venv/dev  ## Run the full-size proofs of one issue: make prove ISSUE=1
	@test -n "$(ISSUE)" || { echo "Say which: make prove ISSUE=1"; exit 2; }
	$(BIN)/python -m bench.prove $(ISSUE)

migrate: .venv/run  ## Bring the database to the newest schema
	@$(BIN)/earshot migrate

demo: .venv/run  ## Fill the queue with an invented brand's fortnight
	@$(BIN)/earshot demo

format: .venv/dev  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## Remove the virtual environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
