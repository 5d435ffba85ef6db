"""A campaign on the cluster of cluster.sh, run as a user would, and what a test needs to see and to break."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

# 40 samples in 5 batches, boxes of 20×20 cells; to_T is too short for some, which are rescued.
CAMPAIGN = """
name: tiny
nanostructure: {kind: smco17, size_nm: [20, 20, 2], cell_nm: [1.0, 1.0, 2.0], d_nm: 10, wZ_nm: 2}
design:
  kind: grid
  parameters: {L_nm: [14, 16, 18, 20, 22], wS_nm: [2], alpha_deg: [0, 5, 10, 15, 20, 25, 30, 40]}
half_cycle: {from_T: 1.0, to_T: -4.0, step_T: 0.25, realisations: 2}
quality: {max_cell_over_delta0: 2.0, max_spread_T: 2.0, rescue_rounds: 1, max_quarantine_fraction: 0.5}
batching: {samples: 8, slots: 2}
"""
# Ten of its samples, in two batches.
SMALL = CAMPAIGN.replace("14, 16, 18, 20, 22", "14, 18").replace("0, 5, 10, 15, 20, 25, 30, 40", "0, 10, 20, 30, 40")
SMALL = SMALL.replace("samples: 8", "samples: 5")
# Has the loops of the solver compiled.
CASE = """
nanostructure: {kind: smco17, size_nm: [20, 20, 2], cell_nm: [1, 1, 2], L_nm: 16, d_nm: 10, wS_nm: 2, wZ_nm: 2}
field: {direction: [0.1, 0, 1], from_T: 1, to_T: -8, step_T: 1}
"""
LIMIT_S = 600
PATIENCE = int(os.environ.get("HARDMAG_PATIENCE", "1"))  # times all deadlines: more where other work goes on beside


def cluster(*command):
    """Call cluster.sh."""
    subprocess.run([HERE / "cluster.sh", *command], check=True)


def sweep(folder):
    """End what still runs in a folder: without cgroups SLURM misses processes whose parents died first."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve().is_relative_to(folder):
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:  # it has ended meanwhile, or is not ours to look at
            continue


def wait_for(condition, seconds, what):
    """What condition() returns, as soon as it is true."""
    end = time.monotonic() + seconds * PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {seconds * PATIENCE} s in vain for {what}"
        time.sleep(0.2)
    return found


def user_profile(folder, scheduler, **changes):
    """profiles/slurm as a user of this cluster edits it, with waiting times for tests, or profiles/local; with `changes`."""
    profile = yaml.safe_load((ROOT / f"profiles/{'slurm' if scheduler else 'local'}/config.yaml").read_text())
    if scheduler:
        profile["default-resources"] |= {"slurm_account": "nobody", "slurm_partition": "cpu", "mem_mb": 2000}
        profile["set-resources"]["run_batch"]["slurm_partition"] = "gpu"
        profile |= {"latency-wait": 5, "max-jobs-per-timespan": "100/1s", "max-status-checks-per-second": 2}
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(profile | changes))


