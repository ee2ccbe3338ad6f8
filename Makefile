# Every target creates the environment it needs; on a fresh machine `make demo` alone is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RIVALS := .venv-rivals
export HF_HUB_OFFLINE ?= 1
# Compiled once and kept, also where the surroundings forbid it: every command a test starts would compile it all again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: env demo test test-slow test-clusters check docs format bench bench-quick pictures clean
.DEFAULT_GOAL := help

help:
	@echo "make env        create $(VENV) with everything, exact versions"
	@echo "make demo       compare three embedding families offline, in minutes"
	@echo "make test       the test suite (EMBEDBENCH_DATA=folder adds the tests on real data sets)"
	@echo "make test-slow  the tests that take longer"
	@echo "make test-clusters  sweeps on a real SLURM and a real Ray, started here; installs what they need"
	@echo "make check      lint, types, import layers, docs"
	@echo "make docs       the documentation as a site, in site/index.html"
	@echo "make bench      speed beside what users would pick instead, under 20 minutes; results/speed (EMBEDBENCH_DATA=folder: on UD English-EWT)"
	@echo "make bench-quick  the same with fewer words and rounds, under 3 minutes"
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

# A real SLURM and a real Ray cluster on this machine: Debian's packages where one may install them, some minutes.
test-clusters: env
	if command -v apt-get > /dev/null && [ "$$(id -u)" = 0 ] && ! command -v slurmctld > /dev/null; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends slurm-wlm munge; fi
	$(BIN)/pip install -q --disable-pip-version-check -e '.[slurm,ray]' -c constraints.txt
	$(BIN)/python -m pytest -m slow tests/clusters

check: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --doctest-modules embedbench
	$(BIN)/python docs/site/build.py

# The pages with their links and anchors checked; open site/index.html, no server is needed.
docs: env
	$(BIN)/python docs/site/build.py

# Which records the pictures of README and docs are made from.
RESULTS ?= results/demo
pictures: env
	$(BIN)/python docs/pictures/make.py $(RESULTS) docs/images $(PICTURES)

format: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The rivals live in an environment of their own: flair needs another transformers than ours. The pins are complete, so
# that nothing else is pulled in; torch comes first, as in `env`, the same build with whatever that build needs.
$(RIVALS)/.ok: experiments/speed/rivals.txt
	$(PYTHON) -m venv $(RIVALS)
	$(RIVALS)/bin/pip install -q --disable-pip-version-check torch==2.13.0 -c experiments/speed/rivals.txt
	$(RIVALS)/bin/pip install -q --disable-pip-version-check --no-deps -r experiments/speed/rivals.txt
	touch $@

bench: env $(RIVALS)/.ok
	$(BIN)/python experiments/speed/bench.py --rivals $(RIVALS)/bin/python

bench-quick: env $(RIVALS)/.ok
	$(BIN)/python experiments/speed/bench.py --quick --rivals $(RIVALS)/bin/python

clean:
	rm -rf $(VENV) $(RIVALS) build dist site *.egg-info
