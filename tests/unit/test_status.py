"""`hardmag status`: what it counts, which batches it takes for running, what it reads again and what not."""

import fcntl
import io
import json
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from rich.console import Console

from hardmag.campaign import audit
from hardmag.campaign.attempts import Attempt
from hardmag.campaign.ledger import extend, plan_campaign, stored_batch
from hardmag.campaign.rescue import plan_rescue
from hardmag.campaign.verdicts import keep_verdicts, verdicts
from hardmag.cli import main
from hardmag.control import status, watch
from hardmag.control.overview import overview, overview_json
from hardmag.control.status import Watcher
from hardmag.control.steps import StepReader
from hardmag.control.tally import Tally
from hardmag.files import read_json, write_json
from hardmag.jobs import fence
from hardmag.jobs.journal import JournalWriter


@pytest.fixture
def campaign(campaign_file, tmp_path, monkeypatch):
    """Folder of a campaign of four samples in two batches, of which nothing has run; no SLURM in sight."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    folder = tmp_path / "results" / "tiny"
    plan_campaign(campaign_file(quality={"rescue_rounds": 1}), folder)
    return folder


def batches(folder, round_=0):
    return list(read_json(folder / "ledger" / f"round-{round_}.json"))


@pytest.fixture
def hold(monkeypatch):
    """Function: let a worker have a batch, of which nothing was heard for so many seconds."""
    holders = {}
    monkeypatch.setattr(status, "holder", lambda folder: holders.get(folder.name))

    def make(batch, silent_s, released=False):
        holders[batch] = fence.Holder(1, "node7", 12, "345", released, silent_s)

    return make


def test_nothing_has_run(campaign):
    progress = Watcher(campaign).look()
    c = progress.counts
    assert (c.samples, c.accepted, c.failing, c.quarantined, c.remaining) == (4, 0, {}, {}, 4)
    assert (c.half_cycles, c.half_cycles_done) == (8, 0)
    assert [b.state for b in progress.batches] == ["waiting", "waiting"]
    assert progress.seconds_left is None and progress.half_cycles_per_hour is None
    assert progress.config.endswith("campaign.yaml") and not progress.over


def test_from_failing_to_quarantined(campaign, publish):
    first, second = batches(campaign)
    a, b, c = (sample.id for sample in stored_batch(campaign, first).samples.values())
    results = publish(campaign, 0, [first], {a: "NOT_REVERSED", b: "NOT_CONVERGED"})
    counts = Watcher(campaign).look().counts
    assert (counts.accepted, counts.failing, counts.remaining) == (1, {"not_reversed": 1, "not_converged": 1}, 1)

    results += publish(campaign, 0, [second], {})
    plan_rescue(campaign, 1, results, campaign / "rounds" / "1" / "plan.json")
    progress = Watcher(campaign).look()
    assert progress.counts.failing == {"not_reversed": 1, "not_converged": 1}  # they are to be run again
    assert [(b.round, b.state) for b in progress.batches] == [(0, "done"), (0, "done"), (1, "waiting")]

    publish(campaign, 1, batches(campaign, 1), {a: "NOT_REVERSED"})
    progress = Watcher(campaign).look()
    assert (progress.counts.accepted, progress.counts.failing) == (3, {})
    assert progress.counts.quarantined == {"not_reversed": 1}
    assert progress.over
    first_round, _, rescue = progress.batches
    assert first_round.counts.failing == {"not_reversed": 1, "not_converged": 1}  # what came of that batch
    assert (rescue.counts.accepted, rescue.counts.quarantined) == (1, {"not_reversed": 1})


def test_an_accepted_sample_that_is_run_once_more(campaign, publish):
    """As outliers are: it stays accepted, and the campaign goes on."""
    first, second = batches(campaign)
    publish(campaign, 0, [first, second], {})
    assert Watcher(campaign).look().over
    sample = stored_batch(campaign, first).attempts[0].sample
    extend(campaign, 1, [Attempt.of(sample, [{"failure": "outlier", "detail": "", "change": {}}])], 10)
    progress = Watcher(campaign).look()
    assert (progress.counts.accepted, progress.counts.remaining, progress.over) == (4, 0, False)


def test_given_up_by_the_next_plan(campaign, publish):
    """At the end of its ladder a sample is quarantined before the last round; but not while the plan is older than that."""
    first, second = batches(campaign)
    results = publish(campaign, 0, [first, second], {})
    plan_rescue(campaign, 1, results, campaign / "rounds" / "1" / "plan.json")
    victim = stored_batch(campaign, first).attempts[0].sample.id
    publish(campaign, 0, [first], {victim: "NOT_REVERSED"})
    later = time.time() + 10
    os.utime(results[0], (later, later))
    assert Watcher(campaign).look().counts.failing == {"not_reversed": 1}
    os.utime(campaign / "rounds" / "1" / "plan.json", (later + 10, later + 10))
    assert Watcher(campaign).look().counts.quarantined == {"not_reversed": 1}


def test_samples_no_longer_wanted_do_not_count(campaign, publish, campaign_file):
    publish(campaign, 0, batches(campaign), {})
    design = {"kind": "grid", "parameters": {"L_nm": [30], "d_nm": [20], "wZ_nm": [4], "alpha_deg": [0]}}
    plan_campaign(campaign_file(design=design), campaign)
    progress = Watcher(campaign).look()
    assert (progress.counts.samples, progress.counts.accepted, progress.counts.half_cycles) == (1, 1, 2)
    assert len(progress.batches) == 1


@pytest.mark.parametrize(
    ("silent_s", "released", "state"),
    [(1, False, "running"), (fence.SILENT_S + 5, False, "silent"), (1, True, "waiting")],
)
def test_who_is_at_work(campaign, hold, silent_s, released, state):
    first, second = batches(campaign)
    hold(first, silent_s, released)
    progress = Watcher(campaign).look()
    assert [b.state for b in progress.batches] == [state, "waiting"]
    text = overview(progress, campaign)
    assert (first in text) == (state != "waiting")
    assert second not in text and second in overview(progress, campaign, batches=True)
    if state != "waiting":
        assert f"{first} {state}; SLURM job 345 on node7, last heard " in text


def test_by_the_fence_itself(campaign):
    first, _ = batches(campaign)
    with fence.claimed(campaign / "journal" / first, lambda: False):
        assert [b.state for b in Watcher(campaign).look().batches] == ["running", "waiting"]
    assert [b.state for b in Watcher(campaign).look().batches] == ["waiting", "waiting"]


def test_a_published_batch_is_done_whatever_its_fence_says(campaign, publish, hold):
    first, _ = batches(campaign)
    hold(first, 1)
    publish(campaign, 0, [first], {})
    assert Watcher(campaign).look().batches[0].state == "done"


def test_a_damaged_batch_file_is_named_and_the_rest_counts(campaign, publish):
    first, second = batches(campaign)
    damaged, _ = publish(campaign, 0, [first, second], {})
    damaged.write_bytes(damaged.read_bytes()[:-50])
    progress = Watcher(campaign).look()
    assert [b.state for b in progress.batches] == ["damaged", "done"]
    assert (progress.counts.accepted, progress.counts.remaining) == (1, 3)
    assert f"{first} damaged; {damaged}: checksum does not match" in overview(progress, campaign)


def test_half_cycles_of_a_running_batch(campaign, record):
    first, _ = batches(campaign)
    keys = [*stored_batch(campaign, first).samples]
    watcher, writer = Watcher(campaign), JournalWriter(campaign / "journal" / first)
    for number, run in enumerate([(keys[0], 0), (keys[0], 1), (keys[1], 0), (keys[0], 0)]):  # the last for the second time
        writer.append(record(*run))
        assert watcher.look().counts.half_cycles_done == min(number + 1, 3)
    writer.close()


def test_a_line_that_is_being_written_is_not_counted(tmp_path, record):
    writer = JournalWriter(tmp_path)
    writer.append(record("ab", 0))
    writer.append(record("ab", 1))
    writer.close()
    (path,) = tmp_path.glob("*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    tally = Tally()
    assert tally.half_cycles(tmp_path) == {("ab", 0)}
    path.write_bytes(whole)
    assert tally.half_cycles(tmp_path) == {("ab", 0), ("ab", 1)} == Tally().half_cycles(tmp_path)


# ---- verdicts


@pytest.fixture
def judged(monkeypatch):
    """List of the calls of judge()."""
    calls, judge = [], audit.judge
    monkeypatch.setattr(audit, "judge", lambda records, quality: calls.append(len(records)) or judge(records, quality))
    return calls


def test_a_batch_is_judged_once(campaign, publish, judged):
    result, _ = publish(campaign, 0, batches(campaign), {})
    keep_verdicts(result)
    assert len(judged) == 3  # by the job
    assert Watcher(campaign).look().counts.accepted == 4
    assert len(judged) == 4  # the other batch
    assert Watcher(campaign).look().counts.accepted == 4
    assert len(judged) == 4


def test_what_a_verdict_follows_from_has_it_judged_anew(campaign, publish, judged):
    first, _ = batches(campaign)
    (result,) = publish(campaign, 0, [first], {})
    quality = read_json(campaign / "plan.json")["settings"]["quality"]
    assert {one.failure for one in verdicts(result, quality).values()} == {None}
    strict = quality | {"max_cell_over_delta0": 0.5}
    assert {one.failure for one in verdicts(result, strict).values()} == {"under_resolved_wall"}
    assert len(judged) == 6
    victim = stored_batch(campaign, first).attempts[0].key
    publish(campaign, 0, [first], {victim: "NOT_REVERSED"})
    assert verdicts(result, strict)[victim].failure == "not_reversed"
    assert len(judged) == 9


def test_another_judge_judges_anew(campaign, publish, judged, monkeypatch, tmp_path):
    """The code counts too: its author would see old verdicts otherwise."""
    from hardmag.campaign import verdicts as module

    (result,) = publish(campaign, 0, batches(campaign)[:1], {})
    verdicts(result, {"max_spread_T": 1.0, "max_cell_over_delta0": 1.1})
    for name in module.JUDGES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("changed")
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    module._rules.cache_clear()
    verdicts(result, {"max_spread_T": 1.0, "max_cell_over_delta0": 1.1})
    assert len(judged) == 6
    module._rules.cache_clear()


# ---- time


def test_pace_and_time_left(campaign, publish, hold):
    """One batch took 18 times what the plan says; so will the other."""
    first, second = batches(campaign)
    publish(campaign, 0, [first], {})
    plan = read_json(campaign / "plan.json")
    for name, seconds in ((first, 100.0), (second, 40.0)):
        plan["estimates"][name]["cuda"]["s"] = seconds
    write_json(campaign / "plan.json", plan)
    trace = campaign / "benchmarks" / "run_batch" / f"0-{first}.tsv"
    trace.parent.mkdir(parents=True)
    trace.write_text("s\th:m:s\n1800.0\t0:30:00\n")
    log = campaign / "logs" / "run_batch" / f"0-{first}.log"
    log.parent.mkdir(parents=True)
    log.write_text(f"batch {first}: 6 half-cycles to run on cuda:0, cuda:1, 0 from the journal\n")
    progress = Watcher(campaign).look()
    assert progress.half_cycles_per_hour == 12  # 6 in half an hour
    assert progress.seconds_left is None  # nothing runs
    hold(second, 1)
    progress = Watcher(campaign).look()
    assert progress.seconds_left == pytest.approx(40 * 18)
    text = overview(progress, campaign)
    assert "12 half-cycles per job and hour, 1 GPU-hours used, about 12 min left with 1 running" in text
    data = json.loads(overview_json(progress, campaign))
    assert data["device_hours"] == {"GPU": 1.0}  # two GPUs for half an hour
    assert data["batches"][0]["used"] == {"seconds": 1800.0, "devices": 2, "gpu": True}
    assert data["batches"][1]["holder"]["job"] == "345"
    assert data["samples"]["accepted"] == 3 and data["samples"]["remaining"] == 1


# ---- the command


def test_folder_or_campaign_file(campaign, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["status", "campaign.yaml"]) == 0
    by_file = capsys.readouterr().out
    assert main(["status", "results/tiny"]) == 0
    assert capsys.readouterr().out == by_file
    assert by_file.splitlines() == [
        "campaign tiny: 0 accepted, 0 failing, 4 remaining of 4 samples",
        "  half-cycles: 0 of 8; no batch has ended yet: its pace is not known",
        "  round 0: batches: 2 waiting; 0 accepted, 0 failing, 4 remaining of 4 samples",
        f"  no run is at work. To go on: hardmag run {tmp_path / 'campaign.yaml'}",
    ]


# ---- beside a run, and after it


@pytest.fixture
def steps(campaign):
    """Function: write the journal of a run's steps: one model of two is there, three figures are not; keywords: rules."""

    def write(**rules):
        events = [
            {"t": 0, "event": "run", "rules": {"train_forward": 1, "score_model": 1, "draw_maps": 3} | rules, "remote": False},
            {"t": 1, "event": "job", "id": 1, "rule": "train_forward", "what": ""},
            {"t": 3, "event": "finished", "id": 1},
            {"t": 3, "event": "progress", "total": 5},
            {"t": time.time() - 120, "event": "job", "id": 2, "rule": "score_model", "what": "f_nn"},
        ]
        (campaign / "progress.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
        return StepReader(campaign).look(time.time())

    return write


@pytest.fixture
def run_at_work(campaign):
    """Hold the campaign as `hardmag run` does; call it to end that run."""
    lock = open(campaign / ".controller", "w")  # noqa: SIM115 — the call closes it
    fcntl.flock(lock, fcntl.LOCK_EX)
    yield lock.close
    lock.close()


def test_simulated_but_not_over(campaign, publish, steps, run_at_work):
    publish(campaign, 0, batches(campaign), {})
    lines = overview(Watcher(campaign).look(), campaign, steps()).splitlines()
    assert lines[2:4] == [
        "  steps of the run: 1 of 5; models 1 of 2, figures 0 of 3",
        "    now: score_model f_nn (2 min)",
    ]
    assert lines[-1] == "  every sample has its verdict; what is made of them is not all there yet"


def test_a_run_that_does_not_tell_its_steps(campaign, publish, steps, run_at_work):
    """A bare snakemake: those of the run before it are shown as such."""
    publish(campaign, 0, batches(campaign), {})
    steps()
    with open(campaign / "progress.jsonl", "a") as file:
        file.write('{"t": 9, "event": "end"}\n')
    text = overview(Watcher(campaign).look(), campaign, StepReader(campaign).look(9))
    assert "steps of the last run: 1 of 5" in text and "score_model" not in text


def test_stopped_among_the_figures(campaign, publish, steps, campaign_file):
    publish(campaign, 0, batches(campaign), {})
    text = overview(Watcher(campaign).look(), campaign, steps())
    assert "steps of the last run: 1 of 5; models 1 of 2, figures 0 of 3\n" in text
    assert "score_model" not in text  # it is not running any more
    assert text.endswith(f"  no run is at work. To go on: hardmag run {campaign_file()}")


def test_a_worker_without_a_run(campaign, hold):
    hold(batches(campaign)[0], 1)
    text = overview(Watcher(campaign).look(), campaign)
    assert "\n  no run is at work: these batches are a lost run's. To go on: hardmag run " in text


def test_watching_ends_with_the_run(campaign, publish, steps, run_at_work, monkeypatch, capsys):
    """Not with the last verdict: what is made of the samples belongs to it."""
    looks = []

    def sleep(_):
        looks.append(len(capsys.readouterr().out.split("campaign tiny")) - 1)
        if len(looks) == 1:
            publish(campaign, 0, batches(campaign), {})
        if len(looks) == 3:
            run_at_work()

    monkeypatch.setattr(watch, "time", SimpleNamespace(sleep=sleep, time=time.time))
    steps()
    assert main(["status", str(campaign), "--watch"]) == 0
    assert looks == [1, 1, 1]
    assert "4 accepted" in capsys.readouterr().out


def test_watching_redraws_on_a_terminal(campaign, publish, monkeypatch):
    screen = Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(watch, "Console", lambda: screen)
    sleep = lambda _: publish(campaign, 0, batches(campaign), {})  # noqa: E731
    monkeypatch.setattr(watch, "time", SimpleNamespace(sleep=sleep, time=time.time))
    assert main(["status", str(campaign), "--watch"]) == 0
    written = screen.file.getvalue()
    assert written.count("campaign tiny") == 2 and "\x1b[1A" in written  # the cursor goes up between them


def test_in_the_width_of_a_terminal(campaign, publish, monkeypatch):
    first, second = batches(campaign)
    damaged, _ = publish(campaign, 0, [first, second], {})
    damaged.write_bytes(b"")
    text = overview(Watcher(campaign).look(), campaign)
    assert any(len(line) > 80 for line in text.splitlines())
    lines = watch.wrapped(text, 80).splitlines()
    assert all(len(line) <= 80 or " " not in line.strip() for line in lines)
    assert "".join(text.split()) == "".join("".join(lines).split())


def test_steps_for_programs(campaign, steps):
    data = json.loads(overview_json(Watcher(campaign).look(), campaign, steps()))
    assert data["steps"]["stages"] == {"models": [1, 2], "figures": [0, 3]}
    assert data["controller_at_work"] is False


def test_looking_needs_no_torch(campaign, publish):
    """Importing it takes longer than all else, and each look from a shell would."""
    for result in publish(campaign, 0, batches(campaign), {}):
        keep_verdicts(result)
    code = f"import sys; from hardmag.cli import main; main(['status', {str(campaign)!r}]); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "4 accepted" in done.stdout and done.stdout.endswith("False\n")


@pytest.mark.parametrize(
    ("name", "words"), [("none.yaml", "no such folder of results or campaign file"), (".", "no campaign here")]
)
def test_no_campaign(tmp_path, monkeypatch, capsys, name, words):
    monkeypatch.chdir(tmp_path)
    assert main(["status", name]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and words in err and err.count("\n") == 1
