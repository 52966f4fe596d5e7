# The commands with stable names. Each makes what it needs; nothing is installed outside this folder, except by
# `make test` as root on Debian or Ubuntu, which installs PostgreSQL, Chromium, a JDK and Maven by the package manager.

.DEFAULT_GOAL := help
.PHONY: help run semantic test test-newest check bench-delivery crash-delivery inspect-delivery bench-search crash-search

help:
	@echo "make run           the whole product on this machine (http://localhost:8000)"
	@echo "make semantic      sentence vectors: their packages and a model (then SEMANTIC_MODEL=installed make run)"
	@echo "make test [T=…]    the tests, or those under a path"
	@echo "make test-newest   the unit tests on the newest Wagtail"
	@echo "make check         lint, types, imports, templates, migrations, production settings"
	@echo "make bench-delivery [ROUNDS=5] [SIZE=20000] [LARGE=200000] [MINUTE=60] the sender against postfix's generator,"
	@echo "                                the naive way and itself without a ledger; about ten minutes on a quiet machine"
	@echo "make inspect-delivery           5,000 messages of a run parsed back and checked"
	@echo "make crash-delivery [ROUNDS=30] everything killed at random moments, the sink counted"
	@echo "make crash-search [ROUNDS=30]   worker, engine and rebuild killed at random moments, the index compared"
	@echo "make bench-search [SIZE=50000] [ROUNDS=3] search against Wagtail's own backend and the raw client"

# --with-parent: ends when make is killed.
run:
	@sh requirements/install.sh base .venv
	@exec .venv/bin/python manage.py run --with-parent

semantic:
	@sh requirements/install.sh semantic .venv

test:
	@sh requirements/install.sh test .venv
	@exec .venv/bin/python -m tests.suite $(T)

test-newest:
	@sh requirements/install.sh newest .venv-newest
	@exec .venv-newest/bin/python -m pytest $(or $(T),tests/unit) -n 2 -q

check:
	@sh requirements/install.sh test .venv
	@exec .venv/bin/python -m tests.check

bench-delivery:
	@sh requirements/install.sh test .venv
	@exec .venv/bin/python -m benchmarks.delivery

inspect-delivery:
	@sh requirements/install.sh test .venv
	@exec .venv/bin/python -m benchmarks.delivery.inspect

crash-delivery:
	@sh requirements/install.sh test .venv
	@exec .venv/bin/python -m benchmarks.delivery.crash $(if $(ROUNDS),--rounds $(ROUNDS))

bench-search:
	@sh requirements/install.sh test .venv
	@exec .venv/bin/python -m benchmarks.search $(if $(SIZE),--pages $(SIZE)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only $(ONLY))

crash-search:
	@sh requirements/install.sh test .venv
	@exec .venv/bin/python -m benchmarks.search.crash $(if $(ROUNDS),--rounds $(ROUNDS))
