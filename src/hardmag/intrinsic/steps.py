"""The steps of workflow/rules/intrinsic.smk: splits, the model file, scores of each model, the twin, and the page of all."""

from pathlib import Path

import numpy as np

from hardmag.errors import UserError
from hardmag.files import atomic_path, read_json, write_json
from hardmag.intrinsic import evaluate
from hardmag.intrinsic.explain import vip, vip_shares
from hardmag.intrinsic.models import MODELS, Given, choose
from hardmag.intrinsic.physics import physics
from hardmag.intrinsic.pls import regressions
from hardmag.intrinsic.report import page
from hardmag.intrinsic.settings import read_settings
from hardmag.intrinsic.splits import checksum, splits_of
from hardmag.intrinsic.tables import CURIE, read_measured
from hardmag.intrinsic.twin import NOISE_K1, NOISE_MU0_MS_T, twin
from hardmag.intrinsic.write import write_model

TWIN_REPEATS = 2
OUTER = {"sublattice": 2}  # repeats of the outer folds for coverage; partial least squares take minutes for each
FIRST = {"pls": 5, "pls_augmented": 5}  # of the stored repeats, these count for them


def write_splits(settings_file, path):
    """The folds of all models, of the measured rows and of those with a Curie temperature."""
    settings = read_settings(settings_file)
    measured, curie, _ = settings.tables()
    of = {"measured": measured, "curie_temperatures": curie}
    write_json(path, {name: splits_of(table, settings.repeats, settings.seed) for name, table in of.items()})


def fit_model(settings_file, path):
    """The model file for hardmag.materials."""
    settings = read_settings(settings_file)
    measured, curie, computed = settings.tables()
    write_model(path, settings.model, Given.of(physics(), computed), measured, curie, settings.seed)


def score_model(settings_file, splits_file, name, path):
    """Scores and, but for the baselines, coverage of a model on the stored splits."""
    settings, splits = read_settings(settings_file), read_json(splits_file)
    measured, curie, computed = settings.tables()
    for table, stored in ((measured, splits["measured"]), (curie, splits["curie_temperatures"])):
        if checksum(table) != stored["table_sha256"]:
            raise UserError(f"{splits_file}: the tables have other rows than when they were split; split them again")
    given = Given.of(physics(), computed)
    schemes = {scheme: repeats[: FIRST.get(name)] for scheme, repeats in splits["measured"]["schemes"].items()}
    found = {"title": MODELS[name].title, "scores": evaluate.scores(name, given, measured, curie, {"schemes": schemes})}
    if name not in ("mean", "mixture"):
        outer = OUTER.get(name, 1)
        found["coverage"] = evaluate.coverage(name, given, measured, curie, splits["measured"], settings.seed, outer)
        found["coverage_repeats"] = outer
    else:
        found["coverage"] = None  # a baseline has no interval of its own
    write_json(path, found)


def score_data(settings_file, splits_file, path):
    """What is known of the tables: how many rows, the noise floor, and scores of the regression of Curie temperatures."""
    settings, splits = read_settings(settings_file), read_json(splits_file)
    measured, curie, computed = settings.tables()
    given = Given.of(physics(), computed)
    found = {
        "rows": len(measured),
        "sources": len(set(measured.source)),
        "compositions": len(np.unique(measured.shares, axis=0)),
        "left_out": measured.left_out,
        "curie_rows": len(curie),
        "repeats": settings.repeats,
        "noise_floor": evaluate.noise_floor(measured),
        "curie_temperatures": evaluate.curie_scores(curie, splits["curie_temperatures"]),
        "importance": _importance(given, measured, curie),
        "curie_once": evaluate.scores("sublattice", given, measured, curie, splits["measured"], refitted=False),
    }
    write_json(path, found)


def _importance(given, measured, curie):
    """{model: {target: {input: share of Σ VIP²}}} of both regressions by partial least squares."""
    found = {}
    for name, first in (("pls", None), ("pls_augmented", given.first(curie))):
        models = regressions(given.physics, measured, curie, first, choose(name, given, measured, curie))
        found[name] = {target: vip_shares(columns, vip(model)) for target, (columns, model) in models.items()}
    return found


def score_twin(seed, path):
    """The two regressions of Kovacs et al. on the twin of their data, without and with the first one's properties."""
    measured, computed = twin(seed)
    curie = read_measured(CURIE)
    splits = {"schemes": {"composition": splits_of(measured, TWIN_REPEATS, seed)["schemes"]["composition"]}}
    laws, found = physics(), {}
    for name in ("pls", "pls_augmented"):
        given = Given.of(laws, computed if name == "pls_augmented" else None)
        chosen = choose(name, given, measured, curie)
        found[name] = {
            "title": MODELS[name].title,
            "scores": evaluate.scores(name, given, measured, curie, splits),
            "chosen": {target: {"columns": len(columns), "components": n} for target, (columns, n) in chosen.items()},
        }
    noise = {"mu0_Ms_T": NOISE_MU0_MS_T, "K1_MJ_per_m3": NOISE_K1}
    ceiling = {target: 1 - SD**2 / float(getattr(measured, target).var()) for target, SD in noise.items()}
    write_json(path, {"rows": len(measured), "noise": noise, "R2_ceiling": ceiling, "models": found})


def write_page(data_file, model_files, twin_file, path):
    """All of it as Markdown."""
    models = {Path(file).stem: read_json(file) for file in model_files}
    text = page(read_json(data_file), models, read_json(twin_file))
    with atomic_path(path) as partial:
        Path(partial).write_text(text, encoding="utf-8")
