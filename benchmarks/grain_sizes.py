"""Polycrystals over the size of their grains: python benchmarks/grain_sizes.py [--dataset FILE]

After Kovacs et al. 2023, Fig. 16, from the dataset of config/polycrystal/paper.yaml. Simulated here: α of the same structures
with moments that do not turn, and their curves where a grain reverses even if that raises the energy. → grain_sizes.json
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from common import environment, write

from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import samples_of
from hardmag.campaign.samples import half_cycle_of
from hardmag.dataset.read import read_curves, read_table
from hardmag.files import sha256
from hardmag.loops import analyse
from hardmag.micromagnetics.outcome import Status
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
        "reversal_always": [reversed_always(campaign, group) for group in groups],
    }
    write("grain_sizes", environ | found)


def reversed_always(campaign, group):
    """What of a group comes to rest so, has the same curve, and by how much the coercivity of the others changes."""
    shared = {"grain_size_nm": group.grain_size_nm, "boundary_nm": group.boundary_nm, "reversal": "always"}
    samples = samples_of(campaign, [shared | {"structure_seed": seed} for seed in group.structure_seed])
    curves = run_half_cycles({k: half_cycle_of(sample, 0) for k, sample in enumerate(samples)})
    no_rest, same, changes_T = 0, 0, []
    for k, curve in curves.items():
        if curve.status is Status.FLIPPED_BACK:
            no_rest += 1
        elif all(np.array_equal(*pair) for pair in zip((curve.mu0_H_T, curve.m_parallel), group.curves[k], strict=True)):
            same += 1
        else:
            changes_T.append(analyse(curve.mu0_H_T, curve.m_parallel, 1.0).mu0_Hc_T - group.mu0_Hc_T[k])
    size = {key: getattr(group, key) for key in ("grain_size_nm", "boundary_nm")}
    return size | {"no_rest": no_rest, "same_curve": same, "changes_T": [round(change, 4) for change in changes_T]}


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
