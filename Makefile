# Gatehouse. `make help` lists the targets; only Python and make must be installed.

PYTHON ?= python3
BIN := .venv/bin
BOOTSTRAP := $(PYTHON) console/runtime/bootstrap.py
UV = $(or $(shell command -v uv),$(BIN)/uv)
LOCK = $(UV) pip compile pyproject.toml --extra embedded --universal \
	--python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" --quiet

.DEFAULT_GOAL := help
.PHONY: help run test unit check bench lock env env-test

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

run: env  ## Install and start everything; Ctrl-C stops it (PORT=8000)
	@exec $(BIN)/python manage.py up

# Tests start Python some hundred times, and reading bytecode is what makes that quick.
test unit check bench: export PYTHONDONTWRITEBYTECODE =

test: env-test  ## Check the code and run all tests
	@$(MAKE) --no-print-directory -j 2 check unit
	$(BIN)/python -m pytest tests/e2e -n 2 --dist loadfile --no-loadscope-reorder \
		-m browser

unit: env-test
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder \
		-m "not browser"

check: env-test  ## Check style, layers and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djade --check --target-version 5.2 $(shell find templates -name "*.html")
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: env-test  ## Measure against the bare counterparts
	$(BIN)/python -m pytest tests/benchmarks -s \
		-o python_files='bench_*.py' -o python_functions='bench_*'

lock: env  ## Write both lock files anew (upgrades: make lock UPGRADE=--upgrade)
	$(LOCK) $(UPGRADE) -o requirements.lock
	$(LOCK) $(UPGRADE) --group test -c requirements.lock -o requirements-test.lock

env:
	@$(BOOTSTRAP) requirements.lock

env-test:
	@$(BOOTSTRAP) requirements.lock requirements-test.lock
