"""Polycrystals over the size of their grains: python benchmarks/grain_sizes.py [--dataset FILE]

After Kovacs et al. 2023, Fig. 16, from the dataset of config/polycrystal/paper.yaml; and α of the same structures with moments
that do not turn, which is simulated here. → grain_sizes.json
"""

import argparse
from collections import Counter
from pathlib import Path

from common import environment, write

from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import samples_of
from hardmag.campaign.samples import half_cycle_of
from hardmag.dataset.read import read_curves, read_table
from hardmag.files import sha256
from hardmag.loops import analyse
from hardmag.papers.kovacs2023.grain_sizes import ANISOTROPY_T, groups_of
from hardmag.solvers import run_half_cycles

ROOT = Path(__file__).parents[1]
CONFIG, DATASET = ROOT / "config" / "polycrystal" / "paper.yaml", ROOT / "results" / "polycrystal-paper" / "dataset.h5"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default=DATASET, type=Path)
    given, environ, campaign = parser.parse_args(), environment(), load_campaign(CONFIG)
    table, (_, half_cycles) = read_table(given.dataset), read_curves(given.dataset)
    groups = groups_of(table, half_cycles)
    found = {
        "dataset_sha256": sha256(given.dataset),
        "grains": campaign.nanostructure["grains"],
        "size_spread": campaign.nanostructure["size_spread"],
        "misalignment_deg": campaign.nanostructure["misalignment_deg"],
        "resolution_T": campaign.half_cycle.resolution_T,
        "from_T": campaign.half_cycle.from_T,
        "samples": len(table["status"]),
        "failures": dict(Counter(str(failure) for failure in table["failure"] if failure)),
        "groups": [group.to_dict() for group in groups],
        "alpha_of_fixed_moments": alpha_of_fixed_moments(campaign, groups[0]),
    }
    write("grain_sizes", environ | found)


def alpha_of_fixed_moments(campaign, group):
    """Of each structure of a group: [α]."""
    shared = {"grain_size_nm": group.grain_size_nm, "boundary_nm": group.boundary_nm}
    shared |= {"magnetostatics": "without", "moments": "fixed"}
    samples = samples_of(campaign, [shared | {"structure_seed": seed} for seed in group.structure_seed])
    curves = run_half_cycles({k: half_cycle_of(sample, 0) for k, sample in enumerate(samples)})
    fields = [analyse(curve.mu0_H_T, curve.m_parallel, 1.0).mu0_Hc_T for _, curve in sorted(curves.items())]
    return [round(field / ANISOTROPY_T, 4) for field in fields]


if __name__ == "__main__":
    main()
