"""What Snakemake has done and has to do, read from the journal of its steps (src/snakemake_logger_plugin_hardmag writes it).

A step is a job of Snakemake. Simulations are counted by their half-cycles elsewhere (status.py), in which a long batch is
more than a short one; here are the stages that follow.
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

JOURNAL = "progress.jsonl"
SIMULATIONS, OTHER = "simulations", "other steps"
STAGES = {  # in the order in which they are shown: how the names of their rules begin
    SIMULATIONS: ("plan_", "run_batch", "list_results"),
    "dataset": ("build_dataset", "extend_dataset", "join_dataset", "check_quality"),
    "models": ("train_", "score_model", "compare_models"),
    "analysis": ("analyse", "find"),
    "figures": ("draw_", "replay_"),
    "page": ("draw_explore",),
    "verification": ("propose_designs", "judge_designs"),
    "learning": ("propose_samples", "summarise_learning"),
}
TARGETS = {"all", "simulate", "dataset", "surrogates", "analysis", "figures", "explore", "verification", "learning"}
ENOUGH = 3  # steps of a stage that must have ended before their mean says how long another takes


def stage_of(rule):
    """Stage that a rule's jobs belong to; None for a target, which only waits for others."""
    if rule in TARGETS:
        return None
    begins = {begin: stage for stage, names in STAGES.items() for begin in names if rule.startswith(begin)}
    return begins[max(begins, key=len)] if begins else OTHER


@dataclass(frozen=True)
class Running:
    """A step at work. name: rule and wildcards; since: Unix time."""

    name: str
    stage: str
    since: float


@dataclass(frozen=True)
class Steps:
    """Steps of Snakemake's last run. stages: {stage: (done, all)}, as far as they are known: rescues and additions bring more;
    failed: names; remote: whether a step may wait in a cluster's queue; ended: whether Snakemake has; seconds_left: for all but
    the simulations, None if nobody knows."""

    done: int
    total: int
    stages: dict
    running: list
    failed: list
    remote: bool
    ended: bool
    seconds_left: float | None

    @property
    def following(self):
        """The stages after the simulations: {stage: (done, all)}."""
        return {stage: counts for stage, counts in self.stages.items() if stage != SIMULATIONS}

    @property
    def over(self):
        """Whether the run has done all it had to."""
        return self.done >= self.total


class StepReader:
    """Reads a campaign's journal of steps again and again, each time only what was added."""

    def __init__(self, folder, at_end=False):
        """at_end: runs that have begun before this do not count."""
        self._path = Path(folder) / JOURNAL
        self._read = 0
        self._durations = {}  # (stage, rule, wildcards): seconds it last took, in earlier runs too
        self._reset(None)
        if at_end:
            self._take_in()
            self._reset(None)

    def _reset(self, run):
        self._run = run
        self._jobs = {}  # id: [rule, wildcards, begin, None or the event that ended it]
        self._ended = False
        self._total = 0  # of all steps, those without a name yet included, when a step ended last

    def look(self, now):
        """Steps at the Unix time `now`; None before a run has told any."""
        self._take_in()
        if self._run is None:
            return None
        planned, begun, done = Counter(self._run["rules"]), Counter(), Counter()
        for rule, _, _, end in self._jobs.values():
            begun[rule] += 1
            done[rule] += end == "finished"
        stages = {}
        for rule in planned | begun:
            stage = stage_of(rule)
            if stage is not None:
                before = stages.get(stage, (0, 0))
                stages[stage] = before[0] + done[rule], before[1] + max(planned[rule], begun[rule])
        return Steps(
            done=sum(done.values()),
            total=max(self._total, sum((planned | begun).values())),
            stages={stage: stages[stage] for stage in (*STAGES, OTHER) if stage in stages},
            running=[
                Running(f"{rule} {what}".strip(), stage_of(rule), since)
                for rule, what, since, end in self._jobs.values()
                if end is None and stage_of(rule) is not None
            ],
            failed=[f"{rule} {what}".strip() for rule, what, _, end in self._jobs.values() if end == "failed"],
            remote=self._run["remote"],
            ended=self._ended,
            seconds_left=self._seconds_left(planned | begun, begun, now),
        )

    def _seconds_left(self, planned, begun, now):
        """What is left of the stages that follow, if as many steps as now go on. None while a step at work takes longer than
        its like, or nothing is known of one that is to come."""
        left = []
        for rule, what, since, end in self._jobs.values():
            if end is None and stage_of(rule) not in (None, SIMULATIONS):
                takes = self._takes(rule, what)
                left.append(None if takes is None or takes < now - since else takes - (now - since))
        at_work = len(left)
        for rule, number in planned.items():
            if stage_of(rule) not in (None, SIMULATIONS):
                left += [self._takes(rule, None)] * (number - begun[rule])
        if None in left or not at_work:
            return None
        return max(sum(left) / at_work, *left)

    def _takes(self, rule, what):
        """Seconds: of this very step before, else the mean of its stage; None if too few of these have ended."""
        stage = stage_of(rule)
        same = [s for (_, r, w), s in self._durations.items() if r == rule and what in (None, w)]
        like = same or [s for (other, _, _), s in self._durations.items() if other == stage]
        return fmean(like) if same or len(like) >= ENOUGH else None

    def _take_in(self):
        try:
            with open(self._path, "rb") as file:
                file.seek(self._read)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._read += len(line)
                    self._take(line)
        except FileNotFoundError:
            return

    def _take(self, line):
        try:
            event = json.loads(line)
        except ValueError:
            return  # half a line that a killed run has left, or the empty one after it
        kind, job = event["event"], self._jobs.get(event.get("id"))
        if kind == "run":
            self._reset(event)
        elif kind == "job":
            self._jobs[event["id"]] = [event["rule"], event["what"], event["t"], None]
        elif kind == "progress":
            self._total = event["total"]
        elif kind == "end":
            self._ended = True
        elif job:
            job[3] = kind
            stage = stage_of(job[0])
            if kind == "finished" and stage not in (None, SIMULATIONS):
                self._durations[stage, job[0], job[1]] = event["t"] - job[2]
