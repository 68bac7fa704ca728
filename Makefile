# Every target sets up .venv by itself. Needs Python 3.11 or newer (PYTHON=… picks one) and make.
PYTHON ?= python3
PORT ?= 8000
PAGE ?= examples.shop.pages:ProductPage
ARGS ?=
CASES ?= 50000
SEED ?=

BIN := .venv/bin
STAMP := .venv/.frontload-stamp

.PHONY: demo test check prove bench bench-cpu explain jinja-suite mutations clean

demo: $(STAMP)  ## the shop on 127.0.0.1 (PORT=8123 for another port)
	$(BIN)/python -m examples.shop --port $(PORT)

test: $(STAMP)  ## the tests (ARGS="-k tags --update")
	$(BIN)/python -m pytest $(ARGS)

check: $(STAMP)  ## what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --cov --ignore tests/examples --ignore tests/databases --ignore tests/browser
	$(BIN)/python -m pytest tests/examples tests/databases tests/browser
	$(BIN)/python -m tests.jinja_suite

prove: $(STAMP)  ## generated pages by the tens of thousands (CASES=50000 SEED=1)
	$(BIN)/python -m tests.proof.prove --cases $(CASES) $(if $(SEED),--seed $(SEED)) $(ARGS)

bench: $(STAMP)  ## each topology's time beside its longest chain; what an instance costs as pages grow
	$(BIN)/python -m benchmarks $(ARGS)
	$(BIN)/python -m benchmarks.at_once
	$(BIN)/python -m benchmarks.on_postgres
	$(BIN)/python -m benchmarks.streaming
	$(BIN)/python -m benchmarks.growth

bench-cpu: $(STAMP)  ## what components cost the processor, beside other systems (ARGS="--turns 50 --chart docs/cpu.svg")
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[bench-cpu]'
	$(BIN)/python -m benchmarks.cpu $(ARGS)
	$(BIN)/python -m benchmarks.served

explain: $(STAMP)  ## the plan of one component (PAGE=package.module:Name)
	@$(BIN)/python -m frontload explain '$(PAGE)' $(ARGS)

jinja-suite: $(STAMP)  ## Jinja's own tests, compiled by Frontload
	$(BIN)/python -m tests.jinja_suite $(ARGS)

mutations: $(STAMP)  ## breaks the scheduler and the analysis on purpose: the tests must notice
	$(BIN)/python -m tests.mutations $(ARGS)

clean:
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find examples -name '*.sqlite3*' -type f -delete

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Frontload needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,demo,bench]'
	@touch $@
