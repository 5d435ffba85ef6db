"""Grains that switch by a law, beside full micromagnetics: eight core/shell grains, and eight grains of SmCo-1:7.

By full micromagnetics: the nanostructure alone in fields at some angles, which is its law; each of the eight grains alone, with
its own easy axis; all eight together. By the reduced-order model: the eight with that law; with laws that have at each grain's
own angle its own field, which leaves what the grains do to each other; and, where a campaign's surrogates are given, with their
law. Then the model's time for a magnet of SmCo grains, with the last law there is.

Writes benchmarks/switching_laws.json: what it holds of full micromagnetics is not run again, the model is.
Run: python benchmarks/switching_laws.py [results/<core/shell campaign> results/<SmCo campaign>] (ten minutes on one core)
"""

import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from common import begun, environment, progress, write
from scipy.stats import spearmanr

from hardmag.grains import Grains
from hardmag.inverse.law import continued, write_switching_law
from hardmag.loops import analyse
from hardmag.materials import MU0, Phase
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.nanostructures.coreshell import CoreShell
from hardmag.nanostructures.laws import read_law, write_law
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.smco17 import BOUNDARY, SmCo17
from hardmag.nanostructures.texture import cap
from hardmag.polyhedron import Polyhedron
from hardmag.solvers import run_half_cycles
from hardmag.voxels import Voxels

NAME = "switching_laws"
LAW_DEG = (0, 15, 30)
FIELDS = dict(to_T=-12.0, step_T=0.16, resolution_T=0.01)
GAP_NM = 4
CORESHELL = dict(a_nm=20, c_nm=20, shell_nm=3, layer_nm=2, core_Nd=0.3, shell_Nd=0.8)  # which the surrogates' campaign varies
AS_PRESCRIBED = dict(b_nm=24, cell_nm=(1, 1, 1), core_composition="Ce0.75La0.25", shell_composition="Ce0.75La0.25")
TILT_DEG = 30.0
SMCO = dict(L_nm=40, d_nm=16, wS_nm=5, wZ_nm=3, z_set="dft")
BOX = dict(size_nm=(48, 48, 24), cell_nm=(0.8, 0.8, 2.0))
TURNED_DEG = (-26, -17, -9, -3, 4, 11, 19, 28)
MAGNET = dict(grains=1000, grain_size_nm=1000.0, boundary_percent=2.0, misalignment_deg=30.0, structure_seed=1)


@dataclass(frozen=True)
class Case:
    """single: the nanostructure, its easy axis along `along`; grains: the eight, each with its axis; axes: (8, 3); from_T: the
    first field, in which nothing has switched yet."""

    single: Voxels
    grains: tuple[Voxels, ...]
    along: np.ndarray
    tilt: np.ndarray  # towards which fields of the law are turned
    axes: np.ndarray
    from_T: float

    @property
    def angles_deg(self):
        return np.degrees(np.arccos(self.axes @ self.along))

    @property
    def gap(self):
        return [round(GAP_NM * 1e-9 / cell) for cell in self.single.cell_m]


def coreshell():
    """Bricks along x, y, z with easy axes of their own."""
    single, along = CoreShell(**CORESHELL, **AS_PRESCRIBED).build(None), np.array([0.0, 0, 1])
    axes = cap(8, TILT_DEG, np.random.default_rng(4))
    grains = tuple(with_axis(single, axis) for axis in axes)
    return Case(single, grains, along, np.array([1.0, 0, 0]), axes, -0.5)


def smco():
    """Boxes along x, y, z in which the pattern, c-axis and all, is turned about z."""
    angles = np.radians(TURNED_DEG)
    axes = np.stack([-np.sin(angles), np.cos(angles), 0 * angles], axis=1)
    grains = tuple(with_axis(turned(angle), axis) for angle, axis in zip(angles, axes, strict=True))
    return Case(turned(0.0), grains, np.array([0.0, 1, 0]), np.array([1.0, 0, 0]), axes, -1.5)


def with_axis(voxels, axis):
    return replace(voxels, axis=np.broadcast_to(axis[:, None, None, None], (3, *voxels.shape)).copy())


