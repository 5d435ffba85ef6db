"""On what the findings of Yang et al. hang that do not hold here: on what counts as a discontinuity, on the faces of the layer
without anisotropy, on equation 7.

The samples of 30 nanostructures of the dataset that comes with the project are simulated anew, realisation 0 with its own seed,
one thing changed at a time. Their curves go into results/findings_depend/curves.jsonl one by one, and a run that was broken off
goes on with them. Writes benchmarks/findings_depend.json. Run: python benchmarks/findings_depend.py
"""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import environment, progress, write

from hardmag import PHYSICS_VERSION
from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.dataset.read import read_curves, read_table
from hardmag.files import sha256
from hardmag.loops import analyse
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.papers.yang2024 import depends
from hardmag.papers.yang2024.findings import RESAMPLES

ROOT = Path(__file__).parents[1]
DATASET = ROOT / "data" / "smco17-workstation.h5"
CURVES = ROOT / "results" / "findings_depend" / "curves.jsonl"
COUNT, SEED = 30, 1
STEPPED, PER_ANGLE = "fixed steps", 5  # samples of each angle that are run in fixed steps too
AS_IT_IS = "as it is"
TO_T = -30.0  # without a layer some reverse beyond -12 T, at which the dataset ends; where a curve ends changes nothing before
CHANGES = {  # of the nanostructure, and of the half-cycle
    "sides across c": ({"boundary_faces": ("y-", "y+")}, {}),
    "no layer": ({"boundary_faces": ()}, {}),
    "equation 7": ({}, {"exchange": "yang_eq7"}),
}


def subset(L_nm, count, rng):
    """(rows,) of `count` nanostructures, one drawn of each of as many equal parts of them by L; all rows of each."""
    different = np.unique(L_nm)
    chosen = [rng.choice(part) for part in np.array_split(different, count)]
    return np.flatnonzero(np.isin(L_nm, chosen))


def changed(sample, of_structure, of_half_cycle):
    """Realisation 0 of a sample with something else about it: the direction and the disturbance stay."""
    structure = sample.kind.model_validate(sample.nanostructure | of_structure)
    body = structure.build(np.random.default_rng(0))  # centred: nothing is drawn
    return replace(half_cycle_of(sample, 0), body=body, to_T=TO_T, **of_half_cycle)


def in_fixed_steps(sample):
    """Realisation 0 of a sample in steps as the criteria of fixed steps take them from a curve."""
    return replace(half_cycle_of(sample, 0), step_T=depends.STEP_T, resolution_T=None)


def simulate(runs):
    """{(sample's id, change): {status, mu0_H_T, m_parallel}} of {the same: HalfCycle}; those in curves.jsonl are not run."""
    found = {}
    if CURVES.exists():
        lines = [json.loads(line) for line in CURVES.read_text().splitlines()]
        found = {(line["id"], line["change"]): line for line in lines if line["physics_version"] == PHYSICS_VERSION}
    CURVES.parent.mkdir(parents=True, exist_ok=True)
    lacking = {key: run for key, run in runs.items() if key not in found}
    with CURVES.open("a") as file:

        def keep(key, curve):
            found[key] = {
                "id": key[0],
                "change": key[1],
                "physics_version": PHYSICS_VERSION,
                "status": curve.status.name,
                "evaluations": curve.evaluations,
                "mu0_H_T": curve.mu0_H_T.tolist(),
                "m_parallel": curve.m_parallel.tolist(),
            }
            file.write(json.dumps(found[key]) + "\n")
            file.flush()
            progress(*key, curve.status.name, curve.evaluations)

        run_half_cycles(lacking, slots=4, on_curve=keep)
    return found


def of_criteria(table, averages):
    """Part 1: what counts as a discontinuity, of all curves of the dataset; no simulation."""
    tables = {name: table | {"phi_p": phi_p_of(averages, of)} for name, of in depends.CRITERIA.items()}
    if not np.allclose(tables[next(iter(tables))]["phi_p"], table["phi_p"], rtol=0, atol=1e-9, equal_nan=True):
        raise SystemExit("Φp of the curves is not that of the dataset")
    scanned = {least: table | {"phi_p": phi_p_of(averages, depends.fixed_step(least))} for least in depends.THRESHOLDS}
    return {
        "nanostructures": len(np.unique(table["L_nm"])),
        "mean_by_angle": {name: depends.by_angle(own) for name, own in tables.items()},
        "fixed_steps_by_angle": [[least, depends.by_angle(own)] for least, own in scanned.items()],
        "findings": judged(tables, {name: depends.predictions(own, SEED) for name, own in tables.items()}),
    }


