"""The file that `hardmag simulate` writes: one half-cycle, its figures and the text of its case file. Read without torch."""

from dataclasses import fields
from pathlib import Path

import h5py

from hardmag import PHYSICS_VERSION, __version__
from hardmag.demagnetisation import DemagnetisationCurve
from hardmag.loops import Loop
from hardmag.micromagnetics.outcome import Status


def write_result(path, case_path, run, curve):
    """Write the DemagnetisationCurve of a HalfCycle, and the text of its case file."""
    with h5py.File(path, "w") as file:
        file.attrs.update(
            status=curve.status.name.lower(),
            case=Path(case_path).read_text(),
            hardmag_version=__version__,
            physics_version=PHYSICS_VERSION,
            exchange=run.exchange,
            evaluations=curve.evaluations,
            **vars(curve.loop),
        )
        group = file.create_group("loop")
        legend = ", ".join(f"{s.value}: {s.name.lower()}" for s in Status if s is not Status.RUNNING)
        meanings = (
            ("mu0_H_T", "T", "applied field"),
            ("m_parallel", "1", "M·h over total Ms·V"),
            ("status", "1", f"of the minimisation at each field; {legend}"),
        )
        columns = (curve.mu0_H_T, curve.m_parallel, curve.codes)
        for values, (name, unit, description) in zip(columns, meanings, strict=True):
            group.create_dataset(name, data=values).attrs.update(unit=unit, description=description)


def is_result(path):
    """Whether a file is what `simulate` has written; of a damaged one its reader has to say what is wrong."""
    try:
        with h5py.File(path) as file:
            return "case" in file.attrs and "loop" in file
    except OSError:
        return False


def read_result(path):
    """The DemagnetisationCurve that `simulate` has written."""
    with h5py.File(path) as file:
        H, m, codes = (file["loop"][name][()] for name in ("mu0_H_T", "m_parallel", "status"))
        loop = Loop(**{each.name: float(file.attrs[each.name]) for each in fields(Loop)})
        return DemagnetisationCurve(H, m, codes, Status[file.attrs["status"].upper()], loop, int(file.attrs["evaluations"]))


def describe_result(path):
    """Text that says what a file that `simulate` has written holds."""
    curve = read_result(path)
    with h5py.File(path) as file:
        version, physics = file.attrs["hardmag_version"], file.attrs["physics_version"]
        columns = [(name, of.attrs["unit"], of.attrs["description"]) for name, of in file["loop"].items()]
    figures = ", ".join(f"{name} = {value:.4g}" for name, value in vars(curve.loop).items())
    return "\n".join(
        [
            f"{path}: one simulation, of hardmag simulate; its case file is in the attribute `case`",
            f"  hardmag {version}, physics version {physics}",
            f"  status: {curve.status.name.lower()}, field evaluations: {curve.evaluations}",
            f"  {figures}",
            f"  loop, at {len(curve.mu0_H_T)} fields from {curve.mu0_H_T[0]:g} to {curve.mu0_H_T[-1]:g} T:",
            *(f"    {name:12s} {unit:4s} {text}" for name, unit, text in columns),
        ]
    )
