"""Small campaigns with a page: smooth targets of the features, a designer fitted to them, its scores, explore.html."""

import json
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import torch

from hardmag.dataset.schema import SCHEMA_VERSION
from hardmag.figures.explore import page, write_explore
from hardmag.figures.explore_data import page_data
from hardmag.inverse.designer import Designer
from hardmag.inverse.store import load_designer
from hardmag.inverse.train import fit_designer
from hardmag.materials import Z_PHASES
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.coreshell import CoreShell, smaller_switching_field
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.smco17 import SmCo17, z_properties
from hardmag.papers.yang2024.columns import GEOMETRY
from hardmag.sealed import written
from hardmag.surrogates.comparison import score_model
from hardmag.surrogates.f_nn import layers
from hardmag.surrogates.models import Networks
from hardmag.surrogates.network import perceptron
from hardmag.surrogates.rows import rows_of
from hardmag.surrogates.scaling import Scaler

ANGLES = (0.0, 30.0, 60.0)
# 2 nm of boundary are 2.5 of these cells: rounded as Python does, 2.
BOX = {"size_nm": (64, 64, 32), "cell_nm": (0.8, 0.8, 2.0)}


AT_0 = {"alpha_deg": 0.0, "z_set": "dft"}
GRAINS = {"a_nm": (16, 28), "c_nm": (12, 20), "shell_nm": (1, 5), "layer_nm": (1, 3), "core_Nd": (0, 1), "shell_Nd": (0, 1)}

MAGNETS = {"grain_size_nm": (50, 2000), "size_spread": (0, 0.4), "aspect": (0.5, 4), "misalignment_deg": (5, 45)}
MAGNETS |= {"boundary_percent": (1, 6), "pore_percent": (0, 10), "grain_Nd": (0.2, 1), "temperature_K": (300, 400)}

FORMULAS = {"core_composition": "Ce0.75La0.25", "shell_composition": "Ce0.75La0.25"}


@dataclass(frozen=True)
class Case:
    folder: Path
    kind: type
    designer: Designer
    page: Path
    data: dict  # what the page holds


def make_case(folder):
    """Write dataset.h5, designer.h5, ensemble.json and explore.html of SmCo-1:7."""
    write_dataset(folder / "dataset.h5", make_table())
    _make(folder, AT_0)


def make_grain_case(folder):
    """Likewise of core/shell grains: one target, features that follow from numbers, angles that were sampled, no level."""
    write_dataset(folder / "dataset.h5", make_grains(), kind="coreshell")
    _make(folder, {})


def magnet_page():
    """(Data, text) of a page of polycrystals: four targets, a network that nobody has trained, no scores."""
    table = make_magnets()
    rows = rows_of(table, "polycrystal")
    network = perceptron(layers(rows.variables), torch.Generator().manual_seed(1)).requires_grad_(False)
    networks = Networks((network,), Scaler.fit(rows.x), Scaler.fit(rows.y))
    data = page_data(networks, {}, None, table, "polycrystal") | {"campaign": "magnets", "folder": "results/magnets"}
    return data, page(data, Polycrystal.script())


def _make(folder, prescribed):
    dataset, model, scores = folder / "dataset.h5", folder / "designer.h5", folder / "ensemble.json"
    fit_designer(dataset, model, seed=1, epochs=60, prescribed=prescribed)
    score_model(dataset, "ensemble", scores, seed=1, trials=1, epochs=5)
    write_explore(model, [scores], dataset, folder / "explore.html")


def load_case(folder):
    """What make_case or make_grain_case has left in a folder."""
    designer, page = load_designer(folder / "designer.h5"), folder / "explore.html"
    return Case(folder, KINDS[designer.variables.kind], designer, page, held_data(page))


def held_data(page):
    """The data in a page."""
    text = page.read_text(encoding="utf-8")
    return json.loads(text.split('<script type="application/json" id="data">')[1].split("</script>")[0])


