"""The list of figures and tables, the tables' content, and the page of findings."""

import csv
import inspect
import json
import re
from html import unescape
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from hardmag.figures import tables
from hardmag.figures.artefacts import FORMS, OF_ANY_KIND, make
from hardmag.figures.health import write_cost, write_health
from hardmag.files import read_json, write_json
from hardmag.inverse import report as inverse_report
from hardmag.inverse.judgement import read_judgement
from hardmag.papers import FILES, PAPERS, artefacts_of
from hardmag.papers.yang2024 import SIX_MODELS
from hardmag.papers.yang2024.artefacts import LEFT_OUT, NUMBERED
from hardmag.papers.yang2024.figures import tables as paper_tables
from hardmag.papers.yang2024.figures.findings import page
from hardmag.papers.yang2024.literature import ELEMENTS, LENGTHS, PATH, read_literature
from hardmag.surrogates.models import MODELS

ROOT = Path(__file__).parents[2]
ARTEFACTS = artefacts_of("coreshell") | artefacts_of("smco17")


def test_every_figure_and_table_of_the_paper_is_in_the_list():
    """Fig. 1 and 2, Table 1, Supplementary Figs. 1-10 and Tables 1-4, but micrographs and schematics."""
    numbers = {a.number for a in NUMBERED}
    wanted = {f"Fig. 1{x}" for x in "cd"} | {f"Fig. 2{x}" for x in "abcdefg"} | {"Table 1"}
    wanted |= {f"Suppl. Fig. {n}" for n in range(1, 11) if n != 8} | {f"Suppl. Table {n}" for n in range(1, 5)}
    assert numbers == wanted
    assert set(LEFT_OUT) == {"Fig. 1a, 1b", "Fig. 1e, Suppl. Fig. 8"}
    assert len(NUMBERED) == len(numbers) == sum(bool(a.number) for a in artefacts_of("smco17").values())  # one each
    paths = [path for a in ARTEFACTS.values() for path in a.outputs.values()]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("name", ARTEFACTS)
def test_each_has_a_function_and_a_caption(name):
    artefact = ARTEFACTS[name]
    module, function = artefact.function.split(".")
    called = getattr(import_module(f"hardmag.{artefact.home}.{module}"), function)
    assert [*inspect.signature(called).parameters] == [*artefact.inputs, *(k for k in artefact.outputs if k != "page")]
    assert artefact.form == ("page" if name == "explore" else {"draw": "figure", "write": "table"}[function.split("_")[0]])
    assert (ROOT / "workflow" / "report" / f"{name}.rst").read_text().strip()


def test_captions_are_of_the_list():
    found = {path.stem for path in (ROOT / "workflow" / "report").glob("*.rst")}
    assert found == {*ARTEFACTS, "campaign", "laboratory"}  # the last of a workflow of its own


def test_inputs_are_files_that_the_rules_know_and_each_is_used():
    """Conditions are no inputs: what an artefact hangs on beside its files is its stage."""
    text = (ROOT / "workflow" / "rules" / "figures.smk").read_text()
    files = re.findall(r'^    "(\w+)": ', re.search(r"^FILES = \{\n(.*?)^\}", text, re.M | re.S)[1], re.M)
    assert {*files, *FILES} == {name for artefact in ARTEFACTS.values() for name in artefact.inputs}


def test_artefacts_of_a_kind():
    """Of a kind without a paper those of any kind; a paper adds its own, and numbers for none but campaigns of its kind."""
    assert artefacts_of("films") == {artefact.name: artefact for artefact in OF_ANY_KIND}
    grains, cells = artefacts_of("coreshell"), artefacts_of("smco17")
    assert grains.keys() - cells.keys() == {"grain", "kronmuller", "temperatures", "alpha_and_N_eff"}
    assert not any(a.number for a in grains.values())
    assert (cells["half_cycles"].number, cells["half_cycles"].paper) == ("Fig. 2a", "Yang et al.")
    assert {a.form for a in ARTEFACTS.values()} == set(FORMS)
    for paper in PAPERS.values():
        assert len({a.name for a in paper.ARTEFACTS}) == len(paper.ARTEFACTS)


def test_the_papers_six_models_are_those_with_settings_to_search():
    assert set(SIX_MODELS) == {name for name, model in MODELS.items() if model.space}


# Tables


def written(tmp_path, name, inputs=None):
    """Lines of a table of the list, found to be the same in CSV, Markdown and HTML."""
    ends = {"markdown": "md", "table": "csv", "page": "html"}
    outputs = {kind: tmp_path / f"{name}.{end}" for kind, end in ends.items()}
    make(ARTEFACTS[name], inputs or {}, outputs)
    with open(outputs["table"], encoding="utf-8") as file:
        rows = list(csv.reader(file))
    lines = [line for line in outputs["markdown"].read_text().splitlines() if line.startswith("|")]
    assert [[c.strip() for c in line.strip("|").split("|")] for line in lines[:1] + lines[2:]] == rows
    shown = re.findall(r"<tr>(.*)</tr>", outputs["page"].read_text(encoding="utf-8"))
    assert [[unescape(cell) for cell in re.findall(r"<t[hd]>(.*?)</t[hd]>", line)] for line in shown] == rows
    return rows


