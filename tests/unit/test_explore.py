"""explore.html as written: what it holds. That it computes rightly and can be used: tests/browser."""

import re

import numpy as np
import pytest
from explore_case import ANGLES, BOX, held_data, make_table, write_dataset

from hardmag.errors import UserError
from hardmag.figures.explore import write_explore
from hardmag.figures.notation import in_html, in_text
from hardmag.files import read_json, write_json
from hardmag.inverse.store import load_designer, save_designer
from hardmag.nanostructures.constants import CONSTANTS
from hardmag.nanostructures.smco17 import z_properties
from hardmag.papers.yang2024.columns import TARGETS, usable_rows
from hardmag.surrogates.conformal import half_width
from hardmag.surrogates.store import load_forward
from hardmag.surrogates.train import fit_forward


def test_the_page_has_the_networks_of_the_designer(case, tmp_path):
    """One ensemble, trained once, serves inverse design and the page; written again from what was read, it predicts the
    same to the last bit."""
    save_designer(case.designer, tmp_path / "again.h5", dataset_path="d.h5", dataset_sha256="0")
    again = load_designer(tmp_path / "again.h5")
    x = usable_rows(make_table()).x
    assert np.array_equal(again.ensemble.predict(x).mean, case.designer.ensemble.predict(x).mean)
    assert len(again.ensemble.members) == len(case.data["model"]["members"]) == 5
    for network, held in zip(again.ensemble.members, case.data["model"]["members"], strict=True):
        np.testing.assert_allclose(held[0]["weight"], network[0].weight.numpy(), rtol=1e-8)  # written in nine digits
    assert again.training_range["alpha_deg"] == [0, 60] and again.metadata["rows"] == case.data["rows"] == 360
    with pytest.raises(UserError, match="kind is hardmag designer, expected hardmag forward surrogate"):
        load_forward(tmp_path / "again.h5")


def test_page_is_one_file_that_asks_for_nothing(case):
    text = case.page.read_text(encoding="utf-8")
    assert len(text.encode()) < 1e6
    assert not re.search(r"https?:|\{\{|src=|@import|url\(", text.replace("img-src", ""))
    assert text.count("</script>") == 2
    assert "default-src 'none'" in text


def test_a_name_cannot_end_the_data(case, tmp_path):
    folder = tmp_path / "a<!--<script>b"
    write_explore(
        case.folder / "designer.h5", [case.folder / "ensemble.json"], case.folder / "dataset.h5", folder / "explore.html"
    )
    assert held_data(folder / "explore.html")["campaign"] == "a<!--<script>b"


def by_key(data):
    return {one["key"]: one for one in data["inputs"]}


def test_inputs_begin_within_their_ranges(case):
    rows = usable_rows(make_table())
    inputs = by_key(case.data)
    assert [*inputs] == ["L", "d", "wS", "wZ", "alpha", "Ms", "sigma", "l"]
    for one in inputs.values():
        column = rows.variables.column(rows.x, one["name"])
        assert one["training"] == [column.min(), column.max()]
        assert one["limits"][0] <= column.min() <= column.max() <= one["limits"][1]
        assert column.min() <= one["start"] <= column.max()
        assert one["of_level"] == (one["key"] in ("Ms", "sigma", "l"))
    start = {key: one["start"] for key, one in inputs.items()}
    assert start["wS"] < start["L"] and start["wZ"] < start["d"] and start["alpha"] == 0
    assert inputs["alpha"]["limits"] == [0, 90]
    assert [inputs[key]["symbol"] for key in ("L", "wS", "alpha")] == ["L", "w<sub>S</sub>", "α"]
    assert case.data["angles"] == list(ANGLES)
    own = dict(zip(case.data["features"][5:], z_properties("dft").values(), strict=True))
    assert case.data["level"]["choices"]["dft"] == {"values": own, "trained": True} and case.data["level"]["key"] == "z"
    assert tuple(case.data["shared"]["size_nm"]) == BOX["size_nm"]


def test_a_page_of_grains(grain_case):
    """One target, no level, features that follow from numbers; what models do not learn of stands in what all share."""
    data, inputs = grain_case.data, by_key(grain_case.data)
    assert [*inputs] == ["a", "c", "shell", "layer", "misorientation", "azimuth", "core_Nd", "shell_Nd"]
    assert [inputs[key]["unit"] for key in ("a", "misorientation", "core_Nd")] == ["nm", "°", ""]
    assert inputs["core_Nd"]["symbol"] == "core Nd" and inputs["core_Nd"]["grid"] == 0.001
    assert inputs["misorientation"]["limits"] == [0, 45] and inputs["shell"]["limits"][0] >= 0
    assert inputs["core_Nd"]["limits"] == [0, 1] and inputs["azimuth"]["limits"] == [0, 360]
    assert [one["key"] for one in data["targets"]] == ["Hc"] and data["derived"] == [] and data["level"] is None
    constants = [f"{name}_{constant}" for name in ("core", "shell") for constant in CONSTANTS]
    assert data["followed"] == [*constants, "mu0_H_sw_T"]
    assert [*data["tables"]] == constants and len(data["tables"]["core_A_pJ_per_m"]["values"]) == 65
    assert data["shared"]["b_nm"] == 24 and data["shared"]["alpha_deg"] == 0 and "core_K1_MJ_per_m3" not in data["shared"]
    assert data["rows"] == 210 and data["angles"] is None
    assert len(data["half_widths"]["mu0_Hc_T"]) == 3 and [*data["half_widths"]] == ["mu0_Hc_T"]


