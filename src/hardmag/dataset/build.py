"""Batches of all rounds → one dataset: every sample the campaign wants, accepted or quarantined with its history."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hardmag import PHYSICS_VERSION, __version__
from hardmag.campaign.audit import judge
from hardmag.campaign.batch_file import pack, read_batch
from hardmag.dataset.schema import (
    ADDED,
    CURVES,
    EMPTY,
    FRACTION,
    SCHEMA_VERSION,
    TEXTS,
    attributes,
    columns_of,
    fractions,
)
from hardmag.errors import UserError
from hardmag.files import atomic_path, read_json
from hardmag.sealed import written
from hardmag.shipped import is_checkout


def build_dataset(folder, batch_files, config_path, output, table, additions=()):
    """Write the dataset (HDF5) and its flat table (Parquet).

    folder: results/<campaign>; batch_files: result files of all rounds, in the order of the rounds; additions: folders of
    those whose samples are in the dataset too (campaign/additions.py). Raises UserError when a sample of a plan is in no
    file: nothing is dropped in silence.
    """
    plan, added = read_json(Path(folder) / "plan.json"), [read_json(Path(path) / "plan.json") for path in additions]
    attempts = {sample: [] for p in (plan, *added) for sample in p["samples"]}
    for path in batch_files:
        for attempt, records in read_batch(path):
            if attempt.sample.id in attempts:
                attempts[attempt.sample.id].append((attempt, records))
    missing = [sample for sample, found in attempts.items() if not found]
    if missing:
        raise UserError(f"{folder}: {len(missing)} samples of the plan are in no batch file, the first is {missing[0]}")
    last = [max(found, key=lambda one: len(one[0].corrections)) for found in attempts.values()]
    judged = [(attempt, records, judge(records, plan["settings"]["quality"])) for attempt, records in last]
    rows = [_row(*one) | _source(one[0].sample, config_path) for one in judged]
    for row, found in zip(rows, attempts.values(), strict=True):
        row["evaluations"] = sum(record.evaluations for _, records in found for record in records)
    quantities = columns_of(plan["kind"])
    quantities |= fractions(name.removeprefix(FRACTION) for row in rows for name in row if name.startswith(FRACTION))
    if additions:
        origins = _origins(added)
        rows = [row | dict(zip(ADDED, origins.get(row["id"], (0, "design")), strict=True)) for row in rows]
        quantities |= ADDED
    columns = tabulated(rows, quantities)
    with written(output, "dataset") as file:
        file.attrs.update(
            schema_version=SCHEMA_VERSION,
            campaign=plan["campaign"],
            kind=plan["kind"],
            hardmag_version=__version__,
            physics_version=PHYSICS_VERSION,
            git_commit=_git_commit(),
            configuration=Path(config_path).read_text(),
            settings=json.dumps(plan["settings"]),
        )
        _write_samples(file.create_group("samples"), columns, quantities, judged)
        _write_curves(file, judged)
    _write_parquet(table, columns, quantities, {"kind": plan["kind"], "campaign": plan["campaign"]})


def _write_parquet(path, columns, quantities, of):
    """The flat table; what HDF5 has as attributes is each field's metadata here."""
    fields = []
    for name, values in columns.items():
        metadata = {key: v if isinstance(v, str) else json.dumps(v) for key, v in attributes(quantities[name]).items()}
        fields.append(pa.field(name, pa.array(values).type, metadata=metadata))
    schema = pa.schema(fields, metadata=of | {"schema_version": str(SCHEMA_VERSION)})
    with atomic_path(path) as temporary:
        pq.write_table(pa.table(columns, schema=schema), temporary)


def tabulated(rows, quantities):
    """{column: values} of rows {column: value}. Where a row lacks a value, or has None, it is NaN among numbers and empty among
    texts; numbers among texts become texts."""
    return {name: _column([row.get(name) for row in rows], quantity.unit) for name, quantity in quantities.items()}


def _column(values, unit):
    if any(isinstance(value, str) for value in values) or (not unit and all(value is None for value in values)):
        return ["" if value is None else str(value) for value in values]
    return [EMPTY if value is None else value for value in values]


