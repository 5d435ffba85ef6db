"""Progress on a screen of 80 columns: as lines, for a file or a pipe, and as a table that is drawn again and again."""

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hardmag.control.progress import duration, left
from hardmag.control.steps import SIMULATIONS

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
    """What a run will do, as far as it is known: 'dataset 2, models 7'. What follows the dataset depends on what it holds."""
    following = ", ".join(f"{stage} {total - done}" for stage, (done, total) in steps.following.items() if done < total)
    more = "; the rest is counted after it" if steps.following.keys() == {"dataset"} else ""
    return f"steps beside the simulations: {following}{more}" if following else ""


def progress_lines(progress, steps, seconds_left=None):
    """The lines that say where a run stands now: of the simulations while there are any, of what follows once it is begun."""
    counts = progress.counts
    lines = [simulated_line(counts, seconds_left)] if counts.half_cycles_done < counts.half_cycles else []
    if not steps.over and (not lines or any(done for done, _ in steps.following.values())):
        lines.append(steps_line(steps))
    return list(filter(None, lines))


def progress_table(progress, steps, elapsed_s, seconds_left=None):
    """The same, a bar for each stage, and how long it has taken so far."""
    counts = progress.counts
    at_work = {stage: [step.name for step in steps.running if step.stage == stage] for stage in steps.stages}
    between = ", ".join(name for name in at_work.get(SIMULATIONS, []) if not name.startswith("run_batch"))
    failing, quarantined = sum(counts.failing.values()), sum(counts.quarantined.values())
    told = ["accepted"] + [f"{n} {word}" for n, word in ((failing, "failing"), (quarantined, "quarantined")) if n]
    rows = [
        ("half-cycles", (counts.half_cycles_done, counts.half_cycles), between if seconds_left is None else left(seconds_left)),
        ("samples", (counts.accepted, counts.samples), ", ".join(told)),
        *((stage, number, ", ".join(at_work[stage])) for stage, number in steps.following.items()),
        *([("failed", None, ", ".join(steps.failed))] if steps.failed else []),
    ]
    rest = f", {steps.total - steps.done} steps to come"
    if counts.half_cycles_done == counts.half_cycles and steps.seconds_left is not None:
        rest = f", {left(steps.seconds_left)}"
    return _bars([*rows, ("", None, f"{duration(elapsed_s)} so far{'' if steps.over else rest}")])


def _bars(rows):
    """Rows (name, (done, all) or None, text) with bars; a text that is too long is cut off, not the numbers."""
    names, numbers = [name for name, _, _ in rows], ["/".join(map(str, number or ())) for _, number, _ in rows]
    room = WIDTH - max(map(len, names)) - BAR - max(map(len, numbers)) - 3  # a blank between the columns
    table = Table.grid(padding=(0, 1))
    for justify in ("left", "left", "right", "left"):
        table.add_column(no_wrap=True, justify=justify)
    for (name, number, text), written in zip(rows, numbers, strict=True):
        bar = ProgressBar(total=max(number[1], 1), completed=number[0], width=BAR) if number else ""
        table.add_row(name, bar, written, Text(cut(text, room)))
    return table


def cut(line, width=WIDTH):
    """A line that fits; what is cut off is shown to be."""
    return line if len(line) <= width else f"{line[: width - 1]}…"
