# One target per task. Everything happens in .venv, which is made on first use.
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test lint format docs bench chaos accuracy faults estate robustness fuzz clean

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.run  ## a small estate of fictional people in demo/: scan, copy, erasure, proof
	$(BIN)/pdscan demo demo --story

test: $(VENV)/.dev  ## run the tests; ARGS='-k hetu' for some of them
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(VENV)/.dev  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev  ## bring the code into its style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev  ## write the help texts and sessions in README.md and docs/ anew
	$(BIN)/python -m tests.pages

bench: $(VENV)/.dev  ## measure speed and memory beside peers; ARGS=--small for a quick look
	@$(PIP) install --group bench
	$(BIN)/python -m bench $(ARGS)

chaos: $(VENV)/.dev  ## kill scans at random and go on with them; exit code 1 if a result differs
	$(BIN)/python -m bench.chaos $(ARGS)

accuracy: $(VENV)/.dev  ## measure how right the detectors are; exit code 1 below a target
	$(BIN)/python -m bench.accuracy $(ARGS)

faults: $(VENV)/.dev  ## what can go wrong around a deletion, and how it is called: the table
	$(BIN)/python -m pytest -v tests/verification/test_faults.py tests/verification/test_gate_and_proof.py

estate: $(VENV)/.dev  ## twenty people of the demo estate erased on real servers, and the verdicts
	ESTATE_PEOPLE=20 $(BIN)/python -m pytest -s tests/verification/test_estate.py

robustness: $(VENV)/.dev  ## read everything below DIR and tell what became of it
	$(BIN)/python -m bench.robustness $(DIR)

SECONDS_EACH ?= 60
fuzz: $(VENV)/.dev  ## feed damaged input to every reader of ours, SECONDS_EACH each
	@$(PIP) install --group fuzz
	@for kind in mbox mime msg smime tnef; do \
		$(BIN)/python -m tests.fuzz.mail $$kind -max_total_time=$(SECONDS_EACH) || exit 1; done
	@for kind in rtf doc ppt xls docx pptx odf vcard warc iwork; do \
		$(BIN)/python -m tests.fuzz.fuzz_documents $$kind -max_total_time=$(SECONDS_EACH) || exit 1; done

clean:  ## remove what was made: environment, caches, demo
	rm -rf $(VENV) $(VENV).log build dist demo
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.run: pyproject.toml
	@echo "Preparing $(VENV) (once, some minutes) ..."
	@sh .ci/venv $(VENV)
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@$(PIP) install --group dev --editable '.[archives,cluster]'
	@touch $@
