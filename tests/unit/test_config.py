"""Campaign files: those of the repository load; every mistake is named by file and dotted key, in one line."""

import re
from pathlib import Path

import numpy as np
import pytest

from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import make_plan
from hardmag.cli import main
from hardmag.errors import UserError

CONFIG = Path(__file__).parents[2] / "config"
BESIDE = {"intrinsic", "microstructure", "film"}  # settings of workflows that stand beside campaigns
FILES = sorted(path for path in CONFIG.rglob("*.yaml") if path.parent.name not in BESIDE)
LEVELS = {"L_nm": [30, 50], "d_nm": [20], "wZ_nm": [4]}
BOX = [64, 64, 32]
ALPHA_ONLY = {"kind": "grid", "parameters": {"alpha_deg": [0]}}


def design(kind="grid", parameters=None, **more):
    return {"design": {"kind": kind, "parameters": LEVELS | (parameters or {})} | more}


def shared(**parameters):
    """The nanostructure section; None leaves a key out."""
    section = {"kind": "smco17", "size_nm": BOX, "wS_nm": 3} | parameters
    return {"nanostructure": {k: v for k, v in section.items() if v is not None}}


def refusal(path, step=load_campaign):
    with pytest.raises(UserError) as caught:
        step(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_there_are_campaign_files():
    assert {"demo", "literature", "paper"} <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_campaign_file_loads(path):
    campaign = load_campaign(path)
    assert campaign.name == f"{path.parent.name}-{path.stem}"  # results of two files never share a folder
    assert campaign.nanostructure["kind"] in ("smco17", "coreshell", "polycrystal", "from_file")
    assert campaign.half_cycle.from_T > 0 > campaign.half_cycle.to_T


def test_the_papers_settings():
    # Supplementary Note 1.2: boxes, cells, 2 nm layer; main text: 5 angles, 3 sets of Z properties, 5 half-cycles or more.
    campaign = load_campaign(CONFIG / "smco17" / "paper.yaml")
    assert [d.size_nm for d in campaign.domains] == [(128, 128, 32), (192, 192, 32)]
    assert campaign.nanostructure["cell_nm"] == [0.5, 0.5, 2.0]
    assert campaign.nanostructure["boundary_layer_nm"] == 2.0
    assert (campaign.domains[0].where["L_nm"].below, campaign.domains[1].where["L_nm"].min) == (140, 140)
    assert len(campaign.design.parameters["alpha_deg"]) == 5
    assert set(campaign.design.parameters["z_set"]) == {"literature", "dft", "modified"}
    assert campaign.half_cycle.realisations >= 5


def test_what_is_left_out_has_its_default(campaign_file):
    campaign = load_campaign(campaign_file(half_cycle=None))
    assert (campaign.half_cycle.from_T, campaign.half_cycle.to_T, campaign.half_cycle.realisations) == (1.0, -12.0, 5)
    assert campaign.quality.rescue_rounds == 2 and campaign.domains == [] and campaign.seed == 1


def test_paths_are_relative_to_the_file(campaign_file, tmp_path):
    (tmp_path / "points.csv").write_text("L_nm\n30\n")
    path = campaign_file(design={"kind": "table", "file": "points.csv", "parameters": {"d_nm": [20], "wZ_nm": [4]}})
    assert load_campaign(path).design.file == tmp_path / "points.csv"
    np.save(tmp_path / "magnet.npy", np.zeros((2, 2, 2), dtype=int))
    path = campaign_file(nanostructure={"kind": "from_file", "voxels": "magnet.npy"}, design=ALPHA_ONLY)
    assert load_campaign(path).nanostructure["voxels"] == str(tmp_path / "magnet.npy")


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        ({"nmae": "x"}, "nmae: unknown key"),
        ({"half_cycle": {"stepT": 0.1}}, "half_cycle.stepT: unknown key"),
        ({"quality": {"max_spread": 1}}, "quality.max_spread: unknown key"),
        ({"batching": {"sampels": 1}}, "batching.sampels: unknown key"),
        ({"surrogate": {"epoch": 1}}, "surrogate.epoch: unknown key"),
        ({"domains": [{"size_nm": BOX, "were": {}}]}, "domains.0.were: unknown key"),
        ({"domains": [{"size_nm": BOX, "where": {"L_nm": {"max": 3}}}]}, "domains.0.where.L_nm.max: unknown key"),
        ({"name": None}, "name: required key is missing"),
        ({"design": None}, "design: required key is missing"),
        ({"nanostructure": None}, "nanostructure: required key is missing"),
        ({"name": "../up"}, "name: "),
        ({"name": 5}, "name: .*got 5"),
        ({"half_cycle": {"step_T": -0.1}}, r"half_cycle\.step_T: .*greater than 0 .*-0\.1"),
        ({"half_cycle": {"step_T": 0}}, r"half_cycle\.step_T: .*greater than 0"),
        ({"half_cycle": {"step_T": float("nan")}}, r"half_cycle\.step_T"),
        ({"half_cycle": {"step_T": 20.0}}, r"half_cycle.*step_T = 20"),
        ({"half_cycle": {"step_T": 1e-6}}, r"half_cycle.*step_T = 1e-06"),
        ({"half_cycle": {"from_T": -1.0}}, r"half_cycle\.from_T"),
        ({"half_cycle": {"to_T": 1.0}}, r"half_cycle\.to_T"),
        ({"half_cycle": {"from_T": "high"}}, r"half_cycle\.from_T: .*number.*'high'"),
        ({"half_cycle": {"realisations": 2.5}}, r"half_cycle\.realisations: .*integer"),
        ({"half_cycle": {"realisations": 0}}, r"half_cycle\.realisations"),
        ({"half_cycle": {"precision": "fp16"}}, r"half_cycle\.precision: .*'fp32' or 'fp64'"),
        ({"half_cycle": [1, 2]}, "half_cycle: .*dictionary"),
        ({"quality": {"max_quarantine_fraction": 1.5}}, r"quality\.max_quarantine_fraction"),
        ({"quality": {"rescue_rounds": 10}}, r"quality\.rescue_rounds"),
        ({"batching": {"samples": 0}}, r"batching\.samples"),
        ({"batching": {"slots": 0}}, r"batching\.slots: .*greater than or equal to 1 \(got 0\); batching\.slots: .*'auto'"),
        ({"batching": {"slots": "many"}}, r"batching\.slots: .*'auto' \(got 'many'\)"),
        ({"batching": {"max_runtime_min": 5}}, r"batching\.max_runtime_min: .*10 \(got 5\)"),
        ({"seed": -1}, "seed"),
        (design("random"), r"design\.kind: .*'grid', 'latin_hypercube', 'sobol' or 'table'"),
        (design(parameters={"LL_nm": [1]}), r"design\.parameters\.LL_nm: unknown parameter; allowed are .*L_nm"),
        (design(parameters={"L_nm": []}), r"design.*parameters\.L_nm: needs at least one level"),
        (design("latin_hypercube", {"L_nm": {"min": 3, "max": 9}}), "design.*latin_hypercube needs 'points'"),
        (design("sobol", {"L_nm": {"min": 3, "max": 9}}), "design.*sobol needs 'points'"),
        (design("sobol", {"L_nm": {"min": 3, "max": 9}}, points=0), r"design\.points"),
        (design("latin_hypercube", points=4), "design.*latin_hypercube needs at least one parameter given as {min, max}"),
        (design(parameters={"L_nm": {"min": 3, "max": 9}}), r"design.*parameters\.L_nm: {min, max} needs kind"),
        (design("table"), "design.*'file' goes with kind table"),
        (design(file="points.csv"), "design.*'file' goes with kind table"),
        (design("table", file="nothing.csv"), r"design\.file: .*nothing\.csv does not exist"),
        (design("table", file="a.csv", made_by="nothing.smk"), r"design\.made_by: .*nothing\.smk does not exist"),
        (design("grid", made_by="a.smk", parameters={"L_nm": [30]}), r"'made_by' goes with 'file'"),
        (shared(kind="smco18"), r"nanostructure\.kind: 'smco18' is not one of smco17, coreshell, polycrystal, from_file"),
        (shared(kind=None), r"nanostructure\.kind: None is not one of smco17"),
        (shared(LL_nm=3), r"nanostructure\.LL_nm: unknown parameter"),
        ({"domains": [{"size_nm": [64, 64]}]}, r"domains\.0\.size_nm"),
        ({"domains": [{"size_nm": BOX, "where": {"LL_nm": {"min": 1}}}]}, r"domains\.0\.where\.LL_nm: unknown parameter"),
        ({"domains": [{"size_nm": BOX, "also": -1}]}, r"domains\.0\.also"),
        # A mistake in the type of a key that says what the others mean:
        (shared(kind=["smco17"]), r"nanostructure\.kind"),
        ({"nanostructure": {"kind": "from_file", "voxels": 5}, "design": ALPHA_ONLY}, r"nanostructure\.voxels"),
        # Numbers that are none:
        (design("sobol", {"L_nm": {"min": 3, "max": float("inf")}}, points=4), r"design\.parameters\.L_nm"),
        (design(parameters={"L_nm": [30, float("nan")]}), r"design\.parameters\.L_nm"),
    ],
)
def test_mistakes_are_named_by_file_and_key(campaign_file, sections, key):
    path = campaign_file(**sections)
    text = refusal(path)
    assert text.startswith(f"{path}: ")
    assert re.search(f": {key}", text), text


