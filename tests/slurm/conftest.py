"""One cluster and one undisturbed campaign for all tests; what the faults cost."""

import os
import shutil

import fault_costs
import pytest
from lab import Campaign, cluster, sweep

CASE = """
nanostructure: {kind: smco17, size_nm: [20, 20, 2], cell_nm: [1, 1, 2], L_nm: 16, d_nm: 10, wS_nm: 2, wZ_nm: 2}
field: {direction: [0.1, 0, 1], from_T: 1, to_T: -8, step_T: 1}
"""


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
    """An undisturbed run up to the dataset; tests must leave it as it is."""
    campaign = Campaign(tmp_path_factory.mktemp("reference"))
    # The loops of the solver are compiled here once, not by eight jobs at the same time.
    (campaign.folder / "case.yaml").write_text(CASE)
    assert campaign.hardmag("simulate", "case.yaml", "-o", "case.h5").returncode == 0
    code, said = campaign.run("dataset")
    assert code == 0, said + campaign.log()
    return campaign


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
