# Bare `make` lists the targets. `make run` and `make test` set up all that they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run cluster demo test install lint minio eval compose chaos bench bench-archive pictures docs golden lock clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 24

run: ## Airflow, a store and the demo site on this machine; Ctrl-C stops all of it
	@$(PYTHON) pipeline/local/install.py
	@exec $(BIN)/python -m pipeline.local.run

cluster: install ## the same with Redis and two Celery workers, one of which may be killed
	@exec $(BIN)/python -m pipeline.local.cluster

demo: ## five minutes that convince: a wall named, a quote altered, a worker killed, a day replayed
	@$(PYTHON) pipeline/local/install.py
	@$(BIN)/python -m pipeline.local.tour

test: install ## all tests, on real parts
	@$(BIN)/pytest $(ARGS)

install: ## the virtual environment in .venv, from the lock files
	@$(PYTHON) pipeline/local/install.py --tests

lint: install ## ruff, mypy, import contracts, secrets
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook \
	  --exclude-files '^(requirements.*\.txt|tests/golden/.*\.json)$$' --exclude-secrets 'secret|password|nobody'
	@$(BIN)/python docs/build.py --check

minio: ## builds MinIO from source into var/, some five minutes, once
	@$(PYTHON) pipeline/local/install.py
	@$(BIN)/python -m pipeline.local.build_minio

eval: install ## scores the annotations on the evaluation data
	@$(BIN)/python tests/eval.py $(ARGS)

compose: docker/.env ## the house in containers, with Celery workers and a login (needs Docker)
	@docker compose --file docker/compose.yaml up --build --detach

docker/.env:
	@$(PYTHON) docker/env.py

chaos: install ## kills a run at 200 random points, and looks whether anything was lost
	@$(BIN)/python tests/chaos.py $(ARGS)

bench: install ## what documents, polls and runs cost
	@$(BIN)/python -m tests.bench $(ARGS)

bench-archive: install ## what an archive costs, beside the bare libraries
	@$(BIN)/python -m tests.bench archive

pictures: install ## the pictures in docs/, from the running house
	@$(BIN)/python docs/pictures.py

docs: install ## writes the generated pages of docs/ anew
	@$(BIN)/python docs/build.py

golden: install ## writes the golden files of the tests anew
	@$(BIN)/python -m tests.golden.steps
	@$(BIN)/python -m tests.golden.pages

lock: ## resolves the requirements anew
	@for name in install "" dev docker minio; do file=requirements$${name:+-$$name}; \
	  $(BIN)/uv pip compile --upgrade --generate-hashes --no-emit-index-url --universal --python-version 3.11 -q $$file.in -o $$file.txt; done

clean: ## removes .venv and all state under var/
	rm -rf .venv var