def turned(angle):
    """A grain of the box's size whose pattern is turned: each cell has the phase that the turned pattern has at its centre."""
    kind = SmCo17(**SMCO, **BOX)
    nx, ny, _ = kind.shape
    layers = round(BOX["size_nm"][2] / BOX["cell_nm"][2])
    wide = SmCo17(**SMCO, size_nm=tuple(2 * s for s in BOX["size_nm"]), cell_nm=BOX["cell_nm"], boundary_layer_nm=0)
    pattern = wide.build(None).index[:, :, 0]
    x, y = (np.arange(nx) + 0.5 - nx / 2)[:, None], (np.arange(ny) + 0.5 - ny / 2)[None, :]
    back = np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y
    at = (np.floor(b + n / 2 + 1e-9).astype(int) for b, n in zip(back, pattern.shape, strict=True))
    straight = kind.build(None).index[:, :, 0]
    index = np.where(straight == BOUNDARY, BOUNDARY, pattern[tuple(at)])
    return Voxels(np.repeat(index[:, :, None], layers, axis=2), kind.phases, tuple(c * 1e-9 for c in BOX["cell_nm"]))


def together(case):
    """(Voxels of the eight with gaps, number of the grain in each cell, −1 in gaps; their Polyhedra)."""
    shape = np.array(case.single.shape)
    stride = shape + case.gap
    full = 2 * shape + case.gap
    empty = Phase("gap", 0.0, 0.0, 0.0)
    label, index = np.full(full, -1), np.full(full, len(case.single.phases), dtype=np.uint8)
    axis = np.zeros((3, *full))
    axis[2], bodies = 1.0, []
    for g, grain in enumerate(case.grains):
        low = stride * [g & 1, g >> 1 & 1, g >> 2]
        cells = tuple(slice(a, a + n) for a, n in zip(low, shape, strict=True))
        label[cells], index[cells], axis[(slice(None), *cells)] = g, grain.index, grain.axis
        bodies.append(Polyhedron.box(low * case.single.cell_m, (low + shape) * case.single.cell_m))
    return Voxels(index, (*case.single.phases, empty), case.single.cell_m, axis=axis), label, tuple(bodies)


def by_full(voxels, direction, from_T, label=None, axes=None):
    """{µ0Hc, cost}, and of grains the field at which the moment along each one's axis is first seen below 0."""
    rests, weight = [], voxels.per_cell("Ms_A_per_m")
    if label is not None:
        inside = label >= 0
        own, weight = label[inside], weight[inside]
        along = axes[own].T * weight
    seen = lambda _, H, m: rests.append((H, np.bincount(own, (m[:, inside] * along).sum(0))))  # noqa: E731
    begin = time.process_time()
    run = HalfCycle(voxels, tuple(direction.tolist()), from_T, **FIELDS)
    curve = run_half_cycles({0: run}, on_rest=None if label is None else seen)[0]
    if curve.status is not Status.OK:
        raise SystemExit(f"{curve.status.name} at {curve.stopped_at_T:g} T")
    return _figures(curve, rests, time.process_time() - begin) | {"cells": voxels.index.size}


def by_model(case, bodies, laws):
    """Likewise with a law for each grain."""
    Ms = case.single.mean_Ms_A_per_m()
    phases = tuple(Phase(f"grain {g}", 1e-11, 0.0, Ms) for g in range(8))
    grains = Grains(bodies, np.arange(8), phases, case.axes, laws=dict(enumerate(laws)))
    rests, begin = [], time.process_time()
    seen = lambda _, H, u: rests.append((H, (u * case.axes.T).sum(0)))  # noqa: E731
    run = HalfCycle(grains, tuple(case.along.tolist()), case.from_T, **FIELDS)
    return _figures(run_half_cycles({0: run}, on_rest=seen)[0], rests, time.process_time() - begin)


def _figures(curve, rests, seconds):
    values = {"mu0_Hc_T": round(float(analyse(curve.mu0_H_T, curve.m_parallel, 1.0).mu0_Hc_T), 4)}
    if rests:
        fields, over = np.array([H for H, _ in rests]), np.array([m for _, m in rests]) < 0
        last = curve.mu0_H_T[-1]  # at which a state on its way down is not seen
        values["switching_T"] = [round(-float(fields[o.argmax()] if o.any() else last), 4) for o in over.T]
    return values | {"evaluations": curve.evaluations, "seconds": round(seconds, 2)}


def compared(ours, theirs):
    """Of two sets of figures of the eight: ours less theirs."""
    a, b = ours["switching_T"], theirs["switching_T"]
    return {
        "mu0_Hc_off_by_T": round(ours["mu0_Hc_T"] - theirs["mu0_Hc_T"], 4),
        "mu0_Hc_off_by": round(ours["mu0_Hc_T"] / theirs["mu0_Hc_T"] - 1, 4),
        "switching": _off(a, b),
        "spearman": round(float(spearmanr(a, b).statistic), 4),
    }


