"""Datasets that nothing can be made of: every stage refuses them in one line that names the file and the column."""

import h5py
import numpy as np
import pytest
from explore_case import make_table, write_dataset

from hardmag.campaign.ledger import plan_campaign
from hardmag.cli import main
from hardmag.dataset.build import build_dataset
from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.figures.explore import write_explore
from hardmag.files import sha256, write_json
from hardmag.inverse.comparison import propose_designs
from hardmag.inverse.store import load_designer
from hardmag.inverse.train import fit_designer, fit_inverse
from hardmag.papers.yang2024.analyse import numbers
from hardmag.papers.yang2024.figures.tables import write_designs
from hardmag.papers.yang2024.findings import find
from hardmag.sealed import seal
from hardmag.surrogates.comparison import compare_models, score_model
from hardmag.surrogates.store import load_forward
from hardmag.surrogates.train import fit_forward

AT_0 = {"alpha_deg": 0.0, "z_set": "dft"}
COUNTS = {"queries": 2, "count": 1, "inverse_epochs": 1}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Folder with a dataset of 12 nanostructures and what a forward network of one epoch is."""
    folder = tmp_path_factory.mktemp("good")
    write_dataset(folder / "dataset.h5", make_table(12))
    fit_forward(folder / "dataset.h5", folder / "forward.h5", seed=1, epochs=1)
    return folder


# Stages that begin with a dataset. The inverse network and the page come after a network of the same file.
STAGES = {
    "forward": lambda data, to: fit_forward(data, to, seed=1, epochs=1),
    "designer": lambda data, to: fit_designer(data, to, seed=1, epochs=1, prescribed=AT_0),
    "comparison": lambda data, to: score_model(data, "k_nearest", to, seed=1, trials=1, epochs=1),
    "proposals": lambda data, to: propose_designs(data, to, seed=1, epochs=1, **COUNTS),
}


def without(table, *names):
    return {name: values for name, values in table.items() if name not in names}


def with_value(table, name, value, row=4):
    column = table[name].copy()
    column[row] = value
    return table | {name: column}


FAULTS = {
    "a column is missing": (lambda t: without(t, "wS_nm"), "no column wS_nm"),
    "constant target": (lambda t: t | {"phi_p": np.full_like(t["phi_p"], 0.25)}, "column phi_p: 0.25 in every usable row"),
    "too few samples": (lambda t: {name: v[:18] for name, v in t.items()}, "18 accepted rows with a coercivity, at least 20"),
    "NaN in a feature": (lambda t: with_value(t, "d_nm", np.nan), "column d_nm: row 4 of 108: must be a finite number"),
    "NaN in one target": (lambda t: with_value(t, "phi_p", np.nan), "column phi_p: row 4 of 108: must be NaN exactly where"),
    "infinite": (
        lambda t: with_value(t, "mu0_Hc_T", np.inf),
        "column mu0_Hc_T: inf in row 4 of 108, must be within 0 to 100 T",
    ),
    "Hc in mT": (lambda t: t | {"mu0_Hc_T": 1e3 * t["mu0_Hc_T"]}, r"column mu0_Hc_T: \d+\.?\d* in row 0 .* 0 to 100 T"),
    "Hc in A/m": (lambda t: t | {"mu0_Hc_T": t["mu0_Hc_T"] / 1.2566e-6}, "column mu0_Hc_T: .* in row 0 .* 0 to 100 T"),
    "negative Hc": (lambda t: with_value(t, "mu0_Hc_T", -2.0), "column mu0_Hc_T: -2 in row 4 .* 0 to 100 T"),
    "a length in m": (lambda t: t | {"L_nm": 1e-9 * t["L_nm"]}, r"column L_nm: .*e-08 in row 0 .* 0.1 to 100000 nm"),
    "Ms in A/m": (lambda t: t | {"Ms_Z_kA_per_m": 1e3 * t["Ms_Z_kA_per_m"]}, "column Ms_Z_kA_per_m: .* 1 to 5000 kA/m"),
    "an angle beyond": (lambda t: with_value(t, "alpha_deg", 120.0), "column alpha_deg: 120 in row 4 .* 0 to 90 deg"),
    "text for numbers": (lambda t: t | {"mu0_Hc_T": t["mu0_Hc_T"].astype(str)}, "column mu0_Hc_T: must be numbers"),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("fault", FAULTS)
def test_refused_by_every_stage(tmp_path, stage, fault):
    change, message = FAULTS[fault]
    write_dataset(tmp_path / "bad.h5", change(make_table(12)))
    with pytest.raises(UserError, match=rf"bad\.h5: .*{message}") as caught:
        STAGES[stage](tmp_path / "bad.h5", tmp_path / "out")
    assert "\n" not in str(caught.value) and not (tmp_path / "out").exists()


def test_a_unit_other_than_the_schemas_is_refused(tmp_path):
    """Values that could be right do not excuse it; the schema's own unit is taken."""
    write_dataset(tmp_path / "bad.h5", make_table(12))
    for unit in ("T", "kA/m"):
        with h5py.File(tmp_path / "bad.h5", "r+") as file:
            file["samples/mu0_Hc_T"].attrs["unit"] = unit
        seal(tmp_path / "bad.h5", "dataset")
        if unit == "T":
            assert len(read_table(tmp_path / "bad.h5")["status"]) == 108
    for stage in STAGES.values():
        with pytest.raises(UserError, match=r"bad\.h5: column mu0_Hc_T: unit is 'kA/m', must be 'T': coercivity"):
            stage(tmp_path / "bad.h5", tmp_path / "out")


