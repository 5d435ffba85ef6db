"""Field steps that find jumps themselves against fixed steps of 50 mT: evaluations, Hc, Hp. 16 nanostructures, two seeds.

Fixed steps of 10 mT beside them tell which of the two is nearer. The constants of stepping.py were chosen on the first 16
structures of the sequence; these are the next 16. Writes benchmarks/stepping.json. Run: python benchmarks/stepping.py
"""

import numpy as np
from common import environment, figures, half_cycle, progress, structures, write

from hardmag.micromagnetics.scheduler import run_half_cycles

CHOSEN_ON, COUNT, BOX_NM, SEEDS = 16, 16, 64, (1, 2)
STEPS = {
    "adaptive": dict(step_T=0.64, resolution_T=0.01),
    "fixed_50mT": dict(step_T=0.05, resolution_T=None),
    "fixed_10mT": dict(step_T=0.01, resolution_T=None),
}


def compare(structure):
    runs = {(s, name): half_cycle(structure, from_T=2.0, seed=s, **steps) for s in SEEDS for name, steps in STEPS.items()}
    curves = run_half_cycles(runs, slots=len(runs))
    shape = {key: getattr(structure, key) for key in ("L_nm", "d_nm", "wS_nm", "wZ_nm")}
    rows = [shape | {"seed": s} | {name: figures(curves[s, name]) for name in STEPS} for s in SEEDS]
    progress(*rows)
    return rows


def differences(rows, key):
    """What parts the figures of adaptive and fixed steps, and those of the two seeds at the same steps: T."""
    apart = lambda a, b: [abs(x[key] - y[key]) for x, y in zip(a, b, strict=True)]  # noqa: E731
    by_steps = {name: [r[name] for r in rows] for name in STEPS}
    pairs = {
        "adaptive, fixed_50mT": apart(by_steps["adaptive"], by_steps["fixed_50mT"]),
        "adaptive, fixed_10mT": apart(by_steps["adaptive"], by_steps["fixed_10mT"]),
        "fixed_50mT, fixed_10mT": apart(by_steps["fixed_50mT"], by_steps["fixed_10mT"]),
        "fixed_10mT, other seed": apart(by_steps["fixed_10mT"][::2], by_steps["fixed_10mT"][1::2]),
    }
    return {name: spread(values) for name, values in pairs.items()}


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
    fewer = np.array([r["fixed_50mT"]["evaluations"] / r["adaptive"]["evaluations"] for r in rows])
    summary = {
        "fewer_evaluations": {
            "median": float(np.median(fewer)),
            "by_seed": {str(s): float(np.median(fewer[k :: len(SEEDS)])) for k, s in enumerate(SEEDS)},
            "of_the_sum": sum(r["fixed_50mT"]["evaluations"] for r in rows) / sum(r["adaptive"]["evaluations"] for r in rows),
        },
        "mu0_Hc_T": differences(rows, "mu0_Hc_T"),
        "mu0_Hp_T": differences(rows, "mu0_Hp_T"),
    }
    write("stepping", machine | {"box_nm": BOX_NM, "cell_nm": 1, "from_T": 2.0, **summary, "rows": rows})
