# `make help` lists what there is. Nothing here asks a question: it all runs without a terminal.

MODEL ?= summarykit.examples:sequential
WORKERS ?= 2
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip install -qq --constraint constraints.txt
# Anything pip needs to find a CPU-only torch, for example TORCH_ARGS="--index-url ...".
TORCH_ARGS ?=

# The report goes to OUT, or to reports/NAME in the three formats, NAME being the end of MODEL.
FAST := tests/expression tests/formulas tests/summary tests/exporters
NAME = $(lastword $(subst :, ,$(MODEL)))
OUT ?= $(addprefix reports/$(NAME),.md .html .xlsx)

export PIP_NO_INPUT := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help report test test-fast test-long check format gallery docs images coverage-of-formulas bench system-deps axe clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

report: $(VENV)/.runtime ## explain MODEL=package.module:factory, in reports/ or in OUT="my.html ..."
	@mkdir -p $(sort $(dir $(OUT)))
	$(BIN)/python -m summarykit report '$(MODEL)' $(addprefix -o ,$(OUT))

test: check ## all checks, and every test but the slow ones
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-fast: $(VENV)/.dev ## the tests that need no browser, office program or large model
	$(BIN)/python -m pytest -n $(WORKERS) --hypothesis-profile=fast \
	    -m "not slow and not large and not browser and not office and not tex" $(FAST)

test-long: check ## all checks and all tests, the slow ones too
	$(BIN)/python -m pytest -n $(WORKERS)

check: $(VENV)/.dev ## lint, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.dev ## repair what ruff can repair
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

gallery: $(VENV)/.dev ## write the reports in reports/ again
	$(BIN)/python reports/gallery.py

docs: $(VENV)/.dev ## write docs/formulas.md and the tables of columns from the code
	$(BIN)/python docs/make_formulas.py
	$(BIN)/python docs/make_columns.py

images: $(VENV)/.dev ## take the pictures in docs/images from the gallery
	PYTHONPATH=tests $(BIN)/python docs/make_images.py

coverage-of-formulas: $(VENV)/.dev ## how many layers of transformers' models have a formula; restartable
	$(BIN)/python benchmarks/coverage.py

bench: $(VENV)/.bench ## compare speed and memory with others
	$(BIN)/python benchmarks/run.py

clean: ## remove the environment, caches and builds; never a report
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/actual
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +


# The environment: one folder, three sizes, each made once and again when a pin changes.
# torch comes first and alone, so that no other package can choose its version.

$(VENV)/.runtime: pyproject.toml constraints.txt
	@echo "Preparing $(VENV) (torch and what summarykit runs on); once, some minutes"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) $(TORCH_ARGS) torch
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "Adding what checks and tests need"
	$(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	@echo "Adding what summarykit is compared with"
	$(PIP) --editable '.[bench]'
	@touch $@


# Programs that are no Python packages: tests open reports in a browser and workbooks in an office program,
# and set tables with TeX.

SYSTEM_PROGRAMS := chromium chromedriver soffice pdftoppm pdflatex
SYSTEM_PACKAGES := chromium chromium-driver libreoffice-calc poppler-utils fonts-dejavu fonts-crosextra-carlito texlive-latex-recommended
APT_GET := DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3

system-deps: axe ## Chromium, LibreOffice, poppler and a small TeX, with Debian's apt-get; axe-core with npm
	@if dpkg -s $(SYSTEM_PACKAGES) >/dev/null 2>&1; then \
	    echo "There already: $(SYSTEM_PACKAGES)"; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    $(APT_GET) update && $(APT_GET) install --yes --no-install-recommends $(SYSTEM_PACKAGES); \
	else \
	    missing=""; \
	    for program in $(SYSTEM_PROGRAMS); do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
	    if [ -n "$$missing" ]; then \
	        echo "Missing:$$missing. Tests that need them are skipped."; \
	        echo "On Debian: sudo apt-get install $(SYSTEM_PACKAGES)"; \
	        echo "Elsewhere: install Chromium with its ChromeDriver, LibreOffice Calc, poppler, DejaVu fonts and a LaTeX with booktabs."; \
	        exit 1; \
	    fi; \
	fi


# axe-core looks at a page in the browser for what keeps people from using it. Its version is pinned in package.json.

AXE := tests/browser/node_modules/axe-core/axe.min.js
NPM := npm install --prefix tests/browser --no-package-lock --no-audit --no-fund --loglevel=error

axe: $(AXE)

$(AXE): tests/browser/package.json
	@if command -v npm >/dev/null; then \
	    $(NPM); \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    $(APT_GET) update && $(APT_GET) install --yes --no-install-recommends npm && $(NPM); \
	else \
	    echo "Missing: npm. Tests that need axe-core are skipped."; \
	    exit 1; \
	fi
	@touch $@
