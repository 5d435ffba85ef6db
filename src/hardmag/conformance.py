"""check_kind: does a kind of nanostructure keep to the contract (nanostructures/kind.py), from plan to figures?"""

import json
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import yaml

from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import make_plan
from hardmag.campaign.ledger import plan_campaign
from hardmag.dataset.build import build_dataset
from hardmag.dataset.read import read_kind, read_table
from hardmag.dataset.rehearsal import rehearsed
from hardmag.dataset.schema import columns_of
from hardmag.figures.artefacts import make
from hardmag.inverse.answer import design, predict
from hardmag.inverse.train import fit_designer
from hardmag.jobs.worker import run_batch
from hardmag.mesh import Mesh
from hardmag.nanostructures import KINDS
from hardmag.papers import artefacts_of
from hardmag.surrogates.comparison import compare_models, score_model
from hardmag.surrogates.rows import MIN_GEOMETRIES, MIN_ROWS, rows_of
from hardmag.surrogates.train import fit_forward

HALF_CYCLE = {"from_T": 1.0, "to_T": -15.0, "step_T": 0.5, "resolution_T": None, "realisations": 1}
FIGURES = ("half_cycles", "structures", "parameters")
EPOCHS = 20
NODES = 0.3  # of a mesh: they are estimated before there is one


