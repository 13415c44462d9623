# What people and CI do here. Each verb's line is its help: `make` prints them.

PYTHON ?= $(shell command -v python3.11 || echo python3)
KAFKA_PORT ?= 9092
# More options for pytest: `make test PYTEST="-k storm -x"`.
PYTEST ?=

BIN := .venv/bin
TESTS := $(BIN)/python -m pytest -q -rs $(PYTEST)
QUICK := $(wildcard tests/rules tests/stages)
PARALLEL := $(QUICK) $(wildcard tests/ports tests/stories)

.DEFAULT_GOAL := help
.PHONY: help install run demo test quick bench kafka check format lock ledger docs clean

help:  ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/.installed  ## into .venv, from requirements.lock; nothing where nothing changed

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("critsit needs Python 3.11 or later: make PYTHON=… says which") if sys.version_info < (3, 11) else None'
	@echo 'Installing into .venv; this takes a minute, and only where something has changed.'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps -e .
	@touch $@

run: install  ## all four stages on an embedded PostgreSQL, with examples; PORT=8080 DATA=data
	@$(BIN)/critsit up $${PORT:+--port "$$PORT"} $${DATA:+--data "$$DATA"} --demo

demo: install  ## report incidents of every kind to what runs, and print what became of each; PORT= DATA= as for run
	@CRITSIT_PORT="$${PORT:-$$CRITSIT_PORT}" CRITSIT_DATA="$${DATA:-$$CRITSIT_DATA}" $(BIN)/critsit demo

test: install check  ## everything: check, all rooms of the tests, the kills last
	@$(TESTS) -n 2 --dist loadfile $(PARALLEL)
	@$(if $(wildcard tests/adversity/test_*.py),$(TESTS) tests/adversity)

quick: install  ## rules and stages
	@$(TESTS) -n 2 --dist loadfile $(QUICK)

bench: install  ## measure, and print the ratios that README quotes
	@$(BIN)/python -m pytest -q -s -p no:randomly $(PYTEST) tests/bench

kafka:  ## a real Kafka in the foreground, until Ctrl-C; KAFKA_PORT=9092 DATA=…
	@KAFKA_PORT='$(KAFKA_PORT)' deploy/kafka/run

check: install  ## lint, format, types, layers
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: install  ## put the code into our layout
	@$(BIN)/ruff check -q --fix .
	@$(BIN)/ruff format -q .

lock:  ## choose versions anew into requirements.lock (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade --no-header --group dev pyproject.toml -o requirements.lock

ledger: install  ## write docs/contract.md anew: each rule, where it is decided, which tests name it
	@$(BIN)/python -m tests.harness.ledger

docs: install  ## are all links and paths in the documents right, and do their commands exist
	@$(BIN)/python -m pytest -q tests/rules/test_documents.py

clean:  ## remove what was made here, but no data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache deploy/kafka/target
