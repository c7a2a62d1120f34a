.DEFAULT_GOAL := help
.PHONY: help demo test quick reliability bench lint format pictures audit licences lock clean
ARGS ?=
# A module's tests share its BigQuery; tests/conftest.py says which module begins.
TWO_AT_ONCE = -n 2 --dist loadscope --no-loadscope-reorder

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready .venv-emulator/.ready ## The bad morning on this machine, until Ctrl-C (ARGS=--once: only show it)
	@.venv/bin/python -m local $(ARGS)

test: lint .venv-emulator/.ready ## Lint, types and all tests
	.venv/bin/python -m pytest $(TWO_AT_ONCE) $(ARGS)

quick: .venv/.ready .venv-emulator/.ready ## In less than a minute: the core, dirty data, injection, a part of the faults
	.venv/bin/python -m pytest $(TWO_AT_ONCE) -m "not slow" tests/unit/core tests/proof --one-fault-in 11

reliability: .venv/.ready .venv-emulator/.ready ## docs/reliability.md: what is promised, with the figures of a run
	.venv/bin/python -m pytest tests/proof --reliability docs/reliability.md

bench: .venv/.ready .venv-emulator/.ready .venv-shipped/.ready .venv-soda/.ready .venv-expectations/.ready ## docs/performance.md: beside the script, Soda Core, Great Expectations
	.venv/bin/python -m bench

lint: .venv/.ready ## Lint, formatting and types, of Python and shell
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/shellcheck -x deploy.sh ops/*.sh local/*.sh bench/contestants/*/*.sh .ci/run

format: .venv/.ready ## Put every file into the one format
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

pictures: .venv/.ready .venv-emulator/.ready ## The README's pictures, with the Chromium on the path
	@mkdir -p .local
	@.venv/bin/python -m local.pictures 2> .local/pictures.log || { tail -n 20 .local/pictures.log; exit 1; }

audit: .venv/.ready ## Known vulnerabilities of what ships; fails where nobody can be asked
	@.venv/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.txt || \
		{ echo "This is not an all-clear: a package has a vulnerability, or could not be asked about." >&2; exit 1; }

licences: .venv/.ready ## docs/licences.md, from what is installed
	@.venv/bin/python -m tests.integration.test_supply_chain

lock: .venv/.ready ## Pin the newest versions that requirements*.in allow
	.venv/bin/uv pip compile -q --upgrade --no-header --generate-hashes requirements.in -o requirements.txt
	.venv/bin/uv pip compile -q --upgrade --no-header requirements-dev.in -o requirements-dev.txt
	.venv/bin/uv pip compile -q --upgrade --no-header requirements-emulator.in -o requirements-emulator.txt
	for name in soda expectations; do .venv/bin/uv pip compile -q --upgrade --no-header \
		bench/contestants/$$name/requirements.in -o bench/contestants/$$name/requirements.txt; done

clean: ## Remove all that the others have made
	rm -rf .venv .venv-* .tools .local .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/.ready: requirements.txt requirements-dev.txt local/environment.sh
	@echo "Setting up the development environment …"
	@local/environment.sh .venv requirements.txt requirements-dev.txt

.venv-emulator/.ready: requirements-emulator.txt local/environment.sh
	@echo "Setting up the BigQuery emulator …"
	@local/environment.sh .venv-emulator requirements-emulator.txt

.venv-shipped/.ready: requirements.txt local/environment.sh
	@echo "Setting up what ships …"
	@local/environment.sh .venv-shipped requirements.txt

.venv-%/.ready: bench/contestants/%/requirements.txt local/environment.sh
	@echo "Setting up the environment of a contestant, $* …"
	@local/environment.sh .venv-$* $<
