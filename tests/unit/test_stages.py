"""What cannot be made of a campaign is known before its first simulation, by the checks that its dataset meets afterwards."""

import re
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest

from hardmag import nanostructures
from hardmag.campaign.attempts import Attempt
from hardmag.campaign.config import Campaign, load_campaign
from hardmag.campaign.corrections import correct
from hardmag.campaign.design import make_plan
from hardmag.campaign.failures import Failure
from hardmag.campaign.ledger import plan_campaign
from hardmag.cli import main
from hardmag.dataset.build import build_dataset, tabulated
from hardmag.dataset.gate import check
from hardmag.dataset.read import describe, opened, read_table
from hardmag.dataset.rehearsal import rehearsed
from hardmag.errors import UserError
from hardmag.figures.artefacts import make
from hardmag.files import read_json
from hardmag.jobs.worker import run_batch
from hardmag.materials import Phase
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.constants import CONSTANTS
from hardmag.nanostructures.kind import Kind, Quantity
from hardmag.papers import artefacts_of
from hardmag.stages import outlook, stages
from hardmag.voxels import Voxels

SMCO = {"kind": "smco17", "size_nm": [64, 64, 32], "d_nm": 20, "wZ_nm": 4}
FIVE = {"L_nm": [30, 40, 50, 60, 70], "wS_nm": [3], "alpha_deg": [0, 20, 40, 60]}
GRAIN = {"kind": "coreshell", "cell_nm": [1, 1, 1]}
ALL = ("surrogates", "networks", "explore", "analysis", "maps", "six_models")


def found(nanostructure, parameters, **sections):
    """{stage: why} of the stages of a campaign that are left out, from its plan."""
    design = {"kind": "grid", "parameters": parameters}
    campaign = Campaign.model_validate({"name": "x", "nanostructure": nanostructure, "design": design} | sections)
    return reasons(stages(campaign, rehearsed(make_plan(campaign).samples)))


def reasons(stages):
    return {stage: why for stage, why in stages.items() if why is not None}


def test_all_stages_of_twenty_samples_of_five_structures():
    assert found(SMCO, FIVE) == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"L_nm": [30, 40, 50, 60], "alpha_deg": [0, 10, 20, 30, 40]},  # 20 samples
            "4 nanostructures, at least 5 are needed",
        ),
        ({"alpha_deg": [0, 20, 40, 90]}, "15 accepted rows with a coercivity, at least 20 are needed to train"),
        ({"alpha_deg": [0]}, "5 accepted rows with a coercivity, at least 20 are needed to train"),
    ],
)
def test_too_few_of_smco(change, reason):
    assert found(SMCO, FIVE | change) == dict.fromkeys(ALL, reason)
    assert found(SMCO, FIVE | change, verification={})["verification"] == reason


def test_none_with_a_coercivity():
    assert found(SMCO, FIVE | {"alpha_deg": [90]})["coercivities"] == "no accepted sample has a coercivity"


def test_grains_half_of_which_have_no_magnetostatics():
    sizes = {"a_nm": [20, 22, 24, 26, 28], "c_nm": [20, 22], "shell_nm": [2, 3], "magnetostatics": ["with", "without"]}
    series = "no grain at 3 temperatures, both with and without magnetostatics"
    own = {"analysis": "not for kind coreshell", "temperatures": series}
    assert found(GRAIN, sizes) == own
    too_few = "10 accepted rows with a coercivity, at least 20 are needed to train"
    assert found(GRAIN, sizes | {"shell_nm": [2]}) == dict.fromkeys(("surrogates", "networks", "explore"), too_few) | own
    turned = sizes | {"alpha_deg": [90], "misorientation_deg": [0, 10]}
    assert found(GRAIN, turned | {"shell_nm": [2]})["surrogates"] == too_few  # a field across the easy axis: none of these


def test_a_page_needs_the_formulas_of_its_kind(monkeypatch):
    """Of features that follow from more than three numbers; of fewer, and of the level, tables stand in the page."""
    grain = GRAIN | {"core_composition": "Ce0.75La0.25"}
    sizes = {"a_nm": [20, 22, 24, 26, 28], "core_Nd": [0, 0.5], "core_Pr": [0, 0.5], "temperature_K": [300, 350]}
    assert "explore" not in found(grain, sizes)
    four = sizes | {"core_Co": [0, 0.1]}
    reason = re.fullmatch(
        r"core_K1_MJ_per_m3 follows from (.*), more than 3, and no script of .*", found(grain, four)["explore"]
    )
    assert {*reason[1].split(", ")} == {"core_Nd", "core_Pr", "core_Co", "temperature_K"}
    formulas = ", ".join(f"core_{constant}: () => 1" for constant in CONSTANTS)
    monkeypatch.setattr(
        KINDS["coreshell"], "script", lambda: f"const KIND = {{ follows: {{ {formulas}, mu0_H_sw_T: () => 1 }} }};"
    )
    assert "explore" not in found(grain, four)
    monkeypatch.setattr(KINDS["smco17"], "script", lambda: "")
    assert "explore" not in found(SMCO, FIVE)


