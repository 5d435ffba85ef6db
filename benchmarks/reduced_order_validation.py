"""The reduced-order model beside full micromagnetics: single cubes, 27 cubes with gaps, three Laguerre polycrystals.

Nothing is fitted: the model has the d and l of Kovacs et al. 2023. Each cube is run twice by full micromagnetics: as in a
campaign, which finds about where it switches, and from a little above there in short steps, for long steps pass over the last
part of a barrier. Polycrystals are run in fixed steps. Seconds are of the processor, not of the clock.

Writes benchmarks/reduced_order_validation.json, one result after the other: what it holds of full micromagnetics is not run
again, the model is.
Run: python benchmarks/reduced_order_validation.py (two hours on one core)
"""

import json
import time
from dataclasses import replace
from functools import partial
from itertools import count

import numpy as np
from common import HERE, begun, environment, progress, write
from scipy.stats import spearmanr

from hardmag.grains import Grains
from hardmag.loops import analyse
from hardmag.materials import MU0, Phase
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.polyhedron import Polyhedron
from hardmag.solvers import run_half_cycles
from hardmag.voxels import Voxels

NAME = "reduced_order_validation"
ND2FE14B = dict(mu0_Ms_T=1.61, A_pJ_per_m=8.0, K1_MJ_per_m3=4.9)
Z = (0.0, 0.0, 1.0)
SWEEP = dict(from_T=1.0, to_T=-10.0, step_T=0.64, resolution_T=0.01)
CELL_NM = 5 / 3  # or δ0, where that is smaller
# Edge in nm, angle in degrees, and what is turned by it towards x, the other lies along an edge.
CUBES = [(20, 2, "field"), (50, 1, "field"), (50, 2, "field"), (100, 2, "field"), (20, 20, "field"), (20, 20, "axis")]
CUBES += [(50, 20, "field"), (50, 20, "axis"), (100, 20, "axis")]
RANDOM = dict(count=32, seed=17, edge_nm=50, angle_deg=1, mu0_Ms_T=(0.5, 2.0), A_pJ_per_m=(2, 20), K1_MJ_per_m3=(0.2, 8))
BOUNDS = dict(least_hardness=1.5, least_delta0_nm=1.2, mu0_Hc_T=(0.2, 9.9))
FINER = (0, 1)  # of the random cubes: these in cells of two thirds of the size, too
SHORT_STEP_T, NEARLY = 0.01, 0.95  # from that part of the first run's coercivity on
MAGNETS = dict(grains=27, misalignment_deg=35.0)
STRUCTURES = [
    dict(structure_seed=1, grain_size_nm=22.0, boundary_nm=3.0),
    dict(structure_seed=2, grain_size_nm=26.0, boundary_nm=3.5),
    dict(structure_seed=3, grain_size_nm=30.0, boundary_nm=4.0),
]
FIXED_FROM_T, FIXED_STEP_T = -2.5, 0.02


def box(low_nm, high_nm):
    return Polyhedron.box(np.array(low_nm) * 1e-9, np.array(high_nm) * 1e-9)


def phase_of(mu0_Ms_T, A_pJ_per_m, K1_MJ_per_m3):
    return Phase("grain", A_pJ_per_m * 1e-12, K1_MJ_per_m3 * 1e6, mu0_Ms_T / MU0)


def timed(run, on_rest=None):
    """(curve, seconds of the processor)."""
    begin = time.process_time()
    curve = run_half_cycles({0: run}, on_rest=on_rest)[0]
    return curve, round(time.process_time() - begin, 2)


def coercivity(curve):
    return round(analyse(curve.mu0_H_T, curve.m_parallel, 1.0).mu0_Hc_T, 4) if curve.status is Status.OK else None


def cube(edge_nm, angle_deg, turned, finer=1.0, **constants):
    """(Grains, Voxels, direction of the field) of a single cube, its phase in the order of ND2FE14B."""
    angle, phase = np.radians(angle_deg), phase_of(**constants)
    off = (float(np.sin(angle)), 0.0, float(np.cos(angle)))
    direction, axis = (off, Z) if turned == "field" else (Z, off)
    phase = replace(phase, axis=axis)
    cells = int(np.ceil(edge_nm / min(CELL_NM, 1e9 * phase.delta0_m) * finer - 1e-9))
    voxels = Voxels(np.zeros((cells,) * 3, np.uint8), (phase,), (edge_nm / cells * 1e-9,) * 3)
    return Grains((box([0] * 3, [edge_nm] * 3),), np.zeros(1, int), (phase,), np.array([phase.axis])), voxels, direction


