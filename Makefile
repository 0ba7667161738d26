# make demo   sets everything up, then runs the main job on real parts and shows what happened
# make test   sets everything up, then runs the tests of the product, several files at a time (WORKERS; TESTS: not all)
# make test-all        with every step, format and attack, the packages, Microsoft's conformance tests, kills, soak
#                      (UNIT= leaves out the unit tests)
# make test-again      what failed last, one after the other
# make test-packages   the packages alone, each by itself (PACKAGES)
# make test-any-date   unit tests and attacks, once 400 days ahead and once 30 days back (DAYS, TESTS)
# make up     the stack stays until Ctrl-C (FRESH=1: begins empty; AUTH=keys: no sign-in; SETTINGS=file.json)
# make check  format, lint, types, imports, workflows, Bicep
# make package  dist/certflow.zip: what is deployed, and what is in it (EXTRAS=apprise: for CERTFLOW_NOTIFY_URLS)
# make setup  set-up alone                      make bench  measurements, as ratios
# make soak   500 requests in 10 minutes while everything fails (SOAK_SECONDS, SOAK_SEED)
# make kills  runs of the product killed at every request that they make; make test-all takes a sample (KILLS_SEED)
# make interleavings   a thousand random interleavings of everybody who may touch a certificate
# make chains   2,000 chains out of a new seed before the doctor and openssl, 10,000 damaged bytes (COUNT, SEED)
# make fuzz   20 minutes of files that nobody has thought of, guided by coverage (FUZZ_SECONDS)
# make conformance   Microsoft's own tests of their Key Vault client, against the stand-in
# make console   writes the one script of the console (functions/console/static/v), after a change of its source
# make lock   compiles requirements*.lock anew, after a change of requirements
.PHONY: setup demo package test test-all of-all test-again test-packages of-packages test-any-date up check check-code check-infra bench soak kills interleavings chains fuzz conformance lock console
SHELL := /bin/sh
# Where the environment forbids bytecode, each process would compile all test files and packages anew.
export PYTHONDONTWRITEBYTECODE :=
PY := .venv/bin/python

# Any Python from 3.10 on can do the set-up; it finds or fetches 3.13 for .venv.
setup:
	@for python in python3 python3.13 python /usr/bin/python3 /usr/local/bin/python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then \
	    exec $$python local/setup.py; \
	  fi; \
	done; echo 'make: no Python found; install Python 3.10 or newer' >&2; exit 1

package: setup
	@$(PY) -m local.package $(EXTRAS)

lock: setup
	@$(PY) -m local.lock

console: setup
	@$(PY) -m local.console_script

demo: setup
	@$(PY) -m local.demo

# Three keep two cores busy: one of them waits as often as it works (tests/one_stack.py).
WORKERS ?= 3
PYTEST = $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
UNIT = tests/unit
PRODUCT = tests/e2e tests/integration tests/infra $(UNIT)
test: setup
	@$(PYTEST) $(or $(TESTS),$(PRODUCT))

LONG = tests/endurance tests/thorough tests/robustness tests/laptop
test-all: export CERTFLOW_TEST_EXAMPLES = 100
test-all: setup
	@$(MAKE) --no-print-directory --jobs=2 of-all $(if $(TESTS),,of-packages)

# The packages beside the product, one at a time: both wait often, for stacks and for what Microsoft's suite sleeps.
of-all:
	@$(PYTEST) $(or $(TESTS),$(LONG) $(PRODUCT))

# What failed last, one after the other on a machine that does nothing else.
test-again: setup
	@$(PY) -m pytest --last-failed --last-failed-no-failures none tests

# Each by itself, as somebody runs them who has that package alone; some at a time, what each prints in one piece.
PACKAGES ?= keyvault-emulator functions-host eventgrid-emulator inbox entra-emulator
test-packages: setup
	@$(MAKE) --no-print-directory --jobs=$(WORKERS) of-packages

