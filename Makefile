# Every target makes what it needs; `make` alone lists them. PYTHON=python3.12 chooses the interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
IMAGE ?= airbyte/source-tiktok-ads:dev
CITRUSAD_IMAGE ?= airbyte/source-citrusad:dev
VERSION = $(shell sed -n 's/^ *version="\(.*\)",$$/\1/p' setup.py)
CITRUSAD_VERSION = $(shell sed -n 's/^ *version="\(.*\)",$$/\1/p' source-citrusad/setup.py)
REVISION = $(shell git rev-parse HEAD)
export IMAGE
export CITRUSAD_IMAGE
IN_CITRUSAD = cd source-citrusad && $(abspath $(BIN))

# Older versions of pip say nothing while they unpack: a dot every two seconds shows that something goes on.
DOTS = sh -c '(while sleep 2 && kill -0 $$$$; do printf .; done) 2>/dev/null & dots=$$!; "$$@"; status=$$?; kill $$dots; exit $$status' dots
PIP_INSTALL = $(BIN)/python -m pip install --disable-pip-version-check
# The judge of metadata.yaml is one JSON file of this package: its dependencies and its bound on Python are not for us.
METADATA_SCHEMA = --no-deps --ignore-requires-python 'airbyte-connector-models>=0.1.12,<0.2'

# A BigQuery that is not ours. It needs a newer Python than the connectors do, and packages that they must not see.
EMULATOR = source-citrusad/build/emulator
EMULATOR_PINS = source-citrusad/integration_tests/emulator.txt
# The extension is a file of one of its packages; DuckDB would download it otherwise.
INSTALL_EXTENSION = import duckdb, duckdb_extension_spatial, pathlib; \
    [file] = pathlib.Path(duckdb_extension_spatial.__path__[0]).rglob("*.duckdb_extension"); \
    duckdb.connect().execute(f"INSTALL \x27{file}\x27")

.PHONY: help setup check format lint test test-tiktok test-citrusad demo demo-tiktok demo-citrusad prove snapshot docs \
    bench image image-citrusad base-image emulator requirements clean
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/.tests ## the development environment of both connectors in .venv

check: lint ## format, lint, dead code, strict types, unit tests of both connectors
	$(BIN)/pytest -q -n 2 unit_tests
	$(IN_CITRUSAD)/pytest -q -n 2 unit_tests

lint: $(VENV)/.tests ## format, lint, dead code and strict types of both connectors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/vulture
	$(BIN)/mypy

format: $(VENV)/.tests ## let ruff format and fix what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: test-tiktok test-citrusad ## everything, both connectors (docker tests skip where no daemon answers)

test-tiktok: lint ## the TikTok Ads connector; unit tests cover its package alone
	rm -rf reports/tiktok_*.xml .coverage .coverage.*
	$(BIN)/pytest -q -n 2 --cov --cov-fail-under=100 --junitxml=reports/tiktok_unit.xml unit_tests
	$(BIN)/pytest -p airbyte_cdk.test.standard_tests.pytest_hooks --read-from-streams=all -m alone \
	    --junitxml=reports/tiktok_alone.xml integration_tests
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not alone" --junitxml=reports/tiktok_integration.xml integration_tests

test-citrusad: lint emulator ## the CitrusAd connector, against a local BigQuery server; unit tests cover its package alone
	rm -rf reports/citrusad_*.xml source-citrusad/.coverage source-citrusad/.coverage.*
	$(IN_CITRUSAD)/pytest -q -n 2 --cov --cov-fail-under=100 --junitxml=../reports/citrusad_unit.xml unit_tests
	$(IN_CITRUSAD)/pytest -p airbyte_cdk.test.standard_tests.pytest_hooks --read-from-streams=all -m alone \
	    --junitxml=../reports/citrusad_alone.xml integration_tests
	$(IN_CITRUSAD)/pytest -q -n 2 --dist loadfile -m "not alone" --junitxml=../reports/citrusad_integration.xml \
	    integration_tests

demo: demo-tiktok demo-citrusad ## both demos, one after the other

demo-tiktok: $(VENV)/.demo ## simulator, two syncs through the real command line into DuckDB, and what a person wants to see
	$(BIN)/python -m integration_tests.demo

