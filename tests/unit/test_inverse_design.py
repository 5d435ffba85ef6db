"""Inverse design where the answer is known: Hc = 10 wS/L and Φp = wZ/d are met by every structure with these two shares."""

import csv
import dataclasses
import json
import re
from itertools import product
from pathlib import Path
from typing import get_args

import h5py
import numpy as np
import pytest
import torch

import hardmag
from hardmag import cli
from hardmag.dataset.schema import SCHEMA_VERSION
from hardmag.errors import UserError
from hardmag.figures.artefacts import make
from hardmag.files import read_json, write_json
from hardmag.inverse import adjoint, posterior
from hardmag.inverse.comparison import propose_designs
from hardmag.inverse.designer import train_designer
from hardmag.inverse.feasible import Bounds, coordinates_of, is_feasible, snapped, space_of, values_at
from hardmag.inverse.judgement import judge_designs
from hardmag.inverse.propose import METHODS, MIN_DISTANCE, distinct, propose
from hardmag.inverse.reach import reach
from hardmag.inverse.store import load_designer, save_designer
from hardmag.inverse.success import is_success, misfit
from hardmag.inverse.train import fit_designer, fit_inverse
from hardmag.inverse.values import Designs, Predicted
from hardmag.materials import Z_PHASES
from hardmag.nanostructures.smco17 import SmCo17, z_properties
from hardmag.papers import artefacts_of
from hardmag.papers.yang2024 import QUERIES
from hardmag.papers.yang2024.columns import GEOMETRY, TARGETS, usable_rows
from hardmag.sealed import written
from hardmag.surrogates.conformal import CONFIDENCE
from hardmag.surrogates.rows import split_by_geometry
from hardmag.surrogates.train import fit_forward

torch.set_num_threads(1)

ANGLES = (0.0, 30.0)
CONTINUOUS = (*GEOMETRY, "alpha_deg")
SHARED = {"kind": "smco17", "cell_nm": [0.8, 0.8, 2.0]}
AT_0 = {"alpha_deg": 0.0, "z_set": "dft"}
QUERY = np.array([2.5, 0.2])  # wS = L/4, wZ = d/5
DESIGNING = [name for name, method in METHODS.items() if method.candidates]


def truth(t):
    """Hc falls by 20 % from 0° to 30°; the Z set does not matter."""
    return {"mu0_Hc_T": 10 * t["wS_nm"] / t["L_nm"] * (1 - t["alpha_deg"] / 150), "phi_p": t["wZ_nm"] / t["d_nm"]}


def simulated(parameters):
    """The table of a campaign of these {parameter: value}."""
    records = [
        p | z_properties(p["z_set"]) | {"specification": json.dumps({"nanostructure": SHARED | {k: p[k] for k in GEOMETRY}})}
        for p in parameters
    ]
    table = {key: np.array([record[key] for record in records]) for key in records[0]}
    n = len(records)
    return table | truth(table) | {"status": np.full(n, "accepted")}


def make_table(geometries=48):
    lengths = np.random.default_rng(3).uniform([24, 12, 3, 1], [72, 50, 12, 11], size=(geometries, 4)).round(6)
    return simulated(
        [
            dict(zip(GEOMETRY, own.tolist(), strict=True)) | {"alpha_deg": alpha, "z_set": z_set}
            for own, alpha, z_set in product(lengths, ANGLES, ("dft", "modified"))
        ]
    )


def write_dataset(path, table, kind="smco17"):
    with written(path, "dataset") as file:
        file.attrs.update(schema_version=SCHEMA_VERSION, kind=kind, physics_version=7)
        for name, values in table.items():
            kind = h5py.string_dtype() if values.dtype.kind == "U" else None
            file.create_dataset(f"samples/{name}", data=values.astype(object) if kind else values, dtype=kind)
    return path


@pytest.fixture(scope="module")
def rows():
    return usable_rows(make_table())


@pytest.fixture(scope="module")
def bounds(rows):
    return Bounds.of(rows.variables, rows.values, rows.level)


@pytest.fixture(scope="module")
def designer(rows):
    return train_designer(rows, seed=1, epochs=150, prescribed=AT_0, shared=SHARED)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """results/<campaign> with a dataset and all that is trained on it, in few epochs."""
    folder = tmp_path_factory.mktemp("campaign")
    write_dataset(folder / "dataset.h5", make_table())
    fit_forward(folder / "dataset.h5", folder / "forward.h5", seed=1, epochs=30)
    fit_inverse(*(folder / f"{name}.h5" for name in ("dataset", "forward", "inverse")), seed=1, epochs=10, prescribed=AT_0)
    fit_designer(folder / "dataset.h5", folder / "designer.h5", seed=1, epochs=30, prescribed=AT_0)
    return folder


# Feasible by construction


PRESCRIPTIONS = (
    {},
    {"L_nm": 41.234567},
    {"wS_nm": 5.5},
    {"wZ_nm": 3.3, "alpha_deg": 12.3},
    {"L_nm": 40.0, "wS_nm": 6.0, "d_nm": 33.3},
    {"L_nm": 40.0, "wS_nm": 6.0, "d_nm": 33.3, "wZ_nm": 4.0, "alpha_deg": 30.0},
)


