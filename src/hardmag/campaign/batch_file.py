"""The result of one batch as HDF5: raw half-cycles, published whole by rename, verified by checksum on reading."""

import json

import h5py
import numpy as np

from hardmag import PHYSICS_VERSION, __version__
from hardmag.campaign.attempts import Attempt, Record
from hardmag.errors import UserError
from hardmag.sealed import opened, written

# Columns of half_cycles/, by the names of a Record; `detail` only where a half-cycle came to nothing before it began.
TEXTS = ("key", "status", "fractions", "detail")
NUMBERS = ("realisation", "evaluations", "mean_Ms_A_per_m", "cell_over_delta0")
CURVES = ("mu0_H_T", "m_parallel")


def pack(arrays):
    """Arrays of different lengths → (offsets (n+1,), one concatenated array)."""
    offsets = np.cumsum([0, *(len(a) for a in arrays)])
    return offsets, np.concatenate([np.asarray(a, dtype=float) for a in arrays]) if len(arrays) else np.empty(0)


def unpack(offsets, values):
    """The inverse of pack: a list of arrays."""
    return [values[a:b] for a, b in zip(offsets[:-1], offsets[1:], strict=True)]


def write_batch(path, batch, records):
    """Publish a Batch. records: {HalfCycleKey: Record} of all its half-cycles."""
    rows = [records[k] for k in sorted(records)]
    with written(path, "batch file") as file:
        file.attrs.update(batch=batch.name, hardmag_version=__version__, physics_version=PHYSICS_VERSION)
        file["entries"] = [json.dumps(attempt.to_dict(), sort_keys=True) for attempt in batch.attempts]
        group = file.create_group("half_cycles")
        for name in ("key", "status", "fractions"):
            values = [getattr(r, name) for r in rows]
            texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
            group.create_dataset(name, data=texts, dtype=h5py.string_dtype())
        for name in NUMBERS:
            group[name] = np.array([getattr(r, name) for r in rows])
        if any(r.detail for r in rows):  # of half-cycles that came to nothing before they began
            group.create_dataset("detail", data=[r.detail for r in rows], dtype=h5py.string_dtype())
        for name in CURVES:
            offsets, group[name] = pack([getattr(r, name) for r in rows])
        group["offset"] = offsets


def read_batch(path):
    """[(Attempt, its Records by realisation)] of a batch file, its checksum verified; curves are arrays."""
    try:
        with opened(path, "batch file") as file:
            attempts = [Attempt.from_dict(json.loads(text)) for text in file["entries"][()]]
            group = file["half_cycles"]
            columns = {name: group[name][()] for name in group}
    except UserError as error:
        raise UserError(f"{error}. Delete it and run again; finished half-cycles come back from the journal") from None
    values = {name: [text.decode() for text in columns[name]] for name in TEXTS if name in columns}
    values |= {name: columns[name].tolist() for name in NUMBERS}
    values |= {name: unpack(columns["offset"], columns[name]) for name in CURVES}
    values["fractions"] = map(json.loads, values["fractions"])
    records = {attempt.key: [] for attempt in attempts}
    for row in zip(*values.values(), strict=True):
        record = Record(**dict(zip(values, row, strict=True)))
        records[record.key].append(record)
    return [(attempt, records[attempt.key]) for attempt in attempts]
