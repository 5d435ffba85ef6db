"""Grains that switch by a law of their own: from the surrogates of a campaign to the coercivity of a polycrystal."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import hardmag
from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import make_plan
from hardmag.cli import main
from hardmag.errors import InvalidValue, UserError
from hardmag.files import sha256
from hardmag.grains import Grains
from hardmag.loops import analyse
from hardmag.materials import MU0, Phase
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.nanostructures.laws import read_law, write_law
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.polyhedron import Polyhedron
from hardmag.reduced_order.laws import Laws
from hardmag.reduced_order.stoner_wohlfarth import astroid
from hardmag.reduced_order.system import System
from hardmag.solvers import run_half_cycles
from hardmag.switching import SwitchingLaw

ROOT = Path(__file__).parents[2]
J = 1.1  # T
LAW = SwitchingLaw((0, 20, 45, 90), (2.0, 1.6, 1.5, 3.0))
OTHER = SwitchingLaw((0, 90), (1.2, 1.8))
BY_LAW = Phase("grain", 1e-11, 0.0, J / MU0)
SCREENED = Phase("hard", 1e-11, 4e6, J / MU0)


def box(low, size=100e-9):
    low = np.asarray(low, dtype=float)
    return Polyhedron.box(low, low + size)


def tilted(angle_deg):
    """Easy axis at an angle from z towards y."""
    return np.array([[0.0, np.sin(np.radians(angle_deg)), np.cos(np.radians(angle_deg))]])


def one_grain(angle_deg, law=LAW, phase=BY_LAW, **more):
    return Grains((box((0, 0, 0)),), np.array([0]), (phase,), tilted(angle_deg), laws={0: law}, **more)


def coercivities(bodies, resolution_T=2e-3, **settings):
    """µ0Hc (T) of half-cycles along z of bodies, in one batch."""
    defaults = dict(direction=(0, 0, 1), from_T=1.0, to_T=-8.0, step_T=0.5, resolution_T=resolution_T)
    curves = run_half_cycles({k: HalfCycle(body=b, **(defaults | settings)) for k, b in enumerate(bodies)}, precision="fp64")
    assert all(curve.status is Status.OK for curve in curves.values())
    return [analyse(c.mu0_H_T, c.m_parallel, 1.0).mu0_Hc_T for _, c in sorted(curves.items())]


@pytest.fixture
def law_file(tmp_path):
    def write(name="law.json", law=LAW, mu0_Ms_T=J):
        write_law(tmp_path / name, law, mu0_Ms_T, {"of": {"kind": "made up"}})
        return tmp_path / name

    return write


def test_one_grain_has_its_law_at_any_angle():
    """Between the angles of the table too; its own stray field, up to 0.4 T here, is not counted again. A batch of grains of
    two laws and of Stoner and Wohlfarth's gives each its own."""
    angles = (0, 10, 20, 33, 45, 60, 80)
    bodies = [one_grain(angle) for angle in angles] + [one_grain(30, OTHER)]
    found = coercivities([*bodies, Grains((box((0, 0, 0)),), np.array([0]), (SCREENED,), tilted(20))])
    expected = [*LAW.at(angles), 1.4]
    assert found[:-1] == pytest.approx(expected, abs=2e-3)
    assert found[-1] > 3
    assert coercivities([bodies[3]]) == [found[3]]


def test_moments_rotate_where_K_is_given():
    """At 60° from the field in the remanent state cos 60° without K; with K, rotated by the field, and the same law."""
    bodies = [one_grain(60), one_grain(60, phase=SCREENED)]
    settings = dict(direction=(0, 0, 1), from_T=1.0, to_T=-8.0, step_T=0.5, resolution_T=2e-3)
    fixed, rotating = (run_half_cycles({0: HalfCycle(body=b, **settings)}, precision="fp64")[0] for b in bodies)
    assert fixed.m_parallel[0] == pytest.approx(0.5, abs=1e-12) and rotating.m_parallel[0] > 0.55
    assert coercivities(bodies) == pytest.approx([LAW.at(60)] * 2, abs=2e-3)


