"""Measured SmCo-1:7 magnets: compositions and nanostructures of the literature (Yang et al., Supplementary Table 1)."""

import csv
from pathlib import Path

PATH = Path(__file__).with_name("literature.csv")
ELEMENTS = ("Sm", "Co", "Cu", "Fe", "Zr")
LENGTHS = ("L_nm", "d_nm", "wS_nm", "wZ_nm")
TEXTS = ("source", "sample", "preparation")


def read_literature(path=PATH):
    """A list of dicts, one per magnet: reference (its number there), TEXTS, <element>_at_percent, LENGTHS; NaN: not given."""
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    numbers = [f"{element}_at_percent" for element in ELEMENTS] + list(LENGTHS)
    return [
        {"reference": int(row["reference"])}
        | {name: row[name] for name in TEXTS}
        | {name: float(row[name] or "nan") for name in numbers}
        for row in rows
    ]
