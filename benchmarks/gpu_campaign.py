"""As much of the paper's campaign with one layer as the time allows, on one GPU, into a Parquet table; a further call goes on.

Run: python benchmarks/gpu_campaign.py TABLE.parquet [--minutes 20]

The samples of config/smco17/paper.yaml come in an order drawn at random, so that those done are a fair part of all. The table
has a row per half-cycle that has ended, and is written anew after each minute; what is in flight at the end is begun anew.
A campaign of many jobs, its audit and its rescue rounds are `hardmag run`'s: this is for a GPU that is there for minutes.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from common import HERE, progress

from hardmag import PHYSICS_VERSION
from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import make_plan
from hardmag.campaign.samples import half_cycle_of
from hardmag.errors import UserError
from hardmag.files import atomic_path
from hardmag.loops import analyse
from hardmag.micromagnetics.half_cycle import Status
from hardmag.micromagnetics.scheduler import run_half_cycles

CAMPAIGN = HERE.parent / "config" / "smco17" / "paper.yaml"
SLOTS, AT_A_TIME = 64, 640  # half-cycles: in flight, and built
WRITTEN_EVERY_S = 60
KEY = ["sample", "realisation"]


def samples_in_order(campaign):
    """All samples of the campaign, in an order of its seed's."""
    samples = make_plan(campaign).samples
    return [samples[k] for k in np.random.default_rng(campaign.seed).permutation(len(samples))]


def row_of(sample, realisation, body, curve):
    """What the table says of a half-cycle: its parameters, Hc, Hp in T, Φp, remanence over saturation, status, cost."""
    loop = analyse(curve.mu0_H_T, curve.m_parallel, body.mean_Ms_A_per_m()) if curve.status is Status.OK else None
    figures = {name: getattr(loop, name, float("nan")) for name in ("mu0_Hc_T", "mu0_Hp_T", "phi_p", "m_r")}
    parameters = {name: sample.nanostructure[name] for name in ("L_nm", "d_nm", "wS_nm", "wZ_nm", "z_set")}
    parameters |= {"alpha_deg": sample.alpha_deg, "box_nm": sample.nanostructure["size_nm"][0]}
    cost = {"status": curve.status.name, "evaluations": curve.evaluations, "physics_version": PHYSICS_VERSION}
    return {"sample": sample.id, "realisation": realisation} | parameters | figures | cost


def held(path):
    """Rows of the table as it is; none if there is none yet."""
    if not path.exists():
        return []
    table = pd.read_parquet(path)
    if set(table["physics_version"]) - {PHYSICS_VERSION}:
        raise UserError(f"{path}: physics_version: is not {PHYSICS_VERSION} in all rows; choose another file")
    return table.to_dict("records")


def write(path, rows):
    """The table, by atomic rename."""
    with atomic_path(path) as temporary:
        pd.DataFrame(rows).sort_values(KEY).to_parquet(temporary, index=False)


def run(campaign, path, minutes, device):
    """Simulate until the time is over, or all is done. Returns how many half-cycles the table holds, and how many there are."""
    begin, written = time.monotonic(), time.monotonic()
    rows, samples = held(path), samples_in_order(campaign)
    done = {(row["sample"], row["realisation"]) for row in rows}
    keys = [(s, r) for s in samples for r in range(s.realisations)]
    missing = [key for key in keys if (key[0].id, key[1]) not in done]
    over = lambda: time.monotonic() - begin > 60 * minutes  # noqa: E731

    for first in range(0, len(missing), AT_A_TIME):
        by_key = {(s.id, r): s for s, r in missing[first : first + AT_A_TIME]}
        runs = {key: half_cycle_of(sample, key[1]) for key, sample in by_key.items()}

        def keep(key, curve, by_key=by_key, runs=runs):
            nonlocal written
            rows.append(row_of(by_key[key], key[1], runs[key].body, curve))
            if time.monotonic() - written > WRITTEN_EVERY_S:
                written = time.monotonic()
                write(path, rows)
                progress(f"{len(rows)} of {len(keys)} half-cycles")

        run_half_cycles(runs, slots=SLOTS, device=device, on_curve=keep, stop=over)
        if over():
            break
    if rows:
        write(path, rows)
    return len(rows), len(keys)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("table", type=Path)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--campaign", type=Path, default=CAMPAIGN)
    given = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        done, all_ = run(load_campaign(given.campaign), given.table, given.minutes, device)
    except UserError as error:
        sys.exit(str(error))
    progress(f"{given.table}: {done} of {all_} half-cycles, on {device}")


if __name__ == "__main__":
    main()
