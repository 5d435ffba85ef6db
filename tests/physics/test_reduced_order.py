"""The reduced-order model against formulas, magpylib and full micromagnetics; what does not matter to it, does not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from scipy.stats import spearmanr

from hardmag.grains import Grains, Reading
from hardmag.loops import analyse
from hardmag.materials import MU0, Phase
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.tessellation import power_cells
from hardmag.polyhedron import Polyhedron
from hardmag.reduced_order.field import COMPONENTS, field_tensors
from hardmag.reduced_order.half_cycle import HalfCycles
from hardmag.solvers import run_half_cycles

PHASE = Phase("Nd2Fe14B", 8e-12, 4.9e6, 1.61 / MU0)  # of all numbers of full micromagnetics below
HA = 2 * 4.9e6 / PHASE.Ms_A_per_m
Z = (0.0, 0.0, 1.0)
RESOLUTION, PAST_ZERO = 0.01, 0.02  # of m, where only the coercivity is asked for


def half_cycle(body, direction=Z, **settings):
    return HalfCycle(body, tuple(direction), **(dict(from_T=1.0, to_T=-9.0, step_T=0.64, resolution_T=RESOLUTION) | settings))


def coercivities(runs, **settings):
    """µ0Hc in T of half-cycles, a list."""
    curves = run_half_cycles(dict(enumerate(runs)), **settings)
    assert {curve.status for curve in curves.values()} == {Status.OK}
    return [analyse(curves[k].mu0_H_T, curves[k].m_parallel, 1.0).mu0_Hc_T for k in range(len(runs))]


def boxes(low_nm, high_nm, axes, **settings):
    bodies = tuple(Polyhedron.box(np.array(a) * 1e-9, np.array(b) * 1e-9) for a, b in zip(low_nm, high_nm, strict=True))
    return Grains(bodies, np.zeros(len(bodies), int), (PHASE,), np.array(axes, dtype=float), **settings)


def tilted(angle_deg, azimuth_deg=0.0):
    a, b = np.radians([angle_deg, azimuth_deg])
    return np.array([np.sin(a) * np.cos(b), np.sin(a) * np.sin(b), np.cos(a)])


def magnet(grains=27, **settings):
    """A polycrystal with a mean grain of 100 nm and a boundary of 4 nm."""
    structure = dict(grain_size_nm=100.0, boundary_nm=4.0, misalignment_deg=35.0, structure_seed=4)
    return Polycrystal(grains=grains, **(structure | settings)).build(None)


def laguerre_cells(count=12, seed=2):
    """Cells of a unit box, none of which is empty."""
    rng = np.random.default_rng(seed)
    return power_cells(rng.random((count, 3)), 0.02 * rng.random(count), np.ones(3))


def tensor(body, points):
    """(p, 3, 3)."""
    found, full = field_tensors(body, torch.as_tensor(points)).numpy(), np.empty((len(points), 3, 3))
    for component, (i, j) in zip(found.T, COMPONENTS, strict=True):
        full[:, i, j] = full[:, j, i] = component
    return full


def test_field_of_a_box_is_that_of_magpylib():
    peer = pytest.importorskip("magpylib", reason="the peer code is part of the test extra")
    edges, points = np.array([1.0, 0.7, 1.6]), np.random.default_rng(1).uniform(-1.5, 1.5, (400, 3))
    ours = tensor(Polyhedron.box(-edges / 2, edges / 2), points)
    for k in range(3):
        theirs = peer.mu_0 * peer.magnet.Cuboid(polarization=np.eye(3)[k], dimension=edges).getH(points)
        assert np.abs(ours[:, :, k] - theirs).max() < 1e-12


def test_field_of_a_laguerre_cell_is_that_of_magpylib():
    """Triangles of its hull; points within it and around it."""
    peer = pytest.importorskip("magpylib", reason="the peer code is part of the test extra")
    cell = max(laguerre_cells(), key=lambda cell: len(cell.corners))
    assert len(cell.corners) >= 14
    points = cell.centroid + np.random.default_rng(2).uniform(-0.5, 0.5, (300, 3))
    assert 20 < cell.holds(points).sum() < 280
    ours = tensor(cell, points)
    for k in range(3):
        mesh = peer.magnet.TriangularMesh.from_ConvexHull(points=cell.corners, polarization=np.eye(3)[k])
        assert np.abs(ours[:, :, k] - peer.mu_0 * mesh.getH(points)).max() < 1e-12


def test_trace_is_minus_one_inside_and_zero_outside():
    points = np.random.default_rng(3).random((500, 3))
    inside = 0
    for cell in laguerre_cells():
        trace = np.trace(tensor(cell, points), axis1=1, axis2=2)
        assert trace == pytest.approx(-cell.holds(points).astype(float), abs=1e-12)
        inside += cell.holds(points).sum()
    assert inside == 500


def test_far_field_is_that_of_a_dipole():
    """In the centroid: the error falls as the square of the distance."""
    cell, direction = laguerre_cells()[0], np.random.default_rng(4).standard_normal((50, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    radius = np.linalg.norm(cell.corners - cell.centroid, axis=1).max()
    dipole = (3 * direction[:, :, None] * direction[:, None] - np.eye(3)) * cell.volume / (4 * np.pi)
    error = [np.abs(tensor(cell, cell.centroid + r * radius * direction) * (r * radius) ** 3 - dipole).max() for r in (10, 20)]
    assert error[0] < 0.02 * np.abs(dipole).max()
    assert error[0] / error[1] == pytest.approx(4, rel=0.3)


@pytest.mark.parametrize("angle", [0, 3, 20, 45, 70, 87])
def test_single_grain_switches_after_stoner_and_wohlfarth(angle):
    """Without magnetostatics: at HA (sin^⅔ + cos^⅔)^−3/2 to the resolution, and till then no torque turns its moment."""
    axis, rests = tilted(angle, 25), []
    run = half_cycle(boxes([[0] * 3], [[50] * 3], [axis]), demag=False, reversed_at=100.0)
    run_half_cycles({0: run}, on_rest=lambda _, H, u: rests.append((H, u[:, 0])))
    side = [u @ axis > 0 for _, u in rests]
    last = side.index(False) - 1
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    expected = HA * (sine ** (2 / 3) + cosine ** (2 / 3)) ** -1.5
    assert rests[last][0] >= -expected - 1e-3 and rests[last + 1][0] <= -expected + 1e-3
    assert rests[last][0] - rests[last + 1][0] <= RESOLUTION + 1e-6
    torque = [np.linalg.norm(np.cross(u, H * np.array(Z) + HA * (u @ axis) * axis)) for H, u in rests[: last + 1]]
    assert max(torque) < 1e-3 * HA


@pytest.mark.parametrize(("moments", "expected"), [("fixed", 0.550), ("rotating", 0.541)])
def test_alpha_of_the_paper(moments, expected):
    """Kovacs et al. 2023: α = µ0Hc*/HA = 0.55 of grains whose axes lie within 35°, evenly in solid angle, without
    magnetostatics. Tilts here are the middles of 100 equal parts of the cap, as of very many grains: nothing is left to chance.
    """
    count = 100
    cosine = 1 - (1 - np.cos(np.radians(35))) * (np.arange(count) + 0.5) / count
    axes = np.array([tilted(a, 137.5 * k) for k, a in enumerate(np.degrees(np.arccos(cosine)))])
    low = 200.0 * np.stack(np.unravel_index(np.arange(count), (5, 5, 4)), axis=1)
    grains = boxes(low, low + 50, axes, reading=Reading(moments=moments))
    (Hc,) = coercivities([half_cycle(grains, demag=False, reversed_at=PAST_ZERO)])
    assert Hc / HA == pytest.approx(0.55, abs=0.01)
    assert Hc / HA == pytest.approx(expected, abs=0.002)


# Edge in nm, tilt in degrees of the field or of the axis towards an edge, µ0Hc in T by full micromagnetics of hardmag:
# cells of 1.67 nm or less, fixed steps of 20 mT (10 mT for 20 nm); the middle of the step in which the cube reverses.
CUBES = [
    (20, 2, "field", 6.315),
    (50, 1, "field", 5.970),
    (50, 2, "field", 5.770),
    (100, 2, "field", 5.470),
    (20, 20, "field", 4.330),
    (20, 20, "axis", 4.330),
    (50, 20, "field", 4.150),
    (50, 20, "axis", 4.210),
    (100, 20, "axis", 4.150),
]


def test_cubes_against_full_micromagnetics():
    runs = []
    for edge, angle, turned, _ in CUBES:
        field, axis = (tilted(angle), Z) if turned == "field" else (Z, tilted(angle))
        runs.append(half_cycle(boxes([[0] * 3], [[edge] * 3], [axis]), field))
    assert coercivities(runs, slots=len(runs)) == pytest.approx([Hc for *_, Hc in CUBES], abs=0.08)


def test_27_cubes_against_full_micromagnetics():
    """Coercivity, which grain is first, and the order in which they switch."""
    held = json.loads((Path(__file__).parent / "cubes27.json").read_text())
    rests, grains = [], boxes(held["low_nm"], held["high_nm"], held["easy_axis"])
    curve = run_half_cycles({0: half_cycle(grains)}, on_rest=lambda _, H, u: rests.append((-H, u[2] < 0)))[0]
    assert analyse(curve.mu0_H_T, curve.m_parallel, 1.0).mu0_Hc_T == pytest.approx(held["mu0_Hc_T"], rel=0.02)
    fields, over = np.array([H for H, _ in rests]), np.array([o for _, o in rests])
    theirs = np.array([np.nan if H is None else H for H in held["switching_T"]])
    switched = over[-1] & np.isfinite(theirs)
    assert switched.sum() >= 22
    ours = np.where(over[-1], fields[over.argmax(0)], np.nan)
    assert spearmanr(ours[switched], theirs[switched]).statistic >= 0.95
    assert theirs[np.nanargmin(ours)] == np.nanmin(theirs)


def test_coercivity_does_not_change_when_steps_are_finer():
    run = half_cycle(magnet(), reversed_at=PAST_ZERO)
    finer = {"resolution": dict(resolution_T=RESOLUTION / 2), "step": dict(step_T=0.32), "tolerance": dict(tolerance_T=5e-4)}
    first, *others = coercivities([run, *(replace(run, **settings) for settings in finer.values())], slots=1)
    assert not {key: Hc - first for key, Hc in zip(finer, others, strict=True) if abs(Hc - first) >= 0.010}


@pytest.mark.parametrize("shape", [{}, {"size_spread": 0.4}, {"aspect": 3.0}], ids=["equiaxed", "spread", "platelets"])
def test_coercivity_does_not_change_with_more_points_or_near_grains(shape):
    """In a resolution that lets a change of 5 mT be seen. Numbers of points are odd: one lies in the middle of an edge."""
    grains = magnet(**shape)
    readings = {"points": Reading(per_edge=19), "near": Reading(near=4.0)}
    bodies = [grains, *(replace(grains, reading=reading) for reading in readings.values())]
    runs = [half_cycle(body, resolution_T=RESOLUTION / 5, reversed_at=PAST_ZERO) for body in bodies]
    first, *others = coercivities(runs, slots=1)
    assert not {key: Hc - first for key, Hc in zip(readings, others, strict=True) if abs(Hc - first) >= 0.005}


def test_a_magnet_does_not_see_those_beside_it():
    """To the bit, with any number of threads."""
    runs = {k: half_cycle(magnet(n, structure_seed=k), tilted(3 * k), resolution_T=0.04) for k, n in enumerate((4, 12, 8))}
    alone = {k: run_half_cycles({k: run}, slots=1)[k] for k, run in runs.items()}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for k, curve in run_half_cycles(runs, slots=3).items():
            assert np.array_equal(curve.mu0_H_T, alone[k].mu0_H_T)
            assert np.array_equal(curve.m_parallel, alone[k].m_parallel)
            assert (curve.status, curve.evaluations) == (alone[k].status, alone[k].evaluations)


def test_a_magnet_that_is_turned_with_its_field():
    grains, turn = magnet(), Rotation.random(rng=np.random.default_rng(6))
    bodies = tuple(Polyhedron(turn.apply(body.corners), body.faces) for body in grains.bodies)
    turned = replace(grains, bodies=bodies, axis=turn.apply(grains.axis))
    there, here = coercivities([half_cycle(turned, turn.apply(tilted(10))), half_cycle(grains, tilted(10))])
    assert there == pytest.approx(here, abs=1e-3)


def test_lengths_have_no_scale_but_the_exchange_length():
    """All lengths times 3, the boundary's too, and A times 9: the same curve."""
    small = magnet()
    large = magnet(grain_size_nm=300.0, boundary_nm=12.0)
    large = replace(large, phases=(replace(small.phases[0], A_J_per_m=9 * small.phases[0].A_J_per_m),))
    ours, theirs = run_half_cycles({0: half_cycle(small), 1: half_cycle(large)}).values()
    assert len(ours.mu0_H_T) == len(theirs.mu0_H_T)
    assert np.abs(ours.mu0_H_T - theirs.mu0_H_T).max() < 1e-6
    assert np.abs(ours.m_parallel - theirs.m_parallel).max() < 1e-6