def make_table(geometries=40, sets=tuple(Z_PHASES)):
    """Each geometry at every angle and Z set, with its specification."""
    rng = np.random.default_rng(5)
    records = []
    for lengths in rng.uniform([24, 13, 3, 1], [72, 50, 12, 11], size=(geometries, 4)):
        geometry = dict(zip(GEOMETRY, lengths.tolist(), strict=True))
        for alpha in ANGLES:
            for z_set in sets:
                specification = {"nanostructure": SmCo17(**geometry, **BOX, z_set=z_set).content(), "alpha_deg": alpha}
                own = {"alpha_deg": alpha, "z_set": z_set, "specification": json.dumps(specification)}
                records.append(geometry | own | z_properties(z_set))
    table = {key: np.array([record[key] for record in records]) for key in records[0]}
    table["mu0_Hc_T"] = (1 + 8 * table["wS_nm"] / table["L_nm"]) * (0.8 + 0.2 * np.cos(np.radians(2 * table["alpha_deg"])))
    wall = np.tanh((table["wZ_nm"] - table["l_Z_nm"]) / 4)
    table["phi_p"] = 0.3 + 0.15 * wall + 0.004 * (table["d_nm"] - 30)
    return table | {"status": np.full(len(records), "accepted"), "cell_nm": np.full(len(records), BOX["cell_nm"][0])}


def make_grains(count=240):
    """Grains turned by any angle; every eighth without a demagnetising field, of which nothing is learned."""
    rng, names = np.random.default_rng(6), [*GRAINS, "misorientation_deg", "azimuth_deg"]
    low, high = np.array([*GRAINS.values(), (0, 30), (0, 359)]).T
    records = []
    for n, values in enumerate(rng.uniform(low, high, size=(count, len(names))).round(6)):
        own = dict(zip(names, values.tolist(), strict=True)) | {"magnetostatics": "with" if n % 8 else "without"}
        grain = CoreShell(b_nm=24, **FORMULAS, **own)
        records.append(grain.values() | {"specification": json.dumps({"nanostructure": grain.content(), "alpha_deg": 0.0})})
    table = {key: np.array([record[key] for record in records]) for key in records[0]}
    table["alpha_deg"] = np.zeros(count)
    table["mu0_Hc_T"] = smaller_switching_field(table) * (0.5 + 0.05 * table["shell_nm"] - 0.1 * table["layer_nm"])
    return table | {"status": np.full(count, "accepted")}


def make_magnets(count=30):
    """Magnets of as many grains, at three angles of the field."""
    low, high = np.array([*MAGNETS.values()]).T
    records = []
    lacking = {"boundary_Ms_of_grain": np.nan}
    for n, values in enumerate(np.random.default_rng(7).uniform(low, high, size=(count, len(low))).round(6)):
        own = dict(zip(MAGNETS, values.tolist(), strict=True))
        magnet, alpha = Polycrystal(grains=40, grain_composition="Ce0.75La0.25", **own), ANGLES[n % len(ANGLES)]
        specification = json.dumps({"nanostructure": magnet.content(), "alpha_deg": alpha})
        records.append(lacking | magnet.values() | {"alpha_deg": alpha, "specification": specification})
    table = {key: np.array([record[key] for record in records]) for key in records[0]}
    table["m_r"] = np.cos(np.radians(table["misalignment_deg"]))
    table["mu0_Hc_T"] = table["grain_K1_MJ_per_m3"] * (1 - 0.1 * np.log10(table["grain_size_nm"])) * table["m_r"]
    table |= {"squareness": table["m_r"] ** 2, "BHmax_kJ_per_m3": 400 * table["m_r"] ** 2}
    return table | {"status": np.full(count, "accepted")}


def write_dataset(path, table, kind="smco17"):
    """Only the table: no curves."""
    with written(path, "dataset") as file:
        file.attrs.update(schema_version=SCHEMA_VERSION, kind=kind)
        for name, values in table.items():
            text = values.dtype.kind == "U"
            data, dtype = (values.astype(object), h5py.string_dtype()) if text else (values, None)
            file.create_dataset(f"samples/{name}", data=data, dtype=dtype)