def test_text_of_a_cell_is_no_markup(tmp_path):
    """In the Markdown and in the page: as findings have |ρ| and < in them."""
    tables.write_both("t", ["|ρ|", "b"], [["x < 1 & y", "<b>"]], tmp_path / "t.md", tmp_path / "t.csv")
    tables.write_page(tmp_path / "t.csv", "a < b", tmp_path / "t.html")
    assert "| \\|ρ\\| | b |" in (tmp_path / "t.md").read_text(encoding="utf-8")
    text = (tmp_path / "t.html").read_text(encoding="utf-8")
    assert "<td>x &lt; 1 &amp; y</td><td>&lt;b&gt;</td>" in text and "<title>a &lt; b</title>" in text


def test_literature_is_the_papers_table(tmp_path):
    magnets = read_literature()
    assert len(magnets) == 34 and {m["reference"] for m in magnets} == set(range(1, 21))
    for magnet in magnets:  # the composition of [2] adds up to 100.1 in print
        assert sum(magnet[f"{e}_at_percent"] for e in ELEMENTS) == pytest.approx(100, abs=0.11)
    complete = {tuple(m[name] for name in LENGTHS) for m in magnets if np.isfinite([m[name] for name in LENGTHS]).all()}
    with open(ROOT / "config" / "smco17" / "literature.csv", encoding="utf-8") as file:
        simulated = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert complete == {tuple(float(row[name]) for name in LENGTHS) for row in simulated} and len(complete) == 11
    rows = written(tmp_path, "literature", {"literature": PATH})
    assert len(rows) == 35 and rows[14][-4:] == ["59.758", "23.939", "7.306", "1.275"] and rows[1][-4:] == [""] * 4


def test_phases_are_as_printed(tmp_path):
    """Supplementary Table 4, l and σ to their printed digits; the anisotropy fields by 2 K/Ms."""
    rows = {row[0]: row[1:] for row in written(tmp_path, "phases")}
    assert rows["l = π √(A/Ku) (nm)"] == ["7.0", "2.2", "1.5", "4.8", "2.2"]
    assert rows["σ = 4 √(A Ku) (mJ/m²)"] == ["35.0", "50.2", "4.0", "12.7", "4.0"]
    assert rows["µ0Hani = 2 Ku/Ms (T)"] == ["7.9", "45.1", "13.5", "14.5", "9.0"]
    assert written(tmp_path, "unit_cells")[3] == ["Z", "R-3m", "Sm 1, Co 9, Zr 2", "181.968"]


def test_designs_are_held_against_what_they_were_made_for(tmp_path):
    lengths = {"L_nm": 30.0, "d_nm": 20.0, "wS_nm": 5.0, "wZ_nm": 4.0}
    design = {"method": "i_nn", "rank": 1, "parameters": lengths, "claimed": {"mu0_Hc_T": 5.0, "phi_p": 0.01}}
    reached = {"mu0_Hc_T": 5.0, "phi_p": 0.01, "reachable": True, "nearest": None}  # as format 2 has it
    beyond = {"mu0_Hc_T": 7.0, "phi_p": 0.05, "reachable": False, "nearest": {"mu0_Hc_T": 6.0, "phi_p": 0.1}}
    entries = [
        reached | {"designs": [design | {"simulated": {"mu0_Hc_T": 4.5, "phi_p": 0.03}}, design | {"rank": 2}]},
        beyond | {"designs": [design | {"simulated": None}, design | {"simulated": {"mu0_Hc_T": 6.3, "phi_p": 0.05}}]},
        {"mu0_Hc_T": 4.0, "phi_p": 0.0, "reachable": False, "nearest": None, "reason": "no such angle"},
    ]
    judged = {"format_version": 2, "dataset_sha256": "0", "methods": {}, "queries": [], "table_1": entries}
    write_json(tmp_path / "verification.json", judged)
    head, *rows = written(tmp_path, "designs", {"verification": tmp_path / "verification.json"})
    off = [row[-2:] for row in rows]
    assert off == [["10.0", "0.020"], ["", ""], ["5.0", "0.050"]]  # of 5 T, 0.01 and of 6 T, 0.1
    assert rows[2][1:5] == ["7.000", "0.050", "6.000", "0.100"] and {len(row) for row in rows} == {len(head)}