def test_neighbours_count():
    """Two cubes along the field hold each other up, by the mean field of one at the other, whose tensor is known; the second
    goes at once when the first has gone. Side by side the first switches earlier by that field, the second later by as much."""
    for shift, sign in (((0, 0, 120e-9), 1), ((120e-9, 0, 0), -1)):
        pair = Grains(
            (box((0, 0, 0)), box(shift)), np.zeros(2, dtype=int), (BY_LAW,), np.repeat(tilted(0), 2, 0), laws={0: LAW}
        )
        system = System.of([pair])
        mean = float(system.mean_near(torch.tensor([[0.0, 0], [0, 0], [J, J]], dtype=torch.float64))[2, 0])
        assert np.sign(mean) == sign and abs(mean) > 0.04
        settings = dict(direction=(0, 0, 1), from_T=1.0, to_T=-8.0, step_T=0.5, resolution_T=2e-3)
        curve = run_half_cycles({0: HalfCycle(body=pair, **settings)}, precision="fp64")[0]
        first = -curve.mu0_H_T[np.flatnonzero(curve.m_parallel < 0.99)[0]]
        assert first == pytest.approx(2.0 + mean, abs=3e-3)
        assert -curve.mu0_H_T[-1] == pytest.approx(2.0 + sign * mean, abs=3e-3)


def test_grains_of_both_laws_in_one_magnet():
    """Points are those of Stoner and Wohlfarth's grains alone; the grain with a law reverses first, at its field."""
    axes = np.repeat(tilted(0), 2, 0)
    both = Grains((box((0, 0, 0)), box((0, 0, 1e-5), 50e-9)), np.array([0, 1]), (BY_LAW, SCREENED), axes, laws={0: LAW})
    system = System.of([both])
    has_law = int(torch.nonzero(system.laws.law >= 0))
    assert len(system.grain) > 20 and set(system.grain.tolist()) == {1 - has_law}
    assert coercivities([both], to_T=-12.0)[0] == pytest.approx(2.0, abs=4e-3)


def test_excess_is_the_field_over_the_table():
    """Against the formula, drawn at random; where the field does not oppose the moment, none."""
    rng = np.random.default_rng(2)
    T, axis = rng.normal(size=(3, 500)), rng.normal(size=(3, 500))
    axis /= np.linalg.norm(axis, axis=0)
    law = [None if k % 3 == 0 else (LAW, OTHER)[k % 2] for k in range(500)]
    HA = torch.full((500,), 4.0, dtype=torch.float64)
    T_, axis_ = torch.tensor(T), torch.tensor(axis)
    found = Laws.of(law, HA).excess(T_, axis_, torch.arange(500)).numpy()
    size, along = np.linalg.norm(T, axis=0), (T * axis).sum(0)
    angle = np.degrees(np.arccos(np.minimum(np.abs(along) / size, 1)))
    known = [0 if a >= 0 else s / own.at(v) for own, s, a, v in zip(law, size, along, angle, strict=True) if own]
    tables = np.array([own is not None for own in law])
    assert found[tables] == pytest.approx(known, rel=1e-12)
    assert np.array_equal(found[~tables], astroid(T_, axis_, HA).numpy()[~tables])


