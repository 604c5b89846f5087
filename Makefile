# The commands of the project. `make setup` is part of the others; everything it makes stays in this folder.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
SAMPLE := samples/cell-biology.md
# Where `make demo` keeps its stack: apart from a real one in ~/.mcq.
DEMO_HOME ?= $(CURDIR)/.mcq

.DEFAULT_GOAL := help
.PHONY: help setup demo dev test lint format bench chaos lock clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.ready ## .venv with everything, and `mcq` in it

demo: setup ## Write 25 questions from a sample chapter on the whole real stack
	MCQ_HOME="$(DEMO_HOME)" $(BIN)/mcq generate $(SAMPLE) --questions 25 --out questions.json

dev: setup ## The whole stack in the foreground
	$(BIN)/mcq dev

test: setup lint ## Lint, types and all tests
	$(BIN)/python -m pytest

lint: setup ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## Put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Measure the API under load and the mirror, on this machine
	$(BIN)/python -m bench.api
	$(BIN)/python -m bench.mirror

chaos: setup ## 1,000 kills over 500 generations, and every invariant judged; ARGS="--help" tells the options
	$(BIN)/python -m tests.chaos $(ARGS)

lock: .tools/uv ## Resolve the dependencies anew, with hashes
	.tools/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
		--group dev pyproject.toml --output-file requirements.lock

clean: ## Remove what was made here; data in MCQ_HOME stays
	rm -rf .venv .tools .mypy_cache .pytest_cache .ruff_cache

# --no-build-isolation: the build backend comes from the lock too, with its hash.
.venv/.ready: requirements.lock pyproject.toml .tools/uv
	.tools/uv venv --quiet --clear --python "$$(cat .tools/python)" .venv
	.tools/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	.tools/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

# A uv that is there is used; else one is brought, into this folder only.
.tools/uv:
	@mkdir -p .tools
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; print(sys.executable)' > .tools/python
	@if command -v uv >/dev/null; then \
		ln -sf "$$(command -v uv)" $@; \
	elif $(PYTHON) -m venv .tools/venv 2>/dev/null; then \
		.tools/venv/bin/python -m pip install --quiet "uv==$(UV_VERSION)" && ln -sf venv/bin/uv $@; \
	else \
		$(PYTHON) -m pip install --quiet --target .tools/site "uv==$(UV_VERSION)" && ln -sf site/bin/uv $@ \
		|| { echo "Neither uv, nor Python's venv, nor pip is here; install one (Debian: apt-get install python3-venv)" >&2; exit 1; }; \
	fi