def test_health_counts_failures_that_were_mended(tmp_path, monkeypatch):
    lost = json.dumps([{"failure": "not_reversed"}, {"failure": "not_reversed"}])
    samples = {
        "history": ["[]", json.dumps([{"failure": "not_reversed"}]), lost],
        "status": np.array(["accepted", "accepted", "quarantined"]),
        "mu0_Hc_T": np.array([1.0, np.nan, np.nan]),
        "realisations": np.array([2, 2, 1]),
        "evaluations": np.array([20, 60, 20]),
    }
    monkeypatch.setattr("hardmag.figures.health.read_table", lambda path: samples)
    quality = {"samples": 3, "accepted": 2, "rescued": 1, "quarantined": 1, "reasons": {"not_reversed": 1}, "allowed": 0.5}
    write_json(tmp_path / "quality.json", quality)
    write_health("dataset.h5", tmp_path / "quality.json", tmp_path / "h.md", tmp_path / "h.csv")
    with open(tmp_path / "h.csv", encoding="utf-8") as file:
        rows = dict(csv.reader(file))
    assert rows["attempts that failed: not_reversed"] == "3" and rows["quarantined for not_reversed"] == "1"
    assert rows["samples without hysteresis"] == "1" and rows["field evaluations, rescues included"] == "100"
    assert rows["field evaluations per half-cycle, median"] == "20"


def test_cost_is_summed_by_rule(tmp_path):
    folder = tmp_path / "benchmarks" / "run_batch"
    folder.mkdir(parents=True)
    head = "s\tmax_rss\tcpu_time\n"
    (folder / "0-a.tsv").write_text(head + "10.0\t300\t9.0\n")
    (folder / "0-b.tsv").write_text(head + "5.0\t400\t4.5\n")
    (folder.parent / "analyse.tsv").write_text(head + "0.1\tNA\tNA\n")
    write_cost(tmp_path / "dataset.h5", None, tmp_path / "c.md", tmp_path / "c.csv")
    with open(tmp_path / "c.csv", encoding="utf-8") as file:
        assert list(csv.reader(file))[1:] == [["run_batch", "2", "15.0", "13.5", "400"], ["analyse", "1", "0.1", "0.0", "0"]]


def test_networks_of_the_paper_stand_beside_ours():
    assert {len(column) for column in paper_tables.PAPERS_NETWORKS.values()} == {len(paper_tables.HYPERPARAMETERS)}


# The page


def test_page_counts_its_verdicts():
    entry = {"where": "Fig. 2e", "says": "a", "statistic": "|ρ| − 0", "value": 0.1234, "note": ""}
    found = {
        "One": [entry | {"low": 0.1, "high": 0.2, "verdict": "agrees"}] * 2,
        "Two": [entry | {"low": -0.2, "high": -0.1, "verdict": "disagrees"}]
        + [entry | {"low": None, "high": None, "value": None, "verdict": "cannot tell"}] * 3,
    }
    conditions = {
        "boxes_nm": [[64, 64]],
        "cells_nm": [0.8],
        "boundary_layers_nm": [2.0],
        "exchange": ["variational"],
        "angles_deg": [0, 90],
    }
    conditions |= {"z_sets": ["dft"], "half_cycles": [2, 2]} | dict.fromkeys(LENGTHS, [1.0, 12.34])
    quality = {"samples": 10, "accepted": 9, "rescued": 2, "quarantined": 1, "reasons": {"not_reversed": 1}}
    data = {
        "campaign": "made-up",
        "findings": found,
        "conditions": conditions,
        "quality": quality,
        "resamples": 500,
        "nanostructures": 5,
    }
    text = page(data | {"best_models": {"mu0_Hc_T": "Gaussian process, default", "phi_p": "random forest, default"}})
    assert "**2 findings agree, 1 disagree, 3 cannot be told.**" in " ".join(text.split())
    assert text.count("| **disagrees** |") == 1 and text.count("| agrees |") == 2
    assert "| L (nm) | 1 to 12.3 | 30 to 180 or more |" in text and "| half-cycles per sample | 2 |" in text
    assert "for Hc: Gaussian process, default; for Φp: random forest, default" in text
    assert "| Fig. 2e | rank correlation with Hc and Φp | 2 agree, 1 disagree, 3 cannot be told |" in text
    assert "1 given up (not_reversed: 1)" in text and "\\|ρ\\| − 0 | 0.123 | 0.1 … 0.2 |" in text


@pytest.mark.parametrize(("page", "data"), [("smco17-designs", "smco17-verification"), ("coreshell-designs",) * 2])
def test_page_of_designs_is_made_of_its_numbers(page, data):
    judged = read_judgement(ROOT / "data" / f"{data}.json")
    assert (ROOT / "docs" / f"{page}.md").read_text() == inverse_report.markdown(judged)


@pytest.mark.skipif(not (ROOT / "docs" / "smco17-findings.json").exists(), reason="no dataset comes with the project yet")
def test_page_of_the_documents_is_made_of_its_numbers():
    assert (ROOT / "docs" / "smco17.md").read_text() == page(read_json(ROOT / "docs" / "smco17-findings.json"))
