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
from hardmag.campaign.batch_file import pack, results
from hardmag.campaign.samples import structure_of
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
from hardmag.nanostructures import KINDS
from hardmag.sealed import written


def build_dataset(folder, batch_files, config_path, output, table, additions=()):
    """Write the dataset (HDF5) and its flat table (Parquet).

    folder: results/<campaign>; batch_files: result files of all rounds, in the order of the rounds; additions: folders of
    those whose samples are in the dataset too (campaign/additions.py). Raises UserError when a sample of a plan is in no
    file: nothing is dropped in silence.
    """
    plan, added = read_json(Path(folder) / "plan.json"), [read_json(Path(path) / "plan.json") for path in additions]
    attempts = {sample: [] for p in (plan, *added) for sample in p["samples"]}
    for path in batch_files:
        for entry, runs in results(path):
            if entry["sample"]["id"] in attempts:
                attempts[entry["sample"]["id"]].append((entry, runs))
    missing = [sample for sample, tries in attempts.items() if not tries]
    if missing:
        raise UserError(f"{folder}: {len(missing)} samples of the plan are in no batch file, the first is {missing[0]}")
    judged = [_last_word(tries, plan["settings"]["quality"]) for tries in attempts.values()]
    rows = [_row(*j) | _source(j[0]["sample"], config_path) for j in judged]
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


def _last_word(tries, quality):
    """(entry, runs, verdict, all tries) of the last attempt; the history of the others goes with it."""
    entry, runs = max(tries, key=lambda t: len(t[0]["corrections"]))
    return entry, runs, judge(runs, quality), tries


def _row(entry, runs, verdict, tries):
    row = described(entry["sample"]) | {
        "status": "accepted" if verdict.failure is None else "quarantined",
        "failure": "" if verdict.failure is None else str(verdict.failure),
        "rescue_round": len(entry["corrections"]),
        "realisations": len(runs),
        "evaluations": sum(r["evaluations"] for _, rs in tries for r in rs),
        **_drawn(entry["sample"], runs),
    }
    if verdict.failure is None:  # the targets of a sample that was not accepted are not to be had
        row |= vars(verdict.loop) | {"mu0_Hc_std_T": verdict.Hc_std_T}
    return row


def described(sample):
    """{column: value} of what is known of a sample before it is simulated."""
    settings = {"id": sample["id"], "alpha_deg": sample["alpha_deg"], "exchange": sample["half_cycle"]["exchange"]}
    return structure_of(sample).values() | settings


def _source(sample, config_path):
    """Which file a sample is made from, if it is: {column: where it lies as seen from the campaign file}."""
    content = sample["nanostructure"]
    files = KINDS[content["kind"]].files
    return {key: os.path.relpath(content[key], Path(config_path).parent) for key in files if key in content}


def _drawn(sample, runs):
    """Phase fractions, averaged over the realisations that ran, and the composition that follows."""
    seen, kind = [r["fractions"] for r in runs if r["fractions"]], KINDS[sample["nanostructure"]["kind"]]
    phases = dict.fromkeys([*kind.palette, *(name for fractions in seen for name in fractions)])
    if not seen:
        return {f"{FRACTION}{phase}": EMPTY for phase in phases}
    mean = {phase: float(np.mean([f.get(phase, 0.0) for f in seen])) for phase in phases}
    return {f"{FRACTION}{phase}": share for phase, share in mean.items()} | structure_of(sample).composition(mean)


def _write_samples(group, columns, quantities, judged):
    for name, values in columns.items():
        kind = h5py.string_dtype() if isinstance(values[0], str) else None
        group.create_dataset(name, data=values, dtype=kind).attrs.update(attributes(quantities[name]))
    specifications = [json.dumps(entry["sample"], sort_keys=True) for entry, *_ in judged]
    histories = [
        json.dumps([*entry["corrections"], *_final_failure(verdict)], sort_keys=True) for entry, _, verdict, _ in judged
    ]
    for (name, quantity), values in zip(TEXTS.items(), (specifications, histories), strict=True):
        group.create_dataset(name, data=values, dtype=h5py.string_dtype()).attrs.update(attributes(quantity))


def _final_failure(verdict):
    return [] if verdict.failure is None else [{"failure": str(verdict.failure), "detail": verdict.detail}]


def _write_curves(file, judged):
    """curves/: the average per sample (empty if it has none); half_cycles/: each realisation of the last attempt."""
    none = (np.empty(0), np.empty(0))
    _write_ragged(file.create_group("curves"), [v.curve if v.curve is not None else none for _, _, v, _ in judged])
    group = file.create_group("half_cycles")
    runs = [(number, run) for number, (_, rs, _, _) in enumerate(judged) for run in rs]
    _write_ragged(group, [(run["mu0_H_T"], run["m_parallel"]) for _, run in runs])
    for name, values, description in (
        ("sample", [n for n, _ in runs], "row of samples/"),
        ("realisation", [r["realisation"] for _, r in runs], "number of the realisation"),
        ("evaluations", [r["evaluations"] for _, r in runs], "field evaluations"),
    ):
        group.create_dataset(name, data=np.array(values)).attrs.update(unit="1", description=description)
    status = group.create_dataset("status", data=[r["status"] for _, r in runs], dtype=h5py.string_dtype())
    status.attrs.update(unit="", description="how the half-cycle ended")


def _write_ragged(group, curves):
    offset, H = pack([c[0] for c in curves])
    _, m = pack([c[1] for c in curves])
    for name, values in (("mu0_H_T", H), ("m_parallel", m), ("offset", offset)):
        group.create_dataset(name, data=values).attrs.update(attributes(CURVES[name]))


def _git_commit():
    """Commit of the working copy that runs the campaign, or 'unknown' outside of one and where there is no git."""
    if shutil.which("git") is None:
        return "unknown"
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