of-packages:
	@$(MAKE) --no-print-directory --output-sync=target $(addprefix test-of-,$(PACKAGES))

# Microsoft's suite is as long as the rest of them together, so it has a process of its own.
test-of-keyvault-emulator: PROCESSES = -n 2 --dist loadfile
test-of-%:
	@cd packages/$* && $(abspath $(PY)) -m pytest $(PROCESSES) -p no:schemathesis

DAYS ?= 400 -30
test-any-date: setup
	@for days in $(DAYS); do \
	  CERTFLOW_TEST_DAYS=$$days $(PYTEST) $(or $(TESTS),tests/unit tests/robustness) || exit 1; \
	done

up: setup
	@exec $(PY) -m local.up $(if $(HOST),--host $(HOST)) $(if $(AUTH),--auth $(AUTH)) $(if $(FRESH),--fresh) $(if $(SETTINGS),--settings '$(SETTINGS)')

bench: setup
	@$(PY) -m benchmarks.results
	@$(PY) -m benchmarks.inspect_chain
	@$(PY) -m benchmarks.matching
	@$(PY) -m benchmarks.drop_to_merged
	@$(PY) -m benchmarks.worst_cases

conformance: setup
	@cd packages/keyvault-emulator/tests && $(abspath $(PY)) -m conformance.microsoft

# Fewer seconds, fewer requests: 500 are for ten minutes.
SOAK_SECONDS ?= 600
soak: setup
	@$(PY) -m tests.endurance.soak --seconds $(SOAK_SECONDS) $(if $(SOAK_SEED),--seed $(SOAK_SEED))

# Of a sample only: its seed is printed where a test fails.
kills: setup
	@$(if $(KILLS_SEED),CERTFLOW_KILLS_SEED=$(KILLS_SEED),CERTFLOW_KILLS=all) $(PY) -m pytest --timeout 7200 \
	  tests/endurance/test_killed.py tests/endurance/test_killed_approval.py tests/endurance/test_killed_watch.py

interleavings: setup
	@CERTFLOW_SOAK_EXAMPLES=1000 $(PY) -m pytest tests/endurance/test_interleavings.py

# SEED repeats a run: it is printed.
COUNT ?= 2000
chains: setup
	@$(PY) -m tests.robustness.comparing --count $(COUNT) $(if $(SEED),--seed $(SEED))
	@CERTFLOW_FUZZ_EXAMPLES=$$(( $(COUNT) * 5 )) $(if $(SEED),CERTFLOW_FUZZ_SEED=$(SEED)) \
	  $(PY) -m pytest --timeout 3600 tests/robustness/test_certificate_bytes.py

# Its own requirements: atheris has no wheels for some platforms, and nobody else needs it.
FUZZ_SECONDS ?= 1200
fuzz: setup
	@uv=$$(command -v uv || echo .local/uv/bin/uv) && $$uv pip install --quiet --python $(PY) -r requirements-fuzz.txt
	@$(PY) -m tests.robustness.fuzz -max_total_time=$(FUZZ_SECONDS)

# The code on one core, infra/ on another.
check: setup
	@$(MAKE) --no-print-directory --jobs=2 check-code check-infra
	@echo 'check: format, lint, types, imports, workflows and Bicep are fine'

check-code:
	@.venv/bin/ruff format --check --quiet . || { echo 'run: .venv/bin/ruff format .' >&2; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary
	@told=$$(.venv/bin/lint-imports --no-logo --no-cache) || { echo "$$told" >&2; exit 1; }
	@told=$$(.venv/bin/radon cc --min C --show-complexity functions function_app.py); \
	  [ -z "$$told" ] || { printf 'more than ten decisions in one function:\n%s\n' "$$told" >&2; exit 1; }
	@$(PY) -m local.console_types

check-infra:
	@told=$$(.venv/bin/zizmor --quiet --offline --persona pedantic --strict-collection . 2>&1) || \
	  { echo "$$told" >&2; exit 1; }
	@$(PY) -m local.bicep_check
