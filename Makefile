# make demo: set-up, then faces from nothing. make test: set-up, then the tests. Both need only Python 3.11 or later.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# --no-compile: Python compiles what it imports; to compile all of PyTorch takes half a minute. It must be allowed to keep
# what it compiled: without, each process of the tests compiles PyTorch again, which takes five seconds.
unexport PYTHONDONTWRITEBYTECODE
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt

.PHONY: demo set-up test lint types docs commands mutants clean

demo: $(VENV)/core.installed
	$(BIN)/mien demo

set-up: $(VENV)/dev.installed

test: $(VENV)/dev.installed
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal --durations 10

lint: $(VENV)/dev.installed
	$(BIN)/ruff check src tests benchmarks docs/build_site.py
	$(BIN)/ruff format --check src tests benchmarks docs/build_site.py

types: $(VENV)/dev.installed
	$(BIN)/mypy

# The docs as a site, in site/html. A broken link is an error.
docs: $(VENV)/docs.installed
	$(BIN)/python docs/build_site.py

# Each command of the docs, in a small form.
commands: $(VENV)/dev.installed
	$(BIN)/python tests/commands_of_docs.py

# Deliberate faults in the core: do the tests notice each? A few minutes.
mutants: $(VENV)/dev.installed
	$(BIN)/python tests/mutants.py

$(VENV)/core.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@echo "installing mien and PyTorch into $(VENV) (a few minutes the first time)"
	$(INSTALL) --editable .
	touch $@

$(VENV)/dev.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@echo "installing mien, PyTorch and the tools of developers into $(VENV) (a few minutes the first time)"
	$(INSTALL) --editable ".[dev]"
	touch $(VENV)/core.installed $@

$(VENV)/docs.installed: $(VENV)/dev.installed
	$(INSTALL) --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) site .pytest_cache .ruff_cache .mypy_cache