@pytest.mark.parametrize(
    ("angles", "fields", "line"),
    [
        ((0, 45), (1, 1), "angles_deg: must cover 0 to 90"),
        ((10, 90), (1, 1), "angles_deg: must cover 0 to 90"),
        ((0,), (1,), "angles_deg: must cover 0 to 90"),
        ((0, 50, 50, 90), (1, 1, 1, 1), "angles_deg: must rise"),
        ((0, 90), (1, 1, 1), "angles_deg and mu0_H_sw_T: must be as many, got 2 and 3"),
        ((0, 45, 90), (1, 0, 1), "mu0_H_sw_T: must be > 0 at each angle, got 0 at 45 deg"),
        ((0, 90), (1, float("nan")), "mu0_H_sw_T: must be > 0 at each angle, got nan at 90 deg"),
    ],
)
def test_what_is_no_law(angles, fields, line, law_file):
    with pytest.raises(InvalidValue) as error:
        SwitchingLaw(angles, fields)
    assert str(error.value) == line
    path = law_file()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"angles_deg": list(angles), "mu0_H_sw_T": list(fields)}))
    with pytest.raises(UserError) as error:
        read_law(path)
    assert str(error.value) == f"{path}: {line}"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda text: text[: len(text) // 2], "not valid JSON"),
        (lambda text: "[1, 2]", "holds no switching law; `hardmag switching-law` writes one"),
        (lambda text: '{"a": 1}', "holds no switching law; `hardmag switching-law` writes one"),
        (lambda text: text.replace('"format_version": 1', '"format_version": 7'), "format_version: 7, this version"),
        (lambda text: text.replace("angles_deg", "angles"), "angles_deg: required key is missing"),
        (lambda text: text.replace("1.6", '"1.6"'), "mu0_H_sw_T: must be numbers"),
        (lambda text: text.replace(": 1.1", ": -1.1"), "mu0_Ms_T: must be > 0, got -1.1"),
        (lambda text: text.replace(": 1.1", ": [1.1]"), "mu0_Ms_T: must be a number"),
    ],
)
def test_damaged_files(change, line, law_file):
    path = law_file()
    assert read_law(path) == (LAW, J)
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError) as error:
        read_law(path)
    assert str(error.value).startswith(f"{path}: {line}") and "\n" not in str(error.value)
    with pytest.raises(UserError):
        hardmag.nanostructure("polycrystal", grains=4, boundary_nm=2, law=str(path))


def test_polycrystals_have_what_the_law_says(law_file):
    """Ms is the law's and K1 is 0, unless they are given; the content of a planned sample is taken again."""
    path = law_file()
    magnet = Polycrystal(grains=6, boundary_nm=2, law=path)
    assert magnet.law_sha256 == sha256(path)
    assert (magnet.grain_mu0_Ms_T, magnet.grain_K1_MJ_per_m3) == (J, 0)
    again = Polycrystal.model_validate(magnet.content())
    assert again.content() == magnet.content()
    grains = again.build(np.random.default_rng(0))
    assert grains.laws == {0: LAW} and grains.mean_Ms_A_per_m() == pytest.approx(grains.fractions()["grain"] * J / MU0)
    given = Polycrystal(grains=6, boundary_nm=2, law=path, grain_K1_MJ_per_m3=4.0, grain_mu0_Ms_T=1.3)
    assert (given.grain_mu0_Ms_T, given.grain_K1_MJ_per_m3) == (1.3, 4.0)
    law_file(law=OTHER)
    with pytest.raises(ValueError, match="law: .* has changed since the campaign was planned"):
        Polycrystal.model_validate(magnet.content())


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"law": "missing.json"}, "law: missing.json does not exist"),
        ({"point_d": 2.0}, "point_d: goes not with law"),
        ({"exchange_l": 2.0}, "exchange_l: goes not with law"),
        ({"points_per_edge": 7}, "points_per_edge: goes not with law"),
        ({"point_from": "edge"}, "point_from: goes not with law"),
        ({"grain_A_pJ_per_m": 9.0}, "grain_A_pJ_per_m: goes not with law"),
        ({"grain_composition": "Nd"}, "grain_composition: goes not with law"),
        ({"cell_nm": (2, 2, 2)}, "cell_nm: goes not with law"),
        ({"edge_nm": 3.0}, "edge_nm: goes not with law"),
    ],
)
def test_what_goes_not_with_a_law(given, line, law_file):
    with pytest.raises(UserError) as error:
        hardmag.nanostructure("polycrystal", **({"grains": 6, "boundary_nm": 2, "law": str(law_file())} | given))
    assert str(error.value) == f"nanostructure: {line}"


def test_laws_as_levels_of_a_design(law_file, campaign_file):
    """Looked up beside the campaign file. Where they lie is no part of a sample's id, what they say is."""
    law_file("one.json")
    law_file("two.json", OTHER)

    def planned():
        path = campaign_file(
            nanostructure={"kind": "polycrystal", "grains": 6, "boundary_nm": 2},
            design={"kind": "grid", "parameters": {"grain_size_nm": [100], "law": ["one.json", "two.json"]}},
        )
        return make_plan(load_campaign(path)).samples

    first = planned()
    assert len({sample.id for sample in first}) == 2
    assert [sample.structure.build(np.random.default_rng(0)).laws[0] for sample in first] == [LAW, OTHER]
    law_file("two.json", OTHER, 1.2)
    assert [sample.id for sample in planned()][0] == first[0].id and planned()[1].id != first[1].id


