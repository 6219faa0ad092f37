# Needs python3 (3.10 or newer) and make. The targets make their virtual environments themselves.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
BIN_NEWEST := .venv-newest/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-newest lint docs check clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

demo: setup  ## compare query strategies on a small data set (options: ARGS="...")
	$(BIN)/skvaal benchmark $(ARGS)

test: setup  ## run the tests and the doctests (options: ARGS="-k net")
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

test-newest: .venv-newest/.installed  ## run all but the slow ones with the newest scikit-learn, without modAL
	$(BIN_NEWEST)/python -m pytest -n auto --dist worksteal -m "not slow" $(ARGS)

lint: setup  ## check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup  ## build the documentation in docs/_build/html, with warnings as errors
	$(BIN)/sphinx-build -q -E -W --keep-going -b html docs docs/_build/html

check: lint test test-newest docs  ## run every check

clean:  ## remove caches and built documentation (the environments stay)
	rm -rf build dist *.egg-info docs/_build docs/generated
	rm -rf .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find skvaal tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
