# make demo   sets everything up, then runs the main job on real parts and shows what happened
# make test   sets everything up, then runs the tests
# make up     the stack stays until Ctrl-C      make check  format, lint, types
# make setup  set-up alone                      make bench  measurements, as ratios
# make soak   a thousand random interleavings
# make conformance   Microsoft's own tests of their Key Vault client, against the stand-in
.PHONY: setup demo test up check bench soak conformance
SHELL := /bin/sh
PY := .venv/bin/python

# Any Python from 3.10 on can do the set-up; it finds or fetches 3.13 for .venv.
setup:
	@for python in python3 python3.13 python /usr/bin/python3 /usr/local/bin/python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then \
	    exec $$python local/setup.py; \
	  fi; \
	done; echo 'make: no Python found; install Python 3.10 or newer' >&2; exit 1

demo: setup
	@$(PY) -m local.demo

test: setup
	@$(PY) -m pytest

up: setup
	@exec $(PY) -m local.up $(if $(HOST),--host $(HOST))

bench: setup
	@$(PY) -m benchmarks.cold_start

conformance: setup
	@$(PY) -m tests.conformance.microsoft

soak: setup
	@CERTFLOW_SOAK_EXAMPLES=1000 $(PY) -m pytest tests/e2e/test_interleavings.py

check: setup
	@.venv/bin/ruff format --check --quiet . || { echo 'run: .venv/bin/ruff format .' >&2; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary
	@echo 'check: format, lint and types are fine'
