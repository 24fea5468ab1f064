# make reproduce   sets everything up, trains, measures, writes the report
# make test        sets everything up, runs the checks and the tests
# Options pass through: make reproduce ARGS="--preset cpu --data PATH"

VENV := .venv
PYTHON ?=
ARGS ?=
BIN := $(VENV)/bin

.PHONY: reproduce test lint published lock clean help
.DEFAULT_GOAL := help

help:
	@sed -n '1,3s/^# //p' Makefile

reproduce: $(VENV)/installed
	@$(BIN)/python -m study reproduce $(ARGS)

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# Makes the pages and READMEs of all published results again, after a change of the report.
published: $(VENV)/installed
	for folder in reports/published/*/; do \
		$(BIN)/python -m study publish $$folder $$(basename $$folder) || exit 1; \
	done
	export LC_ALL=C && $(BIN)/python -m study remedies reports/published/*/ --leave-out reports/published/devices-32px --out reports/published

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(BIN)/python:
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh ./make_venv.sh

$(VENV)/installed: requirements.lock | $(BIN)/python
	@echo "Installing the locked requirements into $(VENV) (TensorFlow is 550 MB) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock | $(BIN)/python
	@echo "Installing the locked requirements for tests into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/installed

# Resolves the bounds of requirements*.txt anew; needs uv.
lock:
	uv pip compile -q requirements.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements.lock
	uv pip compile -q requirements-dev.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis
