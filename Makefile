# Needs python3 (3.10 or newer) and make. The targets make their virtual environments themselves.
PYTHON ?= python3
PYTHON_OLDEST ?= python3.10
ARGS ?=
BIN := .venv/bin
BIN_NEWEST := .venv-newest/bin
BIN_OLDEST := .venv-oldest/bin
BIN_TOOLS := .venv-tools/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-newest test-oldest coverage faults fuzz mutants lint docs audit bom release-check check clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed  ## make .venv and install skvaal with all that development needs

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev]"
	$(BIN)/python -m pip install -q --no-deps modAL-python==0.4.2.1  # it pins an old skorch
	touch $@

.venv-newest/.installed: pyproject.toml constraints-newest.txt
	$(PYTHON) -m venv .venv-newest
	$(BIN_NEWEST)/python -m pip install -q --upgrade --upgrade-strategy eager \
		-c constraints-newest.txt -e ".[test,skactiveml]"
	touch $@

.venv-oldest/.installed: pyproject.toml constraints-oldest.txt
	$(PYTHON_OLDEST) -m venv .venv-oldest
	$(BIN_OLDEST)/python -m pip install -q -c constraints-oldest.txt -e ".[test]"
	$(BIN_OLDEST)/python -m pip install -q --no-deps modAL-python==0.4.2.1
	touch $@

# What a user has who installs every extra, and tools that look at what is installed.
.venv-bom/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-bom
	.venv-bom/bin/python -m pip install -q ".[saving,cli,cluster,distributed,skactiveml]"
	touch $@

.venv-tools/.installed:
	$(PYTHON) -m venv .venv-tools
	$(BIN_TOOLS)/python -m pip install -q "pip-audit>=2.10" "cyclonedx-bom>=7.5"
	touch $@

demo: setup  ## compare query strategies on a small data set (options: ARGS="...")
	$(BIN)/skvaal benchmark $(ARGS)

test: setup  ## run all tests but the slow ones, and the doctests (options: ARGS="-k net")
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow" $(ARGS)

test-slow: setup  ## run the slow tests: kills, other processes, examples, whole reports
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow $(ARGS)

test-newest: .venv-newest/.installed  ## run all but the slow ones with the newest scikit-learn, without modAL
	$(BIN_NEWEST)/python -m pytest -n auto --dist worksteal -m "not slow" $(ARGS)

test-oldest: .venv-oldest/.installed  ## run all but the slow ones with the oldest supported versions, on Python 3.10
	$(BIN_OLDEST)/python -m pytest -n auto --dist worksteal -m "not slow" $(ARGS)

coverage: setup  ## run all tests and show which branches they miss; at least 95 % must be covered
	$(BIN)/python -m pytest -n auto --dist worksteal --cov $(ARGS)

faults: setup  ## kill, fill, cut, flip and interrupt, some 10 minutes (options: ARGS="kill-save --trials 100", ARGS=--full)
	$(BIN)/python -m reliability faults $(ARGS)

fuzz: setup  ## hand over random input, some 5 minutes (options: ARGS="labels --trials 5000 --seed 1", ARGS=--full)
	$(BIN)/python -m reliability fuzz $(ARGS)

mutants: setup  ## put small faults into the code and see whether the tests find them, some 15 minutes (options: ARGS="rules --trials 400 --seed 1", ARGS=--full)
	$(BIN)/python -m reliability mutants $(ARGS)

lint: setup  ## check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup  ## build the documentation in docs/_build/html, with warnings as errors
	$(BIN)/sphinx-build -q -E -W --keep-going -b html docs docs/_build/html

audit: .venv-bom/.installed .venv-tools/.installed  ## look for known vulnerabilities of what is installed (needs the network)
	.venv-bom/bin/python -m pip list --format=freeze --exclude skvaal | sed 's/+.*//' > .venv-bom/installed.txt
	$(BIN_TOOLS)/pip-audit --disable-pip --no-deps -r .venv-bom/installed.txt

bom: .venv-bom/.installed .venv-tools/.installed  ## write the bill of materials in bom.json (CycloneDX)
	$(BIN_TOOLS)/cyclonedx-py environment --pyproject pyproject.toml --mc-type library \
		--output-reproducible --output-file bom.json .venv-bom/bin/python

.venv-build/.installed:
	$(PYTHON) -m venv .venv-build
	.venv-build/bin/python -m pip install -q "build>=1.2" "twine>=6.1"
	touch $@

release-check: .venv-build/.installed  ## build wheel and sdist, look into them, try them in clean environments (options: ARGS="--versions newest")
	.venv-build/bin/python .ci/release_check.py --python-oldest $(PYTHON_OLDEST) $(ARGS)

check: lint test test-slow test-newest docs  ## run every check

clean:  ## remove caches and built documentation (the environments stay)
	rm -rf build dist *.egg-info docs/_build docs/generated
	rm -rf .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find skvaal tests docs reliability -name __pycache__ -type d -prune -exec rm -rf {} +
