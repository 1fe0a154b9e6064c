# Everything a checkout can do. `make` alone lists it. Needs Python >= 3.11 with venv, and nothing else.
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run install test test-servers test-long check format lint types imports schema schema-check docs demo-faults bench examples lock

# The first interpreter that is new enough and can make an environment; `make PYTHON=/path/to/python3.12 run` chooses another.
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$candidate && break; done)
UV_VERSION := 0.13.9
WORKERS ?= 2
UPGRADE ?=
DATA ?= .whence

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
DISTRIBUTIONS := pyproject.toml client/pyproject.toml
SERVER := $(VENV)/installed-server
DEVELOPMENT := $(VENV)/installed-development
EXAMPLES := $(VENV)/installed-examples

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(SERVER) ## start the service with its demo data, in .whence/ (DATA=DIR chooses another folder)
	@$(BIN)/whence serve --demo --data $(DATA)

install: $(DEVELOPMENT) ## make .venv with the service, the client and the tools of development

test: check ## check, and the ordinary tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

test-servers: $(DEVELOPMENT) ## install what the tests' Neo4j, Elasticsearch and S3 run on: Java, unless one of 21 or newer is there, and moto
	@$(BIN)/python -m tests.servers.java >/dev/null 2>&1 || $(PIP) --require-hashes -r requirements/java.lock
	@test -x .cache/s3/bin/moto_server || { $(PYTHON) -m venv .cache/s3 && \
		.cache/s3/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/s3.lock; }

test-long: $(DEVELOPMENT) ## the property and fault tests at full length
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --long

check: lint types imports schema-check docs ## format, lint, types, imports, schema and documents

format: $(DEVELOPMENT) ## write every file in the one format, and mend what the linter can mend
	$(BIN)/ruff check --fix --quiet
	$(BIN)/ruff format

lint: $(DEVELOPMENT)
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: $(DEVELOPMENT)
	$(BIN)/mypy

imports: $(DEVELOPMENT)
	@$(BIN)/lint-imports --no-cache > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

schema: $(DEVELOPMENT) ## write schema.graphql from the code
	@$(BIN)/python -m api.print_schema > $(VENV)/schema.graphql
	@cp $(VENV)/schema.graphql schema.graphql

schema-check: $(DEVELOPMENT)
	@$(BIN)/python -m api.print_schema > $(VENV)/schema.graphql
	@cmp -s $(VENV)/schema.graphql schema.graphql || { echo "schema.graphql is not what the code says: run 'make schema'"; exit 1; }

docs: $(DEVELOPMENT)
	$(BIN)/python -m pytest --quiet tests/project/test_documents.py

demo-faults: $(DEVELOPMENT) ## train for a minute while Neo4j, Elasticsearch and the service go away in turn
	@$(BIN)/python -m tests.faults.showing

bench: $(DEVELOPMENT) ## measure, and print ratios; see docs/benchmarks.md
	$(BIN)/python -m benchmarks

examples: $(EXAMPLES) ## do the example project again, and write what happened into demo/digits/
	$(BIN)/python -m examples.digits demo/digits/lines.jsonl

lock: ## write requirements/*.lock from the two pyproject.toml (UPGRADE=--upgrade takes newer versions)
	@test -n "$(PYTHON)" || { $(NO_PYTHON); }
	@test -x .cache/lock/bin/uv || $(PYTHON) -m venv .cache/lock
	@.cache/lock/bin/python -m pip --disable-pip-version-check install --quiet uv==$(UV_VERSION)
	$(COMPILE) --group build -o requirements/build.lock
	$(COMPILE) pyproject.toml -c requirements/build.lock -o requirements/server.lock
	$(COMPILE) pyproject.toml --group dev -c requirements/server.lock -c requirements/build.lock -o requirements/dev.lock
	$(COMPILE) --group examples -c requirements/server.lock -o requirements/examples.lock
	$(COMPILE) --group java -o requirements/java.lock
	$(COMPILE) --group s3 -o requirements/s3.lock

# Hashes of every file, addresses of none. The two distributions of this checkout are never in a lock.
COMPILE := .cache/lock/bin/uv --quiet pip compile $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate --no-emit-package whence --no-emit-package whence-server

NO_PYTHON := echo "Whence needs Python 3.11 or newer with its venv module (Debian: apt-get install python3-venv). Name one with: make PYTHON=/path/to/python3.12"; exit 1

$(BIN)/python:
	@test -n "$(PYTHON)" || { $(NO_PYTHON); }
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

# The distributions of the checkout are installed editable, with the backend that the lock holds, so that nothing comes from elsewhere.
# Bytecode is made here, not by the first start: without it the imports alone take longer than a start may.
$(SERVER): requirements/build.lock requirements/server.lock $(DISTRIBUTIONS) | $(BIN)/python
	@echo "installing the service (once, about a minute)"
	@$(PIP) --require-hashes -r requirements/build.lock -r requirements/server.lock
	@$(PIP) --no-index --no-deps --no-build-isolation -e client -e .
	@$(BIN)/python -m compileall -q $(VENV)/lib api artifacts client/whence demo domain lineage projection search store || true
	@touch $@

$(DEVELOPMENT): requirements/dev.lock $(SERVER)
	@echo "installing the tools of development (once, about a minute)"
	@$(PIP) --require-hashes -r requirements/dev.lock
	@touch $@

$(EXAMPLES): requirements/examples.lock $(SERVER)
	@echo "installing what the examples need (once)"
	@$(PIP) --require-hashes -r requirements/examples.lock
	@touch $@
