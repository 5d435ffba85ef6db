"""Half-cycles on meshes, set aside on disk in flight and taken up again: the same curves bit by bit."""

import numpy as np
import pytest
from meshes import brick

from hardmag.jobs.suspended import Suspended
from hardmag.materials import ND2FE14B, Phase
from hardmag.micromagnetics import elements
from hardmag.micromagnetics.half_cycle import HalfCycle, Status, tensors
from hardmag.micromagnetics.scheduler import run_half_cycles

SOFT = Phase("soft", 1.1e-11, 0.0, 1e6)


def mesh(shake):
    """A brick of 420 nodes, a third of it soft; another shake, another mesh of as many nodes."""
    return brick((6, 5, 9), 1.2e-9, (ND2FE14B, SOFT), lambda c: (c[:, 0] > 4.8e-9).astype(int), shake=shake)


def runs_on(body):
    """Three half-cycles of different materials, fields and seeds; the last one has K2, too."""
    found = {}
    for k in range(3):
        hard = ND2FE14B.with_(Ku_J_per_m3=(3.5 + 0.5 * k) * 1e6, K2_J_per_m3=5e5 * (k == 2))
        phases = (hard, SOFT.with_(Ms_A_per_m=(0.8 + 0.2 * k) * 1e6))
        found["sample", k] = HalfCycle(body.with_phases(phases), (0.05 + 0.05 * k, 0, 1), 0.5 + 0.1 * k, -9.0, 0.8, seed=k)
    return found


@pytest.fixture(scope="module")
def runs():
    return runs_on(mesh(0.15))


@pytest.fixture(scope="module")
def alone(runs):
    return {key: run_half_cycles({key: run})[key] for key, run in runs.items()}


def after(passes):
    """stop() of a worker that has to go after so many passes."""
    left = iter(range(passes))
    return lambda: next(left, None) is None


def assert_same(curves, reference):
    assert set(curves) == set(reference)
    for key, curve in curves.items():
        assert (curve.status, curve.evaluations) == (Status.OK, reference[key].evaluations)
        assert np.array_equal(curve.mu0_H_T, reference[key].mu0_H_T)
        assert np.array_equal(curve.m_parallel, reference[key].m_parallel)


def test_taken_up_from_disk(runs, alone, tmp_path, monkeypatch):
    """Set aside every 11 passes, in two slots; each time the elements are built anew, as in a new process."""
    curves, times = {}, 0
    while len(curves) < len(runs):
        monkeypatch.setattr(elements, "_kept", elements.OrderedDict())
        suspended = Suspended(tmp_path)
        left = {key: run for key, run in reversed(runs.items()) if key not in curves}
        curves |= run_half_cycles(left, slots=2, stop=after(11), suspended=suspended)
        suspended.close()
        times += 1
    assert times > 6
    assert_same(curves, alone)


def test_the_elements_are_not_written(runs, tmp_path):
    """Of them a state has the digest of their mesh, and no more."""
    suspended = Suspended(tmp_path)
    key, run = next(iter(runs.items()))
    run_half_cycles({key: run}, stop=after(5), suspended=suspended)
    suspended.close()
    state = Suspended(tmp_path).get(key)
    assert set(vars(state.materials.elements)) == {"geometry"}


def test_only_one_sample_is_written(runs, tmp_path):
    """A tensor that is part of a batch's would be written with all of the batch."""
    suspended = Suspended(tmp_path)
    run_half_cycles(runs, slots=3, stop=after(5), suspended=suspended)
    suspended.close()
    for t in tensors(Suspended(tmp_path).get(("sample", 1))):
        assert t.untyped_storage().nbytes() == t.nbytes


def test_a_state_of_another_mesh_begins_anew(runs, alone, tmp_path):
    """As many nodes, but elsewhere: the curve is that of an undisturbed run on the mesh that there is."""
    other = runs_on(mesh(0.1))
    suspended, key = Suspended(tmp_path), ("sample", 1)
    run_half_cycles({key: runs[key]}, stop=after(15), suspended=suspended)
    suspended.close()
    again = Suspended(tmp_path)
    assert key in again
    undisturbed = run_half_cycles({key: other[key]})
    assert not np.array_equal(undisturbed[key].m_parallel, alone[key].m_parallel)
    assert_same(run_half_cycles({key: other[key]}, suspended=again), undisturbed)
