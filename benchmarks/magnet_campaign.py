"""Magnets of (Nd,Ce,La)2Fe14B: what the models of 500 of them are worth, and magnets that are asked for, simulated.

Stands on the finished campaign config/polycrystal/magnet.yaml (results/polycrystal-magnet, or the folder that is given). Writes
benchmarks/magnet_campaign.json. Run: python benchmarks/magnet_campaign.py [FOLDER]
"""

import json
import sys
from pathlib import Path

from common import environment, write
from little_neodymium import COLUMN

import hardmag
from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import samples_of
from hardmag.campaign.samples import half_cycle_of
from hardmag.files import sha256
from hardmag.materials import MU0

CONFIG = Path(__file__).parents[1] / "config" / "polycrystal" / "magnet.yaml"
TEMPERATURE_K, COUNT = 433, 3
WANTED = ({"mu0_Hc_T": 1.2, "BHmax_kJ_per_m3": 320}, {"mu0_Hc_T": 1.2, "BHmax_kJ_per_m3": 240})
TARGETS = ("mu0_Hc_T", "m_r", "squareness", "BHmax_kJ_per_m3")


def simulated(campaign, design):
    """What is predicted of a design, what one half-cycle of it gives, as the campaign runs it, and µ0 Ms²/4 of its grains,
    which no energy product exceeds."""
    (sample,) = samples_of(campaign, [design.parameters])
    run, settings = half_cycle_of(sample, 0), campaign.half_cycle
    field = {"direction": run.direction, "from_T": settings.from_T, "to_T": settings.to_T, "step_T": settings.step_T}
    loop = hardmag.half_cycle(run.body, field=field, solver={"seed": run.seed}).loop
    return {
        "parameters": design.parameters,
        COLUMN: sample.structure.values()[COLUMN],
        "most_kJ_per_m3": sample.structure.values()["grain_mu0_Ms_T"] ** 2 / (4 * MU0) / 1e3,
        "predicted": design.mean,
        "simulated": {target: getattr(loop, target) for target in TARGETS},
    }


def asked(folder, campaign, wanted):
    """Designs of least neodymium for {target: value} at TEMPERATURE_K, simulated, or their refusal."""
    found = hardmag.design(folder, wanted, count=COUNT, least=COLUMN, temperature_K=TEMPERATURE_K, alpha_deg=0.0)
    designs = [simulated(campaign, design) for design in found.designs]
    return {"wanted": wanted, "refusal": found.refusal, "nearest": found.nearest, "designs": designs}


def main(folder):
    folder, campaign = Path(folder), load_campaign(CONFIG)
    quality, models, verification = (
        json.loads((folder / f"{n}.json").read_text()) for n in ("quality", "models", "verification")
    )
    scores = [
        {"label": variant["label"]}
        | {
            target: {k: score[k] for k in ("R2", "MAE")} | {"coverage": score["coverage"]["overall"]}
            for target, score in variant["grouped"].items()
        }
        for variant in models["variants"]
        if variant["variant"] == "default"
    ]
    write(
        "magnet_campaign",
        environment()
        | {
            "dataset_sha256": sha256(folder / "dataset.h5"),
            "samples": {key: quality[key] for key in ("samples", "accepted", "rescued", "quarantined")},
            "folds": models["folds"],
            "models": scores,
            "tolerance": verification["tolerance"],
            "queries": len(verification["queries"]),
            "methods": verification["methods"],
            "temperature_K": TEMPERATURE_K,
            "asked": [asked(folder, campaign, wanted) for wanted in WANTED],
        },
    )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "results/polycrystal-magnet")
