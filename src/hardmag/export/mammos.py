"""Coercivity, remanence and energy product as entities of the ontology of magnetic materials, which MaMMoS packages read."""

from pathlib import Path

import numpy as np

from hardmag.dataset.loaded import load
from hardmag.errors import UserError
from hardmag.export.library import load as load_library
from hardmag.files import atomic_path
from hardmag.loops import mean_Ms_of
from hardmag.materials import MU0
from hardmag.result_file import is_result, read_result

SUFFIXES = (".csv", ".yaml")


def export_mammos(path, output):
    """Write Hc (A/m), Mr (A/m) and BHmax (J/m³) as mammos-entity's CSV or YAML; returns of how many curves.

    path: a dataset, of whose accepted samples there is one row each, with its id; or what `hardmag simulate` wrote, with H and
    M (A/m) of its curve, as YAML alone, for the columns of a CSV are of one length. Raises UserError where mammos-entity is
    missing, and for a simulation that is not 'ok'.
    """
    suffix = Path(output).suffix
    if suffix not in SUFFIXES:
        raise UserError(f"{output}: must end in {' or '.join(SUFFIXES)}")
    entity = load_library("mammos_entity", "mammos")
    if not is_result(path):
        collection = _of_dataset(entity, load(path))
    elif suffix == ".csv":
        raise UserError(f"{output}: of one simulation, its curve included, must end in .yaml")
    else:
        collection = _of_curve(entity, path, read_result(path))
    with atomic_path(output) as temporary:
        (collection.to_csv if suffix == ".csv" else collection.to_yaml)(temporary)
    return len(collection["sample"]) if "sample" in collection else 1


def _of_dataset(entity, data):
    accepted = np.flatnonzero(data.columns["status"] == "accepted")
    if not len(accepted):
        raise UserError(f"{data.path}: has no accepted sample")
    Hc, m_r, BHmax = (data.columns[name][accepted] for name in ("mu0_Hc_T", "m_r", "BHmax_kJ_per_m3"))
    Ms = [_mean_Ms(*data.curves[row], product) for row, product in zip(accepted, BHmax, strict=True)]
    found = _entities(entity, Hc, m_r * Ms, BHmax)
    text = f"Samples of the campaign {data.attributes['campaign']}, averages of their half-cycles; NaN: no such value"
    return entity.EntityCollection(text, sample=data.columns["id"][accepted].astype(str), **found)


def _of_curve(entity, path, curve):
    loop = curve.loop
    if not np.isfinite(loop.BHmax_kJ_per_m3):
        raise UserError(f"{path}: the simulation has no figures: it ended as {curve.status.name.lower()}")
    Ms = _mean_Ms(curve.mu0_H_T, curve.m_parallel, loop.BHmax_kJ_per_m3)
    found = _entities(entity, loop.mu0_Hc_T, loop.m_r * Ms, loop.BHmax_kJ_per_m3)
    H, M = entity.H(curve.mu0_H_T / MU0, "A/m"), entity.M(curve.m_parallel * Ms, "A/m")
    return entity.EntityCollection("A simulated demagnetisation curve, M along the applied field H", **found, H=H, M=M)


def _mean_Ms(H, m, BHmax_kJ_per_m3):
    """The total moment over the volume (A/m), which files hold by the energy product alone; NaN where there is none of it."""
    return mean_Ms_of(H, m, BHmax_kJ_per_m3) if BHmax_kJ_per_m3 > 0 else np.nan


def _entities(entity, mu0_Hc_T, Mr_A_per_m, BHmax_kJ_per_m3):
    return {
        "Hc": entity.Hc(mu0_Hc_T / MU0, "A/m"),
        "Mr": entity.Mr(Mr_A_per_m, "A/m"),
        "BHmax": entity.BHmax(BHmax_kJ_per_m3 * 1e3, "J/m3"),
    }
