"""One cluster and one undisturbed campaign for all tests; what the faults cost."""

import os
import shutil
from pathlib import Path

import fault_costs
import pytest
from lab import cluster, sweep, undisturbed


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    if os.geteuid() != 0 or shutil.which("slurmctld", path=os.environ["PATH"] + ":/usr/sbin") is None:
        pytest.skip("needs root and SLURM: make test-slurm installs it")
    cluster("start")
    yield
    cluster("stop")
    sweep(tmp_path_factory.getbasetemp().resolve())


@pytest.fixture(scope="session")
def reference(slurm, tmp_path_factory):
    """A run without SLURM, up to the dataset; tests must leave it as it is. $HARDMAG_REFERENCE: a folder that has one."""
    return undisturbed(Path(os.environ.get("HARDMAG_REFERENCE") or tmp_path_factory.mktemp("reference")))


@pytest.fixture(scope="session")
def costs():
    """{fault: what it cost}; kept in docs/reliability.md and faults.json when HARDMAG_RECORD is set."""
    found = {}
    yield found
    if "HARDMAG_RECORD" in os.environ:
        fault_costs.record(found)


@pytest.fixture
def record(reference, costs):
    """Function: note what a fault cost. batch: hit by it, None: all; evaluations done again; delay_s: until work went on."""

    def note(fault, batch, evaluations, delay_s):
        work = reference.work(batch or "*")
        total, seconds = sum(n["evaluations"] for n in work), sum(n["seconds"] for n in work)
        costs[fault] = {
            "repeated_evaluations": int(evaluations),
            "of": total,
            "repeated_s": round(evaluations * seconds / total, 1),
            "delay_s": None if delay_s is None else round(delay_s),
        }

    return note
