"""What finished jobs took: Snakemake's benchmark of each (wall time of the job's last, successful try) and the devices that
its log names."""

import re
from pathlib import Path
from typing import NamedTuple

DEVICES = re.compile(r"half-cycles to run on ((?:cuda:\d+|cpu)(?:, cuda:\d+)*)")


class Used(NamedTuple):
    """By one job: seconds, number of its devices, and whether they are GPUs."""

    seconds: float
    devices: int
    gpu: bool


def used(folder, round_, batch):
    """Used of a batch's job, or None where Snakemake has no benchmark of it."""
    name = f"{round_}-{batch}"
    try:
        seconds = float((Path(folder) / "benchmarks" / "run_batch" / f"{name}.tsv").read_text().split("\n")[1].split("\t")[0])
    except (OSError, IndexError, ValueError):
        return None
    try:
        with open(Path(folder) / "logs" / "run_batch" / f"{name}.log", errors="replace") as log:
            found = DEVICES.search(log.read(2000))
    except OSError:
        found = None
    names = found[1].split(", ") if found else ["cpu"]
    return Used(seconds, len(names), names[0] != "cpu")


def device_hours(jobs):
    """{"GPU": hours, "CPU": hours} of a list of Used, without what was not used."""
    hours = {}
    for job in jobs:
        kind = "GPU" if job.gpu else "CPU"
        hours[kind] = hours.get(kind, 0.0) + job.seconds * job.devices / 3600
    return hours
