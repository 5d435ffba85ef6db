"""The variational exchange against equation 7 of Yang et al.: the structures of their Table 1, and 36 over the design space.

Writes benchmarks/exchange_formulas.json. Run: python benchmarks/exchange_formulas.py
"""

import time

from common import Z_SETS, environment, figures, half_cycle, progress, structures, write

from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.nanostructures import SmCo17

FORMULAS = ("variational", "yang_eq7")
TABLE_1 = {  # L, d, wS, wZ in nm: Hc (T) of the paper's forward network for its own design
    (10.5512, 34.4364, 7.2424, 4.2517): 7.0060,
    (93.6572, 21.5065, 6.3650, 9.6443): 5.0007,
    (120.7757, 13.0958, 6.5392, 12.0948): 4.149,
}
FACES = {"all sides": ("x-", "x+", "y-", "y+"), "sides across c": ("y-", "y+"), "none": ()}
COUNT = 12  # geometries, each with three Z sets


def compare(structure, **settings):
    """Both formulas on one structure."""
    runs = {f: half_cycle(structure, exchange=f, **settings) for f in FORMULAS}
    begin = time.perf_counter()
    curves = run_half_cycles(runs, slots=2)
    progress(
        structure.L_nm, structure.z_set, {f: figures(c) for f, c in curves.items()}, f"{time.perf_counter() - begin:.0f} s"
    )
    return {f: figures(c) for f, c in curves.items()}


def table_1():
    rows = []
    for (L, d, wS, wZ), paper in TABLE_1.items():
        for name, faces in FACES.items():
            structure = SmCo17(L_nm=L, d_nm=d, wS_nm=wS, wZ_nm=wZ, z_set="dft", boundary_faces=faces)
            rows.append(
                {"L_nm": L, "d_nm": d, "wS_nm": wS, "wZ_nm": wZ, "paper_mu0_Hc_T": paper, "layer_on": name} | compare(structure)
            )
    return rows


def design_space():
    rows = []
    for draw in structures(COUNT, size_nm=(64, 64, 2)):
        for z in Z_SETS:
            s = draw(z)
            rows.append({"L_nm": s.L_nm, "d_nm": s.d_nm, "wS_nm": s.wS_nm, "wZ_nm": s.wZ_nm, "z_set": z} | compare(s))
    return rows


if __name__ == "__main__":
    machine = environment()
    write(
        "exchange_formulas",
        machine
        | {
            "cell_nm": [0.5, 0.5],
            "box_nm": {"table_1": [128, 128], "design_space": [64, 64]},
            "design_space": design_space(),
            "table_1": table_1(),
        },
    )
