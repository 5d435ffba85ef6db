"""Single cubes of Nd2Fe14B by the reduced-order model and by full micromagnetics: python benchmarks/reduced_order_cubes.py

After Kovacs et al. 2023, Fig. 9: µ0Hc over the edge, aligned and turned by 20°. Then d and l of the model, fitted to these
cubes by efficient global optimisation, with the valley that they lie in. Full micromagnetics goes as far as a processor does in
some minutes a cube; what the file holds of it is not run again, the model is. → reduced_order_cubes.json
"""

import time

import numpy as np
from common import begun, environment, progress, write

from hardmag.papers.kovacs2023 import single_cubes as s
from hardmag.papers.kovacs2023.expected_improvement import minimise

NAME = "reduced_order_cubes"
FULL = {50: 2.0, 70: 2.0, 100: 2.0, 140: 2.0, 200: 2.5}  # {edge in nm: largest cell in nm}
CELLS = ((50, 1.25), (50, 5 / 3), (50, 2.5), (100, 2.5), (100, 4.0))  # how much µ0Hc depends on them
MODEL_NM = (50, 70, 100, 140, 200, 300, 400, 570, 800)
ANGLES = (s.ALIGNED_DEG, s.TURNED_DEG)
PUBLISHED = tuple(s.PUBLISHED.values())
GRID = {"d": 25, "l": 19}
FIRST, THEN, DRAWN, SEED = 16, 24, 300, 1
DIGITS = 5


def main():
    environ, result = environment(), begun(NAME)
    rows = result.setdefault("full", [])
    result |= environ
    wanted = [(edge, cell) for edge, cell in FULL.items()] + list(CELLS)
    for edge, cell in sorted(wanted):
        for angle in ANGLES:
            if (edge, angle, round(cell, 3)) not in (known(row) for row in rows):
                rows.append(full(edge, angle, cell))
                progress(rows[-1])
                write(NAME, result)
    every = cubes(MODEL_NM)
    fields = s.model_T(every, [PUBLISHED])[0]
    result["model"] = [
        {"edge_nm": edge, "angle_deg": angle, "mu0_Hc_T": round(float(field), DIGITS)}
        for (edge, angle), field in zip(every, fields, strict=True)
    ]
    write(NAME, result | fitted(rows))


def cubes(edges):
    return [(edge, angle) for edge in edges for angle in ANGLES]


def known(row):
    """What tells a row of full micromagnetics from the others."""
    return row["edge_nm"], row["angle_deg"], row["largest_cell_nm"]


def full(edge, angle, cell):
    """A row of full micromagnetics."""
    begin = time.process_time()
    field = s.full_T(edge, angle, cell)
    return {
        "edge_nm": edge,
        "angle_deg": angle,
        "largest_cell_nm": round(cell, 3),
        "mu0_Hc_T": round(float(field), DIGITS),
        "seconds": round(time.process_time() - begin, 1),
    }


def fitted(rows):
    """The optimum by efficient global optimisation, the valley around it, what of it depends on the cubes, and the errors on
    cubes of a size that was left out."""
    there = {known(row): row["mu0_Hc_T"] for row in rows}
    given = cubes(FULL)
    full_T = np.array([there[edge, angle, FULL[edge]] for edge, angle in given])

    def mean_square(points):
        return np.mean((s.model_T(given, points) - full_T) ** 2, axis=1)

    begin = time.process_time()
    points, values = minimise(mean_square, [s.BOUNDS["d"], s.BOUNDS["l"]], first=FIRST, then=THEN, seed=SEED)
    values, best = np.sqrt(values), int(values.argmin())
    progress("optimum", points[best], values[best], time.process_time() - begin)
    d, l = (np.linspace(*s.BOUNDS[key], GRID[key]) for key in ("d", "l"))  # noqa: E741
    grid = np.stack(np.meshgrid(d, l, indexing="ij"), -1).reshape(-1, 2)
    valley = s.Valley(d, l, s.model_T(given, grid).reshape(len(d), len(l), -1), full_T)
    return {
        "cubes": given,
        "full_T": full_T.tolist(),
        "bounds": s.BOUNDS,
        "tried": {"d": rounded(points[:, 0]), "l": rounded(points[:, 1]), "rms_T": rounded(values)},
        "optimum": {"d": rounded(points[best, 0]), "l": rounded(points[best, 1]), "rms_T": rounded(values[best])},
        "published": s.PUBLISHED | {"rms_T": rounded(np.sqrt(mean_square([PUBLISHED]))[0])},
        "published_errors_T": rounded((s.model_T(given, [PUBLISHED]) - full_T)[0]),
        "optimum_errors_T": rounded((s.model_T(given, points[best : best + 1]) - full_T)[0]),
        "valley": {"d": rounded(d), "l": rounded(l), "rms_T": rounded(valley.rms_T())},
        "drawn_optima": rounded(valley.drawn_optima(DRAWN, SEED)),
        "left_out_T": rounded(valley.left_out_T([edge for edge, _ in given])),
    }


def rounded(values):
    return np.round(values, DIGITS).tolist()


if __name__ == "__main__":
    main()
