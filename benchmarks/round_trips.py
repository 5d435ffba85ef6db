"""What `hardmag export` writes, read by programs in an environment without hardmag: OVF by discretisedfield, NetCDF by the C
library of netCDF4, an RO-Crate judged by rocrate-validator. The tests have the others: VTU, CSV, Croissant, MaMMoS.

These programs bring some hundred packages, of other versions than hardmag's, hence an environment of their own:
  python -m venv DIR && DIR/bin/pip install discretisedfield netCDF4 roc-validator
Run: python benchmarks/round_trips.py DIR/bin/python (a minute). Writes benchmarks/round_trips.json.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import meshio
import numpy as np
from common import HERE, environment, progress, write

from hardmag.cli import main as hardmag
from hardmag.dataset.loaded import load

sys.path.append(str(HERE.parent / "tests"))
from tiny_campaign import TERMS, campaign_that_ran

CASE = HERE.parent / "examples" / "voxels.yaml"
DATASET = HERE.parent / "data" / "smco17-workstation.h5"
AT_T = -1.0


def export(*words):
    if hardmag(["export", *map(str, words)]):
        raise SystemExit(1)


def of_ovf(folder, found):
    """M and the grid by discretisedfield, beside m and Ms of the state as VTU."""
    vtu = meshio.read(folder / "state.vtu")
    M = vtu.cell_data["m"][0] * vtu.cell_data["Ms_A_per_m"][0][:, None]
    read = np.load(folder / "state.npy")
    return {
        "cells": list(read.shape[:3]),
        "cell_nm": [round(edge * 1e9, 6) for edge in found["cell"]],
        "unit": found["unit"],
        "largest_M_A_per_m": round(float(np.linalg.norm(read, axis=-1).max())),
        "largest_difference_A_per_m": round(float(abs(read.reshape(-1, 3) - M).max()), 3),
    }


def of_netcdf(folder):
    """All numbers by netCDF4, beside those of the dataset: how many, and how many are not the same."""
    data, read = load(DATASET), np.load(folder / "data.npz")
    compared = different = 0
    for name, values in data.columns.items():
        if values.dtype != object:
            compared += len(values)
            different += int((~_same(read[name], values)).sum())
    singles = [curve for own in data.half_cycles for curve in own]
    for number, name in enumerate(("mu0_H_T", "m_parallel")):
        pairs = [*zip(read[name], data.curves, strict=True)]
        pairs += zip(read[f"half_cycle_{name}"].reshape(len(singles), -1), singles, strict=True)
        for row, curve in pairs:
            compared += len(curve[number])
            different += int((~_same(row[: len(curve[number])], curve[number])).sum())
            different += int(np.isfinite(row[len(curve[number]) :]).sum())
    return {"samples": len(data), "numbers": compared, "different": different}


def _same(a, b):
    return (a == b) | (np.isnan(a) & np.isnan(b))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("python", help="of the environment of the readers")
    python = parser.parse_args().python
    result = environment()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for name in ("state.ovf", "state.vtu"):
            export("state", CASE, "--at-field", AT_T, "-o", folder / name)
        export("dataset", DATASET, "-o", folder / "data.nc")
        results = campaign_that_ran(folder)
        for name in ("crate", "crate.zip"):
            export("crate", results, "-o", folder / name, *TERMS)
        progress("read")
        context = files("rocrate") / "data" / "ro-crate.jsonld"
        command = [python, HERE / "round_trips_reader.py", folder, context]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
        result |= {
            "versions": found["versions"],
            "ovf": of_ovf(folder, found["ovf"]),
            "netcdf": of_netcdf(folder),
            "crate": found["crates"],
        }
    write("round_trips", result)


if __name__ == "__main__":
    main()