def cube_by_model(grains, _, direction):
    curve, seconds = timed(HalfCycle(grains, direction, **SWEEP))
    return {"mu0_Hc_T": coercivity(curve), "seconds": seconds}


def cube_by_full(_, voxels, direction):
    """None where it does not reverse between the bounds."""
    rough, rough_s = timed(HalfCycle(voxels, direction, **SWEEP))
    near = coercivity(rough)
    if near is None or not BOUNDS["mu0_Hc_T"][0] < near < BOUNDS["mu0_Hc_T"][1]:
        return None
    last_part = dict(from_T=-NEARLY * near, to_T=-1.2 * near - 0.1, step_T=SHORT_STEP_T, kick=1e-4, tolerance_T=1e-4)
    curve, short_s = timed(HalfCycle(voxels, direction, **last_part))
    if curve.status is not Status.OK or len(curve.mu0_H_T) < 4:
        raise SystemExit(f"{voxels.phases}: {curve.status.name} after {len(curve.mu0_H_T)} fields")
    row = {"mu0_Hc_T": round(-float(curve.mu0_H_T[-2:].mean()), 4), "mu0_Hc_in_long_steps_T": near}
    return row | {
        "cells": voxels.index.size,
        "cell_nm": round(1e9 * voxels.cell_m[0], 3),
        "seconds": round(rough_s + short_s, 2),
    }


def random_constants(number):
    """The number-th random material within the bounds that need no simulation."""
    rng = np.random.default_rng((RANDOM["seed"], number))
    while True:
        drawn = {key: round(float(rng.uniform(*RANDOM[key])), 3) for key in ND2FE14B}
        phase = phase_of(**drawn)
        hardness = phase.anisotropy_field_T / drawn["mu0_Ms_T"]
        if hardness > BOUNDS["least_hardness"] and phase.delta0_m > BOUNDS["least_delta0_nm"] * 1e-9:
            return drawn


def scores(rows):
    """Of model less full, over cubes."""
    ours, theirs = np.array([[row[key]["mu0_Hc_T"] for row in rows] for key in ("model", "full")])
    error = ours - theirs
    values = {"bias_T": error.mean(), "rmse_T": np.sqrt((error**2).mean()), "largest_T": np.abs(error).max()}
    values["median_error_over_Hc"] = np.median(np.abs(error) / theirs)
    return {"count": len(rows)} | {key: round(float(value), 4) for key, value in values.items()}


def laguerre(cell_nm, **structure):
    """(Grains, Voxels, number of the grain in each cell, −1 for none) of a polycrystal of the kind."""
    grains, voxels = (
        Polycrystal(**MAGNETS, **structure, cell_nm=cell).build(np.random.default_rng(0)) for cell in (None, (cell_nm,) * 3)
    )
    label = np.full(voxels.index.shape, -1)
    for g, axis in enumerate(grains.axis):
        label[(voxels.index == 0) & (voxels.axis == axis[:, None, None, None]).all(0)] = g
    return grains, voxels, label


def twenty_seven(cell_nm):
    """Likewise of the 27 cubes of the tests."""
    held = json.loads((HERE.parent / "tests" / "physics" / "cubes27.json").read_text())
    low, high, axis = (np.array(held[key]) for key in ("low_nm", "high_nm", "easy_axis"))
    phase, gap, edges = phase_of(**ND2FE14B), Phase("gap", 0.0, 0.0, 0.0), high.max(0) - low.min(0)
    shape = np.rint(edges / cell_nm).astype(int)
    label, axes = np.full(shape, -1), np.zeros((3, *shape))
    axes[2] = 1.0
    ends = np.rint((np.stack([low, high]) - low.min(0)) / cell_nm).astype(int)
    for g, (a, b) in enumerate(zip(*ends, strict=True)):
        cells = tuple(slice(*both) for both in zip(a, b, strict=True))
        label[cells] = g
        axes[(slice(None), *cells)] = axis[g][:, None, None, None]
    voxels = Voxels((label < 0).astype(np.uint8), (phase, gap), (cell_nm * 1e-9,) * 3, axis=axes)
    bodies = tuple(box(a, b) for a, b in zip(low, high, strict=True))
    others = {"gap": float(np.prod(edges) * 1e-27 - sum(body.volume for body in bodies))}
    return Grains(bodies, np.zeros(len(low), int), (phase,), axis, others), voxels, label


def magnet_by_model(grains, _, __):
    rests = []
    run = HalfCycle(grains, Z, **SWEEP)
    curve, seconds = timed(run, lambda _, H, u: rests.append((H, (u * grains.axis.T).sum(0))))
    return figures(curve, seconds, rests)