@pytest.mark.parametrize("prescribed", PRESCRIPTIONS, ids=lambda p: "+".join(p) or "nothing")
def test_every_point_is_feasible(bounds, prescribed):
    """10,000 points, among them the farthest that fp64 has: within the data, possible, buildable, what is prescribed kept
    to the last bit, before and after rounding. Rounding is to 0.01 and moves a value by little."""
    space = space_of(bounds, prescribed)
    theta = torch.randn(10_000, len(space.names), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    theta[5000:] *= 30
    corners = torch.tensor(list(product((-1e300, 1e300), repeat=len(space.names))), dtype=torch.float64)
    theta[: len(corners)] = corners
    values = values_at(space, theta).numpy()
    rounded = snapped(space, values)
    assert len(corners) == 2 ** len(space.names)
    for v in (values, rounded):
        assert is_feasible(bounds, v).all()
        L, d, wS, wZ, _ = v.T
        assert np.all((wS > 0) & (wS < L) & (wZ > 0) & (wZ < d) & (np.minimum(wS, wZ) >= 0.8))
        for name, value in prescribed.items():
            assert np.all(v[:, CONTINUOUS.index(name)] == value)
    free = [CONTINUOUS.index(name) for name in space.names]
    assert np.array_equal(rounded[:, free].round(2), rounded[:, free])
    # A thickness follows its period, rounded by 0.005, by at most phi times that, and both are moved to whole steps.
    assert np.abs(rounded - values).max() <= 0.03


def test_the_map_reaches_all_and_is_inverted(bounds, rows):
    space = space_of(bounds, {})
    values = rows.values
    back = values_at(space, coordinates_of(space, values)).numpy()
    # But for the thousandth of the width that is cut at each edge, and the 0.02 nm that corners lose.
    widths = np.array([np.ptp(bounds.ranges[name]) for name in CONTINUOUS])
    assert np.all(np.abs(back - values) <= 1.1e-3 * widths + 0.02)
    theta = torch.randn(200, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).clamp(-3, 3)
    assert torch.allclose(coordinates_of(space, values_at(space, theta).numpy()), theta, atol=1e-7)


def test_the_map_has_the_right_gradient(bounds):
    space = space_of(bounds, {"d_nm": 30.0})
    theta = torch.tensor([[0.3, -0.4, 0.8, 0.1]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: values_at(space, t), theta)


@pytest.mark.parametrize(
    "prescribed, message",
    [
        ({"L_nm": 500.0}, "L_nm = 500 must be within 2[0-9.]+ to 7[0-9.]+ .the data"),
        ({"alpha_deg": 45.0}, "alpha_deg = 45 must be within 0 to 30"),
        ({"wS_nm": float("nan")}, "wS_nm = nan must be within"),
        ({"z_set": "literature"}, "z_set = literature is not in the data; there are dft, modified"),
        ({"L_nm": 25.0, "wS_nm": 11.0}, "wS_nm = 11 and L_nm = 25 make phi_S = 0.44, must be within 0.0[0-9]+ to 0.[0-9]+"),
        ({"colour": 1.0}, "colour is not a parameter; there are L_nm, d_nm, wS_nm, wZ_nm, alpha_deg, z_set"),
    ],
)
def test_contradictions_are_refused(bounds, prescribed, message):
    bounds = dataclasses.replace(bounds, ranges=bounds.ranges | {"phi_S": (0.05, 0.4)})
    with pytest.raises(UserError, match=f"^prescribed: {message}") as caught:
        space_of(bounds, prescribed)
    assert "\n" not in str(caught.value)


def test_a_thickness_that_leaves_no_period_is_refused(bounds):
    bounds = dataclasses.replace(bounds, ranges=bounds.ranges | {"phi_S": (0.05, 0.1)})
    with pytest.raises(UserError, match="prescribed: wS_nm = 11 leaves no L_nm with phi_S in 0.05 to 0.1"):
        space_of(bounds, {"wS_nm": 11.0})


def test_what_the_data_do_not_vary_is_not_designed(rows):
    values = rows.values.copy()
    values[:, 1] = 29.999999
    space = space_of(Bounds.of(rows.variables, values, rows.level), {})
    assert "d_nm" not in space.names and space.fixed == {"d_nm": 29.999999}


# Methods


@pytest.mark.parametrize("name", ["neural_adjoint", "posterior"])
def test_methods_find_the_known_inverse(designer, name):
    """Five designs, put into the function itself, are as near as the networks are to the function."""
    designs = propose(name, designer, QUERY, AT_0, count=5, seed=1)
    assert len(designs) == 5
    for design in designs:
        true = truth(design.parameters)
        assert design.possible and design.in_range and design.reason is None
        for target, wanted, allowed in zip(TARGETS, QUERY, (0.25, 0.03), strict=True):
            assert true[target] == pytest.approx(wanted, abs=allowed)
        SmCo17(**{k: v for k, v in design.parameters.items() if k != "alpha_deg"}, cell_nm=(0.8, 0.8, 2.0))


def test_nearest_rows_come_in_the_order_of_their_misfit(designer):
    """The first misses the query least of all rows with what is prescribed: the larger of both errors, in tolerances of 5 % and
    0.03. Rounding lengths to 0.01 nm moves the targets by less than a hundredth of these."""
    rows = (designer.x[:, 4] == 0) & (designer.level == "dft")
    least = np.max(np.abs(designer.y[rows] - QUERY) / (0.05 * QUERY[0], 0.03), axis=1).min()
    designs = propose("nearest", designer, QUERY, AT_0, count=5, seed=1)
    found = [misfit([truth(design.parameters)[t] for t in TARGETS], QUERY, TARGETS) for design in designs]
    assert len(found) == 5 and found[0] == pytest.approx(least, abs=0.05)
    assert np.all(np.diff(found) > -0.05)


@pytest.mark.parametrize("name", DESIGNING)
def test_same_seed_same_designs(designer, name):
    before = torch.get_rng_state()
    first, again, other = (propose(name, designer, QUERY, AT_0, count=3, seed=seed) for seed in (7, 7, 8))
    assert torch.equal(torch.get_rng_state(), before)
    assert first == again
    assert (first == other) == (name == "nearest")


@pytest.mark.parametrize("name", ["neural_adjoint", "posterior"])
@pytest.mark.parametrize(
    "prescribed",
    [
        {"L_nm": 40.123456, "alpha_deg": 0.0, "z_set": "dft"},
        {"wS_nm": 8.7654, "wZ_nm": 5.4321},
        {"L_nm": 40.0, "d_nm": 30.0, "wS_nm": 10.0, "wZ_nm": 6.0, "alpha_deg": 0.0, "z_set": "modified"},
        {"alpha_deg": 17.5},
    ],
    ids=lambda p: "+".join(p),
)
def test_prescribed_values_are_kept_exactly(designer, name, prescribed):
    designs = propose(name, designer, QUERY, prescribed, count=3, seed=2)
    assert len(designs) == (1 if len(prescribed) == 6 else 3)
    for design in designs:
        assert design.parameters.items() >= prescribed.items()
        assert design.possible and design.in_range
        assert [truth(design.parameters)[t] for t in TARGETS] == pytest.approx(QUERY, rel=0.12)


def test_nearest_has_what_is_prescribed_or_nothing(designer):
    for design in propose("nearest", designer, QUERY, {"alpha_deg": 30.0, "z_set": "modified"}, count=5, seed=1):
        assert (design.parameters["alpha_deg"], design.parameters["z_set"]) == (30.0, "modified")
    assert propose("nearest", designer, QUERY, {"L_nm": 40.5}, count=5, seed=1) == []


def test_designs_are_distinct(designer):
    """Three designs on a line, 0.2 apart: the second is too near the first; another Z set is another design."""
    scaler = designer.scaler
    values = scaler.inverse(np.array([[0.0] * 5, [0.2] + [0.0] * 4, [0.4] + [0.0] * 4, [0.0] * 5]))
    assert distinct(designer, values, np.array(["dft", "dft", "dft", "modified"]), 9) == [0, 2, 3]
    found = propose("neural_adjoint", designer, QUERY, AT_0, count=8, seed=1)
    scaled = scaler.transform(np.array([[d.parameters[name] for name in CONTINUOUS] for d in found]))
    distances = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)[np.triu_indices(len(found), 1)]
    assert len(found) == 8 and distances.min() >= MIN_DISTANCE


def test_expected_misfit_is_squared_error_plus_variance(designer):
    values = np.array([[40.0, 30.0, 10.0, 6.0, 0.0]])
    x = torch.from_numpy(designer.variables.features_at(values, "dft"))
    members = [
        designer.ensemble.target_scaler.inverse(network(designer.ensemble.feature_scaler.transform(x)).numpy())[0]
        for network in designer.ensemble.members
    ]
    scale = np.array([0.05 * QUERY[0], 0.03])
    mean, variance = np.mean(members, axis=0), np.var(members, axis=0)
    by_hand = (((mean - QUERY) / scale) ** 2 + variance / scale**2).sum()
    assert float(adjoint.expected_misfit(designer, torch.from_numpy(values), "dft", QUERY)) == pytest.approx(by_hand, rel=1e-10)


def test_unknown_method_is_refused(designer):
    with pytest.raises(UserError, match="method: 'guess' is not one of i_nn, neural_adjoint, posterior, nearest"):
        propose("guess", designer, QUERY, AT_0, count=1, seed=1)


def test_intervals_hold_on_structures_never_seen(designer):
    """2000 structures drawn like the data's. 0.93, not 0.95: few nanostructures make a width uncertain (three sets of 48 gave
    0.934 to 0.998). The errors on those that ended the trainings gave 0.85 to 0.98, the spread of the networks 0.76 to 0.91."""
    values = np.random.default_rng(5).uniform([24, 12, 3, 1, 0], [72, 50, 12, 11, 0], size=(2000, 5))
    found = designer.predict(values, "dft")
    mean, std, half = found.mean, found.deviation, found.half_width
    true = truth(dict(zip(CONTINUOUS, values.T, strict=True)))
    for i, target in enumerate(TARGETS):
        assert np.mean(np.abs(mean[:, i] - true[target]) <= half[:, i]) >= CONFIDENCE - 0.02
    assert np.all(std > 0) and np.all(half < np.inf)


# Refusal


def test_reachable_queries_are_not_refused(designer):
    found = reach(designer, space_of(designer.bounds, AT_0), QUERY)
    assert found.reachable and found.distance <= found.limit


@pytest.mark.parametrize("query", [(9.0, 0.2), (2.5, 0.95), (0.05, 0.9)])
def test_an_unreachable_query_names_the_nearest_target(designer, query):
    """By hand: of the rows at 0° with the Z set, the one whose targets are nearest in standard deviations of all targets."""
    found = reach(designer, space_of(designer.bounds, AT_0), np.array(query))
    rows = (designer.x[:, 4] == 0) & (designer.level == "dft")
    distance = np.linalg.norm((designer.y[rows] - query) / designer.y.std(axis=0), axis=1)
    assert not found.reachable and found.origin == "simulated"
    assert list(found.nearest.values()) == designer.y[rows][np.argmin(distance)].tolist()
    assert found.distance == pytest.approx(np.sort(distance)[:3].mean())


def test_reach_is_that_of_what_is_prescribed(designer):
    """L = 70 nm with the thickest wS of the data gives 1.6 T; 3 T are reachable with others."""
    query = np.array([3.0, 0.2])
    assert reach(designer, space_of(designer.bounds, AT_0), query).reachable
    found = reach(designer, space_of(designer.bounds, AT_0 | {"L_nm": 70.0}), query)
    assert not found.reachable and found.origin == "predicted"
    assert found.nearest["mu0_Hc_T"] == pytest.approx(10 * designer.bounds.ranges["wS_nm"][1] / 70, abs=0.15)


def test_what_was_simulated_is_within_reach(designer):
    """Also far from all else, where its neighbours alone would refuse it: so the target that a refusal names is."""
    y = designer.y.copy()
    rows = np.flatnonzero((designer.x[:, 4] == 0) & (designer.level == "dft"))
    y[rows[7]] = (9.0, 0.9)
    stray, space = dataclasses.replace(designer, y=y), space_of(designer.bounds, AT_0)
    found = reach(stray, space, y[rows[7]])
    assert found.reachable and found.distance > found.limit
    assert reach(stray, space, np.array([9.4, 0.925])).reachable  # within 5 % and 0.03
    refused = reach(stray, space, np.array([9.6, 0.9]))
    assert not refused.reachable and refused.nearest == {"mu0_Hc_T": 9.0, "phi_p": 0.9}


@pytest.mark.parametrize("fixed", [{"L_nm": 70.0}, {"wZ_nm": 1.8}, {"L_nm": 30.0, "d_nm": 45.0}])
def test_what_a_refusal_names_is_not_refused_in_turn(designer, fixed):
    """With lengths prescribed the nearest must be near to simulated and to predicted targets."""
    space = space_of(designer.bounds, AT_0 | fixed)
    for query in ((3.5, 0.6), (6.0, 0.1), (1.0, 0.02), (3.0, 0.4)):
        found = reach(designer, space, np.array(query))
        assert found.reachable or reach(designer, space, np.array(list(found.nearest.values()))).reachable


def test_lengths_of_which_nothing_is_within_reach(designer):
    """Data of 10 T more than the networks predict."""
    elsewhere = dataclasses.replace(designer, y=designer.y + (10.0, 0.0))
    found = reach(elsewhere, space_of(designer.bounds, AT_0 | {"L_nm": 50.0}), QUERY)
    assert not found.reachable and found.nearest is None and found.origin == "predicted"


def test_few_rows_support_nothing(designer):
    few = dataclasses.replace(
        designer, values=designer.values[:12], x=designer.x[:12], y=designer.y[:12], level=designer.level[:12]
    )
    with pytest.raises(UserError, match="alpha_deg = 0, dft: 3 rows of the data have it, at least 4 are needed"):
        reach(few, space_of(few.bounds, AT_0), QUERY)


# Files and the command


def test_saved_designer_designs_the_same(designer, tmp_path):
    save_designer(designer, tmp_path / "designer.h5", dataset_path="d.h5", dataset_sha256="0" * 64)
    loaded = load_designer(tmp_path / "designer.h5")
    assert loaded.widths == designer.widths and loaded.bounds == designer.bounds
    for name in DESIGNING:
        assert propose(name, loaded, QUERY, AT_0, count=2, seed=4) == propose(name, designer, QUERY, AT_0, count=2, seed=4)
    with h5py.File(tmp_path / "designer.h5", "a") as file:
        file.attrs["format_version"] = 99
    with pytest.raises(UserError, match="designer.h5: format_version is 99, expected 3"):
        load_designer(tmp_path / "designer.h5")


def design(campaign, *words):
    return cli.main(["design", "--campaign", str(campaign), *words])


@pytest.mark.parametrize("method", METHODS)
def test_the_command_prints_designs(campaign, capsys, method):
    assert design(campaign, "mu0_Hc_T=2.5", "phi_p=0.2", "--count", "2", "--method", method) == 0
    lines = capsys.readouterr().out.splitlines()
    designs = [line for line in lines if " dft " in line]
    assert len(designs) == (1 if method == "i_nn" else 2)
    assert all(len(re.findall(r"\d ± \d+\.\d+ \(\d", line)) == 2 for line in designs)
    said = r"\d of \d have predictions within 5 % of mu0_Hc_T and 0.03 of phi_p; \d with all of the interval"
    assert re.fullmatch(said, lines[1 + len(designs)])


def test_an_interval_that_reaches_beyond_is_said():
    """Wanted 2 T: 1.9 to 2.1 T do. A prediction within them may have an interval that is not; without one nothing is sure."""

    def one(mean, half):
        return Predicted({"L_nm": 50.0}, {"mu0_Hc_T": mean}, {"mu0_Hc_T": 0.0}, {"mu0_Hc_T": half})

    designs = (one(2.0, 0.05), one(2.0, 0.68), one(2.05, 0.06), one(2.2, 0.01), one(2.0, None))
    found = Designs({"mu0_Hc_T": 2.0}, designs, 5)
    assert found.met == 4
    assert "4 of 5 have predictions within 5 % of mu0_Hc_T; 1 with all of the interval" in str(found).splitlines()


def test_the_command_keeps_what_is_prescribed_and_frees_the_rest(campaign, capsys):
    words = ("mu0_Hc_T=2", "phi_p=0.2", "L_nm=45.5", "alpha_deg=free", "z_set=modified", "--count", "3")
    assert design(campaign, *words) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if " modified " in line]
    assert [row[0] for row in rows] == ["45.5"] * 3
    assert all(0 <= float(row[4]) <= 30 for row in rows)