class Campaign:
    """A folder with the workflow in it and a campaign file; the code is the repository's."""

    def __init__(self, folder, text=CAMPAIGN, scheduler=True, **profile):
        self.folder = folder
        self.results = folder / "results" / "tiny"
        self.faults = folder / "faults"
        self.profile = folder / "profiles" / "mine"
        if self.faults.exists():
            return  # made before, to be looked at
        (self.faults / "work").mkdir(parents=True)
        self.inject()
        for name in ("Snakefile", "workflow"):
            (folder / name).symlink_to(ROOT / name)
        user_profile(self.profile, scheduler, **profile)
        (folder / "tiny.yaml").write_text(text)

    def inject(self, **faults):
        """See injected/sitecustomize.py."""
        temporary = self.faults / "faults.tmp"
        temporary.write_text(json.dumps(faults))
        temporary.rename(self.faults / "faults.json")

    @property
    def environment(self):
        paths = [str(HERE / "injected"), str(ROOT / "src"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        own = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "HARDMAG_FAULTS": str(self.faults), "COLUMNS": "200"}
        return os.environ | own

    def hardmag(self, *arguments, limit_s=LIMIT_S):
        """Call hardmag in the folder: CompletedProcess with text."""
        command = [sys.executable, "-m", "hardmag", *arguments]
        streams, limit_s = {"capture_output": True, "text": True}, limit_s * PATIENCE
        try:
            return subprocess.run(command, cwd=self.folder, env=self.environment, check=False, timeout=limit_s, **streams)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"hardmag {arguments[0]} has not ended after {limit_s} s") from None

    def start(self, *targets):
        """`hardmag run` in the background, in a process group of its own."""
        return self.background("hardmag", "run", "tiny.yaml", *targets, "--profile", str(self.profile))

    def background(self, module, *arguments):
        """Any command of Python's in the background, in a process group of its own, its words in run.log."""
        with open(self.folder / "run.log", "a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )

    def finish(self, process):
        """Wait for the end of a run: (exit code, what it said)."""
        try:
            process.wait(LIMIT_S * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the campaign has not ended after {LIMIT_S * PATIENCE} s\n{self.log()}") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return process.returncode, (self.folder / "run.log").read_text()

    def run(self, *targets):
        return self.finish(self.start(*targets))

    def log(self):
        """What Snakemake said, for messages of failed assertions."""
        path = self.results / "snakemake.log"
        return path.read_text() if path.exists() else ""

    def jobs(self, batch=None):
        """This campaign's jobs of run_batch, of all times, oldest first: [{id, batch, state, node, memory_MB, limit_min}]."""
        wanted = "JobID,State,MinMemory,TimeLimit,WorkDir,Comment,NodeList"
        columns = ",".join(f"{name}:300" for name in wanted.split(","))
        listed = subprocess.run(["squeue", "-h", "--states=all", "-O", columns], capture_output=True, text=True, check=True)
        found = []
        for line in listed.stdout.splitlines():
            job, state, memory, limit, folder, comment, *node = line.split()
            match = re.fullmatch(r"rule_run_batch_wildcards_\w*?([0-9a-f]{12})\w*", comment)
            if match and folder == str(self.folder) and batch in (None, match[1]):
                minutes = sum(int(n) * f for n, f in zip(reversed(limit.split(":")), (1 / 60, 1, 60), strict=False))
                job = {"id": int(job), "batch": match[1], "state": state, "node": "".join(node)}
                found.append(job | {"memory_MB": int(memory.removesuffix("M")), "limit_min": round(minutes)})
        return sorted(found, key=lambda j: j["id"])

    def plan(self):
        """Make the plan that a run would make, and return its batches."""
        assert self.hardmag("plan", "tiny.yaml", "--device", "cuda").returncode == 0
        return self.batches()

    def batches(self):
        """Batches of the first round."""
        return list(json.loads((self.results / "ledger/round-0.json").read_text()))

    def estimate(self, batch):
        """What the plan says that a batch of the first round costs on a GPU: {minutes, host_MB, …}."""
        return json.loads((self.results / "plan.json").read_text())["estimates"][batch]["cuda"]

    def journalled(self, batch="*"):
        """(key, realisation) of every whole record that any worker has written to the journal."""
        found = []
        for path in self.results.glob(f"journal/{batch}/*.jsonl"):
            for line in path.read_text().splitlines():
                if line.endswith("}"):
                    record = json.loads(line.partition(" ")[2])
                    found.append((record["key"], record["realisation"]))
        return found

    def work(self, batch="*", job="*"):
        """What the workers of a batch or job have done: {evaluations, ended, seconds, first, pid}, earliest first."""
        notes = [(p, json.loads(p.read_text())) for p in self.faults.glob(f"work/{batch}-{job}-*.json")]
        return sorted((n | {"pid": int(p.stem.rpartition("-")[2])} for p, n in notes), key=lambda n: n["first"])

    def evaluations(self, batch="*"):
        """Field evaluations that all workers of a batch have done."""
        return sum(n["evaluations"] for n in self.work(batch))

    def samples(self, batch):
        """Ids of the samples of a batch, in its order."""
        entries = json.loads((self.results / "batches" / f"{batch}.json").read_text())["entries"]
        return [e["sample"]["id"] for e in entries]


def undisturbed(folder):
    """A campaign that was run in a folder up to the dataset, by this call or by one before; without the scheduler."""
    campaign = Campaign(folder, scheduler=False)
    if not (campaign.results / "dataset.h5").exists():
        # The loops of the solver are compiled here once, not by five jobs at the same time.
        (folder / "case.yaml").write_text(CASE)
        assert campaign.hardmag("simulate", "case.yaml", "-o", "case.h5").returncode == 0
        code, said = campaign.run("dataset")
        assert code == 0, said + campaign.log()
    return campaign
