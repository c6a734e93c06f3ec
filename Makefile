# Everything happens in this folder: the environment in .venv, caches in .cache, results in runs.

PYTHON ?= python3
SCENARIO ?= insiders
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := mechanisms agents analysis scenarios

export PIP_NO_CACHE_DIR := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
export MPLBACKEND := Agg
export TMPDIR := $(CURDIR)/.cache/tmp

.DEFAULT_GOAL := help
.PHONY: help env run test test-fast slow pages pytest lint format docs studies lock bench bench-market bench-learning clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

env: $(READY) ## make the environment in .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "crowdbayes needs Python 3.11 or newer and '$(PYTHON)' is not: name one, as in make $(MAKECMDGOALS) PYTHON=python3.12." >&2; \
		exit 1; }
	@mkdir -p "$$TMPDIR"
	@echo "Making the environment in $(VENV): a minute the first time, seconds after."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY) ## play a scenario (SCENARIO=insiders) and keep the results in runs/
	$(BIN)/crowdbayes run $(SCENARIO)

test: lint pytest ## the whole gate: lint, types, layers, every test

pytest: $(READY)
	@mkdir -p "$$TMPDIR"
	$(BIN)/python -m pytest -n $(JOBS)

test-fast: $(READY) ## the tests that are not slow
	@mkdir -p "$$TMPDIR"
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow"

slow: $(READY) ## only the slow tests
	@mkdir -p "$$TMPDIR"
	$(BIN)/python -m pytest -n $(JOBS) -m "slow and not page"

pages: $(READY) ## whether the pages of studies are what the studies make
	@mkdir -p "$$TMPDIR"
	$(BIN)/python -m pytest -n $(JOBS) -m page

lint: $(READY) ## style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .cache/import_linter

format: $(READY) ## put the code in its standard form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(READY) ## write the cards on the mechanisms and on the learners anew
	$(BIN)/crowdbayes list mechanisms --long > docs/mechanisms.md
	$(BIN)/crowdbayes list learners --long > docs/learners.md

studies: $(READY) ## run the studies that ship and write their pages anew
	$(BIN)/crowdbayes study --page

bench: $(READY) ## measure the figures of the design, and how time and memory grow, with plots in runs/bench
	$(BIN)/python benchmarks/table.py --out runs/bench
	$(BIN)/python benchmarks/growth.py --out runs/bench

bench-market: $(READY) ## measure the speed of the market, beside plain models
	$(BIN)/python benchmarks/market.py

bench-learning: $(READY) ## measure the speed of learners, beside plain models and other libraries
	$(BIN)/python benchmarks/learning.py
	$(BIN)/python benchmarks/peers.py

lock: ## choose the versions in requirements.lock anew
	@mkdir -p "$$TMPDIR"
	$(PYTHON) -m venv --clear .cache/uv
	.cache/uv/bin/python -m pip install --quiet uv
	.cache/uv/bin/uv pip compile --quiet --no-cache --upgrade --universal --python-version 3.11 \
		--fork-strategy fewest --no-build --extra dev --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links pyproject.toml --output-file requirements.lock
	rm -rf .cache/uv

clean: ## remove all that can be made again, but not runs/
	rm -rf $(VENV) .cache .hypothesis build dist crowdbayes.egg-info
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
