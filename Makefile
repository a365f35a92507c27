# Two commands on a fresh machine with Python 3.11 or newer and make: `make demo` and `make test`.

PYTHON ?= python3
PORT ?= 8000
JOBS ?= 2

BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests run on all cores already: threads of the linear algebra would only wait for each other.
export OPENBLAS_NUM_THREADS ?= 1
# The lock is complete: nothing is looked for beyond it. Byte code is made on all cores, not for the packages' tests.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --no-deps
BYTECODE := $(BIN)/python -m compileall -q -j 0 -x '/tests?/' .venv/lib
COMPILE_LOCK := uv pip compile --quiet --no-config --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --no-annotate --no-emit-index-url
MESSAGES := survey_app/translations/en/LC_MESSAGES/messages
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard survey_app/translations/*/LC_MESSAGES/messages.po))

.PHONY: help demo test check format messages guide bench lock clean catalogues
.DELETE_ON_ERROR:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/runtime catalogues ## Set up, load the rehearsed round and serve it on http://127.0.0.1:8000 (PORT=…)
	PORT=$(PORT) $(BIN)/survey demo

test: .venv/dev catalogues ## Set up, then run every test: both databases, a real browser, coverage (JOBS=…)
	CHROMIUM="$$(sh tests/browser/ensure_chromium.sh)" && export CHROMIUM && \
		$(BIN)/pytest -n $(JOBS) --cov --cov-report=term --cov-report=html

check: .venv/dev catalogues ## Format, lint, types, import contracts and the fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(JOBS) -m "not browser and not slow"

format: .venv/dev ## Lay out the code and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: .venv/runtime ## Bring the words of code and templates into the English catalogue, to be translated there
	@mkdir -p $(dir $(MESSAGES))
	$(BIN)/pybabel --quiet extract --mapping=babel.cfg --keywords=_l --sort-by-file --no-location --project=survey-platform \
		--output=$(MESSAGES).pot survey_app
	test -f $(MESSAGES).po || $(BIN)/pybabel --quiet init --locale=en --input-file=$(MESSAGES).pot --output-file=$(MESSAGES).po
	$(BIN)/pybabel --quiet update --locale=en --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap \
		--input-file=$(MESSAGES).pot --output-file=$(MESSAGES).po
	rm $(MESSAGES).pot

guide: .venv/dev catalogues ## Take the pictures of docs/huong-dan anew: a whole round in a real browser
	rm -rf docs/huong-dan/hinh
	CHROMIUM="$$(sh tests/browser/ensure_chromium.sh)" && export CHROMIUM && \
		GUIDE_PICTURES=docs/huong-dan/hinh $(BIN)/pytest -q tests/browser/test_the_workplace.py -k empty_database

bench: .venv/dev catalogues ## Measure speed and durability (docs/performance.md)
	$(BIN)/python -m bench.run

lock: .venv/bin/python ## Choose the newest versions setup.cfg allows, for every system and Python from 3.11
	command -v uv >/dev/null || $(BIN)/python -m pip install --quiet uv
	echo "setuptools>=77" | PATH="$$PATH:$(BIN)" $(COMPILE_LOCK) --upgrade setup.cfg - -o requirements.lock
	echo "setuptools>=77" | PATH="$$PATH:$(BIN)" $(COMPILE_LOCK) --upgrade setup.cfg - --extra dev \
		--constraints requirements.lock -o requirements-dev.lock

clean: ## Remove what was made; the databases and keys under instance/ stay
	rm -rf .venv *.egg-info build htmlcov .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache survey_app/translations/*/LC_MESSAGES/*.mo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

catalogues: $(CATALOGUES)

%.mo: %.po | .venv/runtime
	$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@

# The two stamps: what `make demo` needs, and that with what the tests need.
.venv/runtime: requirements.lock setup.cfg pyproject.toml | .venv/bin/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation --editable .
	$(BYTECODE)
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(BYTECODE)
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed. One that goes by another name: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "This Python has no venv. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