def made(name, folder, **inputs):
    """Rows of a table of the campaign's list, as its job writes it."""
    outputs = {kind: folder / f"{name}.{end}" for kind, end in (("markdown", "md"), ("table", "csv"), ("page", "html"))}
    make(artefacts_of("smco17")[name], inputs, outputs)
    with open(outputs["table"], encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_settings_of_the_networks_are_tabled(campaign, tmp_path):
    table = made("hyperparameters", tmp_path, forward=campaign / "forward.h5", inverse=campaign / "inverse.h5")
    columns = dict(zip(table[0], zip(*table[1:], strict=True), strict=True))
    assert columns["f-NN, here"][:3] == columns["f-NN, Yang et al."][:3] == ("128", "8, (64, 64), 2", "ReLU")
    assert columns["i-NN, here"][1] == "2, (128, 128), 4" and columns["f-NN, here"][5].endswith("/30")


def test_the_command_predicts_with_an_interval(campaign, capsys):
    """What the ensemble says and how wide its interval at that angle is; outside the data it says so."""
    words = ["L_nm=45", "d_nm=30", "wS_nm=6", "wZ_nm=3", "z_set=modified", "--campaign", str(campaign)]
    found = load_designer(campaign / "designer.h5").predict(np.array([[45.0, 30, 6, 3, 30]]), "modified")
    mean, half = found.mean, found.half_width
    assert cli.main(["predict", *words, "alpha_deg=30"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    Hc, phi_p = (f"{m:.3f} ± {w:.3f}" for m, w in zip(mean[0], half[0], strict=True))
    assert first == f"mu0_Hc_T = {Hc}, phi_p = {phi_p}" and len(rest) == 1
    assert cli.main(["predict", *(w for w in words if w != "L_nm=45"), "L_nm=500"]) == 0
    assert "extrapolated: L_nm lie" in capsys.readouterr().out
    assert cli.main(["predict", *(w for w in words if w != "wS_nm=6"), "wS_nm=60"]) == 2
    assert capsys.readouterr().err.startswith("error: wS_nm must be < L_nm, but L_nm = 45, d_nm = 30, wS_nm = 60, wZ_nm = 3")


def test_the_command_refuses_what_is_out_of_reach(campaign, capsys):
    assert design(campaign, "mu0_Hc_T=9", "phi_p=0.2") == 1
    said = capsys.readouterr()
    assert re.fullmatch(
        r"error: out of reach of the data at what is prescribed: mu0_Hc_T = 9.000, phi_p = 0.200; "
        r"the nearest simulated target is mu0_Hc_T = 3\.\d+, phi_p = 0\.\d+\n",
        said.err,
    )
    assert said.out == ""


@pytest.mark.parametrize(
    "words, message",
    [
        (("mu0_Hc_T=-1", "phi_p=0.2"), "query: mu0_Hc_T = -1.0 must be a finite number > 0"),
        (("mu0_Hc_T=2", "phi_p=1.2"), "query: phi_p = 1.2 must be in"),
        (("mu0_Hc_T=2", "phi_p=0.2", "L_nm=400"), "prescribed: L_nm = 400 must be within"),
        (("mu0_Hc_T=2.5", "phi_p=0.2", "alpha_deg=30", "--method", "i_nn"), "method: i_nn was trained for alpha_deg = 0"),
        (("mu0_Hc_T=2", "phi_p=0.2", "alpha_deg=fre"), "prescribed: alpha_deg = 'fre' must be a number"),
        (("mu0_Hc_T=2", "phi_p=0.2", "L_nm"), "L_nm: must be NAME=VALUE, as in L_nm=60"),
        (("mu0_Hc_T=2", "phi_p=0.2", "phi_p=0.3"), "phi_p: is given twice"),
    ],
)
def test_bad_input_is_one_line(campaign, capsys, words, message):
    assert design(campaign, *words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}") and error.count("\n") == 1


def test_a_folder_without_surrogates(tmp_path, capsys):
    assert design(tmp_path, "mu0_Hc_T=2", "phi_p=0.2") == 2
    assert "designer.h5: no such file; a campaign makes it" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, message",
    [
        (("--count", "0"), "argument --count: 0 must be a whole number >= 1"),
        (("--count", "two"), "argument --count: two must be a whole number >= 1"),
    ],
)
def test_options_that_cannot_be_read(campaign, capsys, words, message):
    with pytest.raises(SystemExit) as caught:
        design(campaign, "mu0_Hc_T=2", "phi_p=0.2", *words)
    assert caught.value.code == 2 and capsys.readouterr().err.endswith(f"error: {message}\n")


def test_a_campaign_that_was_not_run(tmp_path, capsys):
    assert design(tmp_path / "smco17-demo", "mu0_Hc_T=2", "phi_p=0.2") == 2
    error = capsys.readouterr().err
    assert "smco17-demo: no such folder of results or campaign file; `hardmag run FILE` makes results/<campaign>" in error


# The same questions from Python


LENGTHS = {"L_nm": 45.0, "d_nm": 30.0, "wS_nm": 6.0, "wZ_nm": 3.0}


def test_predict_returns_what_the_command_prints(campaign, capsys):
    """Numbers of the ensemble, as values; what the campaign prescribes may be left out."""
    found = hardmag.predict(campaign, **LENGTHS, alpha_deg=30, z_set="modified")
    known = load_designer(campaign / "designer.h5").predict(np.array([[45.0, 30, 6, 3, 30]]), "modified")
    mean, std, half = known.mean, known.deviation, known.half_width
    for values, expected in ((found.mean, mean), (found.std, std), (found.half_width, half)):
        assert list(values) == list(TARGETS) and list(values.values()) == expected[0].tolist()
    assert found.parameters == LENGTHS | {"alpha_deg": 30.0, "z_set": "modified"} and found.extrapolated == ()
    words = ["L_nm=45", "d_nm=30", "wS_nm=6", "wZ_nm=3", "alpha_deg=30", "z_set=modified"]
    assert cli.main(["predict", "--campaign", str(campaign), *words]) == 0
    assert capsys.readouterr().out == f"{found}\n"
    assert hardmag.predict(campaign, **LENGTHS).parameters == LENGTHS | AT_0
    assert hardmag.predict(campaign, **LENGTHS | {"L_nm": 500}).extrapolated == ("L_nm",)


def test_design_returns_what_the_command_prints(campaign, capsys):
    """Each design is what `predict` says of it."""
    found = hardmag.design(campaign, {"phi_p": 0.2, "mu0_Hc_T": 2}, count=3, L_nm=45.5, alpha_deg="free", z_set="modified")
    assert found.refusal is None and len(found.designs) == 3 and 0 <= found.met <= 3
    assert found.wanted == {"mu0_Hc_T": 2.0, "phi_p": 0.2}
    for one in found.designs:
        assert one.parameters["L_nm"] == 45.5 and one.parameters["z_set"] == "modified"
        assert one == hardmag.predict(campaign, **one.parameters)
    table = found.table()
    assert [*table] == [*one.parameters, *(f"{t}{end}" for t in TARGETS for end in ("", "_std", "_half_width"))]
    assert table["mu0_Hc_T"].tolist() == [one.mean["mu0_Hc_T"] for one in found.designs]
    words = ("mu0_Hc_T=2", "phi_p=0.2", "L_nm=45.5", "alpha_deg=free", "z_set=modified", "--count", "3")
    assert design(campaign, *words) == 0
    assert capsys.readouterr().out == f"{found}\n"


@pytest.mark.parametrize("method", ["neural_adjoint", "nearest"])
@pytest.mark.parametrize(("target", "value"), [("mu0_Hc_T", 2.0), ("phi_p", 0.2)])
def test_one_target_of_two(campaign, method, target, value):
    """What is not asked for may come out as it likes; what is asked for is met as well as beside it, and counted alone."""
    found = hardmag.design(campaign, {target: value}, count=3, method=method)
    assert found.refusal is None and found.wanted == {target: value} and found.met >= 2
    assert all(np.isfinite(one.mean[name]) for one in found.designs for name in TARGETS)
    refused = hardmag.design(campaign, {target: 99.0 if target == "mu0_Hc_T" else 1.0}, method=method)
    assert refused.refusal is None or refused.nearest.keys() == {target}


def test_a_refusal_is_a_value(campaign):
    found = hardmag.design(campaign, {"mu0_Hc_T": 9, "phi_p": 0.2})
    assert found.designs == () and found.met == 0 and len(found.table()) == 0
    assert str(found) == found.refusal and "mu0_Hc_T = 9.000, phi_p = 0.200; the nearest simulated" in found.refusal
    assert hardmag.design(campaign, found.nearest, count=1).refusal is None


def test_met_counts_designs_within_5_percent_and_003():
    wanted = {"mu0_Hc_T": 2.0, "phi_p": 0.2}
    means = [(2.0, 0.2), (2.1, 0.23), (2.11, 0.2), (2.0, 0.231), (1.9, 0.17)]
    designs = tuple(hardmag.Predicted({}, dict(zip(TARGETS, mean, strict=True)), {}, {}) for mean in means)
    assert hardmag.Designs(wanted, designs, 5).met == 3


WANTED = {"mu0_Hc_T": 2.0, "phi_p": 0.2}


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: hardmag.predict(c, L_nm=45), "d_nm: required parameter is missing; there are L_nm, d_nm, wS_nm, wZ_nm"),
        (lambda c: hardmag.predict(c, **LENGTHS, alpha=3), "alpha: not a parameter; there are L_nm"),
        (lambda c: hardmag.predict(c, **LENGTHS | {"L_nm": "45 nm"}), "L_nm = '45 nm' must be a number"),
        (lambda c: hardmag.predict(c, **LENGTHS, alpha_deg=91), "alpha_deg = 91 must be from 0 to 90 degrees"),
        (lambda c: hardmag.predict(c, **LENGTHS, z_set="pure"), "z_set = 'pure' is not one of literature, dft, modified"),
        (lambda c: hardmag.predict(c, **LENGTHS | {"wS_nm": 60}), "wS_nm must be < L_nm, but L_nm = 45, d_nm = 30, wS_nm = 60"),
        (lambda c: hardmag.design(c, {}), "wanted: must hold mu0_Hc_T or phi_p, one or more, got nothing"),
        (
            lambda c: hardmag.design(c, {"m_r": 1}),
            "wanted: the models of this campaign predict mu0_Hc_T and phi_p, not m_r",
        ),
        (
            lambda c: hardmag.design(c, {"mu0_Hc_T": 2}, method="posterior"),
            "method: posterior needs all of mu0_Hc_T, phi_p; neural_adjoint, nearest need not",
        ),
        (lambda c: hardmag.design(c, WANTED | {"phi_p": "low"}), "query: phi_p = 'low' must be a number"),
        (lambda c: hardmag.design(c, WANTED, method="best"), "method: 'best' is not one of i_nn"),
        (lambda c: hardmag.design(c, WANTED, count=0), "count: 0 must be a whole number >= 1"),
        (lambda c: hardmag.design(c, WANTED, L=45), "prescribed: L is not a parameter; there are L_nm"),
        (lambda c: hardmag.design(c, WANTED, L_nm="small"), "prescribed: L_nm = 'small' must be a number"),
    ],
)
def test_wrong_questions_are_one_line(campaign, ask, message):
    with pytest.raises(UserError) as caught:
        ask(campaign)
    assert str(caught.value).startswith(message) and "\n" not in str(caught.value)