@pytest.mark.parametrize("which", ["case", "grain_case"])
def test_one_grain_has_the_coercivity_of_its_surrogate(which, request, tmp_path, capsys):
    """`hardmag switching-law` → a grain of a polycrystal: what `hardmag predict` says at the same angle, at 0° and other angles
    that the surrogate knows; beyond, Stoner and Wohlfarth's law in proportion."""
    folder = request.getfixturevalue(which).folder
    given = {"case": {"L_nm": 50, "d_nm": 20, "wS_nm": 5, "wZ_nm": 4, "z_set": "dft"}}
    given["grain_case"] = {
        "a_nm": 20,
        "c_nm": 16,
        "shell_nm": 2,
        "layer_nm": 2,
        "core_Nd": 0.5,
        "shell_Nd": 0.5,
        "azimuth_deg": 0,
    }
    words, angle = (
        [f"{k}={v}" for k, v in given[which].items()],
        {"case": "alpha_deg", "grain_case": "misorientation_deg"}[which],
    )
    assert main(["switching-law", "--campaign", str(folder), *words, "-o", str(tmp_path / "law.json")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("µ0H_sw = ") and said.count("\n") == 1
    law, mu0_Ms_T = read_law(tmp_path / "law.json")
    data = json.loads((tmp_path / "law.json").read_text())
    assert data["surrogate_sha256"] == sha256(folder / "designer.h5") and data["of"].items() >= given[which].items()
    assert 0.8 < mu0_Ms_T < 1.7
    assert len(data["half_width_T"]) == law.angles_deg.index(data["known_to_deg"]) + 1
    angles = [0, 10, 25]
    known = [hardmag.predict(folder, **given[which], **{angle: a}).mean["mu0_Hc_T"] for a in angles]
    magnet = Polycrystal(grains=1, boundary_nm=2, law=tmp_path / "law.json").build(np.random.default_rng(0))
    bodies = [Grains(magnet.bodies, magnet.phase, magnet.phases, tilted(a), laws=magnet.laws) for a in angles]
    assert coercivities(bodies) == pytest.approx(known, abs=2e-3)
    last = law.at(data["known_to_deg"])
    psi = np.radians([data["known_to_deg"], 75])
    shape = (np.sin(psi) ** (2 / 3) + np.cos(psi) ** (2 / 3)) ** -1.5
    assert law.at(75) == pytest.approx(last * shape[1] / shape[0], abs=1e-5)
    for extra, line in (({angle: 30}, f"{angle}: goes not with a law"), ({"size": 3}, "size: not a parameter")):
        more = [f"{k}={v}" for k, v in extra.items()]
        assert main(["switching-law", "--campaign", str(folder), *words, *more, "-o", str(tmp_path / "x.json")]) == 2
        assert capsys.readouterr().err.startswith(f"error: {line}")


def test_the_page_has_the_figures_of_the_benchmark():
    held = json.loads((ROOT / "benchmarks" / "switching_laws.json").read_text())
    page = (ROOT / "docs" / "switching-laws.md").read_text()
    for name, words in (("coreshell", "core/shell"), ("smco17", "SmCo-1:7")):
        full = held[name]["full"]["together"]
        for law, one in held[name]["model"].items():
            off, mean = one["against_full"], np.mean(full["switching_T"])
            line = f"| {words}, {law} | {off['switching']['mean_T']:+.3f} ({off['switching']['mean_T'] / mean:+.1%}) | "
            line += (
                f"{off['switching']['rms_T']:.3f} | {off['spearman']:.2f} | {one['mu0_Hc_T']:.3f} / {full['mu0_Hc_T']:.3f} |"
            )
            assert line.replace("%", " %") in page
    magnet = held["magnet_of_smco17"]
    assert f"{magnet['seconds']:.0f} s, µ0Hc = {magnet['mu0_Hc_T']:.2f} T" in page
