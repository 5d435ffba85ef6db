"""Polycrystals: the same structure as grains and in cells, where it comes from, and what is refused."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

import hardmag
from hardmag.campaign.attempts import Attempt, Batch
from hardmag.campaign.batch_file import read_batch
from hardmag.campaign.config import HalfCycleSettings
from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.errors import InvalidValue, UnfitStructure, UserError
from hardmag.files import write_json
from hardmag.grains import Grains, Reading
from hardmag.jobs.worker import run_batch
from hardmag.materials import ND2FE14B
from hardmag.micromagnetics.outcome import Status
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.polycrystal_drawn import drawn
from hardmag.polyhedron import Polyhedron
from hardmag.solvers import run_half_cycles

SMALL = {"grains": 8, "grain_size_nm": 60.0, "boundary_nm": 4.0, "structure_seed": 5}


def polycrystal(**parameters):
    return hardmag.nanostructure("polycrystal", **(SMALL | parameters))


def build(structure, seed=0):
    return structure.build(np.random.default_rng(seed))


def test_the_box_follows_from_number_and_mean_size():
    edges = polycrystal().extension_nm
    assert np.prod(edges) == pytest.approx(8 * np.pi / 6 * 60**3, rel=1e-12) and len(set(edges)) == 1


def test_grains_and_cells_are_one_structure():
    """Volumes of cells tend to those of the grains as cells shrink; every cell of a grain has its axis."""
    grains, errors = build(polycrystal(size_spread=0.3)), []
    for cell in (3.0, 1.5):
        voxels = build(polycrystal(size_spread=0.3, cell_nm=(cell, cell, cell)))
        errors.append(abs(voxels.fractions()["grain"] - grains.fractions()["grain"]))
        assert voxels.mean_Ms_A_per_m() == pytest.approx(grains.mean_Ms_A_per_m(), rel=0.02)
        axes = np.unique(voxels.axis.reshape(3, -1)[:, voxels.index.ravel() == 0].round(12), axis=1).T
        assert sorted(axes.tolist()) == sorted(grains.axis.round(12).tolist())
    assert errors[1] < 0.02 and errors[1] < errors[0]
    assert sum(grains.fractions().values()) == pytest.approx(1, abs=1e-12)


def test_each_realisation_has_a_structure_of_its_own_unless_it_is_fixed():
    volumes = lambda structure, seed: build(structure, seed).volumes.tolist()  # noqa: E731
    assert volumes(polycrystal(size_spread=0.3), 1) == volumes(polycrystal(size_spread=0.3), 2)
    free = polycrystal(grain_size_nm=200, size_spread=0.3, structure_seed=None)
    assert volumes(free, 1) == volumes(free, 1) != volumes(free, 2)


def test_a_boundary_in_per_cent():
    structure = hardmag.nanostructure(
        "polycrystal", **{k: v for k, v in SMALL.items() if k != "boundary_nm"}, boundary_percent=5
    )
    assert structure.boundary_nm == 3.0
    assert Polycrystal.model_validate(structure.content()).content() == structure.content()
    assert build(structure).volumes.tolist() == build(polycrystal(boundary_nm=3.0)).volumes.tolist()


def test_pores_are_left_out():
    structure = polycrystal(pore_percent=25)
    body = build(structure)
    assert body.shape == structure.shape == (6,) and body.fractions()["pore"] > 0.1
    voxels = build(polycrystal(pore_percent=25, cell_nm=(1, 1, 1)))
    volume = (voxels.index == 2).sum() * np.prod(voxels.cell_m)
    assert volume == pytest.approx(body.others_m3["pore"], rel=0.02)


def test_periodic_cells_are_filled_across_the_sides():
    voxels = build(polycrystal(periodic=True, cell_nm=(1, 1, 1)))
    assert voxels.periodic == (True,) * 3
    inner = drawn(polycrystal(periodic=True, cell_nm=(1, 1, 1)), None).bodies
    share = sum(body.volume for body in inner) / np.prod(polycrystal().extension_nm)
    assert voxels.fractions()["grain"] == pytest.approx(share, abs=0.01)


def test_texture_and_composition():
    axes = build(polycrystal(misalignment_deg=10)).axis
    assert (axes[:, 2] >= np.cos(np.radians(10)) - 1e-12).all()
    hot = polycrystal(grain_composition="Nd", temperature_K=400)
    assert hot.grain_mu0_Ms_T < 1.5 and hot.values()["Nd_at_percent"] == pytest.approx(100 * 2 / 17)


SEEDS = "x_nm,y_nm,z_nm,axis_x,axis_y,axis_z\n15,25,25,0,0,1\n35,25,25,1,0,1\n"


def test_seeds_of_a_file(tmp_path):
    (tmp_path / "seeds.csv").write_text(SEEDS)
    given = {"grains": None, "grain_size_nm": None, "seeds": tmp_path / "seeds.csv", "box_nm": (50, 50, 50)}
    parameters = {key: value for key, value in (SMALL | given).items() if value is not None}
    structure = hardmag.nanostructure("polycrystal", **parameters)
    body = build(structure)
    assert structure.grains == 2 and structure.extension_nm == (50, 50, 50)
    assert structure.grain_size_nm == pytest.approx((6 * 50**3 / (2 * np.pi)) ** (1 / 3), abs=1e-6)
    with pytest.raises(UserError, match="grain_size_nm: goes not with seeds"):
        hardmag.nanostructure("polycrystal", **parameters, grain_size_nm=10)
    assert Polycrystal.model_validate(structure.content()).content() == structure.content()
    np.testing.assert_allclose(body.volumes, np.full(2, 21 * 46 * 46e-27), rtol=1e-9)
    np.testing.assert_allclose(body.axis[1], np.array([1, 0, 1]) / np.sqrt(2))
    (tmp_path / "seeds.csv").write_text(SEEDS.replace("35", "36"))
    with pytest.raises(ValueError, match="has changed since"):
        Polycrystal.model_validate(structure.content())


REFUSED = {
    "boundary_nm: required key is missing": {"boundary_nm": None},
    "boundary_nm: goes not with boundary_percent": {"boundary_percent": 3},
    "boundary_nm must be < grain_size_nm": {"boundary_nm": 60},
    "box_nm: goes with seeds": {"box_nm": (10, 10, 10)},
    "no periodic magnets": {"periodic": True},
    "no magnetic boundary": {"boundary_mu0_Ms_T": 1, "boundary_A_pJ_per_m": 8},
    "boundary_mu0_Ms_T: must be > 0": {"boundary_A_pJ_per_m": 8},
    "boundary_A_pJ_per_m: must be > 0": {"boundary_mu0_Ms_T": 1, "cell_nm": (1, 1, 1)},
    "grain_K1_MJ_per_m3: must be > 0": {"grain_K1_MJ_per_m3": 0},
    "must be below its Curie temperature": {"grain_composition": "Nd", "temperature_K": 800},
}


@pytest.mark.parametrize("says", REFUSED)
def test_what_is_refused(says):
    with pytest.raises(UserError, match=says) as refusal:
        polycrystal(**REFUSED[says])
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("says", "parameters"),
    [("8 of 8 grains are thinner than", {"boundary_nm": 59}), ("grains are too thin for points", {"boundary_nm": 38})],
)
def test_what_cannot_be_drawn_fails_with_a_name(says, parameters, tmp_path):
    """In a campaign it is a failed sample, and the others of its batch are simulated."""
    structure = polycrystal(**parameters)
    with pytest.raises(UnfitStructure, match=says):
        build(structure)
    settings = HalfCycleSettings(realisations=1, to_T=-8).model_dump(mode="json")
    samples = [Sample.of(one, 0.0, settings) for one in (structure, polycrystal(grains=2))]
    batch = tmp_path / "batch.json"
    write_json(batch, Batch("batch", 0, [Attempt.of(sample) for sample in samples]).to_dict())
    run_batch(batch, tmp_path / "out.h5", tmp_path / "journal", threads=1)
    (_, (failed,)), (_, (good,)) = read_batch(tmp_path / "out.h5")
    assert failed.status == "UNFIT_STRUCTURE" and says in failed.detail and good.status == "OK"


def test_half_cycles_that_were_stopped_begin_anew_to_the_same_bits():
    """A worker that must go leaves what has ended; its successor takes the rest, in other company."""
    settings = HalfCycleSettings(realisations=1, to_T=-8).model_dump(mode="json")
    samples = [Sample.of(polycrystal(grains=4, misalignment_deg=angle), 0.0, settings) for angle in (5, 15, 25)]
    runs = {key: half_cycle_of(sample, 0) for key, sample in enumerate(samples)}
    undisturbed, asked = run_half_cycles(runs, slots=3), count()
    first = run_half_cycles(runs, slots=1, stop=lambda: next(asked) > undisturbed[0].evaluations + 5)
    rest = run_half_cycles({key: run for key, run in runs.items() if key not in first}, slots=1)
    assert list(first) == [0] and list(rest) == [1, 2]
    for key, curve in (first | rest).items():
        assert curve.status is Status.OK
        for part in ("mu0_H_T", "m_parallel"):
            np.testing.assert_array_equal(getattr(curve, part), getattr(undisturbed[key], part))


def test_a_magnet_that_does_not_begin_saturated_is_named():
    """Begun beyond the anisotropy field of its grains: they reverse before the first record."""
    run = replace(
        half_cycle_of(Sample.of(polycrystal(grains=4), 0.0, HalfCycleSettings().model_dump(mode="json")), 0), from_T=-9.0
    )
    assert run_half_cycles({0: run})[0].status is Status.NOT_SATURATED


def grains(bodies, others=None, **changes):
    given = {
        "phase": np.zeros(len(bodies), dtype=int),
        "axis": np.tile([0.0, 0.0, 1.0], (len(bodies), 1)),
        "phases": (ND2FE14B,),
    }
    return Grains(tuple(bodies), others_m3=others or {}, **(given | changes))


def brick(low=0.0, high=50e-9):
    return Polyhedron.box(np.full(3, low), np.full(3, high))


@pytest.mark.parametrize(
    ("says", "bodies", "changes"),
    [
        ("there are no grains", [], {}),
        ("the grains overlap", [brick()], {"others": {"boundary": -1e-24}}),
        ("need as many phases and axes", [brick()], {"axis": np.zeros((2, 3))}),
        ("axes must be unit vectors", [brick()], {"axis": np.array([[0.0, 0.0, 2.0]])}),
        ("Ms and K must be > 0", [brick()], {"phases": (ND2FE14B.with_(Ku_J_per_m3=0.0),)}),
        ("1 of 1 grains are too thin", [brick(0, 5e-9)], {}),
        ("phase index 3", [brick()], {"phase": np.array([3])}),
    ],
)
def test_grains_that_are_none(says, bodies, changes):
    with pytest.raises(InvalidValue, match=says):
        grains(bodies, **changes)


def test_what_grains_say_of_themselves():
    body = grains([brick(), brick(60e-9, 110e-9)], {"boundary": 0.75e-22}, reading=Reading(l=2.0))
    assert body.volume_m3 == pytest.approx(3.25e-22) and body.fractions()["boundary"] == pytest.approx(0.75 / 3.25)
    assert body.mean_Ms_A_per_m() == pytest.approx(ND2FE14B.Ms_A_per_m * 2.5 / 3.25)
    assert body.exchange_lengths_m() == pytest.approx(1.969e-9, rel=1e-3)
