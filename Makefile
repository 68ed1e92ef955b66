# SPDX-License-Identifier: Apache-2.0
# Two commands are enough, and both install what a Debian or Ubuntu machine lacks:
#   make run [ARGS=…]     watch this machine with the packaged rules (as root)
#   make test [ARGS=…]    the whole test suite, then its core part and damaged captures under ASan and UBSan
# More:
#   make setup            the set-up alone; the command is then .venv/bin/tiercel
#   make check            what an edit breaks most often, in a minute: form, types, and quick tests without the kernel
#   make lint format      check, or repair, form: formatters, linters, types, stubs, layers
#   make gen gen-check    render the generated files from the schema, or compare them
#   make bench            speed by phase, for developers; whole runs are measured by `tiercel bench`
#   make sanitize         the core's tests under ASan and UBSan, more of them than `make test` runs
#   make wheel            dist/*.whl, with every library it needs, and the source distribution; wheel-check tries them
#   make packages         dist/*.deb and dist/*.rpm: the wheel with a systemd unit, configuration and man pages
#   make clean            remove what was built
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev build run test check bench lint format gen gen-check sanitize wheel wheel-check packages clean

# Each run and each worker would compile all tests again where this is set, as in many containers.
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
BIN := .venv/bin
JOBS ?= $(shell nproc)
CLANG_FORMAT = $(shell for v in 19 20 21 18 17; do command -v clang-format-$$v && break; done || command -v clang-format)
C_FILES = $(shell find bpf ext tests -name '*.[ch]' ! -name '*.gen.h')
# The tests of one file run in one worker. Live tests wait most of the time: hence one worker more than processors.
# tests/conftest.py orders the files: xdist would take a file with one long test last, and mix files of all folders.
PARALLEL = -n $$(($(JOBS) + 1)) --dist loadfile --no-loadscope-reorder
CHECK_TESTS ?= tests/repo tests/schema tests/lang tests/rules tests/compiler tests/config tests/alerts tests/outputs
ASAN_LIB = build/sanitize/lib
SANITIZE_TESTS ?= tests/core tests/fuzz tests/events -m 'not resident'

help:
	@sed -n '2,/^SHELL/s/^# \{0,1\}//p' Makefile

setup:
	@.ci/setup run
	@$(MAKE) --no-print-directory build

setup-dev:
	@.ci/setup run test lint
	@$(MAKE) --no-print-directory build

# Bytecode, too: where PYTHONDONTWRITEBYTECODE is set, as in many containers, each start would compile all modules again.
build:
	@$(PY) setup.py -q build_ext --inplace -j $(JOBS)
	@$(PY) -m compileall -q src/tiercel

run: setup
	@exec $(BIN)/tiercel run $(ARGS)

test: setup-dev
	$(PY) -m pytest $(PARALLEL) $(ARGS)
	@$(MAKE) --no-print-directory sanitize SANITIZE_TESTS="tests/core tests/fuzz/test_scap.py -m 'not slow and not resident'"

check: setup-dev
	$(BIN)/ruff check -q .
	$(BIN)/ruff format -q --check .
	$(BIN)/lint-imports >/dev/null
	$(BIN)/mypy
	$(PY) -m pytest -q --hypothesis-profile=quick -m "not kernel and not slow" $(PARALLEL) $(CHECK_TESTS)

bench: setup-dev
	$(PY) -m benches $(ARGS)

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(CURDIR)/$(BIN):$$PATH" cython-lint ext
	$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)
	$(BIN)/yamllint --strict .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(PY) -m mypy.stubtest tiercel._core --mypy-config-file pyproject.toml --allowlist .ci/stubtest-allowlist.txt \
		--ignore-unused-allowlist
	$(PY) -m pytest -q tests/repo

format: setup-dev
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .
	$(CLANG_FORMAT) -i $(C_FILES)

gen: setup
	$(PY) -m tiercel.schema.generate
	$(PY) -m tiercel.config.reference

gen-check: setup
	$(PY) -m tiercel.schema.generate --check
	$(PY) -m tiercel.config.reference --check

# The extension once more, in a package tree of its own. A report goes to the real stderr: hence --capture=sys.
sanitize: setup-dev
	@TIERCEL_SANITIZE=address,undefined $(PY) setup.py -q build --build-base build/sanitize --build-lib $(ASAN_LIB) \
		-j $(JOBS)
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" PYTHONMALLOC=malloc \
		ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONPATH=$(ASAN_LIB) \
		$(PY) -m pytest -q -p no:cacheprovider --capture=sys $(PARALLEL) $(SANITIZE_TESTS)

wheel:
	@.ci/setup run wheel
	$(PY) deploy/wheel/build.py dist

packages: wheel
	$(PY) deploy/packages/build.py dist

wheel-check: wheel
	@.ci/setup run wheel-check
	$(PY) -m pytest -q tests/wheel --wheel dist

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src -name '*.so' -delete -o -name '*.o' -delete
