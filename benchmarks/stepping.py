"""Field steps that find jumps themselves against fixed steps of 50 mT: evaluations, Hc, Hp. 8 nanostructures.

Fixed steps of 10 mT beside them tell which of the two is nearer. Writes benchmarks/stepping.json.
Run: python benchmarks/stepping.py
"""

import numpy as np
from common import environment, figures, half_cycle, progress, structures, write

from hardmag.micromagnetics.scheduler import run_half_cycles

COUNT, BOX_NM = 8, 64
STEPS = {
    "adaptive": dict(step_T=0.64, resolution_T=0.01),
    "fixed_50mT": dict(step_T=0.05, resolution_T=None),
    "fixed_10mT": dict(step_T=0.01, resolution_T=None),
}


def compare(structure):
    runs = {name: half_cycle(structure, from_T=2.0, **steps) for name, steps in STEPS.items()}
    rows = {name: figures(curve) for name, curve in run_half_cycles(runs, slots=3).items()}
    progress(structure, rows)
    return {"L_nm": structure.L_nm, "d_nm": structure.d_nm, "wS_nm": structure.wS_nm, "wZ_nm": structure.wZ_nm} | rows


if __name__ == "__main__":
    machine = environment()
    rows = [compare(draw("dft")) for draw in structures(COUNT, size_nm=(BOX_NM, BOX_NM, 2), cell_nm=(1, 1, 2))]
    fewer = [r["fixed_50mT"]["evaluations"] / r["adaptive"]["evaluations"] for r in rows]
    summary = {"fewer_evaluations": {"median": float(np.median(fewer)), "all": [round(f, 2) for f in fewer]}}
    write("stepping", machine | {"box_nm": BOX_NM, "cell_nm": 1, "from_T": 2.0, **summary, "rows": rows})
