"""`hardmag status` and its --watch: one look, or a look every few seconds until the campaign is over."""

import textwrap
import time

from rich.console import Console
from rich.live import Live
from rich.text import Text

from hardmag.control.lock import is_held
from hardmag.control.overview import overview, overview_json
from hardmag.control.status import Watcher
from hardmag.control.steps import StepReader

INTERVAL_S = 5


def wrapped(text, width):
    """A text whose lines fit, broken between words, what is broken off indented more than its line."""
    lines = []
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        lines += textwrap.wrap(line, width, subsequent_indent=f"{indent}    ", break_on_hyphens=False)
    return "\n".join(lines)


def status(folder, watch=False, batches=False, as_json=False):
    """Print where a campaign stands. watch: again and again, in place on a terminal, until every sample has its verdict and no
    run of the campaign is at work; batches: all of them; as_json: for programs, a line for each look."""
    watcher, reader, console = Watcher(folder), StepReader(folder), Console()

    def look():
        progress, steps = watcher.look(), reader.look(time.time())
        text = overview_json(progress, folder, steps) if as_json else overview(progress, folder, steps, batches)
        if console.is_terminal and not as_json:
            text = wrapped(text, console.width)
        return text, progress.over and not is_held(folder)

    if watch and console.is_terminal and not as_json:
        with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
            text, over = look()
            while not over:
                live.update(Text(text), refresh=True)
                time.sleep(INTERVAL_S)
                text, over = look()
            live.update(Text(text))  # shown as it ends
        return
    text, over = look()
    print(text, flush=True)
    while watch and not over:
        time.sleep(INTERVAL_S)
        text, over = look()
        print(text if as_json else f"\n{text}", flush=True)