def touching_magnet():
    """Of large grains in a thin boundary, in which reversals come in avalanches."""
    return magnet(grain_size_nm=30000.0, boundary_nm=3.0, structure_seed=2)


def test_grains_flip_back_and_forth_only_where_energy_is_not_asked():
    """Between touching grains a grain that has reversed has points beyond their switching field again, and is turned back."""
    grains = touching_magnet()
    always = replace(grains, reading=Reading(reversal="always"))
    curves = run_half_cycles({"always": half_cycle(always), "downhill": half_cycle(grains)})
    assert {name: curve.status for name, curve in curves.items()} == {"always": Status.FLIPPED_BACK, "downhill": Status.OK}


def test_moments_that_answer_strongly_come_to_rest(monkeypatch):
    """Soft grains, HA half of Ms: turned the whole way at each sweep, a moment near its switching field goes to and fro."""
    soft = magnet(12, grain_size_nm=200.0, grain_mu0_Ms_T=1.0, grain_K1_MJ_per_m3=0.2, structure_seed=2, misalignment_deg=10.0)
    run = half_cycle(soft, from_T=3.0, to_T=-3.0, step_T=0.25)
    assert run_half_cycles({0: run})[0].status is Status.OK
    monkeypatch.setattr("hardmag.reduced_order.half_cycle.PATIENCE", 10**9)
    assert run_half_cycles({0: run})[0].status is Status.NOT_CONVERGED


