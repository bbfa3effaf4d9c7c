# One command each, from a clean clone: `make demo`, `make test`. Needs Python 3.11+, make and git.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help install update demo test check soak bench security pages lock clean

help:
	@echo "make demo     set up and play the story on this machine: no Telegram account, no model, no keys"
	@echo "make test     set up and run the tests"
	@echo "make check    ruff and the strict type check"
	@echo "make soak     kill the program 100 times under load and faults, and count (about 5 minutes; SEED=1)"
	@echo "make bench    measure what a turn costs, against a bare handler and with a large database (Linux, some minutes)"
	@echo "make security play every attack of docs/security.md with the worst models, and count (some minutes)"
	@echo "make install  set up what 'userbot login' and 'userbot run' need"
	@echo "make update   take the latest version (git pull), with what it needs"
	@echo "make pages    write .env.example and docs/settings.md anew, from the table of settings (maintainers)"
	@echo "make lock     pin every dependency anew (maintainers)"

install: $(VENV)/.run
update:
	@git pull --ff-only --quiet
	@$(MAKE) --no-print-directory install
demo: $(VENV)/.run
	@$(BIN)/userbot demo

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -q -n auto --dist loadfile

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

SEED ?= 1
soak: $(VENV)/.run
	@$(BIN)/python -m userbot.rehearsal.soak --seed $(SEED) --faults $(SOAK)
bench: $(VENV)/.run
	@$(BIN)/python -m userbot.rehearsal.bench $(ARGS)
security: $(VENV)/.dev
	@$(BIN)/python -m tests.security.counts $(ARGS)
pages: $(VENV)/.run
	@$(BIN)/python -m userbot.settings_page

# The stamps are touched last, so that a set-up cut short is done again.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "userbot needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "setting up (once) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --build-deps-for=editable
lock: | $(VENV)/bin/python
	@$(PIP) install pip-tools==7.6.2
	@$(COMPILE) --all-extras -o requirements-dev.lock pyproject.toml
	@$(COMPILE) --extra qr -c requirements-dev.lock -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache
