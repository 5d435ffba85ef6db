"""The journal of Snakemake's steps, and what is shown of it: stages, what is at work, what is left."""

import json
import logging
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from snakemake_interface_logger_plugins.common import LogEvent

from hardmag.control.display import WIDTH, Speaker, progress_lines, progress_table, simulated_line, steps_line, summary_line
from hardmag.control.progress import Counts, Pace, Progress, left
from hardmag.control.steps import JOURNAL, OTHER, SIMULATIONS, StepReader, stage_of
from hardmag.papers import artefacts_of
from snakemake_logger_plugin_hardmag import LogHandler, LogHandlerSettings

ROOT = Path(__file__).parents[2]
RULES = {"run_batch": 2, "plan_rescue": 1, "build_dataset": 1, "check_quality": 1, "train_forward": 1, "score_model": 3}
RULES |= {f"draw_figure{n}": 1 for n in range(5)} | {"all": 1}


@pytest.fixture
def journal(tmp_path):
    """Function: append events, (seconds, event, keys and values), to a journal as the plugin does."""

    def append(*events):
        with open(tmp_path / JOURNAL, "a") as file:
            for t, event, content in events:
                file.write(json.dumps({"t": t, "event": event} | content) + "\n")

    return append


def run(t=0, remote=False, **rules):
    return t, "run", {"rules": rules or RULES, "remote": remote}


def job(t, number, rule, what=""):
    return t, "job", {"id": number, "rule": rule, "what": what}


def finished(t, number):
    return t, "finished", {"id": number}


def step(number, rule, begin, end, what=""):
    """A job and its end."""
    return job(begin, number, rule, what), finished(end, number)


# ---- what the plugin writes


def record(event, t=5.0, **content):
    made = logging.LogRecord("snakemake", logging.INFO, "", 0, "", (), None)
    made.created, made.event = t, event
    vars(made).update(content)
    return made


def test_what_the_plugin_writes_is_what_is_read(tmp_path):
    handler = LogHandler(SimpleNamespace(dryrun=False), LogHandlerSettings(journal=tmp_path / JOURNAL))
    assert not handler.writes_to_stream  # Snakemake's own log would vanish
    handler.emit(record(None))
    assert not (tmp_path / JOURNAL).exists()
    handler.emit(record(LogEvent.RESOURCES_INFO, nodes=100))
    handler.emit(record(LogEvent.RUN_INFO, stats={"score_model": 2, "all": 1, "total": 3}))
    handler.emit(record(LogEvent.JOB_STARTED, jobs=[1]))
    handler.emit(record(LogEvent.JOB_INFO, 6.0, jobid=1, rule_name="score_model", wildcards={"part": "", "model": "f_nn"}))
    steps = StepReader(tmp_path).look(7.0)
    assert (steps.stages, steps.total, steps.remote) == ({"models": (0, 2)}, 3, True)
    assert [(s.name, s.stage, s.since) for s in steps.running] == [("score_model f_nn", "models", 6.0)]
    handler.emit(record(LogEvent.JOB_ERROR, jobid=1))
    assert StepReader(tmp_path).look(7.0).failed == ["score_model f_nn"]
    handler.emit(record(LogEvent.JOB_INFO, 8.0, jobid=1, rule_name="score_model", wildcards={"model": "f_nn"}))  # tried again
    handler.emit(record(LogEvent.JOB_FINISHED, 9.0, job_id=1))
    handler.emit(record(LogEvent.PROGRESS, 9.0, done=1, total=4))
    steps = StepReader(tmp_path).look(9.0)
    assert (steps.done, steps.total, steps.failed, steps.running) == (1, 4, [], [])
    assert not steps.ended
    handler.close()
    handler.close()  # Snakemake does, and so does Python at its end
    assert StepReader(tmp_path).look(9.0).ended
    assert (tmp_path / JOURNAL).read_text().count("end") == 1


def test_a_dry_run_writes_nothing(tmp_path):
    handler = LogHandler(SimpleNamespace(dryrun=True), LogHandlerSettings(journal=tmp_path / JOURNAL))
    handler.emit(record(LogEvent.RUN_INFO, stats={"all": 1, "total": 1}))
    assert not (tmp_path / JOURNAL).exists()


