# make demo: a SmCo-1:7 campaign on this machine. make test: the tests. Both set up .venv first.
# make test-slurm: campaigns on a SLURM of two nodes, made here and broken; Debian or Ubuntu, root.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test test-slurm lint bench

demo: $(VENV)/.installed
	hardmag run config/smco17/demo.yaml

test: $(VENV)/.installed-test
	python -m pytest

test-slurm: $(VENV)/.installed-test
	tests/slurm/cluster.sh install
	python -m pytest tests/slurm

lint: $(VENV)/.installed-test
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint --config campaign=config/smco17/demo.yaml

bench: $(VENV)/.installed-test
	for b in against_magnumnp stepping cost resolution exchange_formulas scale coreshell report; do python benchmarks/$$b.py || exit 1; done

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: hardmag needs Python >= 3.11; call: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "error: $(PYTHON) has no venv module; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	pip install --quiet --disable-pip-version-check -c constraints.txt torch
	pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@
