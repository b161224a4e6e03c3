# Every target makes what it needs; `make` alone lists them. PYTHON=python3.12 chooses the interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
IMAGE ?= airbyte/source-tiktok-ads:dev
VERSION = $(shell sed -n 's/^ *version="\(.*\)",$$/\1/p' setup.py)
REVISION = $(shell git rev-parse HEAD)
export IMAGE

# Older versions of pip say nothing while they unpack: a dot every two seconds shows that something goes on.
DOTS = sh -c '(while sleep 2 && kill -0 $$$$; do printf .; done) 2>/dev/null & dots=$$!; "$$@"; status=$$?; kill $$dots; exit $$status' dots
PIP_INSTALL = $(BIN)/python -m pip install --disable-pip-version-check
# The judge of metadata.yaml is one JSON file of this package: its dependencies and its bound on Python are not for us.
METADATA_SCHEMA = --no-deps --ignore-requires-python 'airbyte-connector-models>=0.1.12,<0.2'

.PHONY: help setup check format test demo prove snapshot docs bench image base-image requirements clean
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(VENV)/.tests ## the development environment in .venv

check: $(VENV)/.tests ## format, lint, strict types, unit tests: about a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n 2 unit_tests

format: $(VENV)/.tests ## let ruff format and fix what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(VENV)/.tests ## everything; unit tests cover the package alone (docker tests skip where no daemon answers)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	rm -rf reports .coverage .coverage.*
	$(BIN)/pytest -q -n 2 --cov --cov-fail-under=100 --junitxml=reports/unit_tests.xml unit_tests
	$(BIN)/pytest -p airbyte_cdk.test.standard_tests.pytest_hooks --read-from-streams=all -m alone \
	    --junitxml=reports/alone.xml integration_tests
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not alone" --junitxml=reports/integration_tests.xml integration_tests

demo: $(VENV)/.demo ## simulator, two syncs through the real command line into DuckDB, and what a person wants to see
	$(BIN)/python -m integration_tests.demo

prove: $(VENV)/.tests ## the long figures, whole
	PROVE=1 $(BIN)/pytest -m prove

snapshot docs: $(VENV)/.tests ## regenerate the catalog's snapshot and the stream reference
	$(BIN)/python -m docs.generate

bench: $(VENV)/.tests ## cost of a row against the floor; ROWS=1000000 for the memory of a long read
	$(BIN)/python -m benchmarks.read $(if $(ROWS),--rows $(ROWS))

image: ## build the image; BASE_IMAGE=... replaces the published base
	docker build $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) \
	    --build-arg CONNECTOR_VERSION=$(VERSION) --build-arg REVISION=$(REVISION) -t $(IMAGE) .

base-image: ## make a stand-in for the published base, where that can't be pulled
	.ci/base-image

requirements: ## pin the image's tree anew; needs PYTHON to be 3.13, as the base image's
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13) and "PYTHON has to be a Python 3.13")'
	rm -rf build && $(PYTHON) -m venv build/requirements
	build/requirements/bin/pip install --disable-pip-version-check .
	sed -n '/^#/p' requirements.txt >build/requirements.txt
	build/requirements/bin/pip freeze --all --exclude pip --exclude airbyte-source-tiktok-ads >>build/requirements.txt
	mv build/requirements.txt requirements.txt

clean: ## remove the environment and all that tools leave behind
	rm -rf $(VENV) build reports demo-output .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13) and \
	    "Python 3.10 to 3.13 is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.12 ...")'
	$(DOTS) $(PYTHON) -m venv --clear $(VENV)
	@touch $@

# What is never imported needs no compiling, which is a third of the install.
$(VENV)/.demo: setup.py | $(VENV)/.made
	$(DOTS) $(PIP_INSTALL) --no-compile -e '.[demo]'
	@touch $@

$(VENV)/.tests: setup.py | $(VENV)/.made
	$(PIP_INSTALL) -e '.[tests]'
	$(PIP_INSTALL) $(METADATA_SCHEMA)
	@touch $(VENV)/.demo $@
