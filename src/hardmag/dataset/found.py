"""What a campaign found, in a few lines for its end, and which of its files to open first."""

import json
from pathlib import Path

import numpy as np

from hardmag.campaign.samples import Sample
from hardmag.dataset.read import health, read_table

FIRST = ("explore.html", "figures/parameters.png", "figures", "dataset.h5")  # to open: the first that is there
OTHERS = ("figures", "tables", "models.md", "quality.json", "dataset.h5", "verification.md", "learning.json")
UNITS = {"nm": " nm", "deg": "°"}


def found(folder):
    """Lines: samples, coercivities, the best structure, what to look at. folder: results/<campaign>."""
    folder = Path(folder)
    cycles = sorted(folder.glob("cycles/*/dataset.h5"), key=lambda path: int(path.parent.name))
    whole = [path for path in (folder / "dataset.h5", *cycles) if path.is_file()][-1:]  # a cycle's holds all before it too
    lines = _of_dataset(whole[0]) if whole else []
    first = next((name for name in FIRST if (folder / name).exists()), None)
    if first is not None:
        lines.append(f"open first: {folder / first}")
    others = [name + "/" * (folder / name).is_dir() for name in OTHERS if name != first and (folder / name).exists()]
    return [*lines, f"in {folder}/: {', '.join(others)}"] if others else lines


def _of_dataset(path):
    state, table = health(path), read_table(path)
    reasons = ", ".join(f"{code} {n}" for code, n in state["reasons"].items())
    lines = [
        f"samples: {state['accepted']} of {state['samples']} accepted, {state['rescued']} of them rescued; "
        f"{state['quarantined']} quarantined{f' ({reasons})' if reasons else ''}"
    ]
    Hc = np.where(table["status"] == "accepted", table["mu0_Hc_T"], np.nan)
    if np.isfinite(Hc).any():
        best = int(np.nanargmax(Hc))
        lines.append(f"µ0Hc: largest {Hc[best]:.2f} T, median {np.nanmedian(Hc):.2f} T")
        lines.append(f"largest at {', '.join(_varied(table['specification'], best))} (sample {table['id'][best]})")
    return lines


def _varied(specifications, row):
    """'L 60 nm' of each parameter of a row that is not the same in all. specifications: JSON, of each row."""
    samples = [Sample.from_dict(json.loads(text)) for text in specifications]
    points = [sample.nanostructure | {"alpha_deg": sample.alpha_deg} for sample in samples]
    own = {name: value for name, value in points[row].items() if not isinstance(value, list)}
    return [_quantity(name, value) for name, value in own.items() if any(p.get(name) != value for p in points)]


def _quantity(name, value):
    quantity, _, unit = name.rpartition("_")
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"{quantity} {text}{UNITS[unit]}" if unit in UNITS else f"{name} {text}"