def test_what_only_designs_need(tmp_path):
    """How nanostructures are drawn, and Z sets that are known."""
    faults = (
        (lambda t: without(t, "specification"), "no column specification; designs need it"),
        (lambda t: t | {"z_set": np.full(108, "iron")}, "column z_set: 'iron' is not one of literature, dft, modified"),
    )
    for change, message in faults:
        write_dataset(tmp_path / "bad.h5", change(make_table(12)))
        with pytest.raises(UserError, match=rf"bad\.h5: no surrogate can be trained: {message}"):
            fit_designer(tmp_path / "bad.h5", tmp_path / "out", seed=1, epochs=1, prescribed=AT_0)


def test_networks_of_another_dataset(good, tmp_path):
    write_dataset(tmp_path / "bad.h5", with_value(make_table(12), "d_nm", np.nan))
    with pytest.raises(UserError, match=r"forward\.h5: made of another file than .*bad\.h5; delete it and run again"):
        fit_inverse(tmp_path / "bad.h5", good / "forward.h5", tmp_path / "i.h5", seed=1, epochs=1, prescribed=AT_0)
    with pytest.raises(UserError, match=r"forward\.h5: made of another file than .*bad\.h5; delete it and run again"):
        write_explore(good / "forward.h5", [], tmp_path / "bad.h5", tmp_path / "explore.html")


def test_what_only_the_page_needs(tmp_path):
    write_dataset(tmp_path / "bad.h5", without(make_table(12), "specification"))
    fit_forward(tmp_path / "bad.h5", tmp_path / "forward.h5", seed=1, epochs=1)
    with pytest.raises(UserError, match=r"bad\.h5: no column specification"):
        write_explore(tmp_path / "forward.h5", [], tmp_path / "bad.h5", tmp_path / "explore.html")
    assert not (tmp_path / "explore.html").exists()


def test_what_only_the_analysis_needs():
    table = make_table(12)
    table |= {"phi_S": table["wS_nm"] / table["L_nm"], "phi_Z": np.full(108, np.nan)}
    with pytest.raises(UserError, match="column phi_Z: must be a finite number in every accepted row"):
        numbers(table, None, [], seed=1, epochs=1)


def test_models_of_another_version_or_in_pieces(good, tmp_path):
    """By the page, the inverse network, and the commands: format version, missing weights, weights of another shape."""

    def damaged(change):
        (tmp_path / "forward.h5").write_bytes((good / "forward.h5").read_bytes())
        with h5py.File(tmp_path / "forward.h5", "r+") as file:
            change(file)
        return tmp_path / "forward.h5"

    def other_shape(file):
        del file["network/0.weight"]
        file["network/0.weight"] = np.zeros((64, 7))

    faults = (
        (lambda f: f.attrs.update(format_version=0), "format_version is 0, expected 3; delete it, and run the campaign again"),
        (lambda f: f.pop("network/2.bias"), "incomplete or damaged .*2.bias"),
        (other_shape, "incomplete or damaged .*size mismatch"),
        (lambda f: f.attrs.update(metadata="{"), "incomplete or damaged"),
    )
    for change, message in faults:
        path = damaged(change)
        for reader in (
            load_forward,
            lambda path: write_explore(path, [], good / "dataset.h5", tmp_path / "explore.html"),
            lambda path: fit_inverse(good / "dataset.h5", path, tmp_path / "i.h5", seed=1, epochs=1, prescribed=AT_0),
        ):
            with pytest.raises(UserError, match=rf"forward\.h5: {message}") as caught:
                reader(path)
            assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match=r"forward\.h5: kind is hardmag forward surrogate, expected hardmag designer"):
        load_designer(path)