def test_every_rule_belongs_to_a_stage():
    beside = {"intrinsic", "images", "films"}  # workflows of their own
    files = [path for path in (ROOT / "workflow" / "rules").glob("*.smk") if path.stem not in beside]
    text = "\n".join(path.read_text() for path in files)
    rules = re.findall(r"^ *(?:rule|checkpoint) (\w+):", text, re.M)
    assert len(rules) > 20
    assert [rule for rule in rules if stage_of(rule) == OTHER] == []
    sheets = {artefact.sheet for artefact in artefacts_of("smco17").values()} - {"explore"}
    assert {stage_of(f"draw_{name}") for name in sheets} == {"figures"} and stage_of("draw_explore") == "page"
    targets = re.search(r"localrules:\n((?:    \w+,\n)+)", (ROOT / "Snakefile").read_text())[1]
    assert {stage_of(name.strip(" ,")) for name in targets.splitlines()} == {None}


# ---- what is read


def test_nothing_before_the_first_run(tmp_path, journal):
    assert StepReader(tmp_path).look(0) is None
    journal(run())
    reader = StepReader(tmp_path, at_end=True)  # as a controller begins
    assert reader.look(0) is None
    journal(run(5, draw_maps=1))
    assert reader.look(5).stages == {"figures": (0, 1)}


def test_stages_in_their_order_and_targets_left_out(tmp_path, journal):
    journal(run(), *step(1, "run_batch", 1, 2), *step(2, "draw_figure0", 3, 4), job(4, 3, "score_model", "f_nn"))
    steps = StepReader(tmp_path).look(5)
    assert list(steps.stages.items()) == [
        (SIMULATIONS, (1, 3)),
        ("dataset", (0, 2)),
        ("models", (0, 4)),
        ("figures", (1, 5)),
    ]
    assert SIMULATIONS not in steps.following
    assert [s.name for s in steps.running] == ["score_model f_nn"]


def test_rescues_and_additions_that_come_later(tmp_path, journal):
    """Jobs that were not planned at the start count when they begin, and in the total as soon as Snakemake knows them."""
    journal(run(run_batch=1, plan_rescue=1, draw_maps=1), *step(1, "run_batch", 1, 2), (2, "progress", {"total": 3}))
    reader = StepReader(tmp_path)
    assert (reader.look(3).stages[SIMULATIONS], reader.look(3).total) == ((1, 2), 3)
    journal(*step(2, "plan_rescue", 3, 4), (4, "progress", {"total": 5}), job(5, 7, "run_batch", "1 0a"))
    steps = reader.look(6)
    assert (steps.stages[SIMULATIONS], steps.done, steps.total, steps.over) == ((2, 3), 2, 5, False)


def test_a_torn_line_of_a_killed_run(tmp_path, journal):
    journal(run(), job(1, 1, "train_forward"))
    with open(tmp_path / JOURNAL, "a") as file:
        file.write('{"t": 2, "event": "fini')
    reader = StepReader(tmp_path)
    assert len(reader.look(2).running) == 1
    with open(tmp_path / JOURNAL, "a") as file:
        file.write("\n")
    journal(run(3, train_forward=1))
    assert (reader.look(3).running, reader.look(3).stages) == ([], {"models": (0, 1)})


# ---- what is left


def test_time_left_is_known_once_every_stage_has_examples(tmp_path, journal):
    rules = {"score_model": 1, "all": 1} | {f"draw_{n}": 1 for n in range(6)}
    reader = StepReader(tmp_path)
    journal(run(**rules), *step(1, "draw_0", 0, 10), *step(2, "draw_1", 10, 20), job(20, 3, "draw_2"))
    assert reader.look(21).seconds_left is None  # two figures are too few, and a model is to come
    journal(finished(30, 3), job(30, 4, "draw_3"))
    assert reader.look(31).seconds_left is None  # the model
    journal(*step(5, "score_model", 31, 33, "f_nn"))
    assert reader.look(34).seconds_left == pytest.approx(6 + 2 * 10)  # 4 of 10 s are over; two more after it
    journal(job(34, 6, "draw_4"))
    assert reader.look(34).seconds_left == pytest.approx((6 + 2 * 10) / 2)  # side by side
    assert reader.look(42).seconds_left is None  # longer than its like: nobody knows


def test_a_step_takes_what_it_took_in_an_earlier_run(tmp_path, journal):
    journal(run(train_forward=1), *step(1, "train_forward", 0, 100), run(200, train_forward=1), job(200, 1, "train_forward"))
    assert StepReader(tmp_path).look(230).seconds_left == pytest.approx(70)