def points_within(body, count, rng):
    """Evenly in a polyhedron: (count, 3)."""
    low, high = body.corners.min(0), body.corners.max(0)
    points = low + (high - low) * rng.random((30 * count, 3))
    return points[(points @ body.normals.T <= body.offsets).all(1)][:count]


def test_each_reversal_lowers_the_energy(monkeypatch):
    """By means of exact fields over random points of each grain. With 400 of these a mean field is within some 5 mT: the
    tolerance is what a grain gains that reverses in so little."""
    grains, rng, reversals, flip = touching_magnet(), np.random.default_rng(1), [], HalfCycles._flip

    def seen(half_cycles, *given):
        state, own = half_cycles.state, half_cycles.system.members[0]
        before = state.u[:, own].T.numpy().copy()
        flip(half_cycles, *given)
        reversals.append((float(state.H[0]), before, state.u[:, own].T.numpy().copy()))

    monkeypatch.setattr(HalfCycles, "_flip", seen)
    run_half_cycles({0: half_cycle(grains)})
    points = np.array([points_within(body, 400, rng) for body in grains.bodies])  # (g, 400, 3)
    N = np.array([tensor(b, points.reshape(-1, 3)).reshape(*points.shape, 3).mean(1) for b in grains.bodies])  # source, target
    J, volume = MU0 * PHASE.Ms_A_per_m, grains.volumes / grains.volumes.sum()

    def energy(H, u):
        """Of a unit of volume, over Ms, in T."""
        in_each_other = np.einsum("gc,hgcd,hd,g->", u, N, u, volume)
        return -H * (volume @ u[:, 2]) - J / 2 * in_each_other - HA / 2 * (volume @ (u * grains.axis).sum(1) ** 2)

    gains = np.array([energy(H, before) - energy(H, after) for H, before, after in reversals])
    assert len(gains) >= 20 and gains.min() > -2 * 0.005 * volume.max() and np.median(gains) > 0.02
