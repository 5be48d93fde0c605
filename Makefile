# Two commands do everything: `make repro` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DO_NOT_TRACK := true
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: help env repro test lint types ui results bench readme lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

repro: .venv/run.done  ## make the environment, bring the data, run the pipeline, promote the best CNN-LSTM
	dvc repro
	har summary

env: .venv/run.done  ## the environment alone, in .venv

test: .venv/dev.done lint  ## everything that CI checks
	pytest -n 2 --dist loadgroup

lint: .venv/dev.done  ## formatting, lint, types and the floors of the design
	ruff format --check .
	ruff check .
	mypy
	lint-imports

ui: .venv/run.done  ## MLflow's UI on the default store, at http://127.0.0.1:5000
	mlflow ui --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}"

results: .venv/run.done  ## train and score what docs/results.md shows: every limit, every study (hours; resumable)
	dvc repro featurize
	har results
	har ablate
	har readme

bench: .venv/bench.done  ## time the features against tsfel and pycatch22
	python benchmarks/features.py

readme: .venv/run.done  ## put the measured tables and the pipeline's picture into README.md
	har readme

lock: .venv/bootstrap.done  ## lock the newest dependencies that work together
	cd requirements && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 bootstrap.in -o bootstrap.txt && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 ../pyproject.toml -o run.txt && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 --extra dev -c run.txt ../pyproject.toml -o dev.txt && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 --extra dev --extra bench -c dev.txt ../pyproject.toml -o bench.txt

clean:  ## remove the large outputs (DVC has them in its cache) and what tools left; the MLflow store stays
	rm -rf data/raw data/processed data/features data/predictions models/exported reports/data_docs .cache
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.venv/bootstrap.done: requirements/bootstrap.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	touch $@

.venv/%.done: requirements/%.txt pyproject.toml .venv/bootstrap.done
	uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/$*.txt
	uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	touch $@
