# Two commands: `make labs` runs labs 00-03 in quick mode, `make test` runs the tests and the linters.
# Each needs only Python >= 3.11 with its venv module; what they install goes to .venv.

VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/python -m pip --disable-pip-version-check

# The first interpreter that is new enough; `make labs PYTHON=/path/to/python3.13` picks another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)

# One test process per core: threads inside BLAS would only get in each other's way.
TEST_ENV := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.PHONY: labs test lint torch browser chromium vendor clean

labs: $(VENV)/.installed
	$(BIN)/minigrad run 00 01 02 03 --quick
	@echo "To learn: . $(BIN)/activate    then: minigrad start my-course"

test: $(VENV)/.installed-dev
	$(TEST_ENV) $(BIN)/python -m pytest -n auto -m "not browser"
	@$(MAKE) --no-print-directory -j2 lint browser

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# PyTorch for the parity tests, at the release they were written against.
torch: $(VENV)/.installed-torch

# The site in a browser, in one process: they share the browser and the server. Skipped where there is
# no Chromium; `make chromium` installs it.
browser: $(VENV)/.installed-dev
	$(TEST_ENV) $(BIN)/python -m pytest -m browser

# What those tests need beside: a Chromium and, for Python in the page, Pyodide's core.
chromium:
	@command -v chromium || command -v google-chrome || { apt-get update -qq && apt-get install -y -qq chromium; }
	@command -v npm || apt-get install -y -qq npm
	cd vendor && npm ci --silent --no-audit --no-fund

# What the site's pages use of others, bundled anew from vendor/package-lock.json; needs npm, and for
# the fonts Debian's fonts-texgyre and fonts-texgyre-math.
VENDORED := src/minigrad/site/static/vendor
vendor: $(VENV)/.installed-dev
	cd vendor && npm ci --no-audit --no-fund
	cd vendor && npx esbuild codemirror.js --bundle --minify --format=esm --legal-comments=none --outfile=../$(VENDORED)/codemirror.js
	cd vendor && npx esbuild uplot.js --bundle --minify --format=esm --legal-comments=none --outfile=../$(VENDORED)/uplot.js
	cp vendor/node_modules/uplot/dist/uPlot.min.css $(VENDORED)/uplot.css
	$(PIP) install --quiet fonttools brotli
	$(BIN)/python vendor/fonts.py
	$(BIN)/python vendor/licences.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp says what is installed, so that a second call goes straight to work.
$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "minigrad needs Python 3.11 or newer, and found none: install it, or say make PYTHON=/path/to/python3" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.created
	$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.created
	$(PIP) install --quiet --editable '.[dev]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-torch: Makefile | $(VENV)/.created
	$(PIP) install --quiet torch==2.13.0
	@touch $@
