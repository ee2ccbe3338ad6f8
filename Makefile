# Every target creates the environment it needs; on a fresh machine `make demo` alone is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export HF_HUB_OFFLINE ?= 1

.PHONY: env demo test test-slow check format pictures clean
.DEFAULT_GOAL := help

help:
	@echo "make env        create $(VENV) with everything, exact versions"
	@echo "make demo       compare three embedding families offline, in minutes"
	@echo "make test       the test suite (EMBEDBENCH_DATA=folder adds the tests on real data sets)"
	@echo "make test-slow  the tests that take longer"
	@echo "make check      lint, types, import layers, docs"
	@echo "make pictures   the pictures of README and docs, from RESULTS=folder of records"

env: $(VENV)/.ok

$(VENV)/.ok: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check torch==2.13.0 -c constraints.txt
	$(BIN)/pip install -q --disable-pip-version-check -e '.[all,dev]' -c constraints.txt
	touch $@

demo: env
	$(BIN)/embedbench demo

test: env
	$(BIN)/python -m pytest -n 2

test-slow: env
	$(BIN)/python -m pytest -n 2 -m slow

check: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --doctest-modules embedbench
	$(BIN)/python -m pytest tests/test_docs.py

# Which records the pictures of README and docs are made from.
RESULTS ?= results/demo
pictures: env
	$(BIN)/python docs/pictures/make.py $(RESULTS) docs/images $(PICTURES)

format: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info
