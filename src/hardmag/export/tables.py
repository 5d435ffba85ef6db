"""Curves as CSV: of a dataset's samples, or of one simulation."""

from pathlib import Path

import pandas as pd

from hardmag.dataset.loaded import load
from hardmag.errors import UserError
from hardmag.files import atomic_path
from hardmag.result_file import is_result, read_result


def export_curves(path, output):
    """Write the curves of a dataset, or of what `hardmag simulate` wrote, as CSV, one line per field; returns how many lines.

    Columns mu0_H_T (T) and m_parallel (M·h over total Ms·V); of a dataset before them sample, the id, and realisation, empty in
    the average of the sample's half-cycles, which comes first; of one simulation after them status, at each field. Raises
    UserError for a file of another kind.
    """
    if Path(output).suffix != ".csv":
        raise UserError(f"{output}: must end in .csv")
    table = read_result(path).table() if is_result(path) else _of_dataset(load(path))
    with atomic_path(output) as temporary:
        table.to_csv(temporary, index=False)
    return len(table)


def _of_dataset(data):
    parts = []
    for sample, average, half_cycles in zip(data.columns["id"], data.curves, data.half_cycles, strict=True):
        for realisation, (H, m) in enumerate([average, *half_cycles], start=-1):
            of = {"sample": sample, "realisation": "" if realisation < 0 else realisation}
            parts.append(pd.DataFrame(of | {"mu0_H_T": H, "m_parallel": m}))
    return pd.concat(parts)
