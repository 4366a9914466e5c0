# Every target does the set-up it needs. Works from any directory: make -C FOLDER, make -f FILE.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
VENV := $(ROOT)/.venv
BIN := $(VENV)/bin

# An activated other environment must not leak into ours.
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME PYTHONSAFEPATH
CLEAN := env -u VIRTUAL_ENV -u CONDA_PREFIX -u PYTHONPATH -u PYTHONHOME -u PYTHONSAFEPATH

# The first Python that the lock file is tested with, else any newer one; PYTHON=... chooses.
define FIND_PYTHON
found="$(PYTHON)"; \
for wanted in '<= (3, 12)' '< (4,)'; do \
	for python in python3 python3.12 python3.11 python3.13; do \
		if [[ -z "$$found" ]] && $(CLEAN) $$python -c \
			"import sys; sys.exit(not (3, 11) <= sys.version_info[:2] $$wanted)" 2>/dev/null; \
		then found=$$python; fi; \
	done; \
done; \
if [[ -z "$$found" ]]; then \
	echo "setup: no Python 3.11 or newer on PATH; install e.g. python3 and python3-venv" >&2; exit 3; \
fi
endef

.PHONY: help setup demo test nightly lint format lock wheel image archive clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' "$(ROOT)/Makefile"
	@echo "  First time: make demo. Caches: CAREERSTREAM_CACHE, default ~/.cache/careerstream."

setup: ## everything the others need: environment, Java, jars, Horovod; at once when it is there
	@$(FIND_PYTHON); cd "$(ROOT)" && exec $(CLEAN) $$found -m infra.setup

demo: setup ## a click becomes a recommendation; EVENTS=FILE does it with a real stream
	@events="$(EVENTS)"; \
	if [[ -n "$$events" && "$$events" != /* ]]; then \
		if [[ -e "$(PWD)/$$events" || ! -e "$(CURDIR)/$$events" ]]; then events="$(PWD)/$$events"; \
		else events="$(CURDIR)/$$events"; fi; \
	fi; \
	cd "$(ROOT)" && exec "$(BIN)/careerstream" demo $${events:+--events "$$events"} $(ARGS)

# Workers take whole files, in the order of tests/conftest.py.
WORKERS := --numprocesses 2 --dist loadfile --no-loadscope-reorder

test: setup ## all tests but the nightly ones, by two workers; ARGS="-k fold" runs some, by one
	@cd "$(ROOT)" && exec "$(BIN)/python" -m pytest $(or $(ARGS),$(WORKERS))

nightly: setup ## the long tests, and the property tests with new random examples
	@cd "$(ROOT)" && exec "$(BIN)/python" -m pytest -m "nightly or hypothesis" \
		--hypothesis-profile default $(ARGS)

lint: setup ## style, format and types
	@cd "$(ROOT)" && "$(BIN)/ruff" check && "$(BIN)/ruff" format --check && "$(BIN)/mypy"

format: setup ## put the code into the one format
	@cd "$(ROOT)" && "$(BIN)/ruff" check --fix --exit-zero --quiet && "$(BIN)/ruff" format

lock: setup ## resolve requirements.lock again; UPGRADE=1 takes the newest versions
	@cd "$(ROOT)" && "$(BIN)/uv" pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet \
		--group dev --group build $(if $(UPGRADE),--upgrade) \
		--output-file requirements.lock pyproject.toml

wheel: setup ## dist/*.whl: our Python files and nothing else
	@cd "$(ROOT)" && rm -rf build/lib build/bdist.* && "$(BIN)/python" -m build --wheel --no-isolation

archive: wheel ## dist/*.tar.gz: a packed environment for spark-submit --archives
	@cd "$(ROOT)" && exec "$(BIN)/python" -m infra.setup.packed_environment

image: wheel ## a container image with everything; IMAGE=name:tag
	@cd "$(ROOT)" && exec docker build --file infra/image/Dockerfile \
		--tag "$(or $(IMAGE),careerstream:latest)" .

clean: ## remove what was built here; .local, .venv and the caches stay
	@cd "$(ROOT)" && rm -rf build dist ./*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
