"""Progress on a screen of 80 columns: as lines, for a file or a pipe, and as a table that is drawn again and again."""

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hardmag.campaign.progress import duration, left
from hardmag.campaign.steps import SIMULATIONS

WIDTH = 79  # of a line
BAR = 24
NEWS_S, SAME_S = 10, 60  # between lines that say something new; until the same is said again


class Speaker:
    """Prints lines, not too often. What does not change is said each minute, as a sign of life."""

    def __init__(self):
        self._said, self._at = [], float("-inf")

    def say(self, lines, now):
        """Print `lines` if it is time; now: seconds of any clock."""
        if now - self._at >= (SAME_S if lines == self._said else NEWS_S):
            print("\n".join(lines), flush=True)
            self._said, self._at = lines, now


def simulated_line(counts, seconds_left=None):
    """Of the simulations: '120/392 half-cycles, 12/49 samples accepted, 3 failing; about 4 min left'. What is too long loses
    first the samples that fail, which are run again, then those given up: status has them."""
    failing, quarantined = sum(counts.failing.values()), sum(counts.quarantined.values())
    trouble = [f"{quarantined} quarantined"] if quarantined else []
    trouble += [f"{failing} failing"] if failing else []
    time = "" if seconds_left is None else f"; simulations: {left(seconds_left)}"
    while True:
        start = f"{counts.half_cycles_done}/{counts.half_cycles} half-cycles, {counts.accepted}/{counts.samples} accepted"
        line = ", ".join([start, *trouble]) + time
        if len(line) <= WIDTH or not trouble:
            return line
        trouble.pop()


def steps_line(steps):
    """Of the stages that follow: 'models 3/7, figures 12/31; about 2 min left; now score_model f_nn'."""
    parts = [", ".join(f"{stage} {done}/{total}" for stage, (done, total) in steps.following.items() if done < total)]
    parts += [f"failed: {', '.join(steps.failed)}"] if steps.failed else []
    parts += [left(steps.seconds_left)] if steps.seconds_left is not None else []
    at_work = ", ".join(step.name for step in steps.running)
    parts += [f"{'submitted' if steps.remote else 'now'}: {at_work}"] if at_work else []
    return cut("; ".join(filter(None, parts)))


def summary_line(steps):
    """What a run will do, as far as it is known: '7 models, 31 figures'."""
    following = ", ".join(f"{stage} {total - done}" for stage, (done, total) in steps.following.items() if done < total)
    return f"steps beside the simulations: {following}" if following else ""


def progress_lines(progress, steps, seconds_left=None):
    """The lines that say where a run stands now: of the simulations while there are any, of what follows once it is begun."""
    counts = progress.counts
    lines = [simulated_line(counts, seconds_left)] if counts.half_cycles_done < counts.half_cycles else []
    if not steps.over and (not lines or any(done for done, _ in steps.following.values())):
        lines.append(steps_line(steps))
    return list(filter(None, lines))


def progress_table(progress, steps, elapsed_s, seconds_left=None):
    """The same, a bar for each stage, and how long it has taken so far."""
    table = Table.grid(padding=(0, 1))
    for options in ({}, {}, {"justify": "right"}, {"overflow": "ellipsis"}):
        table.add_column(no_wrap=True, **options)
    counts = progress.counts
    at_work = {stage: [step.name for step in steps.running if step.stage == stage] for stage in steps.stages}
    between = ", ".join(name for name in at_work.get(SIMULATIONS, []) if not name.startswith("run_batch"))
    time = between if seconds_left is None else left(seconds_left)
    _row(table, "half-cycles", counts.half_cycles_done, counts.half_cycles, time)
    failing, quarantined = sum(counts.failing.values()), sum(counts.quarantined.values())
    told = ["accepted"] + [f"{n} {word}" for n, word in ((failing, "failing"), (quarantined, "quarantined")) if n]
    _row(table, "samples", counts.accepted, counts.samples, ", ".join(told))
    for stage, (done, total) in steps.following.items():
        _row(table, stage, done, total, ", ".join(at_work[stage]))
    if steps.failed:
        table.add_row("failed", "", "", Text(", ".join(steps.failed)))
    known = steps.seconds_left is not None and counts.half_cycles_done == counts.half_cycles
    rest = left(steps.seconds_left) if known and not steps.over else f"{steps.total - steps.done} steps to come"
    table.add_row("", "", "", f"{duration(elapsed_s)} so far, {rest}")
    return table


def _row(table, name, done, total, text):
    table.add_row(name, ProgressBar(total=max(total, 1), completed=done, width=BAR), f"{done}/{total}", Text(text))


def cut(line):
    """A line that fits; what is cut off is shown to be."""
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