def magnet_by_full(grains, voxels, label, step_T=FIXED_STEP_T):
    """m of a grain is the mean of its cells, along its axis."""
    inside, grain_count, rests = label >= 0, len(grains.axis), []
    own = label[inside]
    along, cells = grains.axis[own].T, np.bincount(own, minlength=grain_count)
    seen = lambda _, H, m: rests.append((H, np.bincount(own, (m[:, inside] * along).sum(0), grain_count) / cells))  # noqa: E731
    curve, seconds = timed(HalfCycle(voxels, Z, FIXED_FROM_T, -9.0, step_T), seen)
    return figures(curve, seconds, rests) | {"step_T": step_T, "cells": voxels.index.size}


def figures(curve, seconds, rests):
    """With the field at which m of each grain is first seen below 0; None where it has not switched in the end."""
    fields, m = np.array([H for H, _ in rests]), np.array([m for _, m in rests])
    over = m < 0
    switching = [round(-float(fields[over[:, g].argmax()]), 4) if over[-1, g] else None for g in range(m.shape[1])]
    values = {"mu0_Hc_T": coercivity(curve), "status": curve.status.name, "evaluations": curve.evaluations}
    return values | {"seconds": seconds, "switching_T": switching}


def compared(model, full):
    """How they agree; the first half counts grains that have not switched in the end as the last."""
    ours, theirs = (np.array([np.inf if H is None else H for H in one["switching_T"]]) for one in (model, full))
    both, first, half = np.isfinite(ours) & np.isfinite(theirs), int(np.argmin(ours)), len(ours) // 2
    early = [set(np.argsort(fields, kind="stable")[:half].tolist()) for fields in (ours, theirs)]
    error, later = ours[both] - theirs[both], float(theirs[first] - theirs.min())
    return {
        "mu0_Hc_off_by": round(model["mu0_Hc_T"] / full["mu0_Hc_T"] - 1, 4),
        "spearman": round(float(spearmanr(ours[both], theirs[both]).statistic), 4),
        "switched_in_both": int(both.sum()),
        "first_half_shared": round(len(early[0] & early[1]) / half, 3),
        "first_switching_T": [round(float(ours.min()), 4), round(float(theirs.min()), 4)],
        "first_of_model_is_later_in_full_by_T": round(later, 4),
        "switching_T_off_by": {"mean": round(float(error.mean()), 4), "rms": round(float(np.sqrt((error**2).mean())), 4)},
        "times_faster": round(full["seconds"] / model["seconds"], 1),
    }


def run(result, section, name, bodies, by_full, by_model, **described):
    """Put both into the result: full micromagnetics, unless it is held there, and the model anew."""
    held = result.setdefault(section, {})
    full = held[name] and held[name]["full"] if name in held else by_full(*bodies)
    held[name] = None if full is None else described | {"full": full, "model": by_model(*bodies)}
    if full is not None and "switching_T" in full:
        held[name]["comparison"] = compared(held[name]["model"], full)
    progress(section, name, held[name])
    write(NAME, result)


def random_cube(result, section, number, finer=1.0):
    constants = random_constants(number)
    bodies = cube(RANDOM["edge_nm"], RANDOM["angle_deg"], "field", finer, **constants)
    run(result, section, str(number), bodies, cube_by_full, cube_by_model, **constants)


if __name__ == "__main__":
    machine = environment()
    settings = {"Nd2Fe14B": ND2FE14B, "drawn": RANDOM, "bounds": BOUNDS, "magnets": MAGNETS}
    result = begun(NAME) | machine | settings
    warm = cube(10, 20, "field", **ND2FE14B)
    cube_by_full(*warm), cube_by_model(*warm)  # compiles
    run(result, "cubes27", "cells of 2 nm", twenty_seven(2.0), partial(magnet_by_full, step_T=0.04), magnet_by_model)
    for number in count():
        random_cube(result, "random", number)
        if (
            sum(result["random"][str(n)] is not None for n in range(number + 1)) >= RANDOM["count"]
        ):  # held rows, too, are looked at
            break
    for section, cell in (("polycrystals_in_2_nm", 2.0), ("polycrystals", 1.0)):
        for structure in STRUCTURES:
            name = f"seed {structure['structure_seed']}"
            run(result, section, name, laguerre(cell, **structure), magnet_by_full, magnet_by_model, **structure)
    for edge, angle, turned in CUBES:
        name = f"{edge} nm, {turned} turned by {angle} degrees"
        run(result, "cubes", name, cube(edge, angle, turned, **ND2FE14B), cube_by_full, cube_by_model)
    for number in FINER:
        random_cube(result, "random_in_finer_cells", number, 1.5)
    for section in ("cubes", "random"):
        result[f"{section}_scores"] = scores([row for row in result[section].values() if row])
    write(NAME, result)
