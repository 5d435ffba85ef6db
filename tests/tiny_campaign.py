"""A campaign of two samples to be exported, for the tests of exports and for benchmarks/round_trips.py."""

import yaml

from hardmag.campaign.ledger import plan_campaign
from hardmag.dataset.build import build_dataset
from hardmag.jobs.worker import run_batch

CAMPAIGN = {
    "name": "tiny",
    "nanostructure": {"kind": "smco17", "size_nm": [16, 16, 2], "cell_nm": [1.0, 1.0, 2.0], "d_nm": 10, "wZ_nm": 2, "wS_nm": 2},
    "design": {"kind": "grid", "parameters": {"L_nm": [12], "alpha_deg": [0, 40]}},
    "half_cycle": {"from_T": 1.0, "to_T": -10.0, "realisations": 2},
    "quality": {"max_cell_over_delta0": 2.0, "max_spread_T": 9.0},
    "batching": {"samples": 3},
}
TERMS = ("--license", "https://creativecommons.org/licenses/by/4.0/", "--creator", "A. Physicist")


def campaign_that_ran(home):
    """Its results/tiny in a folder."""
    config, folder = home / "campaign.yaml", home / "results" / "tiny"
    config.write_text(yaml.safe_dump(CAMPAIGN, sort_keys=False))
    (batch,) = plan_campaign(config, folder)["batches"]
    result = folder / "rounds" / "0" / f"{batch}.h5"
    run_batch(folder / "batches" / f"{batch}.json", result, folder / "journal" / batch, threads=1)
    build_dataset(folder, [result], config, folder / "dataset.h5", folder / "dataset.parquet")
    return folder
