# Every target sets up what it needs; `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# Number of reports made at once; by default as many as the cores and memory allow.
JOBS ?=
STUDIES ?= data/demo

.DEFAULT_GOAL := help
.PHONY: help setup reports lab docs messages test lint bench same-pages lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## create .venv with the locked packages

# uv itself is installed from the same lock, its hash checked by pip; uv then installs the rest.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "The workbench needs Python 3.11 or later; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	sed -n '/^uv==/,/^[a-z].*==/{/^uv==/p;/^    --hash/p;}' requirements.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $(READY)

reports: $(READY) ## make the reports of every study in STUDIES (default: data/demo)
	@for study in $(STUDIES); do $(BIN)/workbench batch $$study $(if $(JOBS),--jobs $(JOBS)) || exit 1; done

lab: $(READY) ## open JupyterLab
	$(BIN)/jupyter lab --notebook-dir=.

docs: $(READY) ## build the documentation in build/docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs build/docs

messages: $(READY) ## bring the files of translations up to date with the messages
	@for file in src/workbench/languages/*.po; do \
	  $(BIN)/workbench messages "$$(basename "$$file" .po)" || exit 1; done

test: lint ## lint, type check, import contract, all tests and the examples in docstrings
	$(BIN)/pytest -n auto --dist loadgroup $(if $(COVERAGE),--cov)
	$(BIN)/pytest -n auto --doctest-modules src/workbench -q $(if $(COVERAGE),--cov --cov-append --cov-report=term)

lint: $(READY) ## ruff, mypy and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## measure speed and calibration, and compare with other installed software
	$(BIN)/python -m benchmarks

same-pages: $(READY) ## compare all pages with those that an earlier COMMIT makes (STUDIES: folders)
	$(BIN)/python tests/pages/same_pages.py $(COMMIT) $(or $(STUDIES),data/demo)

lock: $(READY) ## update requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group dev --group docs --all-extras --universal --no-emit-index-url \
	  --generate-hashes --custom-compile-command "make lock" --quiet --upgrade \
	  --output-file requirements.lock

clean: ## remove all generated files, including .venv
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find reports -mindepth 1 -not -name README.md -delete
