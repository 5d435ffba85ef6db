# make demo: a SmCo-1:7 campaign on this machine. make demo-coreshell: grains of (Nd,Ce,La)2Fe14B, of which the campaign chooses
# some itself. make test: the tests. All set up .venv first.
# make paper: every figure and table of the paper, and what the data say of its findings, from the dataset that comes with the
# project, and the page to explore it; report.html holds all of it. make paper-docs: pages of docs/ from that.
# make intrinsic: models of Tc, Ms and K1 by composition, fitted and tested; make intrinsic-docs: the model that comes with the
# project, and its page, from that.
# make microstructure: micrographs of magnets that are known, made, segmented, measured and matched by synthetic magnets, and the
# demagnetisation curves of these.
# make film: a graded film of a law that is known and a real wafer, from spectra, composition and MOKE loops to a page of maps.
# make install: .venv alone.
# make site: the documentation as a site, in build/site. make notebooks: its tutorials as Jupyter notebooks, in build/notebooks.
# make wheel: the package with its workflow, in dist/, for other folders, machines and images (docs/installation.md). make locks: its lock
# files anew, after constraints.txt has changed; needs uv, and a CPU build of PyTorch in an index or folder that uv knows.
# make libraries: what gmsh needs of the system, which the tests of meshes need; Debian or Ubuntu, root.
# make browser: Chromium, which the test of explore.html is skipped without; Debian or Ubuntu, root.
# make test-slurm: campaigns on a SLURM of two nodes, made here and broken; Debian or Ubuntu, root. .ci/run has them run where what
# they protect has changed since they last passed (tests/slurm/due.py).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Which build of PyTorch: make TORCH=cpu, or TORCH=cuda. By itself: CUDA where there is a GPU, else the CPU build, a third as
# large, where the package index has it (PyTorch's own index for CPU builds has; PIP_EXTRA_INDEX_URL adds one).
TORCH ?= $(shell nvidia-smi >/dev/null 2>&1 && echo cuda || echo cpu)
TORCH_VERSION := $(shell sed -n 's/^torch==//p' constraints.txt)
INSTALL := pip install --disable-pip-version-check -c constraints.txt

.PHONY: install demo demo-coreshell paper paper-docs intrinsic intrinsic-docs microstructure film test wheel locks libraries browser test-slurm lint bench site notebooks

install: $(VENV)/.installed

demo: $(VENV)/.installed
	hardmag run config/smco17/demo.yaml

demo-coreshell: $(VENV)/.installed
	hardmag run config/coreshell/demo.yaml

PAPER := --profile profiles/local --config campaign=config/smco17/workstation.yaml dataset=data/smco17-workstation.h5 \
  verification=data/smco17-verification.json

paper: $(VENV)/.installed
	snakemake $(PAPER) -- figures explore
	snakemake $(PAPER) --report results/smco17-workstation/report.html -- figures explore

paper-docs: paper
	cp results/smco17-workstation/findings.json docs/smco17-findings.json
	cp results/smco17-workstation/tables/findings.md docs/smco17.md
	cp results/smco17-workstation/models.md docs/smco17-models.md
	cp results/smco17-workstation/tables/inverse_methods.md docs/smco17-designs.md

intrinsic: $(VENV)/.installed
	snakemake --snakefile workflow/rules/intrinsic.smk --profile profiles/local

intrinsic-docs: intrinsic
	cp results/intrinsic/literature/model.json src/hardmag/materials/intrinsic.json
	cp results/intrinsic/literature/models.md docs/composition-models.md
	cp results/intrinsic/literature/findings.json docs/composition-findings.json
	cp results/intrinsic/literature/findings.md docs/composition-findings.md
	for f in overlap lanthanum contributions targets; do cp results/intrinsic/literature/figures/$$f.png docs/composition-$$f.png; done

microstructure: $(VENV)/.installed
	snakemake --snakefile workflow/rules/images.smk --profile profiles/local

film: $(VENV)/.installed
	snakemake --snakefile workflow/rules/films.smk --profile profiles/local

site: $(VENV)/.installed-test
	NO_MKDOCS_2_WARNING=1 mkdocs build

# Commands and paths of the tutorials are those of this folder: a notebook begins by going there.
define NOTEBOOK_HEAD
---
jupyter:
  kernelspec: {display_name: Python 3, language: python, name: python3}
---

```python
%cd -q ../..
```

endef
export NOTEBOOK_HEAD

notebooks: $(VENV)/.installed-test
	mkdir -p build/notebooks
	for page in docs/tutorials/*.md; do \
	  { echo "$$NOTEBOOK_HEAD"; cat $$page; } | \
	    jupytext -q --from md --to ipynb -o build/notebooks/$$(basename $$page .md).ipynb - || exit 1; done

# Several processes share the cores: threads that wait for each other leave them to the others.
test test-slurm: export OMP_WAIT_POLICY := PASSIVE
test test-slurm: export OPENBLAS_NUM_THREADS := 1

test: $(VENV)/.installed-test
	python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --times 'make test'

wheel: $(VENV)/.created
	rm -f dist/hardmag-*.whl
	$(BIN)/pip wheel --no-deps --wheel-dir dist .

LOCK := uv pip compile pyproject.toml -c constraints.txt --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make locks' --quiet

# That of CPUs is without PyTorch, whose CPU build has the same version as others in another index.
locks:
	$(LOCK) -o locks/cuda.txt
	echo 'torch==$(TORCH_VERSION)+cpu' | $(LOCK) --override /dev/stdin --no-emit-package torch -o locks/cpu.txt

libraries:
	@ldconfig -p | grep -q libGLU.so.1 && ldconfig -p | grep -q libXinerama.so.1 || \
	  { export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && \
	    apt-get install -qq -y --no-install-recommends libgomp1 libglu1-mesa libgl1 libxft2 libxcursor1 libxinerama1 >/dev/null; }

browser:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || \
	  { export DEBIAN_FRONTEND=noninteractive; \
	    apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium chromium-driver >/dev/null; }

test-slurm: $(VENV)/.installed-test
	tests/slurm/cluster.sh install
	python -m pytest tests/slurm --times 'make test-slurm'
	python tests/slurm/due.py passed

lint: $(VENV)/.installed-test
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint --config campaign=config/smco17/demo.yaml
	snakemake --lint --snakefile workflow/rules/intrinsic.smk
	snakemake --lint --snakefile workflow/rules/images.smk
	snakemake --lint --snakefile workflow/rules/films.smk

bench: $(VENV)/.installed-test
	for b in against_magnumnp stepping cost resolution exchange_formulas scale coreshell platelet mesh_cost reach reduced_order_cubes gpu_counts report; do python benchmarks/$$b.py || exit 1; done

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: hardmag needs Python >= 3.11; call: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "error: $(PYTHON) has no venv module; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	@[ "$(TORCH)" = cuda ] || $(INSTALL) 'torch==$(TORCH_VERSION)+cpu' 2>/dev/null || \
	  echo "The package index has no CPU build of PyTorch: this takes the one with CUDA, some gigabytes (README.md, Installation)"
	$(INSTALL) torch -e .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(INSTALL) -e '.[test]'
	touch $@
