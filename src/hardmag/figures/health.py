"""How a campaign went: samples, failures and their corrections; and what each of its stages cost."""

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np

from hardmag.dataset.read import read_table
from hardmag.figures.tables import write_both
from hardmag.files import read_json


def write_health(dataset, quality, markdown, table):
    """Counts of samples by their fate, of failures by code, and of field evaluations."""
    state, samples = read_json(quality), read_table(dataset)
    failed = [json.loads(text) for text in samples["history"]]
    codes = Counter(step["failure"] for steps in failed for step in steps)
    half_cycles, evaluations = int(samples["realisations"].sum()), samples["evaluations"]
    per_half_cycle = evaluations / np.maximum(samples["realisations"], 1)
    rows = [
        ["samples", state["samples"]],
        ["accepted", state["accepted"]],
        ["accepted after a correction", state["rescued"]],
        ["quarantined", state["quarantined"]],
        ["quarantined at most allowed", f"{100 * state['allowed']:g} %"],
        *([f"quarantined for {code}", n] for code, n in sorted(state["reasons"].items())),
        *([f"attempts that failed: {code}", n] for code, n in sorted(codes.items())),
        ["samples without hysteresis", int(((samples["status"] == "accepted") & np.isnan(samples["mu0_Hc_T"])).sum())],
        ["half-cycles averaged", half_cycles],
        ["field evaluations, rescues included", int(evaluations.sum())],
        ["field evaluations per half-cycle, median", f"{np.median(per_half_cycle):.0f}"],
        ["field evaluations per half-cycle, slowest 5 %", f"{np.quantile(per_half_cycle, 0.95):.0f}"],
    ]
    write_both("Health of the campaign", ["what", "number"], rows, markdown, table)


def write_cost(dataset, findings, markdown, table):
    """Time and memory of the jobs, by rule, of the benchmarks beside the dataset: those that ran to their end, at their last
    try, up to the findings. CPU time counts the threads of a job together."""
    folder = Path(dataset).parent / "benchmarks"
    jobs = {}
    for path in sorted(folder.rglob("*.tsv")):
        name = path.relative_to(folder).parts[0].removesuffix(".tsv")
        with open(path, encoding="utf-8") as file:
            jobs.setdefault(name, []).extend(csv.DictReader(file, delimiter="\t"))
    rows = [
        [
            name,
            len(own),
            f"{sum(_number(job['s']) for job in own):.1f}",
            f"{sum(_number(job['cpu_time']) for job in own):.1f}",
            f"{max(_number(job['max_rss']) for job in own):.0f}",
        ]
        for name, own in jobs.items()
    ]
    rows.sort(key=lambda row: -float(row[2]))
    write_both("Cost by rule", ["rule", "jobs", "time (s)", "CPU time (s)", "most memory (MB)"], rows, markdown, table)


def _number(text):
    """A job that was over before it was looked at has NA, or - in older versions."""
    try:
        return float(text)
    except ValueError:
        return 0.0
