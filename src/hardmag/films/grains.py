"""Coercivity of a polycrystal over what its grains are made of: a design by the reduced-order model, and a surrogate of it.

At given lengths every field of that model scales with the magnetisation, so that Hc over the anisotropy field HA depends on two
numbers alone: µ0Ms over µ0HA, and the exchange length √(A/µ0Ms²), by which its points lie inside the grains' edges.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from hardmag.errors import UserError
from hardmag.loops import analyse
from hardmag.materials import MU0
from hardmag.micromagnetics.half_cycle import HalfCycle
from hardmag.micromagnetics.outcome import Status
from hardmag.nanostructures import KINDS
from hardmag.solvers import run_half_cycles
from hardmag.surrogates.models import fit_gaussian_process

# Nd2Fe14B has 0.21 and 2.0 nm. Grains whose magnetisation is larger than HA are hardly hard: their moments may find no rest.
RANGES = {"Ms_over_HA": (0.1, 1.0), "exchange_length_nm": (1.4, 3.2)}
WORDS = {"Ms_over_HA": "µ0Ms over µ0HA", "exchange_length_nm": "exchange length (nm)"}
MU0_MS_T = 1.0  # of all that are simulated; others follow by the scaling
ALONG = (0.0, 0.0, 1.0)  # the texture's axis, across the film
BEYOND, STEP_T = 1.3, 0.25  # the field goes to so many times HA, as far the other way at first, in steps of at most STEP_T
POINTS = 64  # of the design, a power of 2 as a Sobol sequence wants it
FOLDS = 5
HELD = 0.95


def numbers(K1_J_per_m3, mu0_Ms_T, A_J_per_m):
    """(…, 2) of RANGES: µ0Ms over µ0HA, and the exchange length in nm; arguments in SI, broadcastable."""
    square = np.asarray(mu0_Ms_T) ** 2 / MU0
    return np.stack(np.broadcast_arrays(square / (2 * K1_J_per_m3), 1e9 * np.sqrt(A_J_per_m / square)), axis=-1)


def magnet_of(magnet, Ms_over_HA, exchange_length_nm):
    """The polycrystal of settings, its grains with these two numbers."""
    square = MU0_MS_T**2 / MU0
    grain = {
        "grain_mu0_Ms_T": MU0_MS_T,
        "grain_K1_MJ_per_m3": 1e-6 * square / (2 * Ms_over_HA),
        "grain_A_pJ_per_m": 1e-6 * exchange_length_nm**2 * square,
    }
    return KINDS["polycrystal"](**magnet, **grain)


def simulate_design(magnet, seed, points=POINTS):
    """{number of RANGES: (n,), "Hc_over_HA": (n,)}: the points of a Sobol sequence, each of grains of its own."""
    low, high = np.array(list(RANGES.values())).T
    design = qmc.scale(qmc.Sobol(len(RANGES), rng=np.random.default_rng((seed, 6))).random(points), low, high)
    found = [coercivity_over_HA(magnet, *point, (seed, 7, n)) for n, point in enumerate(design)]
    return {name: design[:, k].tolist() for k, name in enumerate(RANGES)} | {"Hc_over_HA": found}


def coercivity_over_HA(magnet, Ms_over_HA, exchange_length_nm, seed):
    """Hc over HA of one polycrystal. UserError where its half-cycle fails."""
    body, mu0_HA_T = magnet_of(magnet, Ms_over_HA, exchange_length_nm), MU0_MS_T / Ms_over_HA
    field = {"direction": ALONG, "from_T": BEYOND * mu0_HA_T, "to_T": -BEYOND * mu0_HA_T, "step_T": STEP_T}
    grains = body.build(np.random.default_rng(seed))
    curve = run_half_cycles({0: HalfCycle(body=grains, resolution_T=0.01, demag=body.demag, **field)})[0]
    if curve.status is not Status.OK:
        at = f"{WORDS['Ms_over_HA']} = {Ms_over_HA:.2g}"
        raise UserError(f"simulated.magnet: a polycrystal was not demagnetised at {at}: {curve.status.name.lower()}")
    return analyse(curve.mu0_H_T, curve.m_parallel, MU0_MS_T / MU0).mu0_Hc_T / mu0_HA_T


@dataclass(frozen=True, eq=False)
class Surrogate:
    """model: the Gaussian process of Hc over HA; error: HELD of the polycrystals that were left out are no further from it."""

    model: object
    error: float

    @classmethod
    def of(cls, design, seed):
        """From simulate_design. What it errs is found in folds, with the scatter of a polycrystal's few grains in it."""
        x, y = np.stack([design[name] for name in RANGES], axis=1), np.array(design["Hc_over_HA"])
        fold = np.random.default_rng((seed, 8)).permutation(len(y)) % FOLDS
        off = np.empty(len(y))
        for k in range(FOLDS):
            off[fold == k] = _predicted(_fit(x[fold != k], y[fold != k], seed), x[fold == k]) - y[fold == k]
        rank = min(int(np.ceil(HELD * (len(y) + 1))), len(y))
        return cls(_fit(x, y, seed), float(np.sort(np.abs(off))[rank - 1]))

    def __call__(self, K1_J_per_m3, mu0_Ms_T, A_J_per_m):
        """µ0Hc in T, NaN outside of RANGES; arguments in SI, broadcastable."""
        x = numbers(K1_J_per_m3, mu0_Ms_T, A_J_per_m)
        inside = np.all([(low <= x[..., k]) & (x[..., k] <= high) for k, (low, high) in enumerate(RANGES.values())], axis=0)
        found = np.full(inside.shape, np.nan)
        if inside.any():
            found[inside] = np.maximum(_predicted(self.model, x[inside]), 0.0)
        return found * mu0_Ms_T / x[..., 0]


def outside(x):
    """Why two numbers (2,) of a grain lie outside of what was simulated; '' where they do not."""
    for value, (name, (low, high)) in zip(x, RANGES.items(), strict=True):
        if not low <= value <= high:
            return f"{WORDS[name]} = {value:.2g}, outside of the {low:g} to {high:g} of the simulated grains"
    return ""


def _fit(x, y, seed):
    return fit_gaussian_process(x, y[:, None], np.arange(len(y)), seed)


def _predicted(model, x):
    return model.predict(x).mean[:, 0]
