.DEFAULT_GOAL := help
.PHONY: help demo test unit proof reliability mutants bench lint format pictures audit licences lock clean
ARGS ?=
# Python keeps the modules that it has compiled, whatever the shell says, or each process would compile them again.
unexport PYTHONDONTWRITEBYTECODE
# Three on two cores, since a test often waits. A module's tests stay together, since they share what it loads;
# tests/conftest.py says which modules begin.
AT_ONCE = -n 3 --dist loadfile --no-loadscope-reorder

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready .venv-emulator/.ready ## Run the demo until Ctrl-C (ARGS=--once: exit after the first check)
	@.venv/bin/python -m local $(ARGS)

test: lint .venv-emulator/.ready ## Lint, types, unit and integration tests, a sample of the proof: 5 minutes
	.venv/bin/python -m pytest $(AT_ONCE) tests/unit tests/integration tests/proof --sample $(ARGS)

unit: .venv/.ready ## The tests that need no server: seconds
	.venv/bin/python -m pytest tests/unit $(ARGS)

proof: .venv/.ready .venv-emulator/.ready ## Every fault at every step, load, malice, kills: 12 minutes
	.venv/bin/python -m pytest $(AT_ONCE) tests/proof $(ARGS)

reliability: .venv/.ready .venv-emulator/.ready ## Run the proofs and write docs/reliability.md
	.venv/bin/python -m pytest $(AT_ONCE) tests/proof --reliability docs/reliability.md

mutants: .venv/.ready .venv-emulator/.ready ## Break the code in many small ways; show which test notices (ARGS=slack: only there)
	.venv/bin/python -m tests.mutants $(ARGS)

bench: .venv/.ready .venv-emulator/.ready .venv-shipped/.ready .venv-soda/.ready .venv-expectations/.ready .venv-dbt/.ready ## Run the benchmark and write docs/performance.md
	.venv/bin/python -m bench

lint: .venv/.ready ## Check lint, formatting and types of Python, and shell scripts
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/shellcheck -x deploy.sh ops/*.sh local/*.sh bench/contestants/*/*.sh .ci/run

format: .venv/.ready ## Format all Python files
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

pictures: .venv/.ready .venv-emulator/.ready ## Make the README's pictures; needs Chromium on the path
	@mkdir -p .local
	@.venv/bin/python -m local.pictures 2> .local/pictures.log || { tail -n 20 .local/pictures.log; exit 1; }

audit: .venv/.ready ## Check what ships for known vulnerabilities; fails if the service is unreachable
	@.venv/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.txt || \
		{ echo "Audit failed: a package has a known vulnerability or could not be checked." >&2; exit 1; }

licences: .venv/.ready ## docs/licences.md, from what is installed
	@.venv/bin/python -m tests.unit.test_licences

lock: .venv/.ready ## Pin the newest versions that requirements*.in allow
	.venv/bin/uv pip compile -q --upgrade --no-header --generate-hashes requirements.in -o requirements.txt
	.venv/bin/uv pip compile -q --upgrade --no-header requirements-dev.in -o requirements-dev.txt
	.venv/bin/uv pip compile -q --upgrade --no-header requirements-emulator.in -o requirements-emulator.txt
	for name in soda expectations dbt; do .venv/bin/uv pip compile -q --upgrade --no-header \
		bench/contestants/$$name/requirements.in -o bench/contestants/$$name/requirements.txt; done

clean: ## Remove everything the other targets create
	rm -rf .venv .venv-* .tools .local .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/.ready: requirements.txt requirements-dev.txt local/environment.sh local/monitor.sh
	@echo "Setting up the development environment …"
	@local/environment.sh .venv requirements.txt requirements-dev.txt
	@ln -s ../../local/monitor.sh .venv/bin/monitor

.venv-emulator/.ready: requirements-emulator.txt local/environment.sh
	@echo "Setting up the BigQuery emulator …"
	@local/environment.sh .venv-emulator requirements-emulator.txt

.venv-shipped/.ready: requirements.txt local/environment.sh
	@echo "Setting up the shipped environment …"
	@local/environment.sh .venv-shipped requirements.txt

.venv-%/.ready: bench/contestants/%/requirements.txt local/environment.sh
	@echo "Setting up the environment for $* …"
	@local/environment.sh .venv-$* $<
