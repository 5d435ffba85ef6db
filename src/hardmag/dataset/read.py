"""Reading a dataset: its table, its curves, a description of it."""

import json
from collections import Counter
from contextlib import contextmanager

import numpy as np

from hardmag import sealed
from hardmag.campaign.batch_file import unpack
from hardmag.dataset.checks import check_complete, check_units, kind_of
from hardmag.dataset.schema import READABLE, TEXTS, columns_of
from hardmag.errors import UserError
from hardmag.nanostructures import KINDS


@contextmanager
def opened(path):
    """The HDF5 file, found to be a whole dataset of this schema, in its units."""
    with sealed.opened(path, "dataset") as file:
        found = file.attrs.get("schema_version")
        if found not in READABLE:
            versions = " and ".join(map(str, READABLE))
            raise UserError(f"{path}: schema_version {found}, this version of hardmag reads {versions}")
        check_units(path, file)
        yield file


def read_table(path):
    """{column: array} of all samples, text as str: those of schema.columns_of, specification and history."""
    with opened(path) as file:
        return {name: _values(dataset) for name, dataset in file["samples"].items()}


def read_kind(path):
    """Name of the kind of a dataset's nanostructures. Raises UserError for one that is not known here."""
    with opened(path) as file:
        found = kind_of(file)
    if found not in KINDS:
        raise UserError(f"{path}: nanostructures of kind {found!r}, which is not one of {', '.join(KINDS)}")
    return found


def read_curves(path):
    """(averages, half_cycles): averages[i] = (mu0_H_T, m_parallel) of sample i; half_cycles[i] a list of such pairs."""
    with opened(path) as file:
        averages, singles = (
            list(zip(*(unpack(file[g]["offset"][()], file[g][c][()]) for c in ("mu0_H_T", "m_parallel")), strict=True))
            for g in ("curves", "half_cycles")
        )
        half_cycles = [[] for _ in averages]
        for sample, curve in zip(file["half_cycles/sample"][()], singles, strict=True):
            half_cycles[sample].append(curve)
    return averages, half_cycles


def describe(path):
    """Text that says what a dataset holds."""
    with opened(path) as file:
        check_complete(path, file)
        samples = file["samples"]
        count = Counter(_values(samples["status"]))
        failures = Counter(f for f in _values(samples["failure"]) if f)
        rescued = int(((_values(samples["rescue_round"]) > 0) & (_values(samples["status"]) == "accepted")).sum())
        lines = [
            f"{path}: campaign {file.attrs['campaign']}, nanostructures of kind {kind_of(file)}",
            f"  hardmag {file.attrs['hardmag_version']}, physics version {file.attrs['physics_version']}, "
            f"commit {file.attrs['git_commit'][:12]}, schema {file.attrs['schema_version']}",
            f"  samples: {len(samples['id'])} ({', '.join(f'{n} {s}' for s, n in sorted(count.items()))}; {rescued} rescued)",
            f"  quarantined for: {', '.join(f'{c} ({n})' for c, n in failures.items()) or 'nothing'}",
            f"  half-cycles: {len(file['half_cycles/sample'])}, field evaluations: {int(samples['evaluations'][()].sum())}",
            "  columns:",
        ]
        names = [name for name in dict.fromkeys([*columns_of(kind_of(file)), *samples]) if name not in TEXTS]
        for name in names:
            unit, text = samples[name].attrs["unit"], samples[name].attrs["description"]
            values = _values(samples[name])
            lines.append(f"    {name:20s} {_range(values):26s} {unit:8s} {text}")
    return "\n".join(lines)


def health(path):
    """{"samples", "accepted", "rescued", "quarantined", "reasons": {code: n}, "allowed": fraction} of a dataset."""
    with opened(path) as file:
        samples = file["samples"]
        status, failure = _values(samples["status"]), _values(samples["failure"])
        return {
            "samples": len(status),
            "accepted": int((status == "accepted").sum()),
            "rescued": int(((status == "accepted") & (_values(samples["rescue_round"]) > 0)).sum()),
            "quarantined": int((status == "quarantined").sum()),
            "reasons": dict(Counter(failure[failure != ""].tolist())),
            "allowed": json.loads(file.attrs["settings"])["quality"]["max_quarantine_fraction"],
        }


def _values(dataset):
    values = dataset[()]
    return np.array([v.decode() for v in values], dtype=object) if values.dtype == object else values


def _range(values):
    if values.dtype == object:
        kinds = sorted(set(values) - {""})
        return f"{len(kinds)} values" if len(kinds) > 3 else "/".join(kinds)
    finite = values[np.isfinite(values)]
    return f"{finite.min():.6g} … {finite.max():.6g}" if len(finite) else "empty"
