"""Field steps that find jumps themselves against fixed ones: evaluations, Hc, Hp. 16 nanostructures, two seeds.

Each against fixed steps of its own resolution: to 50 mT on the grid of fixed steps of 50 mT, where both have the same
brackets to find, and to 10 mT, as a campaign runs. The constants of stepping.py were chosen on the first 16 structures of the
sequence; these are the next 16. Writes benchmarks/stepping.json. Run: python benchmarks/stepping.py
"""

import sys

import numpy as np
from common import environment, figures, half_cycle, progress, structures, write

from hardmag.micromagnetics.half_cycle import Status
from hardmag.micromagnetics.scheduler import run_half_cycles

CHOSEN_ON, COUNT, BOX_NM, SEEDS = 16, 16, 64, (1, 2)
STEPS = {
    "to_10mT": dict(step_T=0.64, resolution_T=0.01),
    "to_50mT": dict(step_T=0.4, resolution_T=0.05),
    "fixed_50mT": dict(step_T=0.05, resolution_T=None),
    "fixed_10mT": dict(step_T=0.01, resolution_T=None),
}
PAIRS = (("to_50mT", "fixed_50mT"), ("to_10mT", "fixed_10mT"), ("to_10mT", "fixed_50mT"), ("fixed_50mT", "fixed_10mT"))


def compare(structure):
    runs = {(s, name): half_cycle(structure, from_T=2.0, seed=s, **steps) for s in SEEDS for name, steps in STEPS.items()}
    curves = run_half_cycles(runs, slots=len(runs))
    failed = {run: curve.status.name for run, curve in curves.items() if curve.status is not Status.OK}
    if failed:
        sys.exit(f"stepping.py: {structure}: {failed}")
    shape = {key: getattr(structure, key) for key in ("L_nm", "d_nm", "wS_nm", "wZ_nm")}
    rows = [shape | {"seed": s} | {name: figures(curves[s, name]) for name in STEPS} for s in SEEDS]
    progress(*rows)
    return rows


def differences(rows, key):
    """What parts the figures of two ways to step, and those of the two seeds at the same steps: T."""
    apart = lambda a, b: spread([abs(x[key] - y[key]) for x, y in zip(a, b, strict=True)])  # noqa: E731
    by_steps = {name: [r[name] for r in rows] for name in STEPS}
    by_pair = {f"{a}, {b}": apart(by_steps[a], by_steps[b]) for a, b in PAIRS}
    by_seed = {f"{name}, other seed": apart(by_steps[name][::2], by_steps[name][1::2]) for name in STEPS}
    return by_pair | by_seed


def fewer_evaluations(rows, steps, fixed):
    """How many times fewer evaluations `steps` take than `fixed`."""
    count = {name: np.array([r[name]["evaluations"] for r in rows]) for name in (steps, fixed)}
    fewer = count[fixed] / count[steps]
    return {
        "median": float(np.median(fewer)),
        "least": float(fewer.min()),
        "of_the_sum": float(count[fixed].sum() / count[steps].sum()),
    }


def spread(values):
    """The brackets of two runs end on multiples of 10 mT: within 10 mT means the same bracket or its neighbour."""
    values = np.array(values)
    return {
        "count": len(values),
        "within_10mT": int((values < 0.0105).sum()),
        "within_50mT": int((values < 0.0505).sum()),
        "median_T": round(float(np.median(values)), 5),
        "largest_T": round(float(values.max()), 4),
    }


if __name__ == "__main__":
    machine = environment()
    draws = structures(CHOSEN_ON + COUNT, size_nm=(BOX_NM, BOX_NM, 2), cell_nm=(1, 1, 2))[CHOSEN_ON:]
    rows = [row for draw in draws for row in compare(draw("dft"))]
    summary = {
        "fewer_evaluations": {f"{a}, {b}": fewer_evaluations(rows, a, b) for a, b in PAIRS[:3]},
        "mu0_Hc_T": differences(rows, "mu0_Hc_T"),
        "mu0_Hp_T": differences(rows, "mu0_Hp_T"),
    }
    write("stepping", machine | {"box_nm": BOX_NM, "cell_nm": 1, "from_T": 2.0, **summary, "rows": rows})
