"""Grains of a wanted coercivity, with and without asking for little Nd, simulated: python benchmarks/little_neodymium.py

Stands on the finished campaign config/coreshell/designs.yaml (results/coreshell-designs), or on the folder that is given.
"""

import sys
from pathlib import Path

import numpy as np
from common import write

import hardmag
from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import samples_of
from hardmag.campaign.samples import half_cycle_of
from hardmag.files import sha256

CONFIG = Path(__file__).parents[1] / "config" / "coreshell" / "designs.yaml"
WANTED_T, COUNT, COLUMN = (1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5), 3, "Nd_at_percent"


def simulated(campaign, design):
    """{Nd, predicted and simulated µ0Hc} of a design, by one half-cycle as the campaign's."""
    (sample,) = samples_of(campaign, [design.parameters])
    run, settings = half_cycle_of(sample, 0), campaign.half_cycle
    field = {"direction": run.direction, "from_T": settings.from_T, "to_T": settings.to_T, "step_T": settings.step_T}
    found = hardmag.half_cycle(run.body, field=field, solver={"seed": run.seed})
    return {
        COLUMN: sample.structure.values()[COLUMN],
        "predicted_T": design.mean["mu0_Hc_T"],
        "simulated_T": found.loop.mu0_Hc_T,
    }


def main(folder):
    campaign, table = load_campaign(CONFIG), hardmag.load_dataset(folder).columns
    queries = []
    for wanted in WANTED_T:
        near = np.abs(table["mu0_Hc_T"] - wanted) <= 0.05 * wanted
        query = {"wanted_T": wanted, "samples": int(near.sum()), "least_of_samples": float(table[COLUMN][near].min())}
        for name, least in (("plain", None), ("sparing", COLUMN)):
            designs = hardmag.design(folder, {"mu0_Hc_T": wanted}, count=COUNT, least=least).designs
            query[name] = [simulated(campaign, design) for design in designs]
        queries.append(query)
    data = {"hardmag_version": hardmag.__version__, "physics_version": hardmag.PHYSICS_VERSION}
    write("little_neodymium", data | {"dataset_sha256": sha256(Path(folder) / "dataset.h5"), "queries": queries})


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "results/coreshell-designs")