def test_pace_of_the_simulations():
    pace = Pace(Counts(half_cycles=100, half_cycles_done=20), 50.0)
    assert pace.seconds_left(Counts(half_cycles=100, half_cycles_done=20), 60.0) is None
    assert pace.seconds_left(Counts(half_cycles=100, half_cycles_done=30), 60.0) == pytest.approx(70)  # one a second
    assert pace.seconds_left(Counts(half_cycles=100, half_cycles_done=100), 130.0) is None  # not 0 s: what follows does
    assert pace.seconds_left(Counts(half_cycles=140, half_cycles_done=100), 130.0) == pytest.approx(40)  # a rescue round


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "less than 1 min left"),
        (59, "less than 1 min left"),
        (65, "about 2 min left"),
        (150, "about 2 min left"),
        (28491, "about 7.9 h left"),
        (300_000, "about 3.5 days left"),
    ],
)
def test_words_for_what_is_left(seconds, text):
    assert left(seconds) == text


# ---- what is shown

LARGE = Counts(16960, 9120, {"not_reversed": 438}, {"not_converged": 71}, 84800, 49310)


def shown(table):
    """Lines of a table in a terminal of 80 columns."""
    console = Console(width=80, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return [line.rstrip() for line in capture.get().splitlines()]


def progress(counts):
    return Progress("tiny", "tiny.yaml", counts, [])


def test_never_nothing_left_while_figures_are_made(tmp_path, journal):
    """The fault: "about 0 s left" for six of ten minutes."""
    journal(run(), *step(1, "run_batch", 1, 2), *step(2, "train_forward", 3, 4), job(5, 3, "score_model", "f_nn"))
    now = progress(Counts(4, 3, {}, {"not_reversed": 1}, 8, 8))
    steps = StepReader(tmp_path).look(9)
    lines = progress_lines(now, steps, Pace(Counts(), 0).seconds_left(now.counts, 9))
    assert lines == ["dataset 0/2, models 1/4, figures 0/5; now: score_model f_nn"]
    screen = shown(progress_table(now, steps, 9))
    assert [line.split()[0] for line in screen[:5]] == ["half-cycles", "samples", "dataset", "models", "figures"]
    assert screen[1].endswith("3/4 accepted, 1 quarantined") and screen[3].endswith("1/4 score_model f_nn")
    assert screen[-1].strip() == "9 s so far, 13 steps to come"


def test_on_a_cluster_a_step_is_submitted(tmp_path, journal):
    journal(run(remote=True), job(5, 3, "train_forward"))
    assert steps_line(StepReader(tmp_path).look(9)).endswith("; submitted: train_forward")


def test_while_samples_are_simulated(tmp_path, journal):
    journal(run(), job(1, 1, "run_batch", "0 0a"))
    steps = StepReader(tmp_path).look(2)
    now = progress(Counts(4, 1, {"not_reversed": 1}, {}, 8, 4))
    assert progress_lines(now, steps, 150) == ["4/8 half-cycles, 1/4 accepted, 1 failing; simulations: about 2 min left"]
    assert summary_line(steps) == "steps beside the simulations: dataset 2, models 4, figures 5"


def test_nothing_is_wider_than_80_columns(tmp_path, journal):
    names = [f"draw_a_long_name_of_a_figure_{n}" for n in range(9)]
    journal(run(remote=True, **RULES, **dict.fromkeys(names, 1), draw_explore=1, judge_designs=12, propose_samples=99))
    journal(*(job(1, 100 + n, name) for n, name in enumerate(names)), (2, "failed", {"id": 100}))
    journal(job(3, 300, "propose_samples"), *step(301, "train_forward", 4, 5))
    steps = StepReader(tmp_path).look(9)
    for counts in (LARGE, Counts(16960, 16960, {}, {}, 84800, 84800)):
        lines = progress_lines(progress(counts), steps, 28491)
        assert lines and all(len(line) <= WIDTH for line in lines)
        screen = shown(progress_table(progress(counts), steps, 9e4, 28491))
        assert len(screen) == 3 + len(steps.following) + 1 and all(len(line) <= 80 for line in screen)
        assert f"{counts.half_cycles_done}/84800" in screen[0]
        for line, (stage, (done, total)) in zip(screen[2:], steps.following.items(), strict=False):
            assert line.startswith(stage) and f" {done}/{total}" in line  # names and numbers are whole
    assert simulated_line(LARGE, 28491) == "49310/84800 half-cycles, 9120/16960 accepted; simulations: about 7.9 h left"


def test_what_does_not_change_is_said_each_minute(capsys):
    speaker = Speaker()
    for second in range(130):
        speaker.say(["a" if second < 5 else "b"], second)
    assert capsys.readouterr().out.split() == ["a", "b", "b"]  # after 0, 10 and 70 s