def _origins(plans):
    """{sample: (number of the addition, origin)} of the samples that additions brought."""
    origins = {}
    for number, plan in enumerate(plans, start=1):
        why = {d["sample"]: d["origin"] for d in reversed(plan["designs"]) if "sample" in d}
        origins |= {sample: (number, why[sample]) for sample in plan["samples"]}
    return origins


def _row(attempt, records, verdict):
    row = described(attempt.sample) | {
        "status": "accepted" if verdict.failure is None else "quarantined",
        "failure": "" if verdict.failure is None else str(verdict.failure),
        "rescue_round": len(attempt.corrections),
        "realisations": len(records),
        **_drawn(attempt.sample, records),
    }
    if verdict.failure is None:  # the targets of a sample that was not accepted are not to be had
        row |= vars(verdict.loop) | {"mu0_Hc_std_T": verdict.Hc_std_T}
    return row


def described(sample):
    """{column: value} of what is known of a sample before it is simulated."""
    settings = {"id": sample.id, "alpha_deg": sample.alpha_deg, "exchange": sample.half_cycle["exchange"]}
    return sample.structure.values() | settings


def _source(sample, config_path):
    """Which file a sample is made from, if it is: {column: where it lies as seen from the campaign file}."""
    named = {key: sample.nanostructure[key] for key in sample.kind.files if key in sample.nanostructure}
    return {key: os.path.relpath(name, Path(config_path).parent) for key, name in named.items()}


def _drawn(sample, records):
    """Phase fractions, averaged over the realisations that ran, and the composition that follows."""
    seen = [record.fractions for record in records if record.fractions]
    phases = dict.fromkeys([*sample.kind.palette, *(name for fractions in seen for name in fractions)])
    if not seen:
        return {f"{FRACTION}{phase}": EMPTY for phase in phases}
    mean = {phase: float(np.mean([f.get(phase, 0.0) for f in seen])) for phase in phases}
    return {f"{FRACTION}{phase}": share for phase, share in mean.items()} | sample.structure.composition(mean)


def _write_samples(group, columns, quantities, judged):
    for name, values in columns.items():
        kind = h5py.string_dtype() if isinstance(values[0], str) else None
        group.create_dataset(name, data=values, dtype=kind).attrs.update(attributes(quantities[name]))
    specifications = [json.dumps(attempt.sample.to_dict(), sort_keys=True) for attempt, *_ in judged]
    histories = [json.dumps([*attempt.corrections, *_final_failure(v)], sort_keys=True) for attempt, _, v in judged]
    for (name, quantity), values in zip(TEXTS.items(), (specifications, histories), strict=True):
        group.create_dataset(name, data=values, dtype=h5py.string_dtype()).attrs.update(attributes(quantity))


def _final_failure(verdict):
    return [] if verdict.failure is None else [{"failure": str(verdict.failure), "detail": verdict.detail}]


def _write_curves(file, judged):
    """curves/: the average per sample (empty if it has none); half_cycles/: each realisation of the last attempt."""
    none = (np.empty(0), np.empty(0))
    _write_ragged(file.create_group("curves"), [none if v.curve is None else v.curve for *_, v in judged])
    group = file.create_group("half_cycles")
    records = [(number, record) for number, (_, found, _) in enumerate(judged) for record in found]
    _write_ragged(group, [(record.mu0_H_T, record.m_parallel) for _, record in records])
    for name, values, description in (
        ("sample", [n for n, _ in records], "row of samples/"),
        ("realisation", [r.realisation for _, r in records], "number of the realisation"),
        ("evaluations", [r.evaluations for _, r in records], "field evaluations"),
    ):
        group.create_dataset(name, data=np.array(values)).attrs.update(unit="1", description=description)
    status = group.create_dataset("status", data=[r.status for _, r in records], dtype=h5py.string_dtype())
    status.attrs.update(unit="", description="how the half-cycle ended")


def _write_ragged(group, curves):
    offset, H = pack([c[0] for c in curves])
    _, m = pack([c[1] for c in curves])
    for name, values in (("mu0_H_T", H), ("m_parallel", m), ("offset", offset)):
        group.create_dataset(name, data=values).attrs.update(attributes(CURVES[name]))


def _git_commit():
    """Commit of the working copy that runs the campaign, or 'unknown' outside of one and where there is no git.

    An installation may lie in a working copy of something else, whose commit says nothing.
    """
    if not is_checkout() or shutil.which("git") is None:
        return "unknown"
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