def test_methods_of_the_command_are_all():
    text = Path(cli.designs.__file__).read_text()
    assert all(f'"{name}"' in text for name in METHODS)


# Comparison


@pytest.fixture(scope="module")
def quick():
    """Few starts and steps: the comparison is about queries and bookkeeping, not about how good designs are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adjoint, "STARTS", 12)
        patch.setattr(adjoint, "STEPS", 2)
        patch.setattr(posterior, "DRAWS", 24)
        yield


@pytest.fixture(scope="module")
def proposed(campaign, quick):
    settings = {"queries": 6, "seed": 1, "count": 2, "epochs": 8, "inverse_epochs": 2}
    propose_designs(campaign / "dataset.h5", campaign / "designs.json", **settings, prescribed=AT_0, published=QUERIES)
    return read_json(campaign / "designs.json")


def test_proposals_are_for_structures_held_out(proposed, campaign):
    """Queries are simulated targets of the 20 % of the nanostructures that the split holds out, in the order of Hc; no
    design of the nearest training point is one of them."""
    table = make_table()
    rows = usable_rows(table)
    held_out = set(rows.row[split_by_geometry(rows, 1) == "test"].tolist())
    queries = [query for query in proposed["queries"] if query["source"] == "held_out"]
    assert len(queries) == 6
    for query in queries:
        assert query["row"] in held_out and query["prescribed"] == AT_0
        assert query["wanted"] == {t: table[t][query["row"]] for t in TARGETS}
    assert np.all(np.diff([query["wanted"]["mu0_Hc_T"] for query in queries]) >= 0)
    taken = {tuple(table[name][row].round(2) for name in GEOMETRY) for row in held_out}
    nearest = {tuple(d["parameters"][n] for n in GEOMETRY) for d in proposed["designs"] if d["method"] == "nearest"}
    assert nearest and not nearest & taken


def test_every_method_has_the_same_budget(proposed):
    count = {}
    for d in proposed["designs"]:
        count.setdefault((d["method"], d["query"]), []).append(d["rank"])
        assert d["parameters"].keys() == {*CONTINUOUS, "z_set"}
        assert d["parameters"].items() >= AT_0.items()
    assert set(count) == {(name, n) for name in METHODS for n in range(len(proposed["queries"]))}
    assert all(ranks == [1, 2] for ranks in count.values())


def test_table_1_is_answered_or_refused(proposed):
    """7 T is beyond 10 wS/L of these data, 0.01 and 0 below their wZ/d: designs are for the nearest reachable targets."""
    assert [entry["wanted"] for entry in proposed["published"]["queries"]] == QUERIES["queries"]
    for entry in proposed["published"]["queries"]:
        query = proposed["queries"][entry["query"]]
        assert not entry["reachable"] and query["source"] == "published"
        assert query["wanted"] == entry["nearest"]


def test_queries_keep_their_own_angle_and_z_set(campaign, quick, tmp_path):
    settings = {"queries": 5, "seed": 1, "count": 1, "epochs": 2, "inverse_epochs": 1}
    for name in ("first", "again"):
        propose_designs(campaign / "dataset.h5", tmp_path / name, **settings)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()
    data, table = read_json(tmp_path / "first"), make_table()
    for query in data["queries"][:5]:
        assert query["prescribed"] == {name: table[name][query["row"]] for name in ("alpha_deg", "z_set")}
    for d in data["designs"]:
        assert d["parameters"].items() >= data["queries"][d["query"]]["prescribed"].items()


def test_simulated_designs_are_judged(proposed, campaign, tmp_path):
    """The whole way: what the function gives for the designs, as a campaign would have it, is found again."""
    unique = {json.dumps(d["parameters"]): d["parameters"] for d in proposed["designs"] if d["possible"]}
    write_dataset(tmp_path / "verified.h5", simulated(list(unique.values())))
    paths = campaign / "designs.json", tmp_path / "verified.h5", tmp_path / "judged.json", tmp_path / "judged.md"
    judge_designs(*paths)
    judged = read_json(paths[2])
    assert judged["physics_version"] == 7, "that of the simulations"
    for name in METHODS:
        own = [d for d in judged["designs"] if d["method"] == name and d["rank"] == 1]
        queries = [proposed["queries"][d["query"]] for d in own]
        met = [
            d["possible"]
            and is_success([truth(d["parameters"])[t] for t in TARGETS], [q["wanted"][t] for t in TARGETS], TARGETS)
            for d, q in zip(own, queries, strict=True)
        ]
        assert len(met) == 6 and judged["methods"][name]["first"]["success"]["share"] == np.mean(met)
    text = paths[3].read_text()
    assert all(f"| {method.label} | " in text for method in METHODS.values()) and text.count("nearest reachable: ") == 12
    table = made("inverse_methods", tmp_path, verification=paths[2])
    assert [row[0] for row in table[1:]] == [method.label for method in METHODS.values()]


def judged_by_hand(tmp_path, **changes):
    """Two queries, one method, two designs each, one more for Table 1. Query 0 (4 T, 0.1): the first design is 3 T, the
    second 4.1 T and 0.12, a success. Query 1 (2 T, 0.2): the first is impossible, the second has no result."""

    def proposal(query, rank, L_nm, claimed, possible=True):
        return {
            "method": "posterior",
            "query": query,
            "rank": rank,
            "parameters": {"L_nm": L_nm, "d_nm": 30.0, "wS_nm": 5.0, "wZ_nm": 3.0, "alpha_deg": 0.0, "z_set": "dft"},
            "predicted": dict(zip(TARGETS, claimed, strict=True)) | {"mu0_Hc_T_half_width": 0.5, "phi_p_half_width": None},
            "claimed": dict(zip(TARGETS, claimed, strict=True)),
            "possible": possible,
            "reason": None if possible else "wS_nm = 5 must be < L_nm = 4",
            "in_range": possible,
        }

    def query(Hc, phi_p, alpha, source, **more):
        return {"wanted": {"mu0_Hc_T": Hc, "phi_p": phi_p}, "prescribed": {"alpha_deg": alpha}, "source": source, **more}

    queries = [
        query(4.0, 0.1, 0.0, "held_out", nanostructure=7, known=True),
        query(2.0, 0.2, 30.0, "held_out", nanostructure=7, known=False),
        query(5.0, 0.3, 0.0, "published"),
    ]
    entry = {"wanted": {"mu0_Hc_T": 7.0, "phi_p": 0.05}, "prescribed": AT_0, "reachable": False, "query": 2}
    entry |= {"nearest": {"mu0_Hc_T": 5.0, "phi_p": 0.3}}
    data = {
        "format_version": 3,
        "variables": usable_rows(make_table()).variables.to_dict(),
        "dataset_sha256": "0",
        "settings": {"count": 2},
        "min_distance": 0.3,
        "methods": {"posterior": "posterior estimation"},
        "queries": queries,
        "published": {"title": "Table 1", "queries": [entry]},
        "designs": [
            proposal(0, 1, 40.0, (4.0, 0.1)),
            proposal(0, 2, 50.0, (4.2, 0.1)),
            proposal(1, 1, 4.0, (2.0, 0.2), possible=False),
            proposal(1, 2, 60.0, (3.0, 0.2)),
            proposal(2, 1, 40.0, (5.0, 0.3)),
        ],
    }
    write_json(tmp_path / "designs.json", data | changes.get("data", {}))
    table = simulated([d["parameters"] for d in data["designs"][:2] + data["designs"][3:4]])
    table |= {"mu0_Hc_T": np.array([3.0, 4.1, 2.0]), "phi_p": np.array([0.1, 0.12, 0.2])}
    table |= {"status": np.array(["accepted", "accepted", "quarantined"])}
    write_dataset(tmp_path / "verified.h5", table | changes.get("table", {}))
    judge_designs(*(tmp_path / name for name in ("designs.json", "verified.h5", "judged.json", "judged.md")))
    return read_json(tmp_path / "judged.json")


def test_scores_known_values(tmp_path):
    judged = judged_by_hand(tmp_path)
    scores = judged["methods"]["posterior"]
    assert len(judged["queries"]) == 2 and scores["designs"] == 4 and scores["designs_per_query"] == 2
    assert scores["impossible"] == scores["outside_data"] == scores["possible_without_result"] == 1 / 4
    assert scores["first"]["success"]["share"] == 0 and scores["best"]["success"]["share"] == 1 / 2
    assert scores["claimed_first"]["share"] == 1 and scores["claimed_best"]["share"] == 1
    assert scores["first"]["median_relative_error_Hc"] == pytest.approx(1 / 4)
    assert scores["best"]["median_relative_error_Hc"] == pytest.approx(0.1 / 4)
    assert scores["best"]["median_error_phi_p"] == pytest.approx(0.02)
    # |3 − 4| > 0.5 and |4.1 − 4.2| <= 0.5; the interval of Φp is not known.
    assert scores["coverage"] == {"mu0_Hc_T": 1 / 2, "phi_p": None}
    # Wilson's score for 1 of 2: (k + z²/2 ± z √(k (n − k)/n + z²/4))/(n + z²).
    z2 = 1.959963984540054**2
    assert scores["best"]["success"]["low"] == pytest.approx((1 + z2 / 2 - np.sqrt(z2 * (1 / 2 + z2 / 4))) / (2 + z2))
    assert judged["published"]["queries"][0]["designs"][0]["simulated"] == {"mu0_Hc_T": 3.0, "phi_p": 0.1}
    assert "| 7, 0.05 | nearest reachable: 5, 0.300 | posterior | 40, 30, 5, 3 |" in (tmp_path / "judged.md").read_text()


@pytest.mark.parametrize(
    "targets, met", [((2.1, 0.23), True), ((1.9, 0.17), True), ((2.101, 0.2), False), ((2.0, 0.1699), False)]
)
def test_success_known_values(targets, met):
    assert is_success(targets, (2.0, 0.2), TARGETS) == met


def test_no_result_is_no_success():
    assert not is_success((np.nan, np.nan), (2.0, 0.2), TARGETS) and np.isnan(misfit((np.nan, np.nan), (2.0, 0.2), TARGETS))


def test_designs_that_were_not_simulated_are_named(tmp_path):
    with pytest.raises(UserError, match=r"verified.h5: 0 rows for a design of .*designs.json, must be one: L_nm = 50.0, d_nm"):
        judged_by_hand(tmp_path, table={"L_nm": np.array([40.0, 51.0, 60.0])})
    with pytest.raises(UserError, match=r"verified.h5: 2 rows for a design of .*: L_nm = 40.0"):
        judged_by_hand(tmp_path, table={"L_nm": np.array([40.0, 40.0, 60.0])})
    with pytest.raises(UserError, match="designs.json: format_version is 7, expected 3"):
        judged_by_hand(tmp_path, data={"format_version": 7})


def test_z_sets_are_those_of_the_structures():
    assert set(Z_PHASES) == set(get_args(SmCo17.model_fields["z_set"].annotation))
    assert [share for *_, share in SmCo17.learned().shares] == ["phi_S", "phi_Z"]
