"""Half-cycles against magnum.np: same voxels, same field axis, same final torque."""

import importlib
from dataclasses import replace

import h5py
import numpy as np
import pytest
import yaml

from hardmag.cli import main
from hardmag.loops import analyse
from hardmag.materials import Phase
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.voxels import Voxels

STEP = 0.25


def random_three_phase_box(seed=3):
    """Blocks of 3×3×3 cells of three hard and soft phases at random: jumps of A, K and Ms everywhere."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 3, size=(5, 4, 3))
    index = blocks.repeat(3, 0).repeat(3, 1).repeat(3, 2)
    tilted = (0.3, 0.0, 1.0)
    phases = (
        Phase("hard", 8.0e-12, 4.9e6, 1.281e6, (0, 0, 1)),
        Phase("soft", 1.5e-11, 3.0e5, 1.6e6, (0, 0, 1)),
        Phase("lean", 4.0e-12, 2.0e6, 6.0e5, tilted),
    )
    return Voxels(index, phases, (1.0e-9, 1.2e-9, 0.9e-9))


@pytest.fixture(scope="module")
def peer_curve():
    """peer.peer_curve; magnum.np takes seconds to import, which other workers of a test run need not."""
    pytest.importorskip("magnumnp", reason="the peer code is part of the test extra")
    return importlib.import_module("peer").peer_curve


@pytest.fixture(scope="module")
def peer(peer_curve):
    """The run, and magnum.np's curve of it."""
    voxels = random_three_phase_box()
    run = HalfCycle(voxels, (0.1219, 0, 0.9925), 1.0, -8.0, STEP, seed=1, tolerance_T=1e-3)
    return run, *peer_curve(run)


@pytest.mark.parametrize("precision", ["fp32", "fp64"])
def test_three_phase_box(peer, precision):
    """Hc within one field step, and the reversible branch to 2e-3: both codes stop at 1 mT of torque against fields
    of 1-10 T, so their states may differ by some 1e-3."""
    run, fields_T, theirs, _ = peer
    ours = run_half_cycles({0: run}, precision=precision)[0]
    assert ours.status is Status.OK
    Ms = run.body.per_cell("Ms_A_per_m").mean()
    Hc_ours = analyse(ours.mu0_H_T, ours.m_parallel, Ms).mu0_Hc_T
    Hc_theirs = analyse(fields_T, theirs, Ms).mu0_Hc_T
    assert 1.0 < Hc_theirs < 7.0
    assert abs(Hc_ours - Hc_theirs) <= STEP
    reversible = int(np.flatnonzero(theirs < 0)[0]) - 1
    assert np.abs(ours.m_parallel[:reversible] - theirs[:reversible]).max() < 2e-3


def test_second_constant_easy_plane_and_cubic(peer_curve):
    """The same box with K2, a cubic phase and an easy plane, each in a phase: as above. Without them µ0Hc is another by more
    than a step."""
    box = random_three_phase_box()
    hard, soft, lean = box.phases
    more = (
        hard.with_(K2_J_per_m3=2e6),
        soft.with_(Ku_J_per_m3=0.0, Kc_J_per_m3=8e5, cubic_axes=((1, 1, 0), (1, -1, 1))),
        lean.with_(Ku_J_per_m3=-2e5, K2_J_per_m3=1e6),
    )
    run = HalfCycle(replace(box, phases=more), (0.1219, 0, 0.9925), 1.0, -8.0, STEP, seed=1, tolerance_T=1e-3)
    fields_T, theirs, _ = peer_curve(run)
    ours = run_half_cycles({0: run}, precision="fp64")[0]
    plain = run_half_cycles({0: replace(run, body=box)}, precision="fp64")[0]
    Hc = [analyse(H, m, 1.0).mu0_Hc_T for H, m in ((ours.mu0_H_T, ours.m_parallel), (fields_T, theirs))]
    assert abs(Hc[0] - Hc[1]) <= STEP
    assert abs(analyse(plain.mu0_H_T, plain.m_parallel, 1.0).mu0_Hc_T - Hc[1]) > STEP
    reversible = int(np.flatnonzero(theirs < 0)[0]) - 1
    assert reversible > 5 and np.abs(ours.m_parallel[:reversible] - theirs[:reversible]).max() < 2e-3


def test_simulate_gives_the_same(peer, tmp_path):
    """The same box through a case file and the command line: Hc of magnum.np within one field step."""
    run, fields_T, theirs, _ = peer
    np.save(tmp_path / "box.npy", run.body.index)
    case = {
        "voxels": "box.npy",
        "cell_nm": [1e9 * c for c in run.body.cell_m],
        "phases": [p.to_dict() for p in run.body.phases],
        "field": {"direction": list(run.direction), "from_T": 1.0, "to_T": -8.0, "step_T": STEP},
    }
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(case))
    assert main(["simulate", str(tmp_path / "case.yaml"), "-o", str(tmp_path / "out.h5")]) == 0
    Hc_theirs = analyse(fields_T, theirs, 1.0).mu0_Hc_T
    with h5py.File(tmp_path / "out.h5") as file:
        assert file.attrs["status"] == "ok"
        assert abs(file.attrs["mu0_Hc_T"] - Hc_theirs) <= STEP
