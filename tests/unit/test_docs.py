"""What the documents say is what the code does."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from hardmag import nanostructures
from hardmag.campaign.config import Campaign
from hardmag.campaign.corrections import LADDERS
from hardmag.campaign.design import make_plan
from hardmag.campaign.failures import SEEN_BY, Failure
from hardmag.campaign.reference import reference, schema
from hardmag.campaign.samples import half_cycle_of
from hardmag.cli import main
from hardmag.materials.composition import Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.reference import PAGES
from hardmag.simulate import Case

ROOT = Path(__file__).parents[2]


def test_configuration_reference_is_generated_anew():
    assert (ROOT / "docs" / "configuration.md").read_text() == reference()
    assert json.loads((ROOT / "config" / "campaign.schema.json").read_text()) == schema()


@pytest.mark.parametrize(
    "name",
    [
        "performance",
        "exchange",
        "coreshell-benchmarks",
        "cost-front",
        "microstructure-findings",
        "polycrystal-findings",
        "smco17-depends",
    ],
)
def test_figures_of_the_documents_are_those_of_the_benchmarks(name, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import report

    page = getattr(report, name.replace("-", "_"))()
    assert (ROOT / "docs" / f"{name}.md").read_text() == page.rstrip("\n") + "\n"


def test_tables_of_the_documents_are_those_of_their_benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import report

    pages = [("inverse-design", report.reach), ("inverse-design", report.little_neodymium), ("export", report.round_trips)]
    for page, part in pages:
        assert f"{report.marked(part)}\n{part()}{report.END}" in (ROOT / "docs" / f"{page}.md").read_text()


def test_numbers_of_the_answers_are_those_of_the_benchmarks():
    """Of docs/faq.md and docs/how-to/cell-and-box.md, by the pages that are made of the benchmarks."""
    docs = ROOT / "docs"
    answers, cells = (" ".join((docs / name).read_text().split()) for name in ("faq.md", "how-to/cell-and-box.md"))
    magnets, costs = ((docs / f"{name}.md").read_text() for name in ("polycrystal-findings", "performance"))
    Hc = {size: re.search(rf"^\| {size} \| 3 \|(?:[^|]+\|){{2}} ([\d.]+)", magnets, re.M)[1] for size in ("0.1", "7.08")}
    assert (
        f"have {float(Hc['0.1']):.2f} T with grains of 0.1 µm and {float(Hc['7.08']):.2f} T with grains of 7.08 µm" in answers
    )
    error = re.search(r"largest error of µ0Hc over 10 cubes[^|]+\| ([\d.]+)", magnets)[1]
    assert f"within {100 * float(error):.1f} % of full micromagnetics" in answers
    same = re.search(r"share of the reversed grains that are the same[^|]+\| ([\d.]+)", magnets)[1]
    assert round(10 * float(same)) == 9 and "nine tenths of the reversed grains" in answers
    evaluations = re.search(r"takes (\d+) evaluations in the mean", costs)[1]
    milliseconds = re.search(r"^\| 128×128×1 \| 1 \| ([\d.]+)", costs, re.M)[1]
    assert f"some {round(int(evaluations), -2)} evaluations of the field, with {float(milliseconds):.1f} ms each" in answers
    fine, coarse = (
        re.search(rf"^\| from {step} nm \| 18 \| ([\d.]+) \| ([\d.]+)", costs, re.M) for step in ("0.5 to 0.25", "1 to 0.5")
    )
    assert (
        f"by {fine[1]} T in the median and by {fine[2]} T at most; from 1 to 0.5 nm by {coarse[1]} T and {coarse[2]} T" in cells
    )


def test_gains_of_the_loop_are_those_of_its_file():
    states = json.loads((ROOT / "docs" / "smco17-loop.json").read_text())["states"]
    Hc, phi_p = ([states[k]["best"][goal]["value"] for k in (0, -1)] for goal in ("coercivity", "maximise phi_p"))
    text = " ".join((ROOT / "docs" / "campaigns.md").read_text().split())
    assert f"largest Hc from {Hc[0]:.2f} T, in {states[0]['samples']} structures" in text
    assert f"to {Hc[1]:.2f} T, and the largest Φp from {phi_p[0]:.2f} to {phi_p[1]:.2f};" in text


def test_own_kind_of_the_docs_works(monkeypatch):
    """The class printed in docs/nanostructures.md, registered as it says, serves a campaign and is simulated."""
    text = (ROOT / "docs" / "nanostructures.md").read_text()
    (code,) = [c for c in re.findall(r"```python\n(.*?)```", text, re.S) if "class Lamellae" in c]
    scope = {}
    exec(code, scope)
    monkeypatch.setitem(nanostructures.KINDS, "lamellae", scope["Lamellae"])
    campaign = Campaign.model_validate(
        {
            "name": "own",
            "nanostructure": {"kind": "lamellae", "size_nm": [12, 4, 1]},
            "design": {"kind": "grid", "parameters": {"hard_nm": [4], "soft_nm": [4, 20]}},
            "half_cycle": {"from_T": 1.0, "to_T": -8.0, "step_T": 0.5, "realisations": 1},
        }
    )
    plan = make_plan(campaign)
    assert plan.rejected == {"hard_nm + soft_nm must be <= size_nm": 1}
    run = half_cycle_of(plan.samples[0], 0)
    assert run.body.fractions() == {"hard": 8 / 12, "soft": 4 / 12}
    curve = run_half_cycles({0: run})[0]
    # The soft lamella reverses long before the hard one's own field 2K/Ms = 6.67 T, which bounds the whole.
    reversed_at = -curve.mu0_H_T[np.flatnonzero(curve.m_parallel < 0)[0]]
    assert 0 < reversed_at < 6.67


def test_call_of_the_forward_models_works(monkeypatch):
    """As it is printed, on the dataset that comes with the project."""
    monkeypatch.chdir(ROOT)
    scope = {}
    exec(_block("forward-models"), scope)
    assert scope["predicted"].shape == (len(scope["rows"].x), len(scope["rows"].targets))


def test_modules_and_names_of_the_mesh_example_exist():
    """Its half-cycle takes minutes."""
    imports, scope = [line for line in _block("coreshell").splitlines() if line.startswith("from ")], {}
    exec("\n".join(imports), scope)
    assert imports and all(line.split()[-1] in scope for line in imports)


def test_costs_of_the_docs(capsys):
    block = _block("prices")
    exec(block, {})
    assert f"print(cost_per_cm3(shell, prices))  # {capsys.readouterr().out.splitlines()[0]}\n" in block


def test_answers_of_the_composition_page(capsys, monkeypatch):
    """One composition to the letter; of those that were found, what the model predicts, as another machine may find others."""
    monkeypatch.setattr("hardmag.intrinsic.inverse.SEARCHES", 1)
    text = (ROOT / "docs" / "composition.md").read_text()
    shown = re.findall(r"```\n\$ hardmag (.*?)\n(.*?)```", text, re.S)
    assert [command.split()[0] for command, _ in shown] == ["composition", "find-composition", "find-composition"]
    assert main(shown[0][0].split()) == 0
    assert capsys.readouterr().out == shown[0][1]
    model = IntrinsicModel.read()
    for _, answers in shown[1:]:
        found = re.findall(r"^ *\d+  (\S+) .*\n    K1 (\S+) .*µ0Ms (\S+) ", answers, re.M)
        assert found
        for formula, K1, Ms in found:
            values = model.at(Composition.parse(formula), 300.0)
            assert (f"{values['K1_MJ_per_m3'][0]:.2f}", f"{values['mu0_Ms_T'][0]:.3f}") == (K1, Ms)
    exec(_block("composition"), {})
    assert "JPY/cm³" in capsys.readouterr().out


def test_files_that_the_docs_name_exist():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "workflow" / "report").glob("*.rst")]
    files = re.compile(r"\b(?:src/hardmag|workflow/(?:rules|scripts)|tests|config|examples)/[\w./-]*\w\.\w+")
    named = {name for page in pages for name in files.findall(page.read_text())}
    assert len(named) > 20 and not {name for name in named if not (ROOT / name).exists()}


def _block(page):
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / f"{page}.md").read_text(), re.S)
    return block


def test_case_file_of_the_readme_is_valid():
    text = (ROOT / "README.md").read_text()
    (case,) = re.findall(r"```yaml\n(voxels.*?)```", text, re.S)
    assert Case.model_validate(yaml.safe_load(case)).field.step_T == 0.64


def test_every_failure_has_a_ladder_and_words():
    assert set(LADDERS) == set(SEEN_BY) == set(Failure)


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_reference_are_generated_anew(name):
    assert (ROOT / "docs" / f"{name}.md").read_text() == PAGES[name]().rstrip("\n") + "\n"


def test_conda_environment_has_the_same_pins():
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    listed = [d for d in environment if isinstance(d, str)] + environment[-1]["pip"]
    found = dict(re.split("=+", d) for d in listed if "=" in d and not d.startswith("python "))
    renamed = {"matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}
    assert {renamed.get(k, k): v for k, v in found.items()} == pins


def test_meshes_of_the_docs_are_valid():
    text = (ROOT / "docs" / "coreshell.md").read_text()
    field = {"direction": [0, 0, 1], "from_T": 1, "to_T": -8, "step_T": 0.5}
    found = re.findall(r"```yaml\n((?:nanostructure|mesh):.*?)```", text, re.S)
    grain, own = (Case.model_validate(yaml.safe_load(case) | {"field": field}) for case in found)
    assert nanostructures.CoreShell.model_validate(grain.nanostructure).meshed and own.mesh == "grain.msh"
