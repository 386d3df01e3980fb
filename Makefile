# make setup   the environment in .venv, with the `jarvis` command in .venv/bin
# make run     a simulated homelab and its page on 127.0.0.1:8080 (PORT=9000 changes it)
# make serve   the cluster that .env names
# make test    everything that must hold before a change lands; `make check` is its fast part
# make bench   figures; make shots: screenshots into build/shots
# make lock    new locks from pyproject.toml; make image: the container; make clean
#
# WORKERS=1 BROWSERS=1 runs the tests one by one.
# PYTHON=/path/to/python3.12 chooses the interpreter; without it the first of 3.11 to 3.13 is taken.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
CODE := app.py cli settings pages components services db simulator tests
LOCK_WITH := uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet
# Tests wait as much as they work: so many at once, side by side with the browsers, fill two cores.
WORKERS := 4
BROWSERS := 3
# Without its cache every process of a run compiles the whole project anew.
export PYTHONDONTWRITEBYTECODE :=
AT_PORT := $(if $(PORT),JARVIS_PORT=$(PORT))

.PHONY: help setup dev run serve check test unit e2e bench shots lock image clean chromium openssh
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# //p' Makefile

# The stamps lie inside .venv, so that whoever removes it removes them too.
$(VENV)/.made: scripts/make-venv
	@scripts/make-venv $(VENV) "$(PYTHON)"
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.lock requirements/build.lock pyproject.toml
	@echo "Installing what Jarvis runs on (requirements/run.lock)"
	@$(PIP) install --require-hashes -r requirements/run.lock -r requirements/build.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.lock
	@echo "Installing what its tests need (requirements/dev.lock)"
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

setup: $(VENV)/.run

dev: $(VENV)/.dev

run: setup
	@exec env $(AT_PORT) $(BIN)/jarvis demo

serve: setup
	@exec env $(AT_PORT) $(BIN)/jarvis serve

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: dev openssh
	$(BIN)/pytest tests/unit tests/integration --numprocesses $(WORKERS) --dist worksteal

# A run of its own: Playwright's event loop and that of the other tests do not share a process.
e2e: dev chromium
	$(BIN)/pytest tests/e2e --numprocesses $(BROWSERS) --dist worksteal

test: dev openssh chromium
	@echo "Checks, tests and browser tests run side by side; each tells what it found when it ends."
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target check unit e2e

chromium: dev
	@scripts/find-chromium $(BIN)

openssh:
	@scripts/find-openssh

bench: dev chromium openssh
	$(BIN)/python -m tests.bench

shots: dev chromium
	$(BIN)/python -m tests.shots

# uv is wanted here alone; whoever only installs needs pip and nothing else.
lock:
	@sed -n 's/^requires = \[\(.*\)\]/\1/p' pyproject.toml | tr -d '"' | tr ',' '\n' \
	| $(LOCK_WITH) - --output-file requirements/build.lock
	@$(LOCK_WITH) pyproject.toml --output-file requirements/run.lock
	@$(LOCK_WITH) pyproject.toml --extra dev --extra bench --output-file requirements/dev.lock

image:
	docker build --tag jarvis-homelab .

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