demo-citrusad: $(VENV)/.demo ## local BigQuery, two syncs a day apart into DuckDB, calls and bytes against the budget
	$(IN_CITRUSAD)/python -m integration_tests.demo

prove: $(VENV)/.tests ## the long figures, whole
	PROVE=1 $(BIN)/pytest -m prove
	PROVE=1 $(IN_CITRUSAD)/pytest -m prove

snapshot docs: $(VENV)/.tests ## regenerate what is derived: the catalog's snapshot, the stream reference, the forms
	$(BIN)/python -m docs.generate
	$(IN_CITRUSAD)/python -m docs.generate

bench: $(VENV)/.tests ## cost of a row against the floor; ROWS=1000000 for the memory of a long read
	$(BIN)/python -m benchmarks.read $(if $(ROWS),--rows $(ROWS))

image: ## build the image; BASE_IMAGE=... replaces the published base
	docker build $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) \
	    --build-arg CONNECTOR_VERSION=$(VERSION) --build-arg REVISION=$(REVISION) -t $(IMAGE) .

image-citrusad: ## build the image of the CitrusAd connector; BASE_IMAGE=... replaces the published base
	docker build $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) \
	    --build-arg CONNECTOR_VERSION=$(CITRUSAD_VERSION) --build-arg REVISION=$(REVISION) -t $(CITRUSAD_IMAGE) source-citrusad

base-image: ## make a stand-in for the published base, where that can't be pulled
	.ci/base-image

emulator: $(EMULATOR)/.made ## the BigQuery emulator that test-citrusad also runs against, in an environment of its own

requirements: ## pin the images' trees anew; needs PYTHON to be 3.13, as the base image's
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13) and "PYTHON has to be a Python 3.13")'
	rm -rf build
	for folder in . source-citrusad; do \
	    $(PYTHON) -m venv --clear build/requirements && \
	    build/requirements/bin/pip install --disable-pip-version-check ./$$folder && \
	    sed -n '/^#/p' $$folder/requirements.txt >build/requirements.txt && \
	    build/requirements/bin/pip freeze --all --exclude pip --exclude airbyte-source-tiktok-ads \
	        --exclude airbyte-source-citrusad >>build/requirements.txt && \
	    mv build/requirements.txt $$folder/requirements.txt || exit 1; \
	done

clean: ## remove the environment and all that tools leave behind
	rm -rf $(VENV) build reports demo-output .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info
	cd source-citrusad && rm -rf build reports demo-output .coverage .coverage.* .hypothesis .pytest_cache *.egg-info

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13) and \
	    "Python 3.10 to 3.13 is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.12 ...")'
	$(DOTS) $(PYTHON) -m venv --clear $(VENV)
	@touch $@

# What is never imported needs no compiling, which is a third of the install.
$(VENV)/.demo: setup.py source-citrusad/setup.py | $(VENV)/.made
	$(DOTS) $(PIP_INSTALL) --no-compile -e '.[demo]' -e './source-citrusad[demo]'
	@touch $@

$(VENV)/.tests: setup.py source-citrusad/setup.py | $(VENV)/.made
	$(PIP_INSTALL) -e '.[tests]' -e './source-citrusad[tests]'
	$(PIP_INSTALL) $(METADATA_SCHEMA)
	@touch $(VENV)/.demo $@

# Without a Python from 3.11 on its test is skipped, or fails with CI=true.
$(EMULATOR)/.made: $(EMULATOR_PINS)
	@for python in $(PYTHON) python3.13 python3.12 python3.11; do \
	    $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    echo "the emulator's environment, with $$($$python --version)"; \
	    $$python -m venv --clear $(EMULATOR) && \
	    $(EMULATOR)/bin/python -m pip install -q --disable-pip-version-check --no-compile -r $(EMULATOR_PINS) && \
	    HOME=$(abspath $(EMULATOR)) $(EMULATOR)/bin/python -c '$(INSTALL_EXTENSION)' && touch $@; \
	    exit $$?; \
	done; \
	echo "No Python from 3.11 on was found: the emulator is not installed."
