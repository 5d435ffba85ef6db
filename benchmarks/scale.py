"""What planning, a dry run and `hardmag status` take on large campaigns: seconds, peak memory, files.

Campaigns: config/smco17/paper.yaml, and a made-up one of 100,000 samples; half-finished and finished ones hold made-up
results (square loops), for nothing is simulated here. Writes benchmarks/scale.json. Run: python benchmarks/scale.py
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml
from common import environment, progress, write

from hardmag.campaign.attempts import Record
from hardmag.campaign.batch_file import write_batch
from hardmag.campaign.ledger import stored_batch
from hardmag.campaign.verdicts import keep_verdicts
from hardmag.files import read_json

ROOT = Path(__file__).parents[1]
LARGE = {
    "name": "large",
    "nanostructure": {"kind": "smco17", "size_nm": [128, 128, 32]},
    "design": {
        "kind": "grid",
        "parameters": {
            "L_nm": [30.0 + 5 * n for n in range(20)],
            "d_nm": [15.0 + 5 * n for n in range(10)],
            "wS_nm": [3.0 + n for n in range(10)],
            "wZ_nm": [1.0 + n for n in range(10)],
            "alpha_deg": [0, 30, 45, 60, 90],
        },
    },
    "half_cycle": {"realisations": 2},
    "batching": {"samples": 1000, "max_runtime_min": 14400},
}
# Beside its result and verdicts, a batch that has run leaves these, empty here.
TRACES = (
    "logs/run_batch/{r}.log",
    "benchmarks/run_batch/{r}.tsv",
    "journal/{b}/0000-host.jsonl",
    "journal/{b}/fence-0001.json",
)

# From a small process: a child counts with the memory of its parent until it has begun.
MEASURE = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


def main():
    result = {"environment": environment(), "campaigns": {}}
    paper = yaml.safe_load((ROOT / "config/smco17/paper.yaml").read_text())
    for campaign in (paper, LARGE):
        with tempfile.TemporaryDirectory() as folder:
            result["campaigns"][campaign["name"]] = measured(campaign, Path(folder))
    write("scale", result)


def measured(campaign, folder):
    """{samples, batches, {plan, dry_run, status_…}: {s, MB}, files, judging_s} of a campaign in a folder of its own."""
    for name in ("Snakefile", "workflow", "profiles"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "campaign.yaml").write_text(yaml.safe_dump(campaign, sort_keys=False))
    results = folder / "results" / campaign["name"]
    hardmag = [sys.executable, "-m", "hardmag"]
    dry = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/slurm", "--config", "campaign=campaign.yaml"]
    figures = {"plan": run(folder, *hardmag, "plan", "campaign.yaml", "--device", "cuda"), "dry_run": run(folder, *dry)}
    plan = read_json(results / "plan.json")
    figures |= {"samples": len(plan["samples"]), "batches": len(plan["batches"])}
    figures["status_planned"] = run(folder, *hardmag, "status", "campaign.yaml")
    judging_s, middle = 0.0, len(plan["batches"]) // 2
    for number, batch in enumerate(plan["batches"]):
        judging_s += finish(results, batch)
        if number + 1 == middle:
            figures["status_half_finished"] = run(folder, *hardmag, "status", "campaign.yaml")
    figures["status_finished"] = run(folder, *hardmag, "status", "campaign.yaml")
    figures["dry_run_finished"] = run(folder, *dry)
    figures["judging_s"] = round(judging_s, 1)
    figures["files"] = sum(path.is_file() for path in results.rglob("*"))
    return figures


def finish(results, name):
    """Make up what a batch leaves that has run; seconds that judging it took."""
    batch = stored_batch(results, name)
    records = {half_cycle: record(*half_cycle) for half_cycle in batch.half_cycles}
    result = results / "rounds" / "0" / f"{name}.h5"
    write_batch(result, batch, records)
    for trace in TRACES:
        path = results / trace.format(r=f"0-{name}", b=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    begin = time.monotonic()
    keep_verdicts(result)
    return time.monotonic() - begin


def record(key, realisation):
    """A loop of 40 fields with one jump."""
    H = np.linspace(1, -5, 40)
    m, fractions = np.where(H + 0.1 * realisation > -3, 0.99, -0.99), {"2:17": 0.5, "1:5": 0.25, "Z": 0.25}
    return Record(key, realisation, "OK", 700, 8e5, 0.75, fractions, H, m)


def run(folder, *command):
    """{s, MB} of a command and the processes that it starts."""
    progress(*command[2:])
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return {"s": round(time.monotonic() - begin, 2), "MB": round(int(done.stdout) * 1024 / 1e6)}


if __name__ == "__main__":
    main()
