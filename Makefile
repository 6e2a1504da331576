# Two commands on a fresh machine with Python >= 3.11: `make run` and `make test`. Each sets itself up.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all test-gpu check format benchmarks docs clean

help:            ## what there is
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/'

setup: $(READY)  ## own virtual environment, pinned by constraints.txt

$(READY): pyproject.toml constraints.txt CMakeLists.txt $(wildcard kernels/cpp/* kernels/cuda/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "loopwise needs Python >= 3.11; set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $(READY)

run: $(READY)    ## optimize the default park and show the result
	$(BIN)/loopwise optimize guangzhou --out results/guangzhou --overwrite

test: $(READY)   ## linters, types, tests (under 10 minutes on 2 cores)
	$(MAKE) check
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-all: $(READY) ## everything, the long checks and the browser included
	$(MAKE) check
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,test-all]'
	$(BIN)/python -m pytest

test-gpu: $(READY) ## compile the kernels for every architecture, and run what needs a CUDA device where there is one
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test-gpu]'
	$(BIN)/python -m pytest -m gpu tests/kernels
	$(BIN)/python -m pytest tests/kernels/gpu

check: $(READY)  ## ruff, type checker, import direction
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/python -m pytest -q tests/test_architecture.py

format: $(READY) ## let ruff tidy the sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmarks: $(READY) ## the kernel against other solvers (many minutes)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,benchmarks]'
	$(BIN)/python -m benchmarks.recourse --curves

docs: $(READY)   ## the pages of docs/ and the Python interface as HTML, in build/docs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	$(BIN)/sphinx-build -q -W --keep-going docs build/docs

clean:           ## remove everything that `make` made
	rm -rf $(VENV) build results .pytest_cache .ruff_cache