def measured(name, case):
    """What full micromagnetics says of one case."""
    law, alone = [], []
    for angle in np.radians(LAW_DEG):
        law.append(by_full(case.single, np.cos(angle) * case.along + np.sin(angle) * case.tilt, case.from_T))
        progress(name, "law", law[-1])
    for grain in case.grains:
        alone.append(by_full(grain, case.along, case.from_T))
        progress(name, "alone", alone[-1])
    voxels, label, _ = together(case)
    full = by_full(voxels, case.along, case.from_T, label, case.axes)
    progress(name, "together", full)
    seconds = round(sum(run["seconds"] for run in (*law, *alone)), 1)
    singles = {"law_mu0_Hc_T": [run["mu0_Hc_T"] for run in law], "alone_mu0_Hc_T": [run["mu0_Hc_T"] for run in alone]}
    return singles | {"seconds_of_singles": seconds, "together": full}


def modelled(case, full, law, law_of_surrogate):
    """What the model says of it, and how far it is from that."""
    own, (_, _, bodies) = np.array(full["alone_mu0_Hc_T"]), together(case)
    scale = own / law.at(case.angles_deg)
    models = {
        "law of the nanostructure": [law] * 8,
        "law of each grain": [replace(law, mu0_H_sw_T=tuple((np.array(law.mu0_H_sw_T) * k).tolist())) for k in scale],
    }
    found = {
        "cells_of_a_grain": list(case.single.shape),
        "mean_mu0_Ms_T": round(case.single.mean_Ms_A_per_m() * MU0, 4),
        "angles_deg": case.angles_deg.round(2).tolist(),
        "alone_less_law": _off(own, law.at(case.angles_deg)),
        "together_less_alone": _off(full["together"]["switching_T"], own),
    }
    if law_of_surrogate is not None:
        models["law of the surrogates"] = [law_of_surrogate] * 8
        found["law_of_the_surrogates_T"] = law_of_surrogate.at(LAW_DEG).round(4).tolist()
    by_laws = {key: by_model(case, bodies, laws) for key, laws in models.items()}
    return found | {"model": {key: one | {"against_full": compared(one, full["together"])} for key, one in by_laws.items()}}


def _off(ours, theirs):
    off = np.subtract(ours, theirs)
    return {"mean_T": round(float(off.mean()), 4), "rms_T": round(float(np.sqrt((off**2).mean())), 4)}


def magnet(law, Ms_T, folder):
    """A magnet of the kind with this law: what its half-cycle costs."""
    write_law(Path(folder) / "magnet.json", law, Ms_T, {})
    kind = Polycrystal(**MAGNET, law=Path(folder) / "magnet.json")
    begin = time.process_time()
    grains = kind.build(np.random.default_rng(0))
    built = time.process_time()
    curve = run_half_cycles({0: HalfCycle(grains, (0, 0, 1), from_T=1.0, to_T=-12.0, step_T=0.64, resolution_T=0.01)})[0]
    values = {"status": curve.status.name, "seconds_to_draw": round(built - begin, 1)}
    return MAGNET | values | _figures(curve, [], time.process_time() - built)


if __name__ == "__main__":
    campaigns = dict(zip(("coreshell", "smco17"), sys.argv[1:], strict=False))
    machine, held = environment(), begun(NAME)
    result = held | machine | {"fields": FIELDS, "law_deg": LAW_DEG, "gap_nm": GAP_NM}
    with tempfile.TemporaryDirectory() as folder:
        for name, make, design in (("coreshell", coreshell, CORESHELL), ("smco17", smco, SMCO)):
            case, surrogate = make(), None
            full = held[name]["full"] if held.get(name, {}).get("design") == design else measured(name, case)
            law = continued(LAW_DEG, full["law_mu0_Hc_T"])
            if name in campaigns:
                path = Path(folder) / f"{name}.json"
                progress(write_switching_law(campaigns[name], design, path))
                surrogate, _ = read_law(path)
            result[name] = {"design": design, "full": full} | modelled(case, full, law, surrogate)
            write(NAME, result)
        result["magnet_of_smco17"] = magnet(law, result["smco17"]["mean_mu0_Ms_T"], folder)
    write(NAME, result)