def check_kind(kind, nanostructure, design, folder):
    """Run a tiny campaign of a kind, from its plan to figures; raises AssertionError, in words, where it breaks the contract.

    kind: the class; nanostructure: the parameters that all samples share; design: that section of a campaign file, of samples
    that are solved in a second each; folder: for what is made. Surrogates are fitted where `learned` says that there is
    something to learn, for which the design needs 20 samples of 5 nanostructures. Returns the path of the dataset.
    """
    name, folder = kind.name(), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _registered(kind):
        config = folder / "kind.yaml"
        sections = {"half_cycle": HALF_CYCLE, "quality": {"max_cell_over_delta0": 3.0, "max_quarantine_fraction": 0.5}}
        shared = {"kind": name, **nanostructure}
        config.write_text(yaml.safe_dump({"name": "kind", "nanostructure": shared, "design": design, **sections}))
        _check_columns(kind, name)
        samples = make_plan(load_campaign(config)).samples
        for sample in samples[:: max(1, len(samples) // 5)]:
            _check_structure(sample)
        dataset = _simulated(config, folder)
        _check_dataset(dataset, name, samples)
        _check_models(dataset, kind, folder)
        _draw(name, FIGURES, {"dataset": dataset, "samples": dataset}, folder)
    return dataset


@contextmanager
def _registered(kind):
    """While it lasts, campaigns know the kind by its name."""
    name = kind.name()
    before = KINDS.get(name)
    KINDS[name] = kind
    try:
        yield
    finally:
        del KINDS[name]
        if before is not None:
            KINDS[name] = before


def _ask(holds, text):
    if not holds:
        raise AssertionError(text)


def _check_columns(kind, name):
    _ask(not kind.__abstractmethods__, f"{', '.join(sorted(kind.__abstractmethods__))}: a kind must have it")
    for column, quantity in columns_of(name).items():
        _ask(quantity.meaning, f"column {column}: has no meaning; give its Field a description")
    learned = kind.learned()
    if learned is None:
        return
    known = columns_of(name)
    for column in (*learned.features, *learned.structure, *learned.targets, *learned.only):
        _ask(column in known, f"learned: {column} is no column of the kind")
    _ask(learned.angle in learned.features, f"learned: the angle {learned.angle} is no feature")


def _check_structure(sample):
    structure = sample.structure
    content, kind = structure.content(), type(structure)
    _ask(json.loads(json.dumps(content)) == content, "content: is not of JSON values")
    _ask(kind.model_validate(content).content() == content, "content: does not give the same structure again")
    _ask(structure.descriptors().keys() <= kind.described.keys(), "descriptors: gives columns that are not in `described`")
    c, t = (np.asarray(axis, dtype=float) for axis in (structure.c_axis, structure.tilt_axis))
    _ask(np.allclose([c @ c, t @ t, c @ t], [1, 1, 0]), "c_axis, tilt_axis: must be unit vectors at a right angle")
    body, again = (structure.build(np.random.default_rng(7)) for _ in range(2))
    _ask(_fits(structure.shape, body), f"shape: is {tuple(structure.shape)}, but {tuple(body.shape)} is built")
    parts = "index" if hasattr(body, "index") else "phase"
    _ask(np.array_equal(*(getattr(one, parts) for one in (body, again))), "build: two structures of one seed differ")
    further = structure.composition(body.fractions())
    _ask(further.keys() <= kind.composed.keys(), "composition: gives columns that are not in `composed`")
    finer = structure.refined()
    _ask(finer is None or np.prod(finer.shape) > np.prod(structure.shape), "refined: is no finer")


def _fits(shape, body):
    """Whether a shape is that of what is built; of a mesh, about as many nodes are enough."""
    if isinstance(body, Mesh):
        return tuple(body.shape[1:]) == tuple(shape[1:]) and abs(shape[0] / body.shape[0] - 1) < NODES
    return tuple(body.shape) == tuple(shape)


def _simulated(config, folder):
    plan = plan_campaign(config, folder / "results", "cpu")
    results = [folder / "results" / "rounds" / "0" / f"{batch}.h5" for batch in plan["batches"]]
    for path in results:
        batch, journal = (folder / "results" / where / path.stem for where in ("batches", "journal"))
        run_batch(batch.with_suffix(".json"), path, journal, threads=1)
    dataset = folder / "dataset.h5"
    build_dataset(folder / "results", results, config, dataset, folder / "dataset.parquet")
    return dataset


def _check_dataset(dataset, name, samples):
    table, expected = read_table(dataset), rehearsed(samples)
    _ask(read_kind(dataset) == name, "the dataset does not say what kind it is of")
    _ask((table["status"] == "accepted").any(), f"no sample was accepted: {', '.join(sorted(set(table['failure'])))}")
    for column in KINDS[name].columns():
        if column not in KINDS[name].files and table[column].dtype.kind == "f":
            _ask(np.array_equal(table[column], expected[column], equal_nan=True), f"column {column}: is not what was asked for")


def _check_models(dataset, kind, folder):
    learned, table = kind.learned(), read_table(dataset)
    if learned is None:
        return
    few = f"for models to learn, the design must have {MIN_ROWS} samples with a coercivity, of {MIN_GEOMETRIES} nanostructures"
    _ask(np.isfinite(table["mu0_Hc_T"]).sum() >= MIN_ROWS, few)
    rows = rows_of(table, kind.name())
    _ask(rows.x.shape == (len(rows.row), len(rows.features)), "learned: features and rows do not fit")
    scores = folder / "k_nearest.json"
    score_model(dataset, "k_nearest", scores, seed=1, trials=1, epochs=EPOCHS)
    compare_models(dataset, [scores], folder / "models.json", folder / "models.md")
    _draw(kind.name(), ("models",), {"models": folder / "models.json"}, folder)
    _check_designs(rows, dataset, folder)
    fit_forward(dataset, folder / "forward.h5", seed=1, epochs=EPOCHS)
    _draw(kind.name(), ("parity", "pairs"), {"forward": folder / "forward.h5", "samples": dataset}, folder)
    page = {"predictor": folder / "forward.h5", "predictor_scores": [], "samples": dataset}
    make(artefacts_of(kind.name())["explore"], page, {"output": folder / "explore.html"})


def _check_designs(rows, dataset, folder):
    variables = rows.variables
    again = variables.features_at(rows.values, rows.level)
    _ask(np.allclose(again, rows.x, rtol=1e-9), "learned: features do not follow from what a design sets (follows)")
    fit_designer(dataset, folder / "designer.h5", seed=1, epochs=EPOCHS, prescribed=None)
    middle = np.argsort(rows.y[:, 0])[len(rows.y) // 2]
    own = dict(zip(variables.numbers, rows.values[middle].tolist(), strict=True))
    own |= {variables.level: str(rows.level[middle])} if variables.level else {}
    predicted = predict(folder, own)
    _ask(not predicted.extrapolated, "predict: calls a structure of the dataset extrapolated")
    wanted = dict(zip(rows.targets, rows.y[middle].tolist(), strict=True))
    found = design(folder, wanted, {}, method="neural_adjoint", count=2)
    _ask(found.designs, f"design: {found.refusal}, though a sample of the dataset has it")


def _draw(name, figures, files, folder):
    for figure in figures:
        make(artefacts_of(name)[figure], files, {"output": folder / f"{figure}.png"})