@pytest.mark.parametrize("value", [{"min": 9, "max": 3}, {"min": 3, "max": 3}, {"min": 3}, {"low": 1, "high": 2}, 30, "thirty"])
def test_a_bad_parameter_is_named_without_the_types_of_the_model(campaign_file, value):
    path = campaign_file(**design("sobol", {"L_nm": value, "d_nm": {"min": 5, "max": 6}}, points=4))
    text = refusal(path)
    assert text.startswith(f"{path}: design.parameters.L_nm")
    if value == {"min": 9, "max": 3}:
        assert "min = 9 must be < max = 3" in text
    # The reader knows the file, not the model: no names of validators or of types of Python.
    for word in ("function-after", "list[", "Range", "union"):
        assert word not in text


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        (shared(wS_nm="three"), r"nanostructure\.wS_nm: .*number.*'three'"),
        (shared(wS_nm=-3), "wS_nm"),
        (shared(wS_nm=None), r"nanostructure\.wS_nm: required key is missing"),
        (shared(placement="left"), r"nanostructure\.placement"),
        (shared(size_nm=[0, 64, 32]), "size_nm"),
        (design(parameters={"L_nm": ["long"]}), r"L_nm: .*number.*'long'"),
        (design(parameters={"alpha_deg": [0, 95]}), r"alpha_deg.*0 to 90.*95"),
        (design(parameters={"alpha_deg": ["steep"]}), "alpha_deg.*'steep'"),
        (design(parameters={"wZ_nm": [20]}), r"wZ_nm must be < d_nm \(2\)"),
        ({"domains": [{"size_nm": BOX, "where": {"L_nm": {"below": 40}}}]}, r"domains.*where leaves out 2 of 4"),
        ({"domains": [{"size_nm": BOX, "also": 1}]}, r"domains\.0\.also = 1 is more than the 0 other points"),
    ],
)
def test_mistakes_found_while_planning_name_file_and_key_too(campaign_file, tmp_path, monkeypatch, capsys, sections, key):
    monkeypatch.chdir(tmp_path)
    path = campaign_file(**sections)
    assert main(["plan", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1
    assert re.search(key, err), err
    assert str(path) in err
    assert not (tmp_path / "results" / "tiny" / "plan.json").exists()


def test_bounds_on_a_parameter_that_has_no_order(campaign_file):
    domains = [{"size_nm": BOX, "where": {"z_set": {"min": 1}}}]
    path = campaign_file(**design(parameters={"z_set": ["dft", "modified"]}), domains=domains)
    text = refusal(path, lambda p: make_plan(load_campaign(p)))
    assert "domains.0.where.z_set" in text


def test_what_is_allowed_is_accepted(campaign_file):
    # The list of allowed parameters in a message must hold good: alpha_deg is in it for the nanostructure, too.
    text = refusal(campaign_file(**shared(LL_nm=3)))
    allowed = text.split("allowed are ")[1].split(", ")
    if "alpha_deg" in allowed:
        path = campaign_file(**shared(alpha_deg=30), **design())
        assert {s.alpha_deg for s in make_plan(load_campaign(path)).samples} == {30.0}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name: [", "not valid YAML"),
        (b"name: x\n\tseed: 1", "not valid YAML"),
        (b"- 1\n- 2\n", "mapping"),
        (b"", "mapping"),
        (b"name: \xff\xfe", "not valid YAML"),
    ],
)
def test_files_that_are_no_campaign(tmp_path, content, words):
    path = tmp_path / "campaign.yaml"
    path.write_bytes(content)
    text = refusal(path)
    assert text.startswith(f"{path}: ") and words in text


def test_no_file(tmp_path):
    assert refusal(tmp_path / "nothing.yaml") == f"{tmp_path / 'nothing.yaml'}: no such file"
    assert "cannot be read" in refusal(tmp_path)


def test_a_key_that_stands_twice(tmp_path):
    path = tmp_path / "campaign.yaml"
    path.write_text("name: x\nseed: 1\nhalf_cycle:\n  step_T: 0.1\n  step_T: 0.2\n")
    assert "key 'step_T' stands twice in the mapping that begins in line 4" in refusal(path)
