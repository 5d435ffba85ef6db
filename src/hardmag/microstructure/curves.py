"""Demagnetisation curves of synthetic magnets that look like a sample, by the reduced-order model."""

import tempfile
from pathlib import Path

import numpy as np

from hardmag.api import half_cycle, nanostructure
from hardmag.errors import UserError
from hardmag.images.magnet import synthetic_magnet
from hardmag.images.slices import write_seeds
from hardmag.micromagnetics.outcome import Status

ALONG = [0, 0, 1]  # the texture's axis
STEP_T = 0.64  # longest step of the field
ATTEMPTS = 4


def variation(parameters, grains, magnet, folder, rng):
    """A polycrystal with the grains of a synthetic magnet of MagnetParameters, and its inclusions as pores.

    Its seeds go to a table in the folder. magnet: {parameter: value} of the kind polycrystal, with the magnetic thickness of
    the boundary, of which images say nothing.
    """
    synthetic = synthetic_magnet(parameters, grains, rng)
    seeds = Path(folder) / "seeds.csv"
    box_nm = write_seeds(seeds, synthetic)
    return nanostructure("polycrystal", seeds=str(seeds), box_nm=box_nm, **magnet)


def demagnetised(parameters, settings, seed):
    """(DemagnetisationCurve of one variation, how many failed before it).

    Where one fails, another is drawn; UserError after ATTEMPTS. seed: a tuple of numbers.
    """
    field = {"direction": ALONG, "from_T": settings.from_T, "to_T": settings.to_T, "step_T": STEP_T}
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng((*seed, attempt))
        with tempfile.TemporaryDirectory() as folder:
            body = variation(parameters, settings.grains, settings.magnet, folder, rng)
            curve = half_cycle(body, field=field, solver={"seed": int(rng.integers(2**31))})
        if curve.status is Status.OK:
            return curve, attempt
    raise UserError(f"{ATTEMPTS} synthetic magnets were not demagnetised down to {settings.to_T:g} T: {curve.status.name}")


def summary(curves):
    """{mean, standard deviation over the variations} of µ0Hc in T, and each one's."""
    Hc = np.array([curve.loop.mu0_Hc_T for curve in curves])
    return {"mu0_Hc_T": Hc.tolist(), "mean_T": float(Hc.mean()), "standard_deviation_T": float(Hc.std(ddof=1))}