def test_what_some_figures_stand_on():
    """Of grains: those with and those without magnetostatics, side by side; of cells: models of the paper's, and structures."""
    sizes = {"a_nm": [20, 22, 24, 26, 28], "c_nm": [20, 22], "shell_nm": [2, 3]}
    both = "grains are not simulated both with and without magnetostatics"
    assert found(GRAIN, sizes)["kronmuller"] == found(GRAIN, sizes)["temperatures"] == both
    warm = {"temperature_K": [300, 350], "magnetostatics": ["with", "without"]}
    few = "no grain at 3 temperatures, both with and without magnetostatics"
    assert found(GRAIN | {"core_composition": "Nd"}, sizes | warm)["temperatures"] == few
    warm["temperature_K"] += [400]
    assert not found(GRAIN | {"core_composition": "Nd"}, sizes | warm).keys() & {"kronmuller", "temperatures"}
    none = found(SMCO, FIVE, surrogate={"models": ["f_nn"]})
    assert none == {"six_models": "surrogate.models has none of the paper's six"}
    campaign = Campaign.model_validate({"name": "x", "nanostructure": SMCO, "design": {"kind": "grid", "parameters": FIVE}})
    table = rehearsed(make_plan(campaign).samples)
    few = "13 nanostructures, and with fewer than 14 no model predicts others"
    assert reasons(stages(campaign, table, 13)) == {"maps": few} and reasons(stages(campaign, table, 14)) == {}


def test_stages_that_the_file_does_not_ask_for_are_not_named():
    design = {"kind": "grid", "parameters": FIVE}
    campaign = Campaign.model_validate({"name": "x", "nanostructure": SMCO, "design": design, "verification": {}})
    asked = stages(campaign, rehearsed(make_plan(campaign).samples))
    assert "verification" in asked and not asked.keys() & {"learning", "front"}


def test_the_workflow_knows_no_kind_and_no_paper():
    """But for the campaign that is run where none is named."""
    root = Path(__file__).parents[2]
    for path in (root / "Snakefile", *(root / "workflow").glob("*/*.smk"), *(root / "workflow" / "scripts").glob("*.py")):
        text = re.sub(r"config/\w+/\w+\.yaml", "", path.read_text())
        assert not [kind for kind in KINDS if kind in text], path.name
        assert path.suffix == ".py" or not re.findall("yang|kovacs", text.lower()), path.name


LOOP = {"cycles": 1, "samples": 4, "parameters": {"L_nm": {"min": 30, "max": 60}}}


def test_active_learning():
    assert "learning" not in found(SMCO, FIVE, active_learning=LOOP)
    few = found(SMCO, FIVE | {"L_nm": [30, 40, 50]}, active_learning=LOOP)
    assert few["learning"] == "3 accepted nanostructures with a coercivity, at least 4 are needed"
    fractions = LOOP | {"goals": ["coercivity", "minimise Sm_at_percent", "maximise fraction_other"]}
    assert "learning" not in found(SMCO, FIVE, active_learning=fractions)
    two = few["learning"]
    goals = LOOP | {"goals": ["coercivity", "maximise phi_p"]}
    assert found(SMCO, FIVE | {"L_nm": [30, 40, 50]}, active_learning=goals)["front"] == two
    with pytest.raises(UserError, match="^active_learning.goals: phi_P: the dataset has no such column; did you mean phi_p?"):
        found(SMCO, FIVE, active_learning=LOOP | {"goals": ["maximise phi_P"]})


def test_the_plan_says_it(campaign_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["plan", str(campaign_file())]) == 0
    reason = "4 accepted rows with a coercivity, at least 20 are needed to train"
    assert f"\n  left out: {', '.join(ALL)}: {reason}\n" in capsys.readouterr().out
    found = read_json("results/tiny/plan.json")["stages"]
    assert reasons(found) == dict.fromkeys(ALL, reason) and found["dataset"] is found["coercivities"] is None


class Films(Kind):
    """A user's own kind: no cell_nm, no size_nm; shell_nm is the soft film's thickness; texts and numbers may be lacking."""

    c_axis: ClassVar = (0.0, 1.0, 0.0)
    described: ClassVar = {"thickness_nm": Quantity("nm", "of the whole film")}
    kind: Literal["films"] = "films"
    shell_nm: float
    edge: float = 1.0
    substrate: str | None = None
    strain: float | None = None

    def build(self, rng):
        index = np.zeros((4, 4, 8), dtype=np.uint8)
        index[:, :, : round(self.shell_nm)] = 1
        phases = (Phase("hard", 8e-12, 4.0e6, 1.2e6), Phase("soft", 2e-11, 0.0, 1.6e6))
        return Voxels(index, phases, (1e-9, 1e-9, 1e-9), periodic=(False, False, False))

    def descriptors(self):
        return {"thickness_nm": 8}