def test_mathematics_of_pictures_in_html():
    assert in_html(r"core $\mu_0M_\mathrm{s}$") == "core µ<sub>0</sub>M<sub>s</sub>" and in_text(r"$\Phi_\mathrm{p}$") == "Φp"
    assert in_html("a_b < c") == "a_b &lt; c" and in_text("$K_1$") == "K1"


def test_half_widths_are_those_of_the_comparison(case):
    """Of Hc and Φp as score_model found them; of Hp = Hc (1 − Φp) from the same left-out predictions."""
    variant = read_json(case.folder / "ensemble.json")["variants"][0]
    for target in TARGETS:
        stored = variant["grouped"][target]["half_width_by_angle"]
        assert {f"{angle:g}": width for angle, width in case.data["half_widths"][target]} == {
            key: pytest.approx(width) for key, width in stored.items() if key != "any"
        }
    rows, predicted = usable_rows(make_table()), np.array(variant["predicted"])
    for angle, width in case.data["half_widths"]["mu0_Hp_T"]:
        here = rows.angle == angle
        (Hc, phi_p), (Hc_guess, phi_p_guess) = rows.y[here].T, predicted[here].T
        assert width == pytest.approx(half_width(Hc_guess - Hc_guess * phi_p_guess - Hc + Hc * phi_p))


def test_without_scores_the_forward_network_and_no_intervals(case, tmp_path):
    fit_forward(case.folder / "dataset.h5", tmp_path / "forward.h5", seed=1, epochs=1)
    write_explore(tmp_path / "forward.h5", [], case.folder / "dataset.h5", tmp_path / "explore.html")
    data = held_data(tmp_path / "explore.html")
    assert data["half_widths"] is None and data["scores"] is None and len(data["model"]["members"]) == 1


def test_files_of_another_dataset_are_refused(case, tmp_path):
    write_dataset(tmp_path / "dataset.h5", make_table(20))
    with pytest.raises(UserError, match="ensemble.json: made of another file than .*; delete it and run again"):
        scores = [case.folder / "ensemble.json"]
        write_explore(case.folder / "designer.h5", scores, tmp_path / "dataset.h5", tmp_path / "e.html")
    assert not (tmp_path / "e.html").exists()


def test_a_constant_parameter_can_still_be_moved(case, tmp_path):
    """As in a campaign with one period of the platelets, and a single set of Z properties."""
    table = make_table(20, sets=("modified",))
    table["d_nm"] = np.full_like(table["d_nm"], 20.0)
    write_dataset(tmp_path / "dataset.h5", table)
    fit_forward(tmp_path / "dataset.h5", tmp_path / "forward.h5", seed=1, epochs=1)
    write_explore(tmp_path / "forward.h5", [], tmp_path / "dataset.h5", tmp_path / "explore.html")
    data = held_data(tmp_path / "explore.html")
    d = by_key(data)["d"]
    assert d["training"] == [20, 20] and d["limits"][0] < 20 < d["limits"][1] and d["step"] > 0
    assert data["level"]["start"] == "modified" and not data["level"]["choices"]["dft"]["trained"]


@pytest.mark.parametrize(("R2", "said"), [(0.9, None), (0.1, "Poor model of µ0Hc (R² = 0.10)"), (None, "µ0Hc (R² undefined)")])
def test_a_poor_model_is_said_first(case, tmp_path, R2, said):
    scored = read_json(case.folder / "ensemble.json")
    for target, value in (("mu0_Hc_T", R2), ("phi_p", 0.9)):
        scored["variants"][0]["grouped"][target]["R2"] = value
    write_json(tmp_path / "ensemble.json", scored)
    page = tmp_path / "explore.html"
    write_explore(case.folder / "designer.h5", [tmp_path / "ensemble.json"], case.folder / "dataset.h5", page)
    found = re.search(r'<p id="poor" class="warning">(.*?)</p>', page.read_text(encoding="utf-8"))
    assert (found is None) == (said is None) and (said is None or said in found[1])