def test_the_command_says_it_in_one_line(good, tmp_path, capsys):
    (tmp_path / "designer.h5").write_bytes((good / "forward.h5").read_bytes())
    with h5py.File(tmp_path / "designer.h5", "r+") as file:
        file.attrs["kind"], file.attrs["format_version"] = "hardmag designer", 0
    words = ["L_nm=60", "d_nm=25", "wS_nm=7", "wZ_nm=1.5"]
    assert main(["predict", "--campaign", str(tmp_path), *words]) == 2
    said = capsys.readouterr()
    assert (
        said.err.startswith(f"error: {tmp_path}/designer.h5: format_version is 0")
        and said.err.count("\n") == 1
        and not said.out
    )


def test_results_of_another_kind_or_version(good, tmp_path):
    """JSON that has not what it should: scores, a comparison, a judgement of designs."""
    data, other = good / "dataset.h5", tmp_path / "other.json"
    write_json(other, {"of": "another version"})
    with pytest.raises(UserError, match=r"other\.json: scored on another file"):
        compare_models(data, [other], tmp_path / "models.json", tmp_path / "models.md")
    with pytest.raises(UserError, match=r"other\.json: made of another file"):
        write_explore(good / "forward.h5", [other], data, tmp_path / "explore.html")
    with pytest.raises(UserError, match=r"other\.json: made from another file"):
        find(data, None, [], other, tmp_path / "findings.json", seed=1)
    with pytest.raises(UserError, match=r"other\.json: no dataset_sha256, methods; expected verification\.json"):
        write_designs(other, tmp_path / "designs.md", tmp_path / "designs.csv")
    judgement = {"dataset_sha256": "0", "methods": {}, "queries": [], "table_1": []}
    write_json(other, judgement)
    with pytest.raises(UserError, match=r"other\.json: format_version is None, expected 3"):
        write_designs(other, tmp_path / "designs.md", tmp_path / "designs.csv")
    write_json(tmp_path / "models.json", {"dataset_sha256": sha256(data)})
    write_json(other, judgement | {"format_version": 2})
    with pytest.raises(UserError, match=r"other\.json: its designs were proposed from another file than .*dataset\.h5"):
        find(data, None, [], tmp_path / "models.json", tmp_path / "f.json", seed=1, verification=other)


# ---- a dataset that is given in place of simulations


def drop(*names):
    def change(file):
        for name in names:
            del file[name]

    return change


def shorten(file):
    column = file["samples/m_r"]
    values, attributes = column[()], dict(column.attrs)
    del file["samples/m_r"]
    file.create_dataset("samples/m_r", data=values[:-1]).attrs.update(attributes)


GIVEN = {
    "unequal columns": (shorten, "column m_r: 3 rows, but column id has 4"),
    "a column of the figures": (drop("samples/squareness", "samples/history"), "no column squareness, history"),
    "curves": (drop("half_cycles/m_parallel"), "no half_cycles/m_parallel"),
    "an attribute": (lambda f: f.attrs.__delitem__("settings"), "no attribute settings"),
    "a unit": (lambda f: f["samples/BHmax_kJ_per_m3"].attrs.update(unit="MGOe"), "column BHmax_kJ_per_m3: unit is 'MGOe'"),
    "fields in mT": (lambda f: f["curves/mu0_H_T"].attrs.update(unit="mT"), "curves/mu0_H_T: unit is 'mT', must be 'T'"),
    "no unit": (lambda f: f["samples/m_r"].attrs.__delitem__("unit"), "column m_r: has no unit"),
    "no schema": (lambda f: f.attrs.__delitem__("schema_version"), "schema_version None, this version of hardmag reads 1"),
}


def test_a_given_dataset_is_found_bad_before_anything_runs(campaign_file, publish, tmp_path, monkeypatch, capsys):
    """By the plan, which the Snakefile asks for, and by `hardmag info`: exit code 2 and one line."""
    monkeypatch.chdir(tmp_path)
    config, whole, bad = campaign_file(), tmp_path / "given.h5", tmp_path / "bad.h5"
    plan = plan_campaign(config, tmp_path / "results")
    build_dataset(tmp_path / "results", publish(tmp_path / "results", 0, plan["batches"], {}), config, whole, tmp_path / "t.pq")
    for change, message in GIVEN.values():
        bad.write_bytes(whole.read_bytes())
        with h5py.File(bad, "r+") as file:
            change(file)
        seal(bad, "dataset")
        for words in (["plan", str(config), "--dataset", str(bad)], ["info", str(bad)]):
            assert main(words) == 2
            said = capsys.readouterr()
            assert said.err.startswith(f"error: {bad}: {message}") and said.err.count("\n") == 1 and not said.out
    assert not (tmp_path / "results" / "tiny" / "given.json").exists()
    assert main(["plan", str(config), "--dataset", str(whole)]) == 0
