"""Coercivity of single cubes of Nd2Fe14B by the reduced-order model and by full micromagnetics (Kovacs et al. 2023, Fig. 9),
and the d and l of the model that bring both together.

The paper tunes d and l on cubes of 100 to 800 nm, aligned and turned by 20°. Here the field lies along an edge of the cube, and
its easy axis is turned: by ALIGNED_DEG, for a perfectly aligned moment feels no torque, or by 20°.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from hardmag.errors import InvalidValue
from hardmag.grains import Grains, Reading
from hardmag.materials import ND2FE14B
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.polyhedron import Polyhedron
from hardmag.solvers import run_half_cycles
from hardmag.voxels import Voxels

ALIGNED_DEG, TURNED_DEG = 2.0, 20.0
PUBLISHED = {"d": 1.44, "l": 1.24}
BOUNDS = {"d": (0.8, 4.0), "l": (1.1, 2.3)}  # in which d and l are looked for
SWEEP = {"from_T": 1.0, "to_T": -10.0, "step_T": 0.64}
RESOLUTION_T = {"full": 0.01, "model": 0.005}
FIELD = (0.0, 0.0, 1.0)
SLOTS = 256  # half-cycles of the model at a time


def axis_of(angle_deg):
    """The easy axis, in the plane of two edges."""
    angle = np.radians(angle_deg)
    return (float(np.sin(angle)), 0.0, float(np.cos(angle)))


def grains_of(edge_nm, angle_deg, d, l):  # noqa: E741 — the paper's letter
    """The cube for the model."""
    body = Polyhedron.box(np.zeros(3), np.full(3, edge_nm * 1e-9))
    return Grains((body,), np.zeros(1, int), (ND2FE14B,), np.array([axis_of(angle_deg)]), reading=Reading(d=d, l=l))


def voxels_of(edge_nm, angle_deg, cell_nm):
    """The cube for full micromagnetics, in cells of at most cell_nm."""
    count = int(np.ceil(edge_nm / cell_nm - 1e-9))
    index, axis = np.zeros((count,) * 3, np.uint8), np.zeros((3, count, count, count))
    axis[:] = np.reshape(axis_of(angle_deg), (3, 1, 1, 1))
    return Voxels(index, (ND2FE14B,), (edge_nm / count * 1e-9,) * 3, axis=axis)


def full_T(edge_nm, angle_deg, cell_nm):
    """µ0Hc by full micromagnetics."""
    return _coercivities_T([voxels_of(edge_nm, angle_deg, cell_nm)], 1, RESOLUTION_T["full"])[0]


def model_T(cubes, readings):
    """µ0Hc by the model, (r, c). cubes: [(edge_nm, angle_deg)]; readings: [(d, l)]."""
    bodies = [grains_of(*cube, *reading) for reading in readings for cube in cubes]
    return _coercivities_T(bodies, SLOTS, RESOLUTION_T["model"]).reshape(len(readings), len(cubes))


def _coercivities_T(bodies, slots, resolution_T):
    runs = {k: HalfCycle(body, FIELD, **SWEEP, resolution_T=resolution_T) for k, body in enumerate(bodies)}
    curves = run_half_cycles(runs, slots=slots)
    failed = Counter(curve.status.name for curve in curves.values() if curve.status is not Status.OK)
    if failed:
        raise InvalidValue(f"of {len(curves)} half-cycles of cubes failed: {dict(failed)}")
    # A cube reverses between two fields, and not in between by degrees.
    return np.array([-curves[k].mu0_H_T[-2:].mean() for k in range(len(bodies))])


@dataclass(frozen=True)
class Valley:
    """µ0Hc by the model over a grid of d and l, beside that of full micromagnetics.

    d: (n,); l: (m,); model_T: (n, m, c); full_T: (c,).
    """

    d: np.ndarray
    l: np.ndarray  # noqa: E741
    model_T: np.ndarray
    full_T: np.ndarray

    def __post_init__(self):
        if self.model_T.shape != (len(self.d), len(self.l), len(self.full_T)):
            raise InvalidValue(f"model_T has the shape {self.model_T.shape}, not that of d, l and the cubes")

    def rms_T(self, cubes=slice(None)):
        """Of the errors over some cubes: (n, m)."""
        return np.sqrt(np.mean((self.model_T - self.full_T)[..., cubes] ** 2, axis=-1))

    def optimum(self, cubes=slice(None)):
        """(d, l) of the least rms over some cubes, between the points of the grid."""
        fine = [np.linspace(axis[0], axis[-1], 8 * len(axis)) for axis in (self.d, self.l)]
        # What is smooth between the points of the grid is each cube's error, not their rms, which has its least value there.
        errors = RegularGridInterpolator((self.d, self.l), (self.model_T - self.full_T)[..., cubes], method="linear")
        rms = np.sqrt(np.mean(errors(np.stack(np.meshgrid(*fine, indexing="ij"), -1)) ** 2, axis=-1))
        i, j = np.unravel_index(rms.argmin(), rms.shape)
        return float(fine[0][i]), float(fine[1][j])

    def errors_T(self, d, l):  # noqa: E741
        """Of the model less full micromagnetics at one (d, l): (c,)."""
        return RegularGridInterpolator((self.d, self.l), self.model_T - self.full_T)((d, l))

    def drawn_optima(self, count, seed):
        """Optima (count, 2) of as many cubes, drawn from these with replacement: how much depends on which cubes there are."""
        rng, c = np.random.default_rng(seed), len(self.full_T)
        return np.array([self.optimum(rng.integers(c, size=c)) for _ in range(count)])

    def left_out_T(self, groups):
        """Errors (c,) of each cube by the (d, l) that is fitted without its group. groups: (c,)."""
        groups, errors = np.asarray(groups), np.empty(len(self.full_T))
        for group in np.unique(groups):
            out = groups == group
            errors[out] = self.errors_T(*self.optimum(~out))[out]
        return errors
