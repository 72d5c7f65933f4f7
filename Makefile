# The only commands a person must know: run, test, check, bench. Everything they need they install themselves.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
# Vite needs Node 20.19 or newer; where the machine has none, the one from PyPI in .venv serves.
NODE_OK := $(shell node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>22||(a==22&&b>=12)||(a==20&&b>=19)?0:1)' 2>/dev/null && command -v npm >/dev/null && echo yes)
WITH_NODE := PATH="$(if $(NODE_OK),$$PATH,$(CURDIR)/$(BIN):$$PATH)"
FRONT_SOURCES := $(shell find static/src static/public -type f 2>/dev/null) $(wildcard static/*.ts static/*.json static/*.html)

.PHONY: help run cluster cluster-packages test test-core test-storage test-cluster test-media test-proofs test-browser soak proof-packages check bench install front types format clean packages media-packages

help:
	@echo "make run            start Counterflow here (HTTPS=1: for a phone on the same network; PORT=8000)"
	@echo "make cluster        start it here as it stands on many machines (PORT=8000, BROKER=rabbitmq)"
	@echo "make test           every test, installing what they need"
	@echo "make soak           every proof of durability in full"
	@echo "make check          style, types, layers, generated files, migrations"
	@echo "make bench SUITE=s  measure (spine), one JSON object a line"

run: install front
	@$(BIN)/python -m config.cli run $(if $(HTTPS),--https) $(if $(PORT),--port $(PORT)) $(if $(VAR),--var $(VAR))

cluster: install front cluster-packages
	@$(BIN)/python -m config.cluster $(if $(PORT),--port $(PORT)) $(if $(VAR),--var $(VAR)) $(if $(BROKER),--broker $(BROKER))

install: .venv/installed
front: static/dist/.vite/built

.venv/installed: requirements.lock
	@echo "Installing Python packages into .venv …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3 -m venv does not work here; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@touch $@

static/node_modules/.installed: static/package-lock.json | install
	@echo "Installing front-end packages …"
	@cd static && $(WITH_NODE) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

static/dist/.vite/built: static/node_modules/.installed $(FRONT_SOURCES)
	@echo "Building the front-end …"
	@cd static && $(WITH_NODE) npm run build --silent
	@mkdir -p $(@D) && touch $@

types: install static/node_modules/.installed
	@$(BIN)/python manage.py spectacular --validate --fail-on-warn --file static/src/api/schema.yaml
	@cd static && $(WITH_NODE) npm run --silent types

format: install static/node_modules/.installed
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@cd static && $(WITH_NODE) npm run --silent format

check: install static/node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	cd static && $(WITH_NODE) npm run --silent check
	$(MAKE) --no-print-directory types
	@git diff --exit-code --stat -- static/src/api || { echo "static/src/api is stale: run make types and commit" >&2; exit 1; }

test: test-core test-storage test-cluster test-media test-proofs test-browser

test-core: install static/node_modules/.installed
	cd static && $(WITH_NODE) npm test --silent
	$(BIN)/pytest -n 2 --dist worksteal tests --ignore=tests/media --ignore=tests/browser --ignore=tests/bench --ignore=tests/soak --ignore=tests/cluster

# What stores and performs, on the other databases: with Redis, and jobs claimed by a relay.
STORED := tests/runtime tests/designer/test_flows.py tests/designer/test_versions.py tests/accounts/test_links.py tests/accounts/test_audit.py
# What asks no database, or nothing of it that could differ.
ELSEWHERE := egress keyring turn datagrams compositions store canaries serving socket_fuzz socket_limits connections calls_outside profiles
ON_MARIADB := driver batches dispatch relay joining chain together states constraints outage \
	family erasure sealing undo core_bookings calls_outside outside
test-storage: install cluster-packages
	$(BIN)/python -m config.with_servers postgresql redis -- $(BIN)/pytest -n 2 --dist worksteal $(STORED) $(ELSEWHERE:%=--ignore=tests/runtime/test_%.py)
	$(BIN)/python -m config.with_servers mariadb -- $(BIN)/pytest -n 2 --dist worksteal $(ON_MARIADB:%=tests/runtime/test_%.py)

# Every process of a site on many machines, killed one after the other.
test-cluster: install front cluster-packages
	$(BIN)/pytest tests/cluster

# Kills, lapsed leases, moved clocks, a full disk, power cuts: a little of each, on real databases.
test-proofs: install proof-packages
	$(BIN)/pytest -n 2 --dist worksteal tests/soak

# All of each, some two hours on two idle cores: one line of JSON a proof.
soak: install front proof-packages cluster-packages
	@$(BIN)/python -m tests.soak all

proof-packages:
	@deploy/install-packages.sh :postgresql fusermount3:fuse3 faketime:faketime

test-media: install media-packages
	$(BIN)/pytest -n 2 --dist worksteal tests/media

test-browser: install front packages
	DJANGO_ALLOW_ASYNC_UNSAFE=1 $(BIN)/pytest tests/browser

# Debian packages of the browser tests; elsewhere it says what to install.
packages:
	@deploy/install-packages.sh chromium:chromium firefox-esr:firefox-esr fc-list:fontconfig :fonts-wqy-microhei

# Of the tests of media: the way round a network without UDP, and a peer that is no browser.
media-packages:
	@deploy/install-packages.sh turnserver:coturn :gstreamer1.0-plugins-bad :gstreamer1.0-plugins-good \
		:gstreamer1.0-nice :python3-gi :gir1.2-gst-plugins-bad-1.0

# Of the servers that stand beside a site on many machines.
cluster-packages:
	@deploy/install-packages.sh :postgresql redis-server:redis-server nginx:nginx :rabbitmq-server mariadbd:mariadb-server turnserver:coturn

bench: install front packages
	@test -n "$(SUITE)" || { echo "make bench SUITE=spine" >&2; exit 2; }
	@test "$(SUITE)" != engine || deploy/install-packages.sh :postgresql
	@test "$(SUITE)" != media || deploy/install-packages.sh janus:janus ip:iproute2
	@$(BIN)/python -m tests.bench $(SUITE)

clean:
	rm -rf .venv static/node_modules static/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
