"""What the pages made of the benchmarks share: the stored figures, Markdown tables, a line on the machine."""

import json
from pathlib import Path

HERE = Path(__file__).parent


def stored(name):
    """benchmarks/<name>.json, or None."""
    path = HERE / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def table(head, rows):
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def machine(data):
    """On what the figures were taken."""
    where = data["gpu"] or f"{data['processor']}, {data['threads']} thread"
    return f"{where}; torch {data['torch']}, numba {data['numba']}, physics version {data['physics_version']}"