@pytest.fixture
def films(monkeypatch, campaign_file):
    monkeypatch.setitem(nanostructures.KINDS, "films", Films)
    parameters = {"shell_nm": [2, 3], "substrate": ["Si", "glass"]}
    return partial(
        campaign_file,
        nanostructure={"kind": "films"},
        design={"kind": "grid", "parameters": parameters},
        half_cycle={"from_T": 1.0, "to_T": -12.0, "step_T": 1.0, "resolution_T": None, "realisations": 1},
        quality={"max_cell_over_delta0": 2.0},
    )


def test_a_kind_of_ones_own_from_plan_to_figures(films, tmp_path):
    """Nothing of it is called as those of the package are; it is not taken for a grain for its shell_nm."""
    folder, config = tmp_path / "results", films()
    campaign = load_campaign(config)
    plan = plan_campaign(config, folder, "cpu", outlook)
    few = "4 accepted rows with a coercivity, at least 20 are needed to train"
    assert plan["stages"]["dataset"] is None
    assert reasons(plan["stages"]) == dict.fromkeys(ALL[:3], few) | {"analysis": "not for kind films"}
    results = [folder / "rounds" / "0" / f"{batch}.h5" for batch in plan["batches"]]
    for path in results:
        run_batch(folder / "batches" / f"{path.stem}.json", path, folder / "journal" / path.stem, threads=1)
    dataset = folder / "dataset.h5"
    build_dataset(folder, results, config, dataset, folder / "dataset.parquet")
    with opened(dataset) as file:
        assert file.attrs["kind"] == "films"
    table, expected = read_table(dataset), rehearsed(make_plan(campaign).samples)
    assert expected.keys() - table.keys() == set() and table.keys() - expected.keys() == {
        "fraction_hard",
        "fraction_soft",
    }
    for name in ("shell_nm", "substrate", "thickness_nm", "alpha_deg"):
        np.testing.assert_array_equal(table[name], expected[name])
    assert set(table["status"]) == {"accepted"} and "films" in describe(dataset)
    check(dataset, folder / "quality.json", config, stages)
    assert read_json(folder / "quality.json")["stages"] == plan["stages"]
    files, drawn = {"dataset": dataset, "samples": dataset, "quality": folder / "quality.json"}, artefacts_of("films")
    for name in ("half_cycles", "structures", "parameters"):
        make(drawn[name], files, {"output": folder / f"{name}.png"})


def test_columns_of_values_that_may_be_lacking():
    """Of texts and numbers alike; a column of both is text, as HDF5 and Parquet have no other."""
    quantities = {"a": Quantity("", ""), "b": Quantity("nm", ""), "c": Quantity("", ""), "d": Quantity("", "")}
    columns = tabulated([{"a": None, "b": None, "c": 1}, {"a": "x", "b": 2.0, "c": "y"}], quantities)
    assert (columns["a"], columns["c"], columns["b"][1]) == (["", "x"], ["1", "y"], 2.0) and np.isnan(columns["b"][0])
    assert columns["d"] == ["", ""]


def test_a_cell_that_cannot_be_halved_is_left_alone(films):
    sample = make_plan(load_campaign(films())).samples[0]
    assert correct(Attempt.of(sample), Failure.UNDER_RESOLVED_WALL, "") is None


def test_a_parameter_with_the_name_of_another_column(films, monkeypatch):
    monkeypatch.setattr(Films, "described", {"history": Quantity("", "of the film")})
    Films.columns.__func__.cache_clear()
    with pytest.raises(UserError, match="^nanostructure.history: the dataset has another column of this name$"):
        rehearsed(make_plan(load_campaign(films())).samples)


def test_the_gate_asks_again(films, campaign_file, publish, tmp_path):
    """What the simulations did not give is left out, and the campaign goes on."""
    config = campaign_file(
        nanostructure={"wS_nm": 3, **SMCO},
        design={"kind": "grid", "parameters": {k: FIVE[k] for k in ("L_nm", "alpha_deg")}},
        quality={"max_quarantine_fraction": 0.1},
    )
    folder = tmp_path / "results"
    plan = plan_campaign(config, folder, "cpu", outlook)
    assert reasons(plan["stages"]) == {"maps": "5 nanostructures, and with fewer than 14 no model predicts others"}
    files = publish(folder, 0, plan["batches"], {plan["samples"][3]: "NOT_CONVERGED"})
    build_dataset(folder, files, config, folder / "dataset.h5", folder / "dataset.parquet")
    check(folder / "dataset.h5", folder / "quality.json", config, stages)
    reason = "19 accepted rows with a coercivity, at least 20 are needed to train"
    assert reasons(read_json(folder / "quality.json")["stages"]) == dict.fromkeys(ALL, reason)
