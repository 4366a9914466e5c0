# Every target runs the set-up that it needs. Targets work from any directory: make -C, make -f.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
VENV := $(ROOT)/.venv
BIN := $(VENV)/bin

# Variables of another, activated environment must not reach ours.
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME PYTHONSAFEPATH
CLEAN := env -u VIRTUAL_ENV -u CONDA_PREFIX -u PYTHONPATH -u PYTHONHOME -u PYTHONSAFEPATH

# The first Python that the lock file is tested with, else any newer one. PYTHON=... chooses another.
define FIND_PYTHON
chosen="$(PYTHON)"; \
for versions in '<= (3, 12)' '< (4,)'; do \
	for python in python3 python3.12 python3.11 python3.13; do \
		if [[ -z "$$chosen" ]] && $(CLEAN) $$python -c \
			"import sys; sys.exit(not (3, 11) <= sys.version_info[:2] $$versions)" 2>/dev/null; \
		then chosen=$$python; fi; \
	done; \
done; \
if [[ -z "$$chosen" ]]; then \
	echo "setup: no Python 3.11 or newer on PATH; install e.g. python3 and python3-venv" >&2; exit 3; \
fi
endef

.PHONY: help setup demo console test nightly helm lint format lock wheel image archive clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' "$(ROOT)/Makefile"
	@echo "  First time: make demo. Caches: CAREERSTREAM_CACHE, default ~/.cache/careerstream."

setup: ## environment, Java, jars, Horovod: what the other targets need
	@$(FIND_PYTHON); cd "$(ROOT)" && exec $(CLEAN) $$chosen -m infra.setup

demo: setup ## a small stream from click to recommendation; EVENTS=FILE replays a real one
	@events="$(EVENTS)"; \
	if [[ -n "$$events" && "$$events" != /* ]]; then \
		if [[ -e "$(PWD)/$$events" || ! -e "$(CURDIR)/$$events" ]]; then events="$(PWD)/$$events"; \
		else events="$(CURDIR)/$$events"; fi; \
	fi; \
	cd "$(ROOT)" && exec "$(BIN)/careerstream" demo $${events:+--events "$$events"} $(ARGS)

console: setup ## the live page on the demo's data, in a browser; ARGS="--port 8080"
	@cd "$(ROOT)" && exec "$(BIN)/careerstream" console --demo --open $(ARGS)

# Workers take whole files, in the order of tests/conftest.py.
WORKERS := --numprocesses 2 --dist loadfile --no-loadscope-reorder

test: setup ## all tests but the nightly ones, by two workers; ARGS="-k fold" runs some, by one
	@cd "$(ROOT)" && exec "$(BIN)/python" -m pytest $(or $(ARGS),$(WORKERS))

nightly: setup ## the long tests, and the property tests with new random examples
	@cd "$(ROOT)" && exec "$(BIN)/python" -m pytest -m "nightly or hypothesis" \
		--hypothesis-profile default $(ARGS)

helm: setup ## Helm, built by Go where there is none, for the tests of infra/helm
	@cd "$(ROOT)" && exec "$(BIN)/python" -m infra.setup.helm

lint: setup ## style, format and types
	@cd "$(ROOT)" && "$(BIN)/ruff" check && "$(BIN)/ruff" format --check && "$(BIN)/mypy"

format: setup ## format the code
	@cd "$(ROOT)" && "$(BIN)/ruff" check --fix --exit-zero --quiet && "$(BIN)/ruff" format

lock: setup ## resolve requirements.lock; UPGRADE=1 takes the newest versions
	@cd "$(ROOT)" && "$(BIN)/uv" pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet \
		--group dev --group build $(if $(UPGRADE),--upgrade) \
		--output-file requirements.lock pyproject.toml

wheel: setup ## dist/*.whl with our Python files
	@cd "$(ROOT)" && rm -rf build/lib build/bdist.* && "$(BIN)/python" -m build --wheel --no-isolation

archive: wheel ## dist/*.tar.gz: a packed environment for spark-submit --archives
	@cd "$(ROOT)" && exec "$(BIN)/python" -m infra.setup.packed_environment

image: wheel ## a container image; IMAGE=name:tag
	@cd "$(ROOT)" && exec docker build --file infra/image/Dockerfile \
		--tag "$(or $(IMAGE),careerstream:latest)" .

clean: ## remove build products; .local, .venv and the caches stay
	@cd "$(ROOT)" && rm -rf build dist ./*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