def of_changes(table, singles, rows, found):
    """Part 2: the faces of the layer and equation 7, of the subset; by_angle under each criterion."""
    ids = [str(table["id"][row]) for row in rows]
    curves = {AS_IT_IS: [singles[row][0] for row in rows]}
    curves |= {name: [(found[i, name]["mu0_H_T"], found[i, name]["m_parallel"]) for i in ids] for name in CHANGES}
    ended = np.array([all(found[i, name]["status"] == "OK" for name in CHANGES) for i in ids])
    base = {name: values[rows][ended] for name, values in table.items()}
    kept = {name: [np.asarray(c) for c, e in zip(own, ended, strict=True) if e] for name, own in curves.items()}
    Hc = {name: np.array([analyse(H, m, 1.0).mu0_Hc_T for H, m in own]) for name, own in kept.items()}
    tables = {
        criterion: {name: base | {"mu0_Hc_T": Hc[name], "phi_p": phi_p_of(own, of)} for name, own in kept.items()}
        for criterion, of in depends.CRITERIA.items()
    }
    failed = Counter((found[i, name]["status"], name) for i in ids for name in CHANGES)
    return {
        "nanostructures": len(np.unique(base["L_nm"])),
        "z_sets": sorted(set(base["z_set"])),
        "half_cycles": len(ids) * len(CHANGES),
        "left_out": [[name, status, n] for (status, name), n in sorted(failed.items()) if status != "OK"],
        "samples": int(ended.sum()),
        "evaluations": {name: sum(found[i, name]["evaluations"] for i in ids) for name in CHANGES},
        "mean_by_angle": {
            criterion: {name: depends.by_angle(own) for name, own in of.items()} for criterion, of in tables.items()
        },
        "findings": judged(next(iter(tables.values())), {}),
    }


def of_real_steps(table, singles, rows, found):
    """Φp of half-cycles run in fixed steps beside that of the stored ones seen in such steps: [threshold, mean of both,
    largest difference]."""
    own = [(found[table["id"][row], STEPPED], singles[row][0]) for row in rows if (table["id"][row], STEPPED) in found]
    result = []
    for least in depends.THRESHOLDS:
        of = depends.fixed_step(least)
        real = phi_p_of([(np.asarray(r["mu0_H_T"]), np.asarray(r["m_parallel"])) for r, _ in own], of)
        seen = phi_p_of([stored for _, stored in own], of)
        result.append([least, *(round(float(v), 6) for v in (real.mean(), seen.mean(), abs(real - seen).max()))])
    return {"samples": len(own), "failed": sum(r["status"] != "OK" for r, _ in own), "by_threshold": result}


def phi_p_of(curves, criterion):
    return np.array([criterion(*curve) for curve in curves])


def judged(tables, predicted):
    evidences = {name: depends.evidence_of(own, SEED, predicted.get(name)) for name, own in tables.items()}
    return depends.paired(evidences, np.random.default_rng(SEED))


def main():
    machine = environment()
    table, (averages, singles) = read_table(DATASET), read_curves(DATASET)
    if set(table["status"]) != {"accepted"}:
        raise SystemExit(f"{DATASET}: a sample was given up, which this comparison does not provide for")
    rows = subset(table["L_nm"], COUNT, np.random.default_rng(SEED))
    rows = rows[np.lexsort((table["alpha_deg"][rows], table["z_set"][rows].astype(str)))]
    samples = [Sample.from_dict(json.loads(table["specification"][row])) for row in rows]
    runs = {(sample.id, name): changed(sample, *change) for sample in samples for name, change in CHANGES.items()}
    rng = np.random.default_rng(SEED)
    for angle in (0.0, 30.0, 45.0, 60.0):
        at = [sample for sample in samples if sample.alpha_deg == angle]
        runs |= {(sample.id, STEPPED): in_fixed_steps(sample) for sample in rng.choice(at, PER_ANGLE, replace=False)}
    found = simulate(runs)
    result = {
        "dataset": DATASET.name,
        "dataset_sha256": sha256(DATASET),
        "seed": SEED,
        "resamples": RESAMPLES,
        "criteria": of_criteria(table, averages),
        "real_steps": of_real_steps(table, singles, rows, found),
        "changes": of_changes(table, singles, rows, found),
    }
    write("findings_depend", machine | result)


if __name__ == "__main__":
    main()
